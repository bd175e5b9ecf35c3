"""Colours of images, changed by one small matrix per image."""

import tensorflow as tf


def color_channels(images: tf.Tensor) -> int:
    """Returns how many of the channels are colours: 1 of 1 or 2, 3 of 3 or 4."""
    return 1 if images.shape[3] < 3 else 3


def color_matrix(channels: int, grey, chroma, cos=1.0, sin=0.0) -> tf.Tensor:
    """Returns the matrices that multiply the grey part of a colour by `grey`, and turn
    what is left about the grey axis and multiply it by `chroma`.

    grey J / 3 + chroma (cos (I - J / 3) + sin K), J = ones, K = the cross product with
    (1, 1, 1) / sqrt 3.

    Args:
        channels: 1 or 3. One channel is a colour without anything but grey.
        grey: Factors, shape `(B,)`.
        chroma: Factors, shape `(B,)`.
        cos: Cosine of the angle, a number or shape `(B,)`.
        sin: Its sine.

    Returns:
        Tensor of shape `(B, channels, channels)`.
    """
    if channels == 1:
        return grey[:, None, None]
    rest = 2.0 * cos * chroma / 3.0
    side = -0.5 * rest
    turn = sin * chroma / 3.0**0.5
    same, left, right = grey / 3.0 + rest, grey / 3.0 + side - turn, grey / 3.0 + side + turn
    return tf.reshape(
        tf.stack([same, left, right, right, same, left, left, right, same], axis=1), [-1, 3, 3]
    )


def recolor(images: tf.Tensor, matrix: tf.Tensor, offset: tf.Tensor) -> tf.Tensor:
    """Returns A c + b for each colour c, and the alpha as it is.

    Args:
        images: Tensor of shape `(B, H, W, C)`.
        matrix: A, shape `(B, n, n)`, n colours of the C channels.
        offset: b, shape `(B,)`, the same for all colours.
    """
    height, width, channels = images.shape[1:]
    n = color_channels(images)
    colors = tf.reshape(images[..., :n], [-1, height * width, n])
    # One product of matrices is faster on CPUs than sums over channels.
    matrix, offset = tf.cast(matrix, images.dtype), tf.cast(offset, images.dtype)
    colors = tf.matmul(colors, matrix, transpose_b=True) + offset[:, None, None]
    colors = tf.reshape(colors, [-1, height, width, n])
    return colors if n == channels else tf.concat([colors, images[..., n:]], axis=3)
