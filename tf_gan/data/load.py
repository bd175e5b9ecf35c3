"""Data sets by the name in a config.

A source is a module with `load(section, split, seed)`, which returns `Examples`. It
may state

- `SPLITS`, the names of the splits that it has, or None where it can be asked for any;
  without them its one split is "train", all that there is;
- `PATH`, what `config.data.path` is to name, such as "folder of pictures";
- `HOLDS_OUT`, True if its split "test" is chosen by `config.data.held_out`.
"""

import dataclasses
import importlib
import os
import pkgutil

import numpy as np

from tf_gan import registry
from tf_gan.data import remote, sources
from tf_gan.data.examples import Examples
from tf_gan.data.half_labelled import keep_labels
from tf_gan.data.sources.image_pairs import ImagePairs
from tf_gan.data.sources.outlines import outlines
from tf_gan.data.split import UnknownSplitError
from tf_gan.data.stored import StoredImages
from tf_gan.errors import UserError
from tf_gan.io import paths

OUTLINES = "_outlines"  # How the names of sets end whose sources are outlines.


def load(config, seed: int = 0) -> Examples:
    """Loads the data set of a config's `data` section (see `tf_gan.config`).

    Args:
        config: The section. `name` is that of a module in `tf_gan.data.sources`; that
            of an importable module, if it has a dot, such as `my_package.my_source`; a
            name in tensorflow-datasets; or any of these with `_outlines` behind it.
        seed: Seed of the toy densities, of stacked_mnist, of the choice of labels and of
            held-out images.

    Raises:
        UnknownSplitError: if the set has no split `config.split`.
        UserError: if the set is unknown, cannot be loaded, or has fewer labels than are
            to be kept.
    """
    if config.name.endswith(OUTLINES):
        section = config.copy_and_resolve_references()
        with section.unlocked():
            section.name = config.name.removesuffix(OUTLINES)
        # 8x8 digits have no room for an outline.
        enlarge = 4 if section.name == "digits" else 1
        examples = load(section, seed)
        _check_in_memory(examples, "outlines are drawn")
        pairs = outlines(examples, paired=config.paired, enlarge=enlarge)
        return dataclasses.replace(pairs, mirror=config.mirror)
    source = _source(config.name)
    if not config.path and hasattr(source, "PATH"):
        raise UserError(f"Expected --config.data.path to name a {source.PATH}. Received: no path")
    if config.cache:
        paths.check_path(config.cache, "config.data.cache", written=True)
    if config.path and not registry.is_own(config.name):
        config = config.copy_and_resolve_references()
        with config.unlocked():
            config.path = remote.local(os.path.expanduser(config.path), config.cache)
        paths.check_path(config.path, "config.data.path")
    known = splits(config)
    if known is not None and config.split not in (known or ("train",)):
        has = f"has the splits {list(known)}" if known else "is not split: 'train' is all of it"
        raise UnknownSplitError(
            f"{config.name!r} {has}. Received: config.data.split={config.split!r}"
        )
    examples = source.load(config, config.split, seed)
    if not isinstance(examples, Examples):
        raise UserError(
            f"Expected `load` of {config.name!r} to return tf_gan.data.Examples. Received:"
            f" {type(examples).__name__}"
        )
    if config.mirror:
        if len(examples.image_shape) != 3:
            raise UserError(
                "Expected config.data.mirror=False for data that are no images, shape (H, W, C)."
                f" Received: {examples.name}, of shape {examples.image_shape}"
            )
        examples = dataclasses.replace(examples, mirror=True)
    if config.contrast_normalization:
        if isinstance(examples, ImagePairs) or examples.images.shape[1:] != examples.image_shape:
            raise UserError(
                "Expected config.data.contrast_normalization=0 for pairs of images, and for data"
                f" that training cuts windows from. Received: {examples.name}"
            )
        _check_in_memory(examples, "config.data.contrast_normalization is computed")
        images = contrast_normalized(examples.images, config.contrast_normalization)
        examples = dataclasses.replace(examples, images=images, value_range=None)
    if config.labels_per_class:
        examples = keep_labels(examples, config.labels_per_class, seed)
    return examples


def _check_in_memory(examples: Examples, done: str) -> None:
    if isinstance(examples.images, StoredImages):
        raise UserError(
            f"Expected images that take a quarter of the memory at most: {done} in memory."
            f" Received: {len(examples):,} images of shape {examples.image_shape} in"
            f" {examples.name}, which are read from the disk. Take a smaller config.data.image_size"
        )


def splits(config) -> tuple[str, ...] | None:
    """Returns the names of the splits of a config's data set.

    Args:
        config: The `data` section.

    Returns:
        The names; `()` for a set without splits, of which "train" is all that there is;
        None where any split may be asked for: sets of tensorflow-datasets, and folders
        of pairs. Loading one that is not there raises `UnknownSplitError`.

    Raises:
        UserError: if the name is that of a module that cannot be imported.
    """
    known = getattr(_source(config.name.removesuffix(OUTLINES)), "SPLITS", ())
    return None if known is None else tuple(known)


def holds_out(config) -> bool:
    """Returns whether the `held_out` of a config's `data` section chooses test images."""
    return getattr(_source(config.name.removesuffix(OUTLINES)), "HOLDS_OUT", False)


def reads_path(name: str) -> bool:
    """Returns whether a data set is read from the `path` of a config's `data` section.

    Args:
        name: Its name in the section.
    """
    return hasattr(_source(name.removesuffix(OUTLINES)), "PATH")


def names() -> list[str]:
    """Returns the names of the data sets that tf_gan has itself."""
    modules = (module.name for module in pkgutil.iter_modules(sources.__path__))
    return [name for name in modules if name != "catalog" and hasattr(_module(name), "load")]


def _source(name: str):
    """Returns the module that loads a data set."""
    # Not mnist:3.0.1, which tensorflow-datasets knows.
    if not registry.is_own(name):
        return _module(name if name in names() else "catalog")
    module = registry.own(name, "data set")
    if not callable(getattr(module, "load", None)):
        raise UserError(
            "Expected a module with a function load(section, split, seed) that returns"
            f" tf_gan.data.Examples. Received: config.data.name={name!r}, which has none"
        )
    return module


def _module(name: str):
    return importlib.import_module(f"tf_gan.data.sources.{name}")


def contrast_normalized(images, scale: float) -> np.ndarray:
    """Subtracts from each image its mean, and divides it by its Euclidean norm over
    `scale`.

    x -> scale (x - mean(x)) / max(||x - mean(x)||, 1e-8); with scale 55 what the 2014
    paper's networks for CIFAR-10 saw.

    Args:
        images: Array of shape `(n, ...)`, of any range.
        scale: Norm of each image afterwards, > 0.

    Returns:
        float32 array without bounds.
    """
    images = np.array(images, np.float32)
    axes = tuple(range(1, images.ndim))
    images -= images.mean(axis=axes, keepdims=True)
    norms = np.sqrt(np.sum(np.square(images), axis=axes, keepdims=True))
    return images * (scale / np.maximum(norms, 1e-8))
