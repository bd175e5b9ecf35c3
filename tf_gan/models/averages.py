"""Moving averages of networks, with BatchNormalization statistics of their own."""

import contextlib
import numbers
from collections.abc import Callable

import keras
import tensorflow as tf

from tf_gan import compat
from tf_gan.errors import UserError, reason
from tf_gan.schedules import Schedule

# Steps between two looks at the statistics, images of one, and the decay of their
# moving averages.
STATISTICS_EVERY, STATISTICS_BATCH, STATISTICS_DECAY = 10, 128, 0.95


def check_decay(name: str, decay: float | Schedule | None) -> None:
    """Raises a ValueError if an argument is not the decay of a moving average."""
    if isinstance(decay, Schedule) or decay is None:
        return
    if not isinstance(decay, numbers.Real) or not 0.0 <= float(decay) < 1.0:
        raise UserError(
            f"Invalid value for argument `{name}`. Expected None, a decay in [0, 1), such as 0.999,"
            f" or a schedule such as tf_gan.schedules.HalfLife. Received: {name}={decay}"
        )


def decay_at(decay: float | Schedule, step: tf.Tensor) -> tf.Tensor:
    """Returns the decay of a step: that of a schedule, or min(decay, (1 + t) / (10 +
    t)).
    """
    return decay(step) if isinstance(decay, Schedule) else tf.minimum(float(decay), _rising(step))


def average_of(network: keras.Model, *inputs: keras.KerasTensor) -> keras.Model:
    """Returns a copy of a network that cannot be trained, built on symbolic inputs, to
    hold a moving average of its weights.
    """
    average = twin(network, f"{network.name}_average", "A moving average", "moving_average=None")
    average(*inputs)
    average.set_weights(network.get_weights())
    average.trainable = False
    return average


def twin(network: keras.Model, name: str, purpose: str, otherwise: str) -> keras.Model:
    """Returns a new network of the config of another one.

    Args:
        network: The other one.
        name: Its name.
        purpose: Who needs it, for the message.
        otherwise: What to give in its place, for the message.

    Raises:
        UserError: if the network does not give its config.
    """
    try:
        return type(network).from_config(network.get_config() | {"name": name})
    except (NotImplementedError, TypeError, ValueError) as error:
        raise UserError(
            f"{purpose} needs a copy of the {network.name}, which a {type(network).__name__}"
            " does not give: expected one that `from_config(get_config())` makes again"
            " (`get_config` returns all arguments of the constructor, and no layer is a Lambda),"
            f" or {otherwise}. {type(error).__name__}: {reason(error)}"
        ) from error


def move(
    average: keras.Model,
    network: keras.Model,
    decay: float | Schedule,
    step: tf.Tensor,
    inputs=None,
    seeds=(),
) -> None:
    """Moves an average one step towards its network: a <- a + (1 - beta) (w - a), where
    beta = min(decay, (1 + t) / (10 + t)) in step t, or the value of a schedule.

    So the average of a short run is not left where it started: it is over about the
    last ninth of the steps, until the decay is reached.

    What is not trained is copied, but for the statistics of BatchNormalization, if
    there are inputs: the layers of the average see other activations than those of the
    live network, and an averaged generator with the live statistics makes worse images
    than it can. Its own are moving averages of those of a minibatch that passes it
    every `STATISTICS_EVERY` steps. Brock et al., Large Scale GAN Training for High
    Fidelity Natural Image Synthesis (2018), https://arxiv.org/abs/1809.11096, compute
    such "standing statistics" before they sample; here they are always there.

    Args:
        average: The averaged network.
        network: The live one.
        decay: Of the weights, per step: a number, or a schedule.
        step: t, the number of the step, from 0.
        inputs: Function of a number that returns as many inputs of the network, the
            same on all replicas; or None.
        seeds: States of the network's random layers, as pairs of variable and value.
    """
    own = [] if inputs is None else _statistics(network, average)
    kept_apart = {id(mean) for _, mean, _ in own}
    beta = decay_at(decay, step)
    for live, mean in zip(network.weights, average.weights, strict=True):
        if live.trainable:
            rate = tf.cast(1.0 - beta, mean.dtype)
            mean.assign(mean.value + rate * (live.value - mean.value))
        elif id(mean) not in kept_apart:
            mean.assign(live.value)
    if not own:
        return
    kept = tf.minimum(STATISTICS_DECAY, _rising(step // STATISTICS_EVERY))

    def look():
        seen = statistics_of(network, average, inputs(STATISTICS_BATCH), seeds)
        values = []
        for (_, mean, _), value in zip(own, seen, strict=True):
            share = tf.cast(kept, mean.dtype)
            values.append(share * mean.value + (1.0 - share) * value)
        return values

    values = tf.cond(
        tf.equal(step % STATISTICS_EVERY, 0),
        look,
        lambda: [tf.convert_to_tensor(mean.value) for _, mean, _ in own],
    )
    for (_, mean, _), value in zip(own, values, strict=True):
        mean.assign(value)


def set_standing_statistics(
    network: keras.Model, average: keras.Model, inputs: Callable, batches: int
) -> None:
    """Sets the statistics of BatchNormalization in an average to the means of those of
    minibatches that pass it.

    Args:
        network: The live network, whose layers can be in training mode.
        average: Its average, or the network itself.
        inputs: Function of the number of a minibatch that returns inputs.
        batches: Number of minibatches, >= 1.

    Raises:
        ValueError: if there are no such layers.
    """
    own = _statistics(network, average)
    if not own:
        raise UserError(
            f"Standing statistics are those of BatchNormalization, which the {network.name} does"
            " not have. Expected to sample without them"
        )
    sums = [tf.zeros_like(mean.value) for _, mean, _ in own]
    for number in range(batches):
        seen = statistics_of(network, average, inputs(number))
        sums = [total + value for total, value in zip(sums, seen, strict=True)]
    for (_, mean, _), total in zip(own, sums, strict=True):
        mean.assign(total / batches)


def statistics_of(network, average, inputs, seeds=()) -> list[tf.Tensor]:
    """Returns the means and the variances of a minibatch in the layers of BatchNormalization
    of an average, in the order of its weights. It writes nothing.

    Args:
        network: The live network, whose layers can be in training mode.
        average: Its average, or the network itself.
        inputs: What the network takes.
        seeds: States of the network's random layers, as pairs of variable and value.
    """
    own = _statistics(network, average)
    momenta = {id(live): momentum for live, _, momentum in own}
    states = [
        (live, tf.zeros_like(mean.value) if id(live) in momenta else tf.identity(mean.value))
        for live, mean in zip(network.weights, average.weights, strict=True)
    ]
    layers = _normalizations(network)
    with keras.StatelessScope([*states, *seeds]) as scope, unsynchronized(layers):
        network(inputs, training=True)
    # What a layer makes of statistics of 0 is (1 - momentum) times those of the
    # minibatch.
    return [
        tf.cast(scope.get_current_value(live) / (1.0 - momentum), mean.dtype)
        for live, mean, momentum in own
    ]


def _statistics(network, average) -> list[tuple]:
    """Returns the statistics of BatchNormalization: the live variable, that of the
    average, and the momentum.
    """
    momenta = {
        id(variable): layer.momentum
        for layer in _normalizations(network)
        for variable in (layer.moving_mean, layer.moving_variance)
    }
    return [
        (live, mean, momenta[id(live)])
        for live, mean in zip(network.weights, average.weights, strict=True)
        if id(live) in momenta
    ]


def _rising(number: tf.Tensor) -> tf.Tensor:
    number = tf.cast(number, tf.float32)
    return (1.0 + number) / (10.0 + number)


def _normalizations(network: keras.Model) -> list[keras.layers.BatchNormalization]:
    """Returns the layers whose statistics move."""
    layers = [
        layer
        for layer in compat.flatten_layers(network)
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    return [
        layer for layer in layers if layer.trainable and not layer.renorm and layer.momentum < 1.0
    ]


@contextlib.contextmanager
def unsynchronized(layers: list[keras.layers.BatchNormalization]):
    """Holds layers from exchanging values with other replicas, which compute the same."""
    synchronized = [layer.synchronized for layer in layers]
    for layer in layers:
        layer.synchronized = False
    try:
        yield
    finally:
        for layer, value in zip(layers, synchronized, strict=True):
            layer.synchronized = value
