"""Which settings of a config a model takes, and what becomes of the others.

A setting that a model does not take must have its default. In the run's `config.json`
it is blank: the file says what was used.
"""

import logging

import ml_collections

from tf_gan import data, registry
from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.models.base import GenerativeModel
from tf_gan.models.network_checks import arguments_of
from tf_gan.models.semi_supervised_gan import SemiSupervisedGAN
from tf_gan.runs import fields

# For each setting: the argument of the model's constructor that it becomes, and its
# blank value.
CONSTRUCTOR = {
    "model.latent_dim": ("latent_dim", 0),
    "model.prior": ("prior", ""),
    "model.prior_range": ("prior", ()),
    "model.moving_average": ("moving_average", 0.0),
    "model.half_life": ("moving_average", 0.0),
    "model.average_ramp": ("moving_average", True),
}
# For each setting: the argument of `compile` that it becomes, and its blank value.
COMPILE = {
    "objective.loss": ("loss", ""),
    "objective.label_smoothing": ("loss", 0.0),
    "objective.penalties": ("penalties", ""),
    "objective.penalty_weight": ("penalties", 0.0),
    "objective.penalty_interval": ("penalty_interval", 1),
    "objective.augment": ("augment", ""),
    "objective.augment_groups": ("augment", ""),
    "objective.augment_p": ("augment", -1.0),
    "objective.discriminator_steps": ("discriminator_steps", 1),
    "objective.updates": ("updates", ""),
    "objective.generator_batch_factor": ("generator_batch_factor", 1),
    "optimizer.discriminator_learning_rate": ("discriminator_optimizer", 0.0),
    "optimizer.layer_epochs": ("layer_steps", 0),
}
# Data whose examples are not resized.
WITHOUT_SIZE = ("digits", "gaussians_1d", "grid", "npz", "ring", "stacked_mnist")
# For each setting of the schedule: the argument of the model's constructor or of `compile`
# that it moves.
SCHEDULE = {"penalty_weight": "penalties", "augment_p": "augment", "half_life": "moving_average"}
# Models that --config.data.labels=True suits.
WITH_CLASSES = ("conditional_gan", "conditional_stylegan2", "star_gan")
RECORDS = ("parquet", "tfrecord", "array_record")
# Settings of the data that some sources alone read, and which.
READ_BY = {
    "points": ("gaussians_1d", "grid", "ring", "stacked_mnist"),
    "crops": ("photographs",),
    "channels": ("image_folder", "image_pairs", "photographs", *RECORDS),
    "column": RECORDS,
    "label_column": RECORDS,
    "paired": ("image_pairs",),
    "jitter": ("image_pairs",),
}


def unused(model_class: type[GenerativeModel]) -> dict[str, object]:
    """Returns the settings that a model does not take, with their blank values."""
    unused = {
        field: blank
        for table, method in ((CONSTRUCTOR, "__init__"), (COMPILE, "compile"))
        for field, (argument, blank) in table.items()
        if argument not in arguments_of(model_class, method)
    }
    return unused | {
        f"networks.{role}": {} for role in fields.ROLES if role not in model_class.roles
    }


def check(config: ml_collections.ConfigDict, model_class: type) -> None:
    """Checks that the config sets nothing that would have no effect.

    Raises:
        UserError: for a setting that the model does not take and that is not at its
            default.
    """
    default = default_config()
    for field, blank in unused(model_class).items():
        value, usual = fields.get(config, field), fields.get(default, field)
        if value not in (usual, blank):
            raise UserError(
                f"config.model.name={config.model.name!r} has no setting"
                f" {field.split('.')[1]!r}. Expected config.{field}={usual!r}. Received: {value!r}"
            )
    objective, prior = config.objective, config.model.prior
    if not objective.penalties.strip() and objective.penalty_weight not in (
        default.objective.penalty_weight,
        0.0,
    ):
        raise UserError(
            f"config.objective.penalty_weight={objective.penalty_weight} has no effect without"
            " penalties. Expected config.objective.penalties to name one, such as r1"
        )
    if prior == "normal" and tuple(config.model.prior_range) != default.model.prior_range:
        raise UserError(
            f"config.model.prior_range={tuple(config.model.prior_range)} has no effect with"
            " config.model.prior='normal'. Expected config.model.prior='uniform'"
        )


def check_new(config: ml_collections.ConfigDict, model_class: type) -> None:
    """Checks that the config of a new run sets nothing of data, optimizers and schedule that
    would have no effect. Runs from before these checks can still be read and resumed.

    Raises:
        UserError: for such a setting.
    """
    default = default_config()
    section = config.data
    if not data.holds_out(section) and section.held_out not in (default.data.held_out, 0):
        raise UserError(
            f"config.data.name={section.name!r} has a test split of its own, or none. Expected"
            f" config.data.held_out={default.data.held_out}. Received: {section.held_out}"
        )
    if section.name.removesuffix("_outlines") in WITHOUT_SIZE and section.image_size:
        raise UserError(
            f"The examples of config.data.name={section.name!r} have the size that they have."
            f" Expected config.data.image_size=0. Received: {section.image_size}"
        )
    for field, sources in READ_BY.items():
        reads = section.name.removesuffix("_outlines") in sources or (
            field == "paired" and section.name.endswith("_outlines")
        )
        usual = default.data[field]
        if section[field] != usual and not reads and not registry.is_own(section.name):
            logging.warning(  # It may come from the config file: no mistake of the user's.
                "config.data.%s=%r has no effect on config.data.name=%r: it is for %s.",
                *(field, section[field], section.name, ", ".join(sources)),
            )
    if section.labels and "num_classes" not in arguments_of(model_class, "__init__"):
        logging.warning(
            "config.model.name=%r takes no classes: config.data.labels=True serves its scores"
            " alone. Models with classes are %s.",
            *(config.model.name, ", ".join(WITH_CLASSES)),
        )
    partly_labelled = issubclass(model_class, SemiSupervisedGAN)
    if section.labels_per_class and not (partly_labelled or registry.is_own(config.model.name)):
        raise UserError(
            "config.data.labels_per_class is for config.model.name='semi_supervised_gan'. Expected"
            f" 0. Received: {section.labels_per_class} with config.model.name={config.model.name!r}"
        )
    optimizer = config.optimizer
    if optimizer.decay != "none" and optimizer.name not in ("adam", "adam_2016"):
        raise UserError(
            "config.optimizer.decay is for config.optimizer.name='adam' and 'adam_2016'. Expected"
            f" decay='none'. Received: decay={optimizer.decay!r} with name={optimizer.name!r}"
        )
    if optimizer.l2 and optimizer.name != "adam":
        raise UserError(
            "config.optimizer.l2 is for config.optimizer.name='adam'. Expected l2=0. Received:"
            f" l2={optimizer.l2} with name={optimizer.name!r}"
        )
    moved = {name for name in default.schedule if config.schedule[name] != default.schedule[name]}
    if moved == {"images"}:
        raise UserError(
            f"config.schedule.images={config.schedule.images} has no effect alone. Expected with it"
            f" one of {sorted(set(default.schedule) - moved)} of config.schedule"
        )
    taken = arguments_of(model_class, "__init__") | arguments_of(model_class, "compile")
    for name in sorted(moved & SCHEDULE.keys()):
        if SCHEDULE[name] not in taken:
            raise UserError(
                f"config.schedule.{name} has no effect: config.model.name={config.model.name!r} has"
                f" no {SCHEDULE[name]}. Expected {default.schedule[name]!r}. Received:"
                f" {config.schedule[name]!r}"
            )


def used(config: ml_collections.ConfigDict, model_class: type) -> ml_collections.ConfigDict:
    """Returns a copy of a config whose settings are blank if the model, or the data set,
    does not take them.
    """
    config = config.copy_and_resolve_references()
    with config.unlocked():
        for field, blank in unused(model_class).items():
            section, name = field.split(".")
            config[section][name] = ml_collections.ConfigDict() if blank == {} else blank
        if not data.holds_out(config.data):
            config.data.held_out = 0.0
    return config
