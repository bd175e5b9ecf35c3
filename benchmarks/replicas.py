r"""Steps per second of two replicas beside one device, and a model of the step's time.

    python -m benchmarks.replicas [--rows=mlp,dcgan] [--rounds=5] [--seconds=3]
    sudo $(which python) -m benchmarks.replicas --links=1,10    # Root: network namespaces.

The first command trains with the same global batch on one device with all cores, on two
logical CPU devices (`mirrored`), and in two processes over loopback (`multi_worker`, each
with half of the cores), at 1 and 20 steps a call. The programs take turns; the medians of
the turns' ratios are the figures, since machines drift.

The second puts the two processes into network namespaces, joined by a pair of virtual
Ethernet devices, without a limit and with limits of so many Gbit/s (`tc ... tbf`). The
model is

    t(N) = compute + 2 (N - 1) / N bytes / link + 2 (N - 1) latency messages + overhead

`compute` is the time of a step on half of the batch, measured in two processes that train
at the same time and do not talk; `link` what an all-reduce of 8 MB reaches, `latency` half
of the time of one of four bytes; `overhead` what is left of a step on the pair without a
limit. So the times on limited links are predictions: they are compared with the steps
measured there. The last table is the model's, with the same share of the batch on each of
N machines.
"""

import contextlib
import os
import statistics
import subprocess
import sys
import time

import numpy as np
from absl import app, flags

from benchmarks import workers
from benchmarks.loops import random_images

FLAGS = flags.FLAGS
flags.DEFINE_list("rows", ["mlp", "dcgan"], "Which rows to measure.")
flags.DEFINE_list("links", [], "Gbit/s of the links; empty for the first table.")
flags.DEFINE_integer("rounds", 5, "Turns of each program.", lower_bound=1)
flags.DEFINE_float("seconds", 3.0, "About how long a turn lasts.", lower_bound=0.1)

# Networks, image shape and global batch.
ROWS = {
    "mlp": ("mlp", (28, 28, 1), 64),
    "dcgan": ("upsample_dcgan", (32, 32, 1), 16),
}
CALLS = (1, 20)  # Steps a call.
SPACES = ("tf_gan_0", "tf_gan_1")  # Namespaces, their addresses and devices.
ADDRESSES = ("10.213.7.1", "10.213.7.2")
DEVICES = ("tf_gan_v0", "tf_gan_v1")


def build(row: str, strategy, steps_per_execution: int):
    """Returns the compiled model of a row."""
    import keras

    import tf_gan

    module, shape, _ = ROWS[row]
    pair = tf_gan.networks.get(module)
    with strategy.scope():
        model = tf_gan.GAN(
            pair.build_generator(shape), pair.build_discriminator(shape), latent_dim=100
        )
        model.compile(
            *(keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2)),
            steps_per_execution=steps_per_execution,
        )
    return model


def message_bytes(row: str) -> tuple[int, int]:
    """Returns how many all-reduces a step makes, and their bytes: each update sends the
    gradients of its network and the statistics of both; logs are a few floats.
    """
    import tensorflow as tf

    model = build(row, tf.distribute.get_strategy(), 1)
    trained, kept = (
        sum(int(np.prod(weight.shape)) for network in model.networks for weight in weights(network))
        for weights in (lambda n: n.trainable_weights, lambda n: n.non_trainable_weights)
    )
    return 2, 4 * (trained + 2 * kept)


def serve(kind: str) -> None:
    """Answers each line of stdin with the seconds that took: `ROW CALLS SHARE STEPS` trains,
    with the batch divided by SHARE; `reduce REPEATS BYTES` makes all-reduces.

    Args:
        kind: `"one"`, `"mirrored"`, `"worker"` (of a cluster), or `"half"` (half of the cores,
            no cluster).
    """
    import keras
    import tensorflow as tf

    from tf_gan import distribute

    if kind in ("worker", "half"):
        tf.config.threading.set_intra_op_parallelism_threads(max(1, (os.cpu_count() or 2) // 2))
    if kind == "mirrored":
        tf.config.set_logical_device_configuration(
            tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
        )
    strategy = distribute.strategy(
        {"mirrored": "mirrored", "worker": "multi_worker"}.get(kind, "one_device")
    )
    models, images = {}, {}
    print("ready", flush=True)
    for line in sys.stdin:
        row, *numbers = line.split()
        if row == "reduce":
            repeats, size = map(int, numbers)
            seconds = time_reduce(strategy, repeats, size)
        else:
            calls, share, steps = map(int, numbers)
            _, shape, batch = ROWS[row]
            if (row, calls) not in models:
                models[row, calls] = build(row, strategy, calls)
                images[row] = random_images(640, shape)
            end: list[float] = []  # Behind it `fit` may wait for tf.data: docs/scaling.md.
            ended = keras.callbacks.LambdaCallback(
                on_train_end=lambda logs, end=end: end.append(time.perf_counter())
            )
            start = time.perf_counter()
            models[row, calls].fit(
                images[row],
                batch_size=batch // share,
                steps_per_epoch=steps,
                verbose=0,
                callbacks=[ended],
            )
            seconds = end[0] - start
        print(seconds, flush=True)


def time_reduce(strategy, repeats: int, size: int) -> float:
    """Returns the seconds of so many all-reduces of `size` bytes."""
    import tensorflow as tf

    def reduce(values):
        return tf.distribute.get_replica_context().all_reduce("sum", tf.identity(values))

    @tf.function(autograph=False)
    def loop():
        return tf.while_loop(
            lambda i, _: i < repeats,
            lambda i, values: (i + 1, 0.5 * strategy.run(reduce, (values,))),
            [0, tf.ones(size // 4)],
            parallel_iterations=1,
        )[1]

    loop()  # Traces.
    start = time.perf_counter()
    loop().numpy()
    return time.perf_counter() - start


class Group:
    """The processes of a program, which do what a line says at the same time.

    Args:
        kind: See `serve`.
        count: Number of processes, at most two.
        apart: Whether each is in a network namespace of its own, else on this host's loopback.
    """

    def __init__(self, kind: str, count: int, apart: bool = False):
        variables = workers.cluster(*([ADDRESSES] if apart else []))
        self.processes = [
            workers.Worker(
                f"from benchmarks.replicas import serve; serve({kind!r})",
                ("ip", "netns", "exec", SPACES[index]) if apart else (),
                stderr=subprocess.DEVNULL,
                env=os.environ | (variables[index] if kind == "worker" else {}),
            )
            for index in range(count)
        ]
        for process in self.processes:
            assert process.answer() == "ready\n", f"{kind} did not start"

    def seconds(self, *words) -> float:
        """Returns how long the slower process takes for a line."""
        for process in self.processes:
            process.send(*words)
        return max(float(process.answer()) for process in self.processes)

    def steps_of_a_turn(self, row: str, calls: int, share: int = 1) -> int:
        """Returns how many steps last about `--seconds`, once the programs are compiled."""
        self.seconds(row, calls, share, 20)
        rate = 20 / self.seconds(row, calls, share, 20)
        return max(20, round(rate * FLAGS.seconds / 20) * 20)

    def end(self) -> None:
        for process in self.processes:
            process.end()


def compare() -> None:
    """Prints the steps per second of each program, and its ratio to one device."""
    groups = {"one": Group("one", 1), "mirrored": Group("mirrored", 1)}
    groups["multi_worker"] = Group("worker", 2)
    print("steps a second, medians of turns; ratios to one device with the same global batch")
    print(f"{'row':8}{'batch':>6}{'a call':>8}" + "".join(f"{name:>24}" for name in groups))
    for row in FLAGS.rows:
        for calls in CALLS:
            steps = {name: group.steps_of_a_turn(row, calls) for name, group in groups.items()}
            turns = [
                {
                    name: steps[name] / group.seconds(row, calls, 1, steps[name])
                    for name, group in groups.items()
                }
                for _ in range(FLAGS.rounds)
            ]
            cells = ""
            for name in groups:
                rate = statistics.median(turn[name] for turn in turns)
                ratios = workers.spread([turn[name] / turn["one"] for turn in turns])
                cells += f"{rate:8.1f} {ratios:>15}"
            print(f"{row:8}{ROWS[row][2]:6}{calls:8}{cells}", flush=True)
    for group in groups.values():
        group.end()


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@contextlib.contextmanager
def namespaces():
    """Two network namespaces, joined by a pair of virtual Ethernet devices; removed at the
    end.
    """
    try:
        for space in SPACES:
            ip("netns", "add", space)
        ip(
            *("link", "add", DEVICES[0], "netns", SPACES[0], "type", "veth"),
            *("peer", "name", DEVICES[1], "netns", SPACES[1]),
        )
        for space, device, address in zip(SPACES, DEVICES, ADDRESSES, strict=True):
            ip("-n", space, "address", "add", f"{address}/24", "dev", device)
            ip("-n", space, "link", "set", device, "up")
            ip("-n", space, "link", "set", "lo", "up")
        yield
    finally:
        for space in SPACES:  # Its devices go with it.
            subprocess.run(["ip", "netns", "del", space], check=False)


def limit(gbit: float | None) -> None:
    """Limits both directions of the pair to so many Gbit/s, or takes the limit away."""
    for space, device in zip(SPACES, DEVICES, strict=True):
        tc = ["tc", "-n", space, "qdisc"]
        subprocess.run([*tc, "del", "dev", device, "root"], check=False, stderr=subprocess.DEVNULL)
        if gbit is not None:
            # A burst that is small beside a message, and holds the largest packet.
            bucket = ["rate", f"{gbit}gbit", "burst", "128kb", "latency", "100ms"]
            subprocess.run([*tc, "add", "dev", device, "root", "tbf", *bucket], check=True)


def predict() -> None:
    """Prints the model's times on limited links beside the measured ones, and its table for
    many machines.
    """
    from benchmarks.scaling import ring_bytes

    links = [None, *map(float, FLAGS.links)]
    rates, facts = {}, {}
    with namespaces():
        pair, halves = Group("worker", 2, apart=True), Group("half", 2)
        try:
            latency = statistics.median(pair.seconds("reduce", 200, 4) / 200 for _ in range(5)) / 2
            print(f"latency {1e6 * latency:.0f} us; an all-reduce of 8 MB takes", flush=True)
            for gbit in links:
                limit(gbit)
                took = statistics.median(
                    pair.seconds("reduce", 10, 2**23) / 10 for _ in range(FLAGS.rounds)
                )
                rates[gbit] = ring_bytes(2**23, 2) / (took - 2 * latency)
                speed = 8 * rates[gbit] / 1e9
                print(f"  {named(gbit):10}{1e3 * took:8.1f} ms: {speed:.2f} Gbit/s", flush=True)
            print(
                f"\n{'row':8}{'link':>12}{'compute':>10}{'predicted':>11}{'measured':>10}"
                f"{'error':>8}   ms a step, {CALLS[-1]} steps a call"
            )
            for row in FLAGS.rows:
                facts[row] = measure(row, pair, halves, rates, latency)
        finally:
            pair.end()
            halves.end()
    print_table(facts, rates, latency)


def named(gbit: float | None) -> str:
    return f"{gbit:g} Gbit/s" if gbit else "no limit"


def measure(row: str, pair: Group, halves: Group, rates: dict, latency: float) -> tuple:
    """Prints the rows of the table of predictions.

    Returns:
        `(compute, overhead, messages, bytes)` of a step of the row; seconds.
    """
    from benchmarks.scaling import step_time

    calls = CALLS[-1]
    messages, size = message_bytes(row)
    limit(None)
    half_steps = halves.steps_of_a_turn(row, calls, 2)
    steps = pair.steps_of_a_turn(row, calls)
    turns = []
    for _ in range(FLAGS.rounds):
        turn = [halves.seconds(row, calls, 2, half_steps) / half_steps]
        for gbit in rates:
            limit(gbit)
            turn.append(pair.seconds(row, calls, 1, steps) / steps)
        turns.append(turn)
    compute, free, *measured = (statistics.median(each) for each in zip(*turns, strict=True))
    free_rate, *limited = rates.values()
    overhead = free - step_time(2, compute, messages, size, free_rate, latency, 0.0)
    print(f"{row:8}{named(None):>12}{1e3 * compute:10.1f}{'':>11}{1e3 * free:10.1f}")
    for gbit, rate, seconds in zip(list(rates)[1:], limited, measured, strict=True):
        expected = step_time(2, compute, messages, size, rate, latency, overhead)
        print(
            f"{row:8}{named(gbit):>12}{1e3 * compute:10.1f}{1e3 * expected:11.1f}"
            f"{1e3 * seconds:10.1f}{expected / seconds - 1:8.0%}",
            flush=True,
        )
    return compute, overhead, messages, size


def print_table(facts: dict, rates: dict, latency: float) -> None:
    """Prints the model's step times for many machines, and the images per second beside those
    of one.
    """
    from benchmarks.scaling import step_time

    print("\nms a step (images a second, times those of one machine), the same share on each")
    print(f"{'row':8}{'link':>13}" + "".join(f"{f'{n} replicas':>20}" for n in (8, 64, 512)))
    for row, (compute, overhead, messages, size) in facts.items():
        for gbit, rate in rates.items():
            cells = ""
            for n in (8, 64, 512):
                t = step_time(n, compute, messages, size, rate, latency, overhead)
                cells += f"{f'{1e3 * t:.1f} ({n * compute / t:.1f})':>20}"
            print(f"{row:8}{named(gbit):>13}{cells}")


def main(_) -> None:
    predict() if FLAGS.links else compare()


if __name__ == "__main__":
    app.run(main)
