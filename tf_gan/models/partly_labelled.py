"""Minibatches in which some images have a label, and others the label -1."""

import tensorflow as tf

from tf_gan.training.replicas import mean_over_replicas


def fakes_per_batch(count):
    """Returns how many fakes stand beside a minibatch of `count` images, an integer or
    a scalar tensor.
    """
    return max(1, count // 2) if isinstance(count, int) else tf.maximum(1, count // 2)


def without_label(labels: tf.Tensor) -> tf.Tensor:
    """Returns which images of a minibatch have the label -1; all of them where no image
    of any replica has.
    """
    unlabelled = labels < 0
    share = tf.cast(tf.reduce_any(unlabelled), tf.float32)
    return unlabelled | (mean_over_replicas(share) == 0.0)


def mean_where(chosen: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
    """Returns the mean of `values[chosen]` over the first axis and all replicas, 0
    where no value is chosen.

    Args:
        chosen: Bools of shape `(B,)`.
        values: Shape `(B, ...)`.
    """
    weights = tf.cast(chosen, values.dtype)
    total, count = mean_over_replicas((tf.tensordot(weights, values, 1), tf.reduce_sum(weights)))
    return tf.math.divide_no_nan(total, count)


def is_correct(scores: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Returns whether the label of each image has the largest of its scores."""
    return tf.equal(tf.argmax(scores, axis=1, output_type=tf.int32), tf.cast(labels, tf.int32))
