"""Image sets by the name in a config."""

import dataclasses

import numpy as np

from tf_gan.data.catalog import catalog
from tf_gan.data.digits import digits
from tf_gan.data.examples import Examples
from tf_gan.data.image_folder import image_folder
from tf_gan.data.npz import npz
from tf_gan.data.photographs import photographs
from tf_gan.data.toy import gaussians_1d, grid, ring

TOYS = {"ring": ring, "grid": grid, "gaussians_1d": gaussians_1d}


def load(config, seed: int = 0) -> Examples:
    """Loads the data set of a config's `data` section (see `tf_gan.config`).

    Args:
        config: The section.
        seed: Seed of the toy densities.

    Raises:
        ValueError: if the set is unknown or cannot be loaded.
    """
    value_range = tuple(config.value_range)
    if config.name in TOYS:
        return TOYS[config.name](config.points, seed=seed)
    if config.name in ("image_folder", "npz", "photographs") and not config.path:
        what = ".npz file" if config.name == "npz" else "folder of pictures"
        raise ValueError(f"Expected --config.data.path to name a {what}. Received: no path")
    if config.name == "digits":
        examples = digits(value_range)
    elif config.name == "image_folder":
        examples = image_folder(config.path, config.image_size, config.channels, labels=config.labels, value_range=value_range)
    elif config.name == "photographs":
        if config.image_size < 1:
            raise ValueError(f"Expected the size of the crops, config.data.image_size, to be >= 1. Received: {config.image_size}")
        examples = photographs(config.path, config.image_size, config.channels, crops=config.crops, value_range=value_range)
    elif config.name == "npz":
        examples = npz(config.path, value_range=value_range)
    else:
        examples = catalog(config.name, config.split, image_size=config.image_size or None, value_range=value_range)
    if config.contrast_normalization:
        examples = contrast_normalized(examples, config.contrast_normalization)
    return examples


def contrast_normalized(examples: Examples, scale: float) -> Examples:
    """Subtracts from each image its mean, and divides it by its Euclidean norm over `scale`.

    x -> scale (x - mean(x)) / max(||x - mean(x)||, 1e-8); with scale 55 what the 2014 paper's networks for CIFAR-10 saw.

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
    return dataclasses.replace(examples, images=images * (scale / np.maximum(norms, 1e-8)), value_range=None)
