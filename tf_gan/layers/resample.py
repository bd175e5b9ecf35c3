"""Resampling by 2 with the binomial filter, in both directions."""

import keras
import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.fast.convolutions import only_cpus


def upsampling_matrix(size: int) -> np.ndarray:
    """Returns U of shape `(2 size, size)`: each value twice, then [1, 2, 1] / 4; at the
    edge the last value stands for those outside.
    """
    matrix = np.zeros((2 * size, size), np.float32)
    for i in range(size):
        for row, neighbour in ((2 * i, max(i - 1, 0)), (2 * i + 1, min(i + 1, size - 1))):
            matrix[row, i] += 0.75
            matrix[row, neighbour] += 0.25
    return matrix


def downsampling_matrix(size: int) -> np.ndarray:
    """Returns U^T / 2 of shape `(size / 2, size)`: [1, 2, 1] / 4, then the mean of each
    pair.
    """
    matrix = np.zeros((size // 2, size), np.float32)
    for i in range(size // 2):
        for offset, weight in zip((-1, 0, 1, 2), (1, 3, 3, 1), strict=True):
            matrix[i, min(max(2 * i + offset, 0), size - 1)] += weight / 8
    return matrix


def resample(images, rows, columns):
    """Returns rows . x . columns^T for each image and channel.

    Products of matrices: on CPUs faster than depthwise convolutions, which XLA takes 10
    to 70 times as long for, and with derivatives of any order. Of two matrices only: on
    CPUs, TensorFlow 2.21 crashes now and then where one matrix is multiplied by many.

    Args:
        images: Shape `(B, H, W, C)`; H, W and C are known.
        rows: Shape `(H', H)`.
        columns: Shape `(W', W)`.

    Returns:
        Shape `(B, H', W', C)`.
    """
    height, width, channels = images.shape[1:]
    rows, columns = (tf.cast(matrix, images.dtype) for matrix in (rows, columns))
    lines = tf.reshape(tf.transpose(images, [0, 3, 2, 1]), [-1, height])
    lines = tf.matmul(lines, rows, transpose_b=True)
    planes = tf.reshape(lines, [-1, channels, width, rows.shape[0]])
    lines = tf.reshape(tf.transpose(planes, [0, 1, 3, 2]), [-1, width])
    lines = tf.matmul(lines, columns, transpose_b=True)
    planes = tf.reshape(lines, [-1, channels, rows.shape[0], columns.shape[0]])
    return tf.transpose(planes, [0, 2, 3, 1])


def upsampled(images):
    """Returns U . x . U^T, as `resample` does: in training on CPUs, where it takes a
    fourth of the time.

    A small program of XLA, which adds shifted images up in one pass. Its derivatives are
    the other program, for the matrices are each other's transposes.
    """

    @tf.custom_gradient
    def function(images):
        return _doubled(images), lambda upstream: 4.0 * downsampled(upstream)

    return function(images)


def downsampled(images):
    """Returns D . x . D^T, D = U^T / 2: see `upsampled`."""

    @tf.custom_gradient
    def function(images):
        return _halved(images), lambda upstream: 0.25 * upsampled(upstream)

    return function(images)


@tf.function(jit_compile=True, autograph=False)
def _doubled(images):
    for axis in (1, 2):
        # Of each pixel those before and after it, at the edges the pixel itself.
        before = tf.concat([_taken(images, axis, 0, 1), _taken(images, axis, 0, -1)], axis)
        after = tf.concat([_taken(images, axis, 1, None), _taken(images, axis, -1, None)], axis)
        pairs = [0.25 * before + 0.75 * images, 0.75 * images + 0.25 * after]
        shape = [-1, *images.shape[1:]]
        shape[axis] *= 2
        images = tf.reshape(tf.stack(pairs, axis + 1), shape)
    return images


@tf.function(jit_compile=True, autograph=False)
def _halved(images):
    for axis in (1, 2):
        padded = tf.pad(images, [[int(each == axis)] * 2 for each in range(4)], "SYMMETRIC")
        last = images.shape[axis] - 1
        first, second, third, fourth = (
            _taken(padded, axis, start, start + last, 2) for start in range(4)
        )
        images = 0.125 * (first + fourth) + 0.375 * (second + third)
    return images


def _taken(x, axis: int, start: int, stop: int | None, step: int = 1):
    index = [slice(None)] * 4
    index[axis] = slice(start, stop, step)
    return x[tuple(index)]


def check_is_known(input_shape) -> None:
    """Raises a ValueError for maps of unknown height or width, which the matrices need."""
    if None in input_shape[1:3]:
        raise UserError(
            f"Expected maps of known height and width. Received: shape {tuple(input_shape)}"
        )


def _is_fast(inputs, training) -> bool:
    return bool(training) and None not in inputs.shape[1:] and only_cpus()


@keras.saving.register_keras_serializable("tf_gan")
class BinomialUpsample2D(keras.layers.Layer):
    """Doubles height and width: each pixel becomes four, then [1, 2, 1] / 4 along both
    axes, which is bilinear interpolation.

    At the edges the outermost pixels are repeated, so that a constant image stays one.

    Input: `(B, H, W, C)`. Output: `(B, 2 H, 2 W, C)`.

    Raises:
        ValueError: for maps of unknown height or width.
    """

    def build(self, input_shape):
        check_is_known(input_shape)

    def call(self, inputs, training=False):
        if _is_fast(inputs, training):
            return upsampled(inputs)
        height, width = inputs.shape[1:3]
        return resample(inputs, upsampling_matrix(height), upsampling_matrix(width))

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return (batch, 2 * height, 2 * width, channels)


@keras.saving.register_keras_serializable("tf_gan")
class BinomialDownsample2D(keras.layers.Layer):
    """Halves height and width: [1, 2, 1] / 4 along both axes, then the mean of 2x2
    pixels.

    Zhang, Making Convolutional Networks Shift-Invariant Again (2019),
    https://arxiv.org/abs/1904.11486, on why to filter before. At the edges the
    outermost pixels are repeated.

    Input: `(B, H, W, C)`, H and W even. Output: `(B, H / 2, W / 2, C)`.

    Raises:
        ValueError: for maps of unknown or odd height or width.
    """

    def build(self, input_shape):
        check_is_known(input_shape)
        if input_shape[1] % 2 or input_shape[2] % 2:
            raise UserError(
                "Expected maps of even height and width. Received:"
                f" {input_shape[1]}x{input_shape[2]}"
            )

    def call(self, inputs, training=False):
        if _is_fast(inputs, training):
            return downsampled(inputs)
        height, width = inputs.shape[1:3]
        return resample(inputs, downsampling_matrix(height), downsampling_matrix(width))

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return (batch, height // 2, width // 2, channels)
