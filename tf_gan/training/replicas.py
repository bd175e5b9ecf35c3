"""The shares of a batch that replicas have, and values that they exchange."""

import keras
import tensorflow as tf

from tf_gan import compat
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


def exchange(sums, means):
    """Returns the sums and the means over the replicas of the tensors of two structures, the
    same on all of them, by one all-reduce for each type of numbers.

    Args:
        sums: Structure of tensors, such as gradients: sparse ones stay sparse, None stays None.
        means: Structure of float tensors, such as logs and statistics.
    """
    replicas = replica_count()
    if replicas == 1:
        return sums, means
    flat = tf.nest.flatten((sums, means))
    places = {}
    for place, value in enumerate(flat):
        if value is not None:
            places.setdefault(value.dtype, []).append(place)
    context = tf.distribute.get_replica_context()
    for alike in places.values():
        # A strategy packs a list into one message.
        totals = context.all_reduce(tf.distribute.ReduceOp.SUM, [flat[place] for place in alike])
        for place, total in zip(alike, totals, strict=True):
            flat[place] = total
    sums, means = tf.nest.pack_sequence_as((sums, means), flat)
    return sums, tf.nest.map_structure(lambda total: total / replicas, means)


def batch_size_of(images: tf.Tensor):
    """Returns the number of rows: an int where it is known while tracing, else a scalar
    tensor.
    """
    return images.shape[0] if images.shape[0] is not None else tf.shape(images)[0]


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


def check_networks(model: keras.Model, objectives) -> None:
    """Raises a UserError for a network whose weights were not made in the scope of the
    model's strategy.
    """
    if not is_replicated(model):
        return
    made_here = model.distribute_strategy.extended.variable_created_in_scope
    for network in [network for objective in objectives for network in objective.networks]:
        if not all(made_here(variable.value) for variable in network.variables):
            raise UserError(
                f"Expected networks that are made inside of `strategy.scope()`, as the"
                f" {type(model).__name__} is. Received: {network.name!r}, which was made outside"
            )


def check_optimizers(model: keras.Model, optimizers: list) -> None:
    """Checks that the optimizers of a model do here what they do in a Keras model.

    Raises:
        ValueError: for Keras' own moving average, which nothing would read, for
            accumulated gradients on several replicas, which Keras cannot do, and for
            optimizers of another strategy.
    """
    for optimizer in optimizers:
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)  # Of loss scaling.
        if getattr(optimizer, "use_ema", False):
            raise UserError(
                "An optimizer's own moving average would never reach the networks. Expected"
                " use_ema=False, and for an averaged generator the model's argument"
                " `moving_average=0.999`. Received: use_ema=True"
            )
        steps = getattr(optimizer, "gradient_accumulation_steps", None)
        if steps and is_replicated(model):
            raise UserError(
                "Optimizers cannot accumulate gradients on several replicas. Expected"
                " gradient_accumulation_steps=None, and a larger batch_size where memory allows."
                f" Received: gradient_accumulation_steps={steps}"
            )
        strategy = model.distribute_strategy
        if is_replicated(model) and compat.strategy_of(optimizer) is not strategy:
            raise UserError(
                f"Expected optimizers that are made inside of `strategy.scope()`, as the"
                f" {type(model).__name__} is. Received: {optimizer.name!r}, which was made outside"
            )
