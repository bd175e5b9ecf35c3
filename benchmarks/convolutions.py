r"""Where the time of convolutions goes: layer by layer, in all directions, beside the matrix
product of the same arithmetic.

    python -m benchmarks.convolutions --network=fastgan --image_shape=64,64,3 --batch_size=8 \
        [--arguments=width=8] [--seconds=0.2]

Each layer with a kernel that the generator and the discriminator of a network module have
is called as in training, on inputs of its own shape: its outputs, the gradient of its
inputs, and the gradient of its weights, each in a program of its own, the best of three
turns; then all three in one program of XLA. The last column but one is the time of the
product of matrices `(places, k k C) (k k C, filters)` of each layer, in float32; two
gradients take twice as long. The numbers in brackets are the rates in GFLOP/s.
"""

import ast
import inspect
import itertools
import time

from absl import app, flags

FLAGS = flags.FLAGS
flags.DEFINE_string("network", "fastgan", "Module of tf_gan.networks.")
flags.DEFINE_list("image_shape", ["64", "64", "3"], "Height, width and channels.")
flags.DEFINE_integer("latent_dim", 128, "Length of the latents.", lower_bound=1)
flags.DEFINE_list(
    "arguments",
    [],
    "Arguments of both builders: width=8,blocks=1; num_classes=10 for those of classes.",
)
flags.DEFINE_integer("batch_size", 8, "Images of a batch.", lower_bound=1)
flags.DEFINE_float("seconds", 0.2, "About how long a turn lasts.", lower_bound=0.01)


def milliseconds(function, *arguments) -> float:
    """Returns how long a call takes, the best of three turns."""
    function(*arguments)
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        for calls in itertools.count(1):  # noqa: B007
            function(*arguments)
            if (passed := time.perf_counter() - start) > FLAGS.seconds:
                break
        best = min(best, 1e3 * passed / calls)
    return best


def programs(layer, shape):
    """Returns the arguments and the programs of a layer: outputs, the gradient of the
    inputs, those of the weights, and all of it.
    """
    import tensorflow as tf

    x = tf.random.stateless_normal(shape, (0, 1))
    upstream = tf.random.stateless_normal(layer(x, training=True).shape, (0, 2))
    weights = [weight.value for weight in layer.trainable_weights]

    def gradients(*sources):
        def function(x, upstream):
            wanted = [x if source is None else source for source in sources]
            with tf.GradientTape() as tape:
                tape.watch(wanted)
                y = layer(x, training=True)
            return y, tape.gradient(y, wanted, output_gradients=upstream)

        return function

    forward = tf.function(lambda x, upstream: layer(x, training=True))
    of_inputs = tf.function(lambda *given: gradients(None)(*given)[1])
    of_weights = tf.function(lambda *given: gradients(*weights)(*given)[1])
    in_xla = tf.function(gradients(None, *weights), jit_compile=True)
    return (x, upstream), (forward, of_inputs, of_weights, in_xla)


def main(argv):
    del argv
    import tensorflow as tf

    from benchmarks import arithmetic
    from tf_gan import networks

    module = networks.get(FLAGS.network)
    shape = tuple(int(size) for size in FLAGS.image_shape)
    arguments = {
        name: ast.literal_eval(value)
        for name, value in (each.split("=", 1) for each in FLAGS.arguments)
    }
    latents = "latent_dim" in inspect.signature(module.build_generator).parameters
    of_generator = {"latent_dim": FLAGS.latent_dim} if latents else {}
    print("layer, inputs -> outputs, MFLOP: outputs, gradient of inputs, of weights; product; XLA")
    sums = [0.0] * 5
    for network in (
        module.build_generator(shape, **of_generator, **arguments),
        module.build_discriminator(shape, **arguments),
    ):
        for layer in network.layers:
            flops = FLAGS.batch_size * arithmetic.forward_flops(layer)
            if not flops or len(layer.input.shape) != 4:
                continue
            given, (forward, of_inputs, of_weights, in_xla) = programs(
                layer, (FLAGS.batch_size, *layer.input.shape[1:])
            )
            times = [milliseconds(each, *given) for each in (forward, of_inputs, of_weights)]
            filters = layer.output.shape[-1]
            places = FLAGS.batch_size * layer.output.shape[1] * layer.output.shape[2]
            inner = max(1, flops // (2 * places * filters))
            a, b = tf.ones((places, inner)), tf.ones((inner, filters))
            product = milliseconds(tf.function(tf.matmul), a, b)
            row = [*times, product, milliseconds(in_xla, *given)]
            sums = [total + value for total, value in zip(sums, row, strict=True)]
            rates = [flops / value / 1e6 for value in row[:4]]
            shown = ", ".join(f"{t:.2f} ({r:.0f})" for t, r in zip(row, rates, strict=False))
            print(
                f"{layer.name}, {given[0].shape[1:]} -> {layer.output.shape[1:]},"
                f" {flops / 1e6:.0f}: {shown}; {row[4]:.1f}",
                flush=True,
            )
    print("sums in ms: " + ", ".join(f"{total:.1f}" for total in sums))


if __name__ == "__main__":
    app.run(main)
