"""The low-pass filter [1, 3, 3, 1] before or behind a convolution of stride 2."""

import keras
import numpy as np
import tensorflow as tf

TAPS = np.array([1, 3, 3, 1], np.float32) / 8


def blur(maps, before: int, after: int, strides: int = 1, gain: float = 1.0):
    """Returns maps filtered with [1, 3, 3, 1] / 8 along both axes.

    A depthwise convolution, which has derivatives of any order with respect to the maps.
    On CPUs it takes a fifth of the time of the products of matrices in
    `tf_gan.layers.resample`, but in programs of XLA a multiple of it.

    Args:
        maps: Shape `(B, H, W, C)`; C is known.
        before: Rows and columns of zeros before the maps, >= 0.
        after: Rows and columns of zeros after the maps, >= 0.
        strides: Step along both axes, >= 1.
        gain: Factor of the outputs.

    Returns:
        Shape `(B, 1 + (H + before + after - 4) / strides, ..., C)`.
    """
    kernel = gain * np.outer(TAPS, TAPS)[:, :, None, None]
    kernel = tf.constant(np.repeat(kernel, maps.shape[-1], axis=2), maps.dtype)
    maps = tf.pad(maps, [[0, 0], [before, after], [before, after], [0, 0]])
    return tf.nn.depthwise_conv2d(maps, kernel, [1, strides, strides, 1], "VALID")


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

    def call(self, inputs):
        return blur(inputs, *self.padding, self.strides)

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        size = (1 + (side + sum(self.padding) - 4) // self.strides for side in (height, width))
        return (batch, *size, channels)

    def get_config(self):
        return super().get_config() | {"padding": self.padding, "strides": self.strides}
