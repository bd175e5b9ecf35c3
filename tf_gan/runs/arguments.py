"""From the sections of a config to arguments of the model: losses, penalties,
optimizers, augmentation, averages, and their schedules.
"""

import inspect
import math

import ml_collections
import tensorflow as tf

from tf_gan import augment, losses, penalties
from tf_gan.config import default_config
from tf_gan.errors import UserError, did_you_mean
from tf_gan.runs import fields
from tf_gan.schedules import Cosine, HalfLife
from tf_gan.training import optimizers

# What Keras, NumPy and TensorFlow raise for values that make no sense, such as a layer
# of -5 units or of 10^12.
VALUE_ERRORS = (
    TypeError,
    ValueError,
    OverflowError,
    IndexError,
    MemoryError,
    ZeroDivisionError,
    tf.errors.OpError,
)


# Arguments of networks and models that a run gives.
FACTS = (
    *("image_shape", "latent_dim", "num_classes", "pixel_means"),
    *("generator", "discriminator", "encoder", "prior", "moving_average", "seed"),
)


def compile_arguments(
    config: ml_collections.ConfigDict, taken: set[str], steps_per_epoch: int, lazy: int = 0
) -> dict:
    """Returns those arguments of `compile` that the model takes.

    Args:
        config: The config.
        taken: The names of all arguments that it takes.
        steps_per_epoch: Steps of an epoch.
        lazy: G's updates from one of its lazy losses to the next; 0 if it has none.
    """
    objective, rates = config.objective, config.optimizer
    interval = objective.penalty_interval

    def optimizer(rate: float, steps: int, lazy: int, updates: int = 1):
        steps_of_schedule = updates * schedule_steps(config)
        return optimizers.build(
            config.optimizer, rate, steps, config.schedule, steps_of_schedule, lazy
        )

    def loss():
        if not objective.label_smoothing:
            return losses.get(objective.loss)
        return call(
            config,
            "config.objective.label_smoothing",
            type(losses.get(objective.loss)),
            {"label_smoothing": objective.label_smoothing},
        )

    def chosen_penalties():
        weight = {"weight": objective.penalty_weight} if objective.penalty_weight >= 0 else {}
        names = fields.listed(objective.penalties)
        chosen = [type(penalties.get(name))(**weight) for name in names]
        if config.schedule.images and config.schedule.penalty_weight != 1.0:
            for penalty in chosen:
                end = config.schedule.penalty_weight * penalty.weight
                penalty.weight = Cosine(penalty.weight, end, schedule_steps(config))
        return chosen

    makers = {
        "optimizer": lambda: optimizer(rates.generator_learning_rate, steps_per_epoch, lazy),
        "generator_optimizer": lambda: optimizer(
            rates.generator_learning_rate, steps_per_epoch, lazy
        ),
        "discriminator_optimizer": lambda: optimizer(
            rates.discriminator_learning_rate,
            steps_per_epoch * objective.discriminator_steps,
            interval * objective.discriminator_steps if interval > 1 else 0,
            objective.discriminator_steps,
        ),
        "loss": loss,
        "penalties": chosen_penalties,
        "penalty_interval": lambda: interval,
        "augment": lambda: augmentation(config),
        "layer_steps": lambda: rates.layer_epochs * steps_per_epoch or None,
        "discriminator_steps": lambda: objective.discriminator_steps,
        "updates": lambda: objective.updates,
        "generator_batch_factor": lambda: objective.generator_batch_factor,
        "steps_per_execution": lambda: config.steps_per_execution or "auto",
        "jit_compile": lambda: {"auto": "auto", "true": True, "false": False}[
            str(config.jit_compile).lower()
        ],
    }
    return {name: make() for name, make in makers.items() if name in taken}


def images_per_step(config: ml_collections.ConfigDict) -> int:
    """Returns how many training images a step takes, over all replicas."""
    return config.batch_size * config.objective.discriminator_steps


def steps_of(config: ml_collections.ConfigDict, thousands: float) -> float:
    """Returns the steps in which so many thousand images are seen."""
    return 1000.0 * thousands / images_per_step(config)


def schedule_steps(config: ml_collections.ConfigDict) -> float:
    """Returns the steps over which the values of `config.schedule` move."""
    return steps_of(config, config.schedule.images)


def moving_average(config: ml_collections.ConfigDict):
    """Returns the decay of the generator's moving average, or its schedule, or None."""
    decay, ramps = config.model.moving_average, config.model.average_ramp
    if not config.model.half_life and (ramps or not decay):
        return decay or None
    if not config.model.half_life:
        return HalfLife(-1.0 / math.log2(decay), ramp=None)
    steps = steps_of(config, config.model.half_life)
    if ramps and config.schedule.images and config.schedule.half_life:
        return HalfLife(Cosine(0.0, steps, schedule_steps(config)), ramp=None)
    return HalfLife(steps) if ramps else HalfLife(steps, ramp=None)


def augmentation(config: ml_collections.ConfigDict) -> augment.Augmentation | None:
    """Returns what `compile` takes as `augment`."""
    chosen, p = augment.get(config.objective.augment), config.objective.augment_p
    default = default_config().objective.augment_groups
    if not isinstance(chosen, augment.ADA) and config.objective.augment_groups not in (default, ""):
        raise UserError(
            "config.objective.augment_groups is for config.objective.augment=ada. Received:"
            f" augment={config.objective.augment!r}. Leave it as it is, {default!r}, or take ada"
        )
    if isinstance(chosen, augment.ADA):
        groups = [name.strip() for name in config.objective.augment_groups.split(",")]
        multipliers = {"color": 0.5} if "cutout" in groups else None
        chosen = augment.ADA(groups=groups, multipliers=multipliers)
    if chosen is None or p < 0:
        return chosen
    if config.schedule.images and config.schedule.augment_p:
        p = Cosine(0.0, p, schedule_steps(config))
    return type(chosen)(**{**chosen.get_config(), "p": p})


def call(config: ml_collections.ConfigDict, field: str, function, values: dict):
    """Calls a function with the values of a field of a config.

    Raises:
        UserError: if it does not take arguments of these names, or if the values make
            no sense to the networks and models of this package. In the user's own
            networks and models an error is a bug, and keeps its traceback.
    """
    signature = inspect.signature(function)
    try:
        signature.bind(**values)
    except TypeError as error:
        own = [
            name
            for name, parameter in signature.parameters.items()
            if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
            and name not in FACTS
        ]
        strange = next((name for name in values if name not in signature.parameters), None)
        hint = did_you_mean(f"{field}.{strange}", [f"{field}.{name}" for name in own])
        raise UserError(
            f"{field} does not fit {function.__name__}: {error}.{hint if strange else ''} It takes"
            f" {', '.join(own) or 'none'}"
        ) from error
    try:
        return function(**values)
    except UserError:
        raise
    except VALUE_ERRORS as error:
        if "." in config.model.name + config.networks.name:
            raise
        raise UserError(f"{field} has a value that does not fit: {error}") from error
