"""Multiplications, bytes and the machine's rates for them: what a step of training
costs at the least.
"""

import time

import keras
import numpy as np
import tensorflow as tf

from tf_gan.layers import UpsampleConv2D


def forward_flops(layer) -> int:
    """Returns the floating-point operations of a layer's or network's products for one
    example; a multiply-add counts as two.
    """
    if hasattr(layer, "dense") or hasattr(layer, "conv"):  # Maxout: its affine part.
        return forward_flops(getattr(layer, "dense", None) or layer.conv)
    if isinstance(layer, keras.Model):
        return sum(forward_flops(inner) for inner in layer.layers)
    inner = getattr(layer, "layer", layer)  # Of a wrapper, such as SpectralNormalization.
    kernel = getattr(inner, "kernel", None)
    if kernel is None:
        return 0
    if len(kernel.shape) == 2:
        return 2 * int(np.prod(kernel.shape))
    # A transposed convolution multiplies its whole kernel at each input place, a
    # convolution at each output place.
    transposed = isinstance(inner, keras.layers.Conv2DTranspose | UpsampleConv2D)
    places = layer.input.shape[1:3] if transposed else layer.output.shape[1:3]
    if getattr(inner, "upsample", False):  # A transposed convolution with styles.
        places = [size // 2 for size in places]
    return 2 * int(np.prod(kernel.shape)) * int(np.prod(places))


def first_flops(network: keras.Model) -> int:
    """Returns the operations of a network's first layer with a product, which may be in a
    network inside of it: its input gradient is not needed for the weights.
    """
    first = next(layer for layer in network.layers if forward_flops(layer) > 0)
    return first_flops(first) if isinstance(first, keras.Model) else forward_flops(first)


def step_flops(
    generator: keras.Model, discriminator: keras.Model, batch_size: int, simultaneous: bool = False
) -> int:
    """Returns the operations of one step of algorithm 1 with k = 1.

    D's step: G forward, D forward on fakes and reals, D's weight gradients for both,
    the gradients between its layers. G's step: G and D forward, the gradient through D,
    G's weight gradients and those between its layers. Simultaneous updates share the
    forward passes on the fakes.
    """
    g, d = forward_flops(generator), forward_flops(discriminator)
    per_example = 4 * g + 8 * d - first_flops(generator) - 2 * first_flops(discriminator)
    return batch_size * (per_example - (g + d if simultaneous else 0))


def step_bytes(*networks: keras.Model, words: int) -> int:
    """Returns the bytes that the optimizers move: `words` float32 reads and writes per
    parameter (Adam 7, momentum 5), and the gradient's write.
    """
    parameters = sum(
        int(np.prod(weight.shape)) for network in networks for weight in network.trainable_weights
    )
    return 4 * (words + 1) * parameters


def matmul_rate(rows: int) -> float:
    """Returns the rate of float32 products (rows, 1024) x (1024, 1024) on this machine,
    in operations per second: the best of several turns.

    A batch of few rows cannot reach the rate of large square products; this is what a
    dense layer of that batch size can. A convolution has a row for each pixel.
    """
    a, b = (
        tf.random.stateless_normal((rows, 1024), (0, 1)),
        tf.random.stateless_normal((1024, 1024), (0, 2)),
    )

    @tf.function(jit_compile=True)
    def products():
        return tf.while_loop(
            lambda i, _: i < 100, lambda i, x: (i + 1, tf.matmul(x, b) * 1e-2), [0, a]
        )[1]

    products()
    return max(100 * 2 * rows * 1024**2 / _timed(lambda: products().numpy()) for _ in range(20))


def memory_rate() -> float:
    """Returns the rate at which this machine reads and writes large arrays, in bytes
    per second: the best of several turns.
    """
    a, b = tf.Variable(tf.ones(2**26)), tf.Variable(tf.ones(2**26))

    @tf.function(jit_compile=True)
    def add():
        a.assign(a + b)

    add()
    return max(3 * 4 * 2**26 / _timed(add) for _ in range(10))


def _timed(function) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start
