"""A folder of pictures."""

import logging
import os
import pathlib
import warnings
from collections.abc import Callable
from concurrent import futures
from typing import TypeVar

import numpy as np
from PIL import Image, ImageOps

from tf_gan.data.examples import Examples
from tf_gan.errors import UserError

PATH = "folder of pictures"
EXTENSIONS = frozenset(Image.registered_extensions()) - {".pdf", ".eps", ".ps"}
_LANCZOS = Image.Resampling.LANCZOS

Converted = TypeVar("Converted")


def load(section, split: str, seed: int) -> Examples:
    """Returns the pictures below `section.path`."""
    return image_folder(
        section.path,
        size_of(section),
        section.channels,
        labels=section.labels,
        value_range=tuple(section.value_range),
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
    path: str, image_size: int, channels: int = 3, *, labels: bool = False, value_range=(-1.0, 1.0)
) -> Examples:
    """Reads all pictures below a folder, cropped to their central square and resized
    with antialiasing.

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

    Returns:
        Examples of uint8 images `(N, image_size, image_size, channels)`, in the order
        of their paths.

    Raises:
        ValueError: if the folder is not there, holds no readable picture, or has
            pictures beside its class folders.
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
    root = pathlib.Path(path)
    read = read_pictures(path, lambda picture: to_array(picture, image_size, channels))
    class_names, numbers = None, None
    if labels:
        parts = [file.relative_to(root).parts for file, _ in read]
        loose = [file for (file, _), part in zip(read, parts, strict=True) if len(part) < 2]
        if loose:
            raise UserError(
                "With labels, each picture lies in the sub-folder of its class. Found beside the"
                f" sub-folders: {str(loose[0])!r}"
            )
        class_names = tuple(sorted({part[0] for part in parts}))
        numbers = np.array([class_names.index(part[0]) for part in parts], np.int32)
    return Examples(
        np.stack([image for _, image in read]), numbers, value_range, class_names, name=root.name
    )


def picture_files(path: str) -> list[pathlib.Path]:
    """Returns the picture files below a folder, in the order of their paths.

    Raises:
        ValueError: if the folder is not there.
    """
    root = pathlib.Path(path)
    if not path or not root.is_dir():
        raise UserError(
            f"Expected a folder of pictures. Received: path={str(path)!r}, which is not a folder"
        )
    files = sorted(
        pathlib.Path(folder, name) for folder, _, names in os.walk(root) for name in names
    )
    return [file for file in files if file.suffix.lower() in EXTENSIONS]


def read_pictures(
    path: str, convert: Callable[[Image.Image], np.ndarray]
) -> list[tuple[pathlib.Path, np.ndarray]]:
    """Returns what `convert` makes of all pictures below a folder, with their files, in
    the order of their paths.

    A file that cannot be read, or for which `convert` raises, is named in a warning and
    left out.

    Raises:
        ValueError: if the folder is not there or holds no picture that can be used.
    """
    files = picture_files(path)
    with futures.ThreadPoolExecutor(os.cpu_count()) as pool:  # Each holds one decoded picture.
        images = list(pool.map(lambda file: _read(file, convert), files))
    read = [(file, image) for file, image in zip(files, images, strict=True) if image is not None]
    if not read:
        found = f"{len(files)} picture files, none of them usable" if files else "no picture file"
        raise UserError(
            f"Expected pictures (PNG, JPEG, ...) in {str(path)!r} or its sub-folders. Found:"
            f" {found}"
        )
    return read


def read_picture(
    file: str | pathlib.Path, convert: Callable[[Image.Image], Converted]
) -> Converted:
    """Returns what `convert` makes of the picture in a file.

    Raises:
        ValueError: that names the file, if it is no file (a pipe, a device), is damaged
            or has more pixels than Pillow's limit of 89 million, or if `convert`
            raises.
    """
    file = pathlib.Path(file)
    try:
        # Opening a pipe would wait for ever, reading a device would not end.
        if not file.is_file():
            raise UserError("it is not a file")
        with (
            warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning),
            Image.open(file) as picture,
        ):
            limit = Image.MAX_IMAGE_PIXELS
            if limit is not None and picture.width * picture.height > limit:
                raise UserError(
                    f"it has {picture.width} x {picture.height} pixels, more than {limit:,}"
                )
            return convert(picture)
    # Pillow's readers raise whatever the damage leads them to (SyntaxError,
    # struct.error, DecompressionBombError ...).
    except Exception as error:
        reason = (
            "it is empty"
            if file.is_file() and file.stat().st_size == 0
            else f"{type(error).__name__}: {error}"
        )
        message = f"{file} cannot be used as a picture: {reason}"
        raise UserError(_printable(message)) from error


def _printable(text: str) -> str:
    """Escapes what a log or a terminal does not take as text, in names of files: bytes
    that are not UTF-8, line ends, escape sequences.
    """
    text = os.fsencode(text).decode(errors="backslashreplace")
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def _read(file: pathlib.Path, convert) -> np.ndarray | None:
    try:
        return read_picture(file, convert)
    except ValueError as error:
        logging.warning("Left out: %s", error)
        return None


def to_array(picture: Image.Image, image_size: int, channels: int) -> np.ndarray:
    """Returns the central square of a picture as uint8 of shape `(image_size,
    image_size, channels)`.
    """
    picture = ImageOps.fit(upright(picture, channels), (image_size, image_size), method=_LANCZOS)
    return np.asarray(picture, np.uint8).reshape(image_size, image_size, channels)


def upright(picture: Image.Image, channels: int) -> Image.Image:
    """Returns a picture of any kind as 8 bits a channel, grey or RGB, the way up it was
    taken, and on white where it is transparent.

    Raises:
        UserError: for 32-bit values in none of the ranges that pictures have.
    """
    tops = _highest_values(picture)
    picture = ImageOps.exif_transpose(picture)
    if tops:  # Pillow would cut these off at 255.
        picture = _as_bytes(picture, tops)
    if picture.mode == "P" or "A" in picture.mode or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
        picture = Image.alpha_composite(white, picture)
    return picture.convert("L" if channels == 1 else "RGB")


def _highest_values(picture: Image.Image) -> tuple[int, ...]:
    """Returns what may be white in a grey picture of more than 8 bits; `()` for others."""
    if picture.mode == "F":
        return (1, 255)
    if picture.mode == "I" and picture.format != "PPM":  # Pillow spreads PGM over 16 bits.
        return (255, 65535)
    return (65535,) if picture.mode.startswith("I") else ()


def _as_bytes(picture: Image.Image, tops: tuple[int, ...]) -> Image.Image:
    """Maps 0..top onto 0..255, top the first of `tops` that no value exceeds."""
    values = np.asarray(picture, np.float64)
    if not (values.min() >= 0 and values.max() <= tops[-1]):  # Nor NaN.
        raise UserError(
            f"its values go from {values.min():g} to {values.max():g}, expected"
            f" {' or '.join(f'0..{top}' for top in tops)}. Save it with 8 or 16 bits a channel"
        )
    top = next(top for top in tops if values.max() <= top)
    return Image.fromarray(np.rint(values * (255.0 / top)).astype(np.uint8))
