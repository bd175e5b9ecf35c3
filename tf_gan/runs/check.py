"""Checks of a config's values that need neither data nor a model."""

import ml_collections

from tf_gan import evaluation
from tf_gan.data.pictures import height_and_width
from tf_gan.errors import UserError

POSITIVE = (
    "batch_size",
    "epochs",
    "steps_per_execution",
    "sample_every",
    "samples",
    "checkpoint_every",
    "checkpoints_kept",
    "images_per_second",
)
NOT_NEGATIVE = ("checkpoint_steps", "checkpoint_minutes", "rollbacks")
CHOICES = {
    "jit_compile": ("auto", "true", "false"),
    "deterministic": ("auto", "true", "false"),
    "on_nonfinite": ("stop", "rollback"),
    "precision": ("float32", "mixed_bfloat16", "mixed_float16"),
}
SIZED = ("image_folder", "image_pairs", "photographs", "parquet", "tfrecord", "array_record")
READ_PATHS = (*SIZED, "npz")


def check(config: ml_collections.ConfigDict) -> None:
    """Checks the values of a config.

    Raises:
        UserError: for a value that makes no sense.
    """
    for field in POSITIVE:
        if config[field] <= 0:
            bound = "> 0" if field == "images_per_second" else ">= 1"
            raise UserError(f"Expected config.{field} {bound}. Received: {config[field]}")
    for field in NOT_NEGATIVE:
        if config[field] < 0:
            raise UserError(f"Expected config.{field} >= 0. Received: {config[field]}")
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
    for name in config.evaluate_metrics.split(",") if config.evaluate_every else ():
        evaluation.get(name.strip())
    _check_data(config.data)


def _check_data(section: ml_collections.ConfigDict) -> None:
    name = section.name.removesuffix("_outlines")
    if "." in name:  # A module of the user's own, which may read what it likes.
        return
    if section.path and name not in READ_PATHS:
        raise UserError(
            f"config.data.path={section.path!r} has no effect: the data set {section.name!r} reads"
            " no files. To train on a folder of pictures, add --config=image_folder (or another"
            f" config whose config.data.name is {' or '.join(READ_PATHS)})"
        )
    if section.image_size != 0 or (section.path and name in SIZED):
        height_and_width(section.image_size)
