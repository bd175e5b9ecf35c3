"""Checks of a config's values that need neither data nor a model."""

import math

import ml_collections

from tf_gan import data, evaluation
from tf_gan.config import default_config
from tf_gan.data.pictures import height_and_width
from tf_gan.errors import UserError
from tf_gan.runs import fields, settings

POSITIVE = (
    "batch_size",
    "epochs",
    "sample_every",
    "samples",
    "checkpoint_every",
    "checkpoints_kept",
    "evaluate_samples",
    "images_per_second",
)
NOT_NEGATIVE = (
    "checkpoint_steps",
    "checkpoint_minutes",
    "evaluate_every",
    "freeze_d",
    "length",
    "minutes",
    "model.half_life",
    "networks.initialization_images",
    "patience",
    "replay_frames",
    "rollbacks",
    "sample_minutes",
    "schedule.images",
    "schedule.learning_rate",
    "schedule.penalty_weight",
    "steps_per_execution",
)
CHOICES = {
    "jit_compile": ("auto", "true", "false"),
    "deterministic": ("auto", "true", "false"),
    "on_nonfinite": ("stop", "rollback"),
    "precision": ("auto", "float32", "mixed_bfloat16", "mixed_float16"),
}


def check(config: ml_collections.ConfigDict) -> None:
    """Checks the values of a config.

    Raises:
        UserError: for a value that makes no sense.
    """
    for field in fields.names(config):
        value = fields.get(config, field)
        is_own = field.startswith(fields.OWN_ARGUMENTS)
        if isinstance(value, float) and not math.isfinite(value) and not is_own:
            raise UserError(f"Expected config.{field} to be a finite number. Received: {value}")
    for field in POSITIVE:
        if config[field] <= 0:
            bound = "> 0" if field == "images_per_second" else ">= 1"
            raise UserError(f"Expected config.{field} {bound}. Received: {config[field]}")
    for field in NOT_NEGATIVE:
        value = fields.get(config, field)
        if value < 0:
            raise UserError(f"Expected config.{field} >= 0. Received: {value}")
    for field in ("data.value_range", "evaluate_extractor_range"):
        pair = tuple(fields.get(config, field))
        are_numbers = all(isinstance(part, (int, float)) for part in pair)
        if len(pair) != 2 or not are_numbers or not pair[0] < pair[1]:
            raise UserError(f"Expected config.{field}=(low, high), low < high. Received: {pair}")
    if not 0 <= config.seed < 2**32:
        raise UserError(f"Expected config.seed from 0 to 2^32 - 1. Received: {config.seed}")
    for field, choices in CHOICES.items():
        if str(config[field]).lower() not in choices:
            raise UserError(
                f"Expected config.{field} to be {', '.join(choices[:-1])} or {choices[-1]}."
                f" Received: {config[field]!r}"
            )
    if config.objective.discriminator_steps < 1:
        raise UserError(
            "Expected config.objective.discriminator_steps (k) >= 1. Received:"
            f" {config.objective.discriminator_steps}"
        )
    if config.patience and not config.keep_best:
        raise UserError(
            f"config.patience={config.patience} has no effect without config.keep_best, the name of"
            " the log whose values count"
        )
    _check_schedule(config)
    measured = config.evaluate_metrics.split(",") if config.evaluate_every else []
    measured = [evaluation.get(name) for name in measured]
    best = evaluation.OTHER_NAMES.get(config.keep_best, config.keep_best)
    is_known = best in evaluation.names() and "." not in config.evaluate_metrics
    if is_known and evaluation.get(best) not in measured:
        raise UserError(
            f"config.keep_best={config.keep_best} needs its values during training:"
            f" config.evaluate_metrics={best} and config.evaluate_every, such as 10"
        )
    check_data(config.data)


def _check_schedule(config: ml_collections.ConfigDict) -> None:
    schedule = config.schedule
    if config.objective.augment_p > 1:
        raise UserError(
            "Expected config.objective.augment_p to be a probability, from 0 to 1, or a negative"
            f" number for the default. Received: {config.objective.augment_p}"
        )
    if schedule.beta_2 >= 1:
        raise UserError(f"Expected config.schedule.beta_2 < 1. Received: {schedule.beta_2}")
    moved = {name for name in schedule if schedule[name] != default_config().schedule[name]}
    objective, optimizer = config.objective, config.optimizer
    # What each needs to have an effect, as (field, whether it is there).
    needs = [(f"schedule.{name}", "schedule.images > 0", bool(schedule.images)) for name in moved]
    for name in ("learning_rate", "beta_2"):
        if name in moved:
            needs += [
                (f"schedule.{name}", "optimizer.name='adam'", optimizer.name == "adam"),
                (f"schedule.{name}", "optimizer.decay='none'", optimizer.decay == "none"),
                (f"schedule.{name}", "optimizer.l2=0", not optimizer.l2),
            ]
    if "penalty_weight" in moved:
        needs.append(
            ("schedule.penalty_weight", "objective.penalties", bool(objective.penalties.strip()))
        )
    if "half_life" in moved:
        needs.append(("schedule.half_life", "model.half_life > 0", config.model.half_life > 0))
    if "augment_p" in moved:
        needs.append(("schedule.augment_p", "objective.augment_p >= 0", objective.augment_p >= 0))
    if objective.augment_p >= 0:
        needs.append(("objective.augment_p", "objective.augment", bool(objective.augment)))
    for field, needed, is_there in needs:
        if not is_there:
            raise UserError(f"config.{field} has no effect. Expected with it config.{needed}")


def check_data(section: ml_collections.ConfigDict) -> None:
    """Checks the path and the size of a config's `data` section.

    Raises:
        UserError: for a path that has no effect, or a size that makes no sense.
    """
    if "." in section.name:  # A module of the user's own, which may read what it likes.
        return
    if section.path and not data.reads_path(section.name):
        others = " or ".join(filter(data.reads_path, data.names()))
        raise UserError(
            f"config.data.path={section.path!r} has no effect: the data set {section.name!r} reads"
            " no files. To train on a folder of pictures, add --config=image_folder (or another"
            f" config whose config.data.name is {others})"
        )
    if section.contrast_normalization < 0:
        raise UserError(
            "Expected config.data.contrast_normalization >= 0. Received:"
            f" {section.contrast_normalization}"
        )
    has_size = section.name.removesuffix("_outlines") not in settings.WITHOUT_SIZE
    if section.image_size != 0 or (section.path and has_size):
        height_and_width(section.image_size)
