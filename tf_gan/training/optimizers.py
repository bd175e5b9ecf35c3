"""Optimizers by the name in a config, and the 2014 paper's momentum descent."""

import math

import keras
import tensorflow as tf

from tf_gan import compat
from tf_gan.errors import UserError, warn
from tf_gan.schedules import Cosine, DecayWithFloor, LateDecay, LinearRamp, value_at


class Optimizers:
    """The optimizers of a model's objectives, as the one `model.optimizer` that callbacks of
    Keras look at. Those that know of several optimizers, such as `LearningRateScheduler` and
    `ReduceLROnPlateau`, act on each.

    Args:
        optimizers: Keras optimizers.
    """

    built = True

    def __init__(self, optimizers: list):
        self.optimizers = optimizers

    @property
    def variables(self) -> list[keras.Variable]:
        """The variables of all of them."""
        return [variable for optimizer in self.optimizers for variable in optimizer.variables]

    @property
    def learning_rate(self):
        """Can be set, for all of them; each has one of its own to be read."""
        raise AttributeError(
            "A model has one optimizer for each objective. Read the learning rate of one, such as"
            " gan.generator_optimizer.learning_rate"
        )

    @learning_rate.setter
    def learning_rate(self, value) -> None:
        for optimizer in self.optimizers:
            optimizer.learning_rate = value

    @property
    def iterations(self):
        """Updates made by the last of them, the generator's."""
        return self.optimizers[-1].iterations


def prepare(objectives) -> None:
    """Builds the optimizers of a model's objectives on their variables, wrapped for loss
    scaling if a layer of a network computes in float16.

    Raises:
        ValueError: for an optimizer that was built for other variables.
    """
    names = [objective.optimizer.name for objective in objectives]
    networks = [network for objective in objectives for network in objective.networks]
    layers = [layer for network in networks for layer in compat.flatten_layers(network)]
    scaled = any(layer.compute_dtype == "float16" for layer in layers)
    for objective in objectives:
        if scaled and not isinstance(objective.optimizer, keras.optimizers.LossScaleOptimizer):
            objective.optimizer = keras.optimizers.LossScaleOptimizer(
                objective.optimizer, name=f"{objective.name}_loss_scale"
            )
        optimizer, variables = objective.optimizer, objective.variables
        if len(set(names)) < len(names):  # Callbacks log each rate by the optimizer's name.
            optimizer.name = f"{objective.name}_{optimizer.name.removeprefix(objective.name + '_')}"
        if not variables:
            warn(
                f"The {objective.name} has no weights that are trained: trainable=False on a"
                " network holds it for good. Each update moves the networks of its own objective"
                " alone, so nothing has to be frozen."
            )
        if not optimizer.built:
            optimizer.build(variables)
            continue
        try:
            for variable in variables:
                compat.variable_index(optimizer, variable)
        except KeyError as error:
            raise UserError(
                f"The optimizer of the {objective.name} was built for other variables, such as"
                " before a layer was made trainable. Expected a new optimizer in `compile`"
            ) from error


@keras.saving.register_keras_serializable("tf_gan")
class MomentumSGD(keras.optimizers.SGD):
    """Gradient descent with heavy-ball momentum on a schedule: v <- mu_t v - lr_t g, w
    <- w + v.

    Args:
        learning_rate: Number or schedule.
        momentum_schedule: Schedule for mu.
        **kwargs: As for `keras.optimizers.SGD`, without `momentum` and `nesterov`.
    """

    def __init__(self, learning_rate, momentum_schedule, **kwargs):
        # Any momentum above 0 makes SGD keep velocities; the schedule's values replace
        # it.
        super().__init__(learning_rate=learning_rate, momentum=0.5, **kwargs)
        self.momentum_schedule = momentum_schedule

    def update_step(self, gradient, variable, learning_rate):
        velocity = self.momentums[compat.variable_index(self, variable)]
        rate = tf.cast(learning_rate, variable.dtype)
        momentum = tf.cast(
            self.momentum_schedule(tf.convert_to_tensor(self.iterations)), variable.dtype
        )
        self.assign(velocity, momentum * velocity.value - rate * tf.cast(gradient, variable.dtype))
        self.assign_add(variable, velocity.value)

    def get_config(self):
        config = super().get_config() | {
            "momentum_schedule": keras.saving.serialize_keras_object(self.momentum_schedule)
        }
        return {key: value for key, value in config.items() if key not in ("momentum", "nesterov")}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        schedule = keras.saving.deserialize_keras_object(config["momentum_schedule"])
        return super().from_config(config | {"momentum_schedule": schedule}, custom_objects)


@keras.saving.register_keras_serializable("tf_gan")
class ScheduledAdam(keras.optimizers.Adam):
    """Adam whose beta_2 follows a schedule; the correction of the bias is that of the
    value of the step.

    Args:
        learning_rate: Number or schedule.
        beta_1: In [0, 1).
        beta_2: Number, or schedule with values, in [0, 1); see `tf_gan.schedules`.
        **kwargs: As for `keras.optimizers.Adam`.
    """

    def update_step(self, gradient, variable, learning_rate):
        schedule = self.beta_2
        self.beta_2 = value_at(schedule, tf.convert_to_tensor(self.iterations))
        try:
            super().update_step(gradient, variable, learning_rate)
        finally:  # Not a tensor of a graph.
            self.beta_2 = schedule

    def get_config(self):
        return super().get_config() | {"beta_2": keras.saving.serialize_keras_object(self.beta_2)}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        beta_2 = keras.saving.deserialize_keras_object(config["beta_2"])
        return super().from_config(config | {"beta_2": beta_2}, custom_objects)


@keras.saving.register_keras_serializable("tf_gan")
class AdamL2(keras.optimizers.Adam):
    """Adam on a loss with an L2 term: `l2` times the weights is added to the gradients,
    before their moments are taken.

    Keras' `weight_decay` is the other kind, which shrinks the weights beside the update
    (Loshchilov and Hutter, 2017).

    Args:
        learning_rate: Number or schedule.
        l2: Factor, >= 0.
        **kwargs: As for `keras.optimizers.Adam`.
    """

    def __init__(self, learning_rate=1e-3, l2: float = 0.0, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.l2 = l2

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(
            gradient + self.l2 * tf.cast(tf.convert_to_tensor(variable), gradient.dtype),
            variable,
            learning_rate,
        )

    def get_config(self):
        return super().get_config() | {"l2": self.l2}


@keras.saving.register_keras_serializable("tf_gan")
class AdamEpsilonInside(keras.optimizers.Adam):
    """Adam with epsilon inside of the square root: w <- w - lr m / sqrt(v + epsilon), with the
    moments m and v of the gradient, both corrected for their bias.

    That of Salimans et al., Improved Techniques for Training GANs (2016),
    https://arxiv.org/abs/1606.03498 (openai/improved-gan). Keras adds epsilon to the root of
    the uncorrected v, which makes the first thousand updates of small gradients much smaller.

    Args:
        learning_rate: Number or schedule.
        beta_1: In [0, 1).
        beta_2: In [0, 1).
        epsilon: > 0.
        **kwargs: As for `keras.optimizers.Adam`, without `amsgrad`.
    """

    def __init__(self, learning_rate=3e-3, beta_1=0.5, beta_2=0.999, epsilon=1e-8, **kwargs):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **kwargs)

    def update_step(self, gradient, variable, learning_rate):
        dtype = variable.dtype
        rate = tf.cast(learning_rate, dtype)
        gradient = tf.cast(tf.convert_to_tensor(gradient), dtype)  # Embeddings' are sparse.
        count = tf.cast(tf.convert_to_tensor(self.iterations) + 1, dtype)
        corrected = []
        for moment, beta, power in zip(
            compat.moments(self, variable),
            (self.beta_1, self.beta_2),
            (gradient, tf.square(gradient)),
            strict=True,
        ):
            self.assign(moment, beta * moment.value + (1 - beta) * power)
            corrected.append(moment.value / (1 - tf.pow(tf.cast(beta, dtype), count)))
        mean, square = corrected
        self.assign_sub(variable, rate * mean * tf.math.rsqrt(square + self.epsilon))


def adam_update(step, rate, values, gradients, means, squares):
    """Returns tensors after an update of Adam, with beta_1 = 0.9 and beta_2 = 0.999, and
    the moments of their gradients.

    Args:
        step: Updates before this one, an integer tensor.
        rate: Learning rate.
        values: Tensors.
        gradients: A tensor for each of them.
        means: First moments, 0 before the first update.
        squares: Second moments, 0 before the first update.

    Returns:
        `(values, means, squares)`, lists.
    """
    count = tf.cast(step + 1, tf.float32)
    means = [0.9 * m + 0.1 * g for m, g in zip(means, gradients, strict=True)]
    squares = [0.999 * s + 0.001 * tf.square(g) for s, g in zip(squares, gradients, strict=True)]
    values = [
        v - rate * m / (1.0 - 0.9**count) / (tf.sqrt(s / (1.0 - 0.999**count)) + 1e-8)
        for v, m, s in zip(values, means, squares, strict=True)
    ]
    return values, means, squares


NAMES = ("adagrad", "adam", "adam_2016", "rmsprop", "sgd", "sgd_2014")
DECAYS = ("none", "exponential", "linear", "tenth")


def corrected(
    learning_rate: float, beta_1: float, beta_2: float, interval: int
) -> tuple[float, float, float]:
    """Returns the settings of Adam for networks that have a lazy loss, which is descended
    by a step of its own in every `interval`-th step: c rate, beta_1^c, beta_2^c with c =
    k / (k + 1), k the interval.

    So it moves as far, and forgets as fast, as if it made one step where it makes (k +
    1) / k. Karras et al., Analyzing and Improving the Image Quality of StyleGAN (2020),
    https://arxiv.org/abs/1912.04958, appendix B.

    Args:
        learning_rate: That of a network without one.
        beta_1: In [0, 1).
        beta_2: In [0, 1).
        interval: k, >= 1; 0 if there is no lazy loss.
    """
    share = interval / (interval + 1.0) if interval else 1.0
    return share * learning_rate, beta_1**share, beta_2**share


def build(
    config,
    learning_rate: float,
    steps_per_epoch: int,
    schedule=None,
    steps: float = 0.0,
    lazy_interval: int = 0,
) -> keras.optimizers.Optimizer:
    """Returns the optimizer of a config's `optimizer` section (see `tf_gan.config`).

    Args:
        config: The section.
        learning_rate: Learning rate, > 0.
        steps_per_epoch: Updates in an epoch, for `decay_epochs` and for `sgd_2014`,
            whose momentum rises from 0.5 in the first epoch to 0.7 in the 250th, once an
            epoch.
        schedule: The config's `schedule` section, for adam.
        steps: Updates over which its values move; 0 for constant ones.
        lazy_interval: For networks with a lazy loss, the updates from one of its steps
            to the next, whose values are `corrected` for adam; 0 if there is none.

    Raises:
        ValueError: for an unknown name, the known ones are listed, and for values out
            of range.
    """
    if not 0 < learning_rate < math.inf:
        raise UserError(f"Expected a learning rate > 0. Received: {learning_rate}")
    for name in ("beta_1", "beta_2"):
        if not 0 <= config[name] < 1:
            raise UserError(f"Expected config.optimizer.{name} in [0, 1). Received: {config[name]}")
    if config.name == "sgd_2014" and config.decay_factor < 1:
        raise UserError(
            f"Expected config.optimizer.decay_factor >= 1. Received: {config.decay_factor}"
        )
    if config.l2 < 0:
        raise UserError(f"Expected config.optimizer.l2 >= 0. Received: {config.l2}")
    if config.name == "adagrad":
        return keras.optimizers.Adagrad(learning_rate)
    if config.name == "adam":
        steps += steps / lazy_interval if lazy_interval else 0.0
        learning_rate, beta_1, beta_2 = corrected(
            learning_rate, config.beta_1, config.beta_2, lazy_interval
        )
        rate = _decaying(config, learning_rate, steps_per_epoch, lazy_interval)
        moments = {"beta_1": beta_1, "beta_2": beta_2, "epsilon": config.epsilon}
        if steps and schedule.learning_rate != 1.0:
            rate = Cosine(learning_rate, schedule.learning_rate * learning_rate, steps)
        if steps and schedule.beta_2 >= 0:
            last = corrected(0.0, 0.0, schedule.beta_2, lazy_interval)[2]
            return ScheduledAdam(rate, **moments | {"beta_2": Cosine(beta_2, last, steps)})
        return (
            AdamL2(rate, config.l2, **moments)
            if config.l2
            else keras.optimizers.Adam(rate, **moments)
        )
    if config.name == "adam_2016":
        rate = _decaying(config, learning_rate, steps_per_epoch, lazy_interval)
        return AdamEpsilonInside(rate, config.beta_1, config.beta_2, config.epsilon)
    if config.name == "rmsprop":
        return keras.optimizers.RMSprop(learning_rate)
    if config.name == "sgd":
        return keras.optimizers.SGD(learning_rate)
    if config.name == "sgd_2014":
        # The program of 2014 sets the momentum before each epoch: 0.5 before the first,
        # 0.7 before the 250th.
        momentum = LinearRamp(0.5, 0.7, 0, 249 * steps_per_epoch, every=steps_per_epoch)
        return MomentumSGD(DecayWithFloor(learning_rate, config.decay_factor), momentum)
    raise UserError(
        f"Unknown optimizer. Expected config.optimizer.name to be one of {NAMES}. Received:"
        f" {config.name!r}"
    )


def _decaying(config, learning_rate: float, steps_per_epoch: int, lazy_interval: int):
    """Returns the learning rate as it falls over `config.decay_epochs`."""
    if config.decay == "none":
        return learning_rate
    if config.decay not in DECAYS:
        raise UserError(
            f"Expected config.optimizer.decay to be one of {DECAYS}. Received: {config.decay!r}"
        )
    epochs = tuple(config.decay_epochs)
    if config.decay == "tenth" and len(epochs) == 1:  # The first counts alone.
        epochs = (epochs[0], epochs[0] + 1)
    if len(epochs) != 2 or not 0 <= epochs[0] < epochs[1]:
        raise UserError(
            "Expected config.optimizer.decay_epochs=(first, last) with 0 <= first < last for"
            f" decay={config.decay!r}. Received: {tuple(config.decay_epochs)}"
        )
    first, last = epochs
    begin, end = first * steps_per_epoch, last * steps_per_epoch
    if lazy_interval:  # Lazy updates count too.
        begin, end = begin + begin // lazy_interval, end + end // lazy_interval
    if config.decay == "linear":
        return LinearRamp(learning_rate, 0.0, begin, end)
    if config.decay == "exponential":
        return LateDecay(learning_rate, begin, end)
    return keras.optimizers.schedules.PiecewiseConstantDecay(  # Up to its boundary.
        [begin - 1], [learning_rate, learning_rate / 10]
    )
