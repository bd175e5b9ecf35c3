"""The low-pass filter [1, 3, 3, 1] before or behind a convolution of stride 2."""

import keras
import numpy as np
import tensorflow as tf

from tf_gan.fast.convolutions import only_cpus

TAPS = np.array([1, 3, 3, 1], np.float32) / 8


def blur(
    maps, before: int, after: int, strides: int = 1, gain: float = 1.0, training: bool = False
):
    """Returns maps filtered with [1, 3, 3, 1] / 8 along both axes.

    A depthwise convolution, which has derivatives of any order with respect to the maps.
    In training on CPUs it is a small program of XLA instead, which adds shifted maps up
    in one pass and takes a fifth of the time; its derivatives are such programs too.

    Args:
        maps: Shape `(B, H, W, C)`; C is known.
        before: Rows and columns of zeros before the maps, >= 0.
        after: Rows and columns of zeros after the maps, >= 0.
        strides: Step along both axes, >= 1.
        gain: Factor of the outputs.
        training: Whether the maps are those of a training step.

    Returns:
        Shape `(B, 1 + (H + before + after - 4) / strides, ..., C)`.
    """
    # With larger paddings the gradient would have to cut rows off.
    narrow = before <= 3 and after + strides <= 4
    if training and narrow and None not in maps.shape[1:] and only_cpus():
        return _filtered(maps, 1, strides, gain, (before, after), (before, after))
    kernel = gain * np.outer(TAPS, TAPS)[:, :, None, None]
    kernel = tf.constant(np.repeat(kernel, maps.shape[-1], axis=2), maps.dtype)
    maps = tf.pad(maps, [[0, 0], [before, after], [before, after], [0, 0]])
    return tf.nn.depthwise_conv2d(maps, kernel, [1, strides, strides, 1], "VALID")


def _filtered(maps, up: int, down: int, gain: float, *pads: tuple[int, int]):
    """Returns maps with `up - 1` zeros behind each row and column, padded by zeros,
    filtered, and of the results every `down`th.

    The gradient is the same with `up` and `down` exchanged, for the taps are symmetric.
    """

    @tf.custom_gradient
    def function(maps):
        outputs = _program(maps, up, down, gain, *pads)

        def gradient(upstream):
            around = [
                (3 - before, up * maps.shape[axis] - down * outputs.shape[axis] + before)
                for axis, (before, _) in enumerate(pads, 1)
            ]
            return _filtered(upstream, down, up, gain, *around)

        return outputs, gradient

    return function(maps)


@tf.function(jit_compile=True, autograph=False)
def _program(maps, up: int, down: int, gain: float, rows: tuple, columns: tuple):
    for axis in (1, 2) if up > 1 else ():
        spread = tf.stack([maps, *([tf.zeros_like(maps)] * (up - 1))], axis + 1)
        shape = [-1, *maps.shape[1:]]
        shape[axis] *= up
        maps = tf.reshape(spread, shape)
    maps = tf.pad(maps, [[0, 0], rows, columns, [0, 0]])
    outer, inner = (tf.cast(gain**0.5 * tap, maps.dtype) for tap in TAPS[:2])
    for axis in (1, 2):
        count = (maps.shape[axis] - 4) // down + 1
        index = [slice(None)] * 4
        shifted = []
        for start in range(4):
            index[axis] = slice(start, start + (count - 1) * down + 1, down)
            shifted.append(maps[tuple(index)])
        maps = outer * (shifted[0] + shifted[3]) + inner * (shifted[1] + shifted[2])
    return maps


@keras.saving.register_keras_serializable("tf_gan")
class Blur2D(keras.layers.Layer):
    """Filters maps with [1, 3, 3, 1] / 8 along both axes; outside of them are zeros.

    Before a convolution of stride 2, or behind a transposed one, it takes away the
    frequencies that half as many pixels cannot hold. Zhang, Making Convolutional
    Networks Shift-Invariant Again (2019), https://arxiv.org/abs/1904.11486; this filter
    is StyleGAN2's.

    Args:
        padding: Rows and columns of zeros before and after the maps, each >= 0.
        strides: Step along both axes, >= 1: 2 with a padding of (1, 1) halves even
            heights and widths.
        **kwargs: Arguments of every Keras layer, such as `name` and `dtype`.

    Input: `(B, H, W, C)`. Output: `(B, 1 + (H + before + after - 4) / strides, 1 + (W +
    before + after - 4) / strides, C)`.
    """

    def __init__(self, padding: tuple[int, int] = (2, 2), strides: int = 1, **kwargs):
        super().__init__(**kwargs)
        self.padding, self.strides = tuple(padding), strides

    def call(self, inputs, training=False):
        return blur(inputs, *self.padding, self.strides, training=bool(training))

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        size = (
            side and 1 + (side + sum(self.padding) - 4) // self.strides for side in (height, width)
        )
        return (batch, *size, channels)

    def get_config(self):
        return super().get_config() | {"padding": self.padding, "strides": self.strides}
