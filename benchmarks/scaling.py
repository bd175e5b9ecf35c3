"""The arithmetic of scaling: what a step sends between replicas, how long that takes,
and the batch from which replicas pay. `benchmarks.replicas` measures.

    python -m benchmarks.scaling

Nothing is timed here: it counts parameters and multiplications of the shipped networks.
With N replicas a ring all-reduce moves 2 (N - 1) / N times the gradients' bytes through
each link, per step k times D's gradients and once G's. A step of B images takes B c on
one replica and B c / N + communication on N, where c is the arithmetic of one image
over a device's rate; so N replicas pay from B = communication / (c (1 - 1/N)).
"""

import numpy as np

from benchmarks import arithmetic
from tf_gan import networks

# Bytes per second, one way.
LINKS = {
    "10 Gbit/s Ethernet": 1.25e9,
    "100 Gbit/s Ethernet": 12.5e9,
    "PCIe 4.0 x16": 25e9,
    "NVLink 3": 300e9,
}
DEVICES = {
    "2 CPU cores, 0.18 TFLOP/s": 0.18e12,
    "GPU at 10 TFLOP/s": 10e12,
    "GPU at 100 TFLOP/s": 100e12,
}
ROWS = {
    "mnist": ("mlp", (28, 28, 1)),
    "mnist_paper": ("maxout_mlp", (28, 28, 1)),
    "mnist_tf1": ("one_hidden_mlp", (28, 28, 1)),
    "upsample_dcgan": ("upsample_dcgan", (32, 32, 1)),
}


def ring_bytes(gradient_bytes: float, replicas: int) -> float:
    """Returns the bytes that a ring all-reduce moves through each link."""
    return 2 * (replicas - 1) / replicas * gradient_bytes


def step_time(
    replicas: int,
    compute: float,
    messages: int,
    message_bytes: float,
    link: float,
    latency: float,
    overhead: float,
) -> float:
    """Returns the seconds of a step on N replicas whose all-reduces go around a ring: compute
    + 2 (N - 1) / N bytes / link + 2 (N - 1) latency messages + overhead.

    Args:
        replicas: N, >= 1.
        compute: Seconds of a step on a replica's share of the batch.
        messages: All-reduces of a step.
        message_bytes: Bytes of all of them together.
        link: Bytes per second between two replicas.
        latency: Seconds until a message of no size is there.
        overhead: Seconds of what else a replica does that a single device does not.
    """
    sent = ring_bytes(message_bytes, replicas) / link
    return compute + sent + 2 * (replicas - 1) * latency * messages + overhead


def paying_batch(
    gradient_bytes: float, flops_per_image: float, replicas: int, link: float, device: float
) -> float:
    """Returns the global batch from which `replicas` replicas are faster than one.

    Args:
        gradient_bytes: Bytes of all gradients of a step.
        flops_per_image: Operations of a step for one image.
        replicas: N, >= 2.
        link: Bytes per second between two replicas.
        device: Operations per second of one replica.
    """
    return (
        ring_bytes(gradient_bytes, replicas)
        / link
        / (flops_per_image / device * (1 - 1 / replicas))
    )


def main() -> None:
    for name, (module, shape) in ROWS.items():
        pair = networks.get(module)
        generator, discriminator = pair.build_generator(shape), pair.build_discriminator(shape)
        parameters = sum(
            int(np.prod(weight.shape))
            for network in (generator, discriminator)
            for weight in network.trainable_weights
        )
        flops = arithmetic.step_flops(generator, discriminator, 1)
        print(
            f"\n{name}: {4 * parameters / 1e6:.2f} MB of gradients a step, {flops / 1e6:.1f} MFLOP"
            " an image (k = 1)"
        )
        for link, rate in LINKS.items():
            times = ", ".join(
                f"{ring_bytes(4 * parameters, n) / rate * 1e3:.3f} ms for {n}" for n in (2, 8)
            )
            batches = ", ".join(
                f"{device}: {paying_batch(4 * parameters, flops, 2, rate, speed):,.0f}"
                for device, speed in DEVICES.items()
            )
            print(f"  {link:20} all-reduce {times} replicas; two pay from a batch of: {batches}")


if __name__ == "__main__":
    main()
