"""Batch normalization in its fastest form on this machine."""

import functools

import tensorflow as tf

from tf_gan.fast.fastest import fastest


def batch_normalization(maps, scale, offset, epsilon: float):
    """Returns maps normalised over all axes but the last one, and the mean and the variance
    of each channel: y = scale (x - mean) / sqrt(variance + epsilon) + offset.

    TensorFlow has one operation for all of it, and one for its gradient. Which is faster,
    this or the sum of its parts, depends on the shape and on whether oneDNN is on.

    Args:
        maps: `(B, H, W, C)` in float32 or bfloat16; the outputs have the same type.
        scale: `(C,)` in float32, as the mean and the variance are.
        offset: `(C,)` in float32.
        epsilon: >= 0.
    """
    functions = {"own": _in_parts, "fused": _fused}
    forms = {
        name: functools.partial(_with_gradients, function=function, epsilon=epsilon)
        for name, function in functions.items()
    }
    chosen = fastest("batch normalization", forms, maps, scale, offset)
    name = next(name for name, form in forms.items() if form is chosen)
    return functions[name](maps, scale, offset, epsilon)


def _in_parts(maps, scale, offset, epsilon: float):
    dtype, maps = maps.dtype, tf.cast(maps, tf.float32)
    mean, variance = tf.nn.moments(maps, [0, 1, 2])
    outputs = tf.nn.batch_normalization(maps, mean, variance, offset, scale, epsilon)
    return tf.cast(outputs, dtype), mean, variance


def _fused(maps, scale, offset, epsilon: float):
    outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=maps, scale=scale, offset=offset, mean=[], variance=[], epsilon=epsilon
    )
    # Its variance is the unbiased estimate, n / (n - 1) times as large.
    count = tf.cast(tf.size(maps) // tf.size(mean), tf.float32)
    return outputs, mean, variance * (tf.maximum(count, 2) - 1) / tf.maximum(count, 2)


def _with_gradients(*arguments, function, epsilon: float):
    """Returns what counts for the choice: the outputs and all gradients."""
    with tf.GradientTape() as tape:
        tape.watch(arguments)
        outputs = function(*arguments, epsilon)[0]
    return outputs, tape.gradient(outputs, arguments, outputs)
