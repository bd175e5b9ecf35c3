"""Configs that run in seconds."""

import ml_collections

from tf_gan.config import default_config
from tf_gan.data import splits
from tf_gan.runs import settings


def quick(config: ml_collections.ConfigDict) -> ml_collections.ConfigDict:
    """Makes a config small, to see in seconds whether it runs: tiny networks, two
    epochs, 64 images of a tensorflow-datasets set, small image pairs.

    Args:
        config: The config; it is changed.

    Returns:
        The same config.
    """
    for arguments in (
        config.networks.generator,
        config.networks.discriminator,
        config.networks.encoder,
    ):
        sizes = {"units", "channels", "filters", "width", "widths", "blocks"}
        sizes |= {"base_width", "max_width", "style_dim"}
        for name in sizes & set(arguments):
            value = arguments[name]
            arguments[name] = (
                tuple(min(size, 8) for size in value) if isinstance(value, tuple) else min(value, 8)
            )
    if config.data.name == "image_pairs":
        config.data.image_size = 32
    elif splits(config.data) is None:
        config.data.split = "train[:64]"
    if isinstance(config.data.image_size, int):
        config.data.image_size = min(config.data.image_size, 64)
    if config.data.name in settings.READ_BY["points"]:
        config.data.points = 64
    config.data.labels_per_class = min(config.data.labels_per_class, 1)
    if config.data.name == "photographs":
        config.data.image_size, config.data.crops = 24, 1
    config.batch_size = 16
    if "batch_sizes" in config.model.arguments:  # Of five stages up to 64x64.
        sizes = config.model.arguments.batch_sizes[-5:]
        config.model.arguments.batch_sizes = tuple(min(n, 16) for n in sizes)
    config.objective.discriminator_steps = min(config.objective.discriminator_steps, 2)
    config.epochs, config.length, config.sample_minutes = 2, 0.0, 0.0
    config.steps_per_execution = 2
    config.samples = 4
    config.sample_every = 1
    config.checkpoint_every = 1
    return config


def small_config(**changes) -> ml_collections.ConfigDict:
    """Returns the default config, made small; then fields by their dotted names are set."""
    config = quick(default_config())
    if changes.get("data.name") in settings.READ_BY["points"]:
        config.data.points = 64
    config.update_from_flattened_dict(changes)
    return config
