"""A folder of pictures."""

import pathlib

import numpy as np

from tf_gan.data import held_out as held_outs
from tf_gan.data.examples import Examples
from tf_gan.data.pictures import picture_files, read_pictures, to_array
from tf_gan.errors import UserError

PATH = "folder of pictures"
SPLITS = held_outs.SPLITS
HOLDS_OUT = True


def load(section, split: str, seed: int) -> Examples:
    """Returns the pictures of a split below `section.path`."""
    return image_folder(
        section.path,
        size_of(section),
        section.channels,
        labels=section.labels,
        value_range=tuple(section.value_range),
        split=split,
        held_out=section.held_out,
        seed=seed,
    )


def size_of(section) -> int:
    """Returns `section.image_size`.

    Raises:
        UserError: if it is not set.
    """
    if section.image_size < 1:
        raise UserError(
            "Expected the height and width of the images in training, such as"
            f" --config.data.image_size=64. Received: {section.image_size}"
        )
    return section.image_size


def image_folder(
    path: str,
    image_size: int,
    channels: int = 3,
    *,
    labels: bool = False,
    value_range=(-1.0, 1.0),
    split: str = "train",
    held_out: float = 0,
    seed: int = 0,
) -> Examples:
    """Reads pictures below a folder, cropped to their central square and resized with
    antialiasing.

    Pictures may have any size and be grey, RGB, RGBA (laid on white), with a palette or
    of 16 bits; their EXIF orientation is followed. White is 1 or 255 in grey pictures
    of 32-bit floats, 255 or 65,535 in those of 32-bit integers, the first that no value
    exceeds. A file is named in a warning and left out if it cannot be read, has other
    values, has more than Pillow's limit of 89 million pixels, or is a pipe or a device.
    Links to folders are not followed.

    Args:
        path: The folder.
        image_size: Height and width of the images, >= 1.
        channels: 1 for grey images, 3 for RGB.
        labels: Whether the sub-folders of `path` are classes, numbered in the order of
            their names.
        value_range: `(low, high)` of the images in training.
        split: `"train"`, or `"test"` for the pictures that are held out.
        held_out: Share of the pictures to hold out, or how many; 0 for none. See
            `tf_gan.data.held_out`. With labels, each class has its share.
        seed: Fixes which pictures are held out, from their paths below the folder.

    Returns:
        Examples of uint8 images `(N, image_size, image_size, channels)`, in the order
        of their paths.

    Raises:
        UnknownSplitError: for the test split of a folder of which nothing is held out.
        UserError: if the folder is not there, holds no readable picture, or has
            pictures beside its class folders; and for a `held_out` that does not fit.
    """
    if channels not in (1, 3):
        raise UserError(
            "Invalid value for argument `channels`. Expected 1 (grey) or 3 (RGB). Received:"
            f" channels={channels}"
        )
    if not isinstance(image_size, int) or image_size < 1:
        raise UserError(
            "Invalid value for argument `image_size`. Expected an integer >= 1. Received:"
            f" image_size={image_size!r}"
        )
    files = picture_files(path)
    root = pathlib.Path(path)
    classes = _classes(root, files) if labels else None
    relative = [file.relative_to(root).as_posix() for file in files]
    chosen = held_outs.split_names(relative, split, held_out, seed, classes)
    read = read_pictures(
        path,
        lambda picture: to_array(picture, image_size, channels),
        [files[position] for position in chosen],
    )
    class_names, numbers = None, None
    if classes is not None:
        class_names = tuple(sorted(set(classes)))
        of_file = dict(zip(files, classes, strict=True))
        numbers = np.array([class_names.index(of_file[file]) for file, _ in read], np.int32)
    name = root.name if split == "train" else f"{root.name} {split}"
    images = np.stack([image for _, image in read])
    return Examples(images, numbers, value_range, class_names, name=name)


def _classes(root: pathlib.Path, files: list[pathlib.Path]) -> list[str]:
    """Returns the sub-folder of each picture."""
    parts = [file.relative_to(root).parts for file in files]
    loose = [file for file, part in zip(files, parts, strict=True) if len(part) < 2]
    if loose:
        raise UserError(
            "With labels, each picture lies in the sub-folder of its class. Found beside the"
            f" sub-folders: {str(loose[0])!r}"
        )
    return [part[0] for part in parts]
