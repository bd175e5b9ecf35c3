"""Held-out images that the user names: a folder of pictures or an `.npz` file."""

import dataclasses
import logging
import pathlib

import numpy as np

from tf_gan import data
from tf_gan.data import Examples, ImagePairs, remote
from tf_gan.errors import UserError
from tf_gan.io import paths


def given(reference, flag: str, path: str) -> Examples:
    """Returns the images of a folder or a file, in the shape of the training images.

    Their name says where the run was trained on them, and a warning is logged.

    Args:
        reference: The `Reference` of the run: its config and its training images.
        flag: Name of the flag that they come from, for messages.
        path: Folder of pictures, of pairs for a set of pairs, or `.npz` file, or the
            address of one.

    Raises:
        UserError: if the path is not there, holds images of another shape, or has
            sub-folders that are no classes of the training images.
    """
    config = reference.config
    shape = tuple(config.image_shape) or reference.train.image_shape
    place = remote.local(path, config.cache)
    paths.check_path(place, f"--{flag}")
    if not pathlib.Path(place).exists():
        raise UserError(
            f"Expected --{flag} to name a folder of pictures or an .npz file. Received:"
            f" --{flag}={path}, which is not there"
        )
    fields = {"name": "npz", "path": path, "split": "train", "held_out": 0.0}
    if not path.endswith(".npz"):
        if len(shape) != 3:
            raise UserError(
                f"Expected --{flag} to name an .npz file, for data of shape {shape}. Received:"
                f" --{flag}={path}"
            )
        of_pairs = config.name == "image_pairs" or config.name.endswith("_outlines")
        kind = "image_pairs" if of_pairs else "image_folder"
        size = shape[0] if shape[0] == shape[1] else shape[:2]
        fields |= {"name": kind, "image_size": size, "channels": shape[2]}
    examples = data.load(changed(config, **fields))
    if examples.image_shape != shape:
        raise UserError(
            f"Expected images of shape {shape}, that of the training images, in --{flag}={path}."
            f" Received: images of shape {examples.image_shape}"
        )
    if isinstance(reference.train, ImagePairs) and not isinstance(examples, ImagePairs):
        raise UserError(
            f"Expected --{flag} to name a folder of pairs, as the training images are. Received:"
            f" --{flag}={path}"
        )
    remark = _overlap(config, path)
    if remark:
        logging.warning(
            "--%s=%s: %s. Give images that the run has not seen.", flag, path, remark.strip(", ")
        )
    return dataclasses.replace(
        numbered(examples, reference.train.class_names, flag), name=path + remark
    )


def changed(config, **fields):
    """Returns a copy of a section of a config with other values."""
    config = config.copy_and_resolve_references()
    with config.unlocked(), config.ignore_type():  # `image_size` may become a pair.
        config.update(fields)
    return config


def _overlap(config, path: str) -> str:
    """Returns a remark on training images in a folder or a file; empty without any."""
    if not config.path:
        return ""
    given, trained = pathlib.Path(path).resolve(), pathlib.Path(config.path).resolve()
    nested = config.name in ("image_folder", "photographs")  # They read sub-folders too.
    if given == trained or (nested and given.is_relative_to(trained)):
        return ", on which the run was trained"
    if nested and trained.is_relative_to(given):
        return ", among them the images on which the run was trained"
    return ""


def numbered(examples: Examples, class_names, flag: str) -> Examples:
    """Gives labelled images the class numbers of the training images.

    Args:
        examples: The images.
        class_names: Names of the classes of the training images, or None.
        flag: Name of the flag that the images come from, for the message.

    Raises:
        UserError: for other classes.
    """
    if examples.labels is None or not examples.class_names:
        return examples
    known = list(class_names or ())
    unknown = [name for name in examples.class_names if name not in known]
    if unknown:
        raise UserError(
            f"Expected the sub-folders of --{flag} to be classes of the training images, some of"
            f" {known}. Received: {unknown}"
        )
    numbers = np.array([known.index(name) for name in examples.class_names], np.int32)
    return dataclasses.replace(examples, labels=numbers[examples.labels], class_names=tuple(known))
