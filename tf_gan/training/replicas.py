"""Values that replicas exchange, and what replicas cannot do alike."""

import keras
import tensorflow as tf

from tf_gan.errors import UserError


def is_replicated(model: keras.Model) -> bool:
    """Returns whether the model was made in the scope of a strategy for several devices."""
    return isinstance(
        model.distribute_strategy,
        (
            tf.distribute.MirroredStrategy,
            tf.distribute.MultiWorkerMirroredStrategy,
            tf.distribute.TPUStrategy,
        ),
    )


def replica_count() -> int:
    """Returns how many replicas share the batch where this is called."""
    context = tf.distribute.get_replica_context()
    return 1 if context is None else context.num_replicas_in_sync


def mean_over_replicas(values):
    """Returns the mean over the replicas of each tensor of a structure; the same on all of
    them. Gradients flow through it.
    """
    if replica_count() == 1 or not tf.nest.flatten(values):
        return values
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.MEAN, values)


def batch_mean(values: tf.Tensor) -> tf.Tensor:
    """Returns the mean of all numbers in the shares of all replicas, whatever their sizes; a
    scalar, the same on all of them.
    """
    if replica_count() == 1:
        return tf.reduce_mean(values)
    count = tf.cast(tf.size(values), values.dtype)
    total, count = mean_over_replicas((tf.reduce_sum(values), count))
    return tf.math.divide_no_nan(total, count)


def gather_over_replicas(values):
    """Returns each tensor of a structure joined with those of the other replicas along the
    batch, in the order of the replicas; the same on all of them.
    """
    if replica_count() == 1:
        return values
    return tf.distribute.get_replica_context().all_gather(values, axis=0)


def agree_on_overflow(gradients: list) -> list:
    """Returns the gradients, all NaN if one overflowed on one replica: loss scaling looks at
    them before the sum over the replicas, on each replica alone.
    """
    if replica_count() == 1:
        return gradients
    parts = [
        tf.reduce_sum(0.0 * tf.cast(getattr(gradient, "values", gradient), tf.float32))
        for gradient in gradients
        if gradient is not None
    ]
    context = tf.distribute.get_replica_context()
    zero_or_nan = context.all_reduce(tf.distribute.ReduceOp.SUM, tf.add_n(parts))

    def marked(gradient):
        if isinstance(gradient, tf.IndexedSlices):
            return tf.IndexedSlices(marked(gradient.values), gradient.indices, gradient.dense_shape)
        return None if gradient is None else gradient + tf.cast(zero_or_nan, gradient.dtype)

    return [marked(gradient) for gradient in gradients]


def check_optimizers(model: keras.Model, optimizers: list) -> None:
    """Checks that the optimizers do here what they do in a Keras model, on any number of
    replicas.

    Raises:
        ValueError: for Keras' own moving average, which nothing would read; and for clipping
            under several replicas, where Keras clips before it sums over them.
    """
    for optimizer in optimizers:
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)  # Of loss scaling.
        if getattr(optimizer, "use_ema", False):
            raise UserError(
                "An optimizer's own moving average would never reach the networks. Expected"
                " use_ema=False, and for an averaged generator the model's argument"
                " `moving_average=0.999`. Received: use_ema=True"
            )
        clips = [
            name
            for name in ("clipnorm", "global_clipnorm", "clipvalue")
            if getattr(optimizer, name, None) is not None
        ]
        if clips and model.distribute_strategy.num_replicas_in_sync > 1:
            raise UserError(
                "Gradients would be clipped on each replica, before their sum, which is not what"
                " one device does. Expected optimizers without clipping under a strategy with"
                f" several replicas. Received: {clips[0]}={getattr(optimizer, clips[0])}"
            )
