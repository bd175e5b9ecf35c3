"""A folder of pictures."""

import logging
import pathlib

import numpy as np

from tf_gan.data.examples import Examples
from tf_gan.data.held_out import split_names
from tf_gan.data.keep import Example, fingerprint, keep
from tf_gan.data.pictures import (
    Size,
    check_channels,
    decoded,
    folder_name,
    height_and_width,
    picture_files,
    printable,
    read_picture,
    to_array,
)
from tf_gan.data.sources.folder_facts import duplicates
from tf_gan.errors import UserError

PATH = "folder of pictures"
SPLITS = ("train", "test")
HOLDS_OUT = True


def load(section, split: str, seed: int) -> Examples:
    """Returns the pictures of a split below `section.path`."""
    return image_folder(
        section.path,
        section.image_size,
        section.channels,
        labels=section.labels,
        value_range=tuple(section.value_range),
        split=split,
        held_out=section.held_out,
        seed=seed,
        cache=section.cache,
    )


def image_folder(
    path: str,
    image_size: Size,
    channels: int = 3,
    *,
    labels: bool = False,
    stratified: bool = True,
    value_range=(-1.0, 1.0),
    split: str = "train",
    held_out: float = 0,
    seed: int = 0,
    cache: str = "",
) -> Examples:
    """Reads pictures below a folder, cropped at the centre to the proportions of
    `image_size` and resized with antialiasing.

    Pictures may have any size and be grey, RGB, RGBA, with a palette or of 16 bits;
    their EXIF orientation is followed. What is transparent is laid on white for one or
    three channels. With four it keeps its alpha: colours are not multiplied by it, but
    resized as if they were, and black where it is 0; opaque pictures get 255. White is
    1 or 255 in grey pictures of 32-bit floats, 255 or 65,535 in those of 32-bit
    integers, the first that no value exceeds. A file is named in a warning and left out
    if it cannot be read, has other values, has more than Pillow's limit of 89 million
    pixels, or is a pipe or a device. Links to folders are not followed.

    Args:
        path: The folder.
        image_size: Height and width of the images, >= 1, or a pair `(height, width)`.
        channels: 1 for grey images, 3 for RGB, 4 for RGBA.
        labels: Whether the sub-folders of `path` are classes, numbered in the order of
            their names.
        stratified: With labels, whether each class has its share of what is held out;
            otherwise it is the same pictures as without labels.
        value_range: `(low, high)` of the images in training.
        split: `"train"`, or `"test"` for the pictures that are held out.
        held_out: Share of the pictures to hold out, or how many; 0 for none. See
            `tf_gan.data.held_out`.
        seed: Fixes which pictures are held out, from their paths below the folder.
        cache: Folder for the images if they take more than a quarter of the memory: see
            `tf_gan.data.keep`.

    Returns:
        Examples of uint8 images `(N, height, width, channels)`, in the order of their
        paths.

    Raises:
        UnknownSplitError: for the test split of a folder of which nothing is held out.
        UserError: if the folder is not there, holds no readable picture, or has
            pictures beside its class folders; and for a `held_out` that does not fit.
    """
    check_channels(channels)
    size = height_and_width(image_size)
    files = picture_files(path)
    root = pathlib.Path(path)
    classes = _classes(root, files) if labels else None
    relative = [file.relative_to(root).as_posix() for file in files]
    groups = classes if stratified else None
    copies = duplicates([file for file in files if file.is_file()]) if held_out else []
    chosen = split_names(
        relative,
        split,
        held_out,
        seed,
        groups,
        [[file.relative_to(root).as_posix() for file in group] for group in copies],
    )

    def read(numbers):
        pictures = ((number, files[number]) for number in numbers)
        images = decoded(
            pictures,
            lambda file: read_picture(file, lambda picture: to_array(picture, size, channels)),
        )
        return (Example(*item) for item in images)

    kept = keep(
        read,
        chosen,
        len(files),
        (*size, channels),
        name=str(path),
        protocol=lambda: {"files": fingerprint(relative, files)},
        folder=cache,
    )
    name = folder_name(path) if split == "train" else f"{folder_name(path)} {split}"
    class_names, numbers = None, None
    if classes is not None:
        class_names = tuple(sorted(set(classes)))
        places = {name: place for place, name in enumerate(class_names)}
        numbers = np.array([places[classes[number]] for number in kept.numbers], np.int32)
        read_of = {classes[number] for number in kept.numbers}
        for empty in sorted({classes[number] for number in chosen} - read_of):
            logging.warning(
                "No picture of the class %s in %s can be used", printable(empty), printable(name)
            )
    return Examples(kept.images, numbers, value_range, class_names, name=name)


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
