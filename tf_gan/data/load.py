"""Image sets by the name in a config."""

import dataclasses

import numpy as np

from tf_gan.data.examples import Examples
from tf_gan.data.half_labelled import keep_labels
from tf_gan.data.sources.catalog import UnknownSplitError, catalog
from tf_gan.data.sources.digits import digits
from tf_gan.data.sources.image_folder import image_folder
from tf_gan.data.sources.image_pairs import image_pairs
from tf_gan.data.sources.npz import npz
from tf_gan.data.sources.outlines import outlines
from tf_gan.data.sources.photographs import photographs
from tf_gan.data.sources.toy import gaussians_1d, grid, ring
from tf_gan.errors import UserError

OUTLINES = "_outlines"  # How the names of sets end whose sources are outlines.
TOYS = {"ring": ring, "grid": grid, "gaussians_1d": gaussians_1d}
TOY_SPLITS = ("train", "validation", "test")


def splits(config) -> tuple[str, ...] | None:
    """Returns the splits of a config's data set; None for sets of tensorflow-datasets."""
    if config.name in TOYS:
        return TOY_SPLITS
    if config.name.removesuffix(OUTLINES) in ("digits", "image_folder", "npz", "photographs"):
        return ("train",)
    return ("train", "test") if config.name == "image_pairs" else None


def load(config, seed: int = 0) -> Examples:
    """Loads the data set of a config's `data` section (see `tf_gan.config`).

    Args:
        config: The section.
        seed: Seed of the toy densities and of the choice of labels.

    Raises:
        ValueError: if the set is unknown, cannot be loaded or has fewer labels than are
            to be kept.
    """
    value_range = tuple(config.value_range)
    split, known = config.split.partition("[")[0], splits(config)
    if known and config.name != "image_pairs" and split not in known:
        raise UnknownSplitError(
            f"{config.name!r} has no split {config.split!r}. Its splits are {list(known)}"
        )
    if config.name in TOYS:
        number = TOY_SPLITS.index(split)
        return TOYS[config.name](config.points, seed=[seed, number] if number else seed)
    whats = {
        "image_folder": "folder of pictures",
        "image_pairs": "folder with sub-folders A and B",
        "npz": ".npz file",
    }
    whats["photographs"] = whats["image_folder"]
    if config.name in whats and not config.path:
        what = whats[config.name]
        raise UserError(f"Expected --config.data.path to name a {what}. Received: no path")
    if config.name.endswith(OUTLINES):
        section = config.copy_and_resolve_references()
        with section.unlocked():
            section.name = config.name.removesuffix(OUTLINES)
        # 8x8 digits have no room for an outline.
        return outlines(
            load(section, seed), paired=config.paired, enlarge=4 if section.name == "digits" else 1
        )
    if config.name == "image_pairs":
        augmentation = {"jitter": config.jitter, "mirror": config.mirror}
        return image_pairs(
            config.path,
            config.image_size,
            config.channels,
            paired=config.paired,
            split=config.split,
            value_range=value_range,
            **augmentation,
        )
    if config.name == "digits":
        examples = digits(value_range)
    elif config.name == "image_folder":
        examples = image_folder(
            config.path,
            config.image_size,
            config.channels,
            labels=config.labels,
            value_range=value_range,
        )
    elif config.name == "photographs":
        if config.image_size < 1:
            raise UserError(
                "Expected the size of the crops, config.data.image_size, to be >= 1. Received:"
                f" {config.image_size}"
            )
        examples = photographs(
            config.path,
            config.image_size,
            config.channels,
            crops=config.crops,
            value_range=value_range,
        )
    elif config.name == "npz":
        examples = npz(config.path, value_range=value_range)
    else:
        examples = catalog(
            config.name, config.split, image_size=config.image_size or None, value_range=value_range
        )
    if config.contrast_normalization:
        examples = contrast_normalized(examples, config.contrast_normalization)
    return (
        keep_labels(examples, config.labels_per_class, seed)
        if config.labels_per_class
        else examples
    )


def contrast_normalized(examples: Examples, scale: float) -> Examples:
    """Subtracts from each image its mean, and divides it by its Euclidean norm over
    `scale`.

    x -> scale (x - mean(x)) / max(||x - mean(x)||, 1e-8); with scale 55 what the 2014
    paper's networks for CIFAR-10 saw.

    Args:
        examples: uint8 images.
        scale: Norm of each image afterwards, > 0.

    Returns:
        Examples of float32 images without bounds.
    """
    images = examples.images.astype(np.float32)
    axes = tuple(range(1, images.ndim))
    images -= images.mean(axis=axes, keepdims=True)
    norms = np.sqrt(np.sum(np.square(images), axis=axes, keepdims=True))
    return dataclasses.replace(
        examples, images=images * (scale / np.maximum(norms, 1e-8)), value_range=None
    )
