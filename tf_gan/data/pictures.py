"""Picture files: finding them, and reading them as bytes."""

import contextlib
import io
import itertools
import logging
import numbers
import os
import pathlib
import warnings
from collections.abc import Callable, Iterable, Iterator, Sized
from concurrent import futures
from typing import TypeVar

import numpy as np
from PIL import Image, ImageOps

from tf_gan.errors import UserError

# Pillow reads no HEIC: such files are named as unreadable.
EXTENSIONS = frozenset(Image.registered_extensions()) - {".pdf", ".eps", ".ps"}
EXTENSIONS |= {".heic", ".heif"}
_LANCZOS = Image.Resampling.LANCZOS

AT_ONCE = 512  # Pictures that are decoded ahead.

Key = TypeVar("Key")
Encoded = TypeVar("Encoded")
Converted = TypeVar("Converted")
Size = int | tuple[int, int]


def height_and_width(image_size: Size) -> tuple[int, int]:
    """Returns the height and width that an `image_size` says: an integer is both.

    Raises:
        UserError: for anything but an integer >= 1 or a pair of them.
    """
    size = image_size if isinstance(image_size, (tuple, list)) else (image_size, image_size)
    if len(size) != 2 or any(
        isinstance(edge, bool) or not isinstance(edge, numbers.Integral) or edge < 1
        for edge in size
    ):
        raise UserError(
            "Expected image_size, the height and width of the images, to be an integer >= 1 or a"
            " pair of them, such as --config.data.image_size=64 or --config.data.image_size=48,64."
            f" Received: image_size={image_size!r}"
        )
    return int(size[0]), int(size[1])


def check_channels(channels: int) -> None:
    """Raises a UserError for channels that pictures are not read with."""
    if channels not in (1, 3, 4):
        raise UserError(
            "Invalid value for argument `channels`. Expected 1 (grey), 3 (RGB) or 4 (RGBA)."
            f" Received: channels={channels}"
        )


def square_size(section) -> int:
    """Returns the `image_size` of a config's `data` section whose images are squares.

    Raises:
        UserError: if it is not set, or for a height that is not the width.
    """
    height, width = height_and_width(section.image_size)
    if height != width:
        raise UserError(
            f"The images of {section.name!r} are squares. Expected one number, such as"
            f" --config.data.image_size=64. Received: {section.image_size!r}"
        )
    return height


def picture_files(path: str) -> list[pathlib.Path]:
    """Returns the picture files among `files_below` a folder, in the order of their paths.

    Raises:
        ValueError: if the folder is not there.
    """
    root = pathlib.Path(path)
    if not path or not root.is_dir():
        hint = (
            ". For other files: --config=image_folder --config.data.name=npz (or parquet, tfrecord,"
            f" array_record) --config.data.path={path}"
        )
        raise UserError(
            f"Expected a folder of pictures. Received: path={str(path)!r}, which is not a folder"
            + (hint if root.is_file() else "")
        )
    return sorted(file for file in files_below(root) if file.suffix.lower() in EXTENSIONS)


def folder_name(path: str) -> str:
    """Returns the name of a file or a folder, also of `.`."""
    return os.path.basename(os.path.abspath(path))


def files_below(root: pathlib.Path) -> Iterator[pathlib.Path]:
    """Yields the files below a folder, without hidden ones, whose name or folder begins
    with a dot, and what macOS and network drives keep beside files. Links to folders are
    named in a warning and not followed.
    """
    for folder, folders, names in os.walk(root):
        folders[:] = [each for each in folders if not _is_hidden(each)]
        for link in filter(os.path.islink, (os.path.join(folder, each) for each in folders)):
            logging.warning("Left out: %s, a link to a folder", printable(link))
        yield from (pathlib.Path(folder, name) for name in names if not _is_hidden(name))


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name in ("__MACOSX", "@eaDir")


def files_by_name(folder: str) -> dict[pathlib.Path, pathlib.Path]:
    """Returns the picture files below a folder by their paths in it without the suffix.

    Raises:
        UserError: if the folder is not there or holds no picture file, or two of them
            differ in the suffix alone.
    """
    named: dict[pathlib.Path, pathlib.Path] = {}
    for file in picture_files(folder):
        name = file.relative_to(folder).with_suffix("")
        other = named.setdefault(name, file)
        if other is not file:
            raise UserError(
                "Expected pictures that differ in more than the ending. Found two of a name in"
                f" one folder: {str(other)!r} and {str(file)!r}"
            )
    check_any(named, folder, 0)
    return named


def read_pictures(
    path: str, convert: Callable[[Image.Image], np.ndarray], most: int | None = None
) -> list[tuple[pathlib.Path, np.ndarray]]:
    """Returns what `convert` makes of the pictures below a folder, with their files, in the
    order of their paths.

    A file that cannot be read, or for which `convert` raises, is named in a warning and
    left out.

    Args:
        path: The folder.
        convert: Function of an opened picture.
        most: Number of pictures after which it ends, or None.

    Raises:
        ValueError: if the folder is not there or holds no picture that can be used.
    """
    files = picture_files(path)
    images = decoded(
        ((file, file) for file in files), lambda file: read_picture(file, convert), most or AT_ONCE
    )
    read = list(itertools.islice(images, most))
    check_any(read, path, len(files))
    return read


def decoded(
    encoded: Iterable[tuple[Key, Encoded]],
    decode: Callable[[Encoded], np.ndarray],
    at_once: int = AT_ONCE,
) -> Iterator[tuple[Key, np.ndarray]]:
    """Decodes pictures in threads, in order. Those for which `decode` raises a
    ValueError are left out, with its message as a warning.

    Args:
        encoded: What to decode, each with its number or its file.
        decode: Function of what is encoded.
        at_once: Pictures that are decoded ahead.
    """

    def attempt(item):
        try:
            return item[0], decode(item[1])
        except ValueError as error:
            logging.warning("Left out: %s", error)
            return None

    rest = iter(encoded)
    with futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        while part := list(itertools.islice(rest, at_once)):
            with without_warnings_of_size():
                items = list(pool.map(attempt, part))
            yield from filter(None, items)


def check_any(usable: Sized, name: str, count: int) -> None:
    """Raises a UserError if none of the `count` pictures of a set or a folder is usable."""
    if not usable:
        raise UserError(
            f"Expected pictures (PNG, JPEG, ...) in {str(name)!r}. Found:"
            f" {f'{count} pictures, none of them usable' if count else 'no picture'}"
        )


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
    with _naming(file):
        # Opening a pipe would wait for ever, reading a device would not end.
        if not file.is_file():
            raise UserError("it is not a file")
        if not file.stat().st_size:
            raise UserError("it is empty")
        return _converted(file, convert)


def picture_in(
    data: bytes | None, name: str, convert: Callable[[Image.Image], Converted]
) -> Converted:
    """Returns what `convert` makes of an encoded picture.

    Raises:
        ValueError: that has the `name`, as `read_picture` does for files.
    """
    with _naming(name):
        if not data:
            raise UserError("it is empty")
        return _converted(io.BytesIO(data), convert)


@contextlib.contextmanager
def _naming(picture: str | pathlib.Path) -> Iterator[None]:
    """Names a picture in whatever is raised."""
    try:
        yield
    # Pillow's readers raise whatever the damage leads them to (SyntaxError,
    # struct.error, DecompressionBombError ...).
    except Exception as error:
        kind = "" if isinstance(error, UserError) else f"{type(error).__name__}: "
        message = f"{picture} cannot be used as a picture: {kind}{error}"
        raise UserError(printable(message)) from error


def without_warnings_of_size() -> warnings.catch_warnings:
    """Returns a context without Pillow's warning of large pictures, which are refused by
    name. All threads share one list of filters: enter it around them, not in them.
    """
    return warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning)


def _converted(file, convert: Callable[[Image.Image], Converted]) -> Converted:
    with Image.open(file) as picture:
        limit = Image.MAX_IMAGE_PIXELS
        if limit is not None and picture.width * picture.height > limit:
            raise UserError(
                f"it has {picture.width} x {picture.height} pixels, more than {limit:,}"
            )
        return convert(picture)


def printable(text: str) -> str:
    """Escapes what a log or a terminal does not take as text, in names of files: bytes
    that are not UTF-8, line ends, escape sequences.
    """
    text = os.fsencode(text).decode(errors="backslashreplace")
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def to_array(picture: Image.Image, image_size: Size, channels: int) -> np.ndarray:
    """Returns the centre of a picture as uint8 of shape `(height, width, channels)`.

    The centre is the largest rectangle with the proportions of `image_size`. RGBA is
    resized with the colours multiplied by alpha, so that what is transparent colours
    nothing beside it; where alpha is 0 the colour is black.
    """
    height, width = height_and_width(image_size)
    picture = upright(picture, channels)
    if channels == 4:
        picture = picture.convert("RGBa")
    picture = ImageOps.fit(picture, (width, height), method=_LANCZOS)
    if channels == 4:
        picture = picture.convert("RGBA")
    return np.asarray(picture, np.uint8).reshape(height, width, channels)


def upright(picture: Image.Image, channels: int) -> Image.Image:
    """Returns a picture of any kind as 8 bits a channel, the way up it was taken: RGBA
    for four channels; grey or RGB for others, on white where it is transparent.

    Raises:
        UserError: for 32-bit values in none of the ranges that pictures have.
    """
    tops = _highest_values(picture)
    picture = ImageOps.exif_transpose(picture)
    if tops:  # Pillow would cut these off at 255.
        picture = _as_bytes(picture, tops)
    transparent = has_alpha(picture)
    if channels == 4:
        return picture.convert("RGBA" if transparent else "RGB").convert("RGBA")
    if picture.mode == "LAB":
        picture = picture.convert("RGB")
    if transparent or picture.mode == "P":
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
        picture = Image.alpha_composite(white, picture)
    return picture.convert("L" if channels == 1 else "RGB")


def has_alpha(picture: Image.Image) -> bool:
    """Returns whether a picture, or its palette, may have transparent places."""
    return picture.mode.endswith(("A", "a")) or "transparency" in picture.info


def _highest_values(picture: Image.Image) -> tuple[int, ...]:
    """Returns what may be white in a grey picture of more than 8 bits; `()` for others."""
    if picture.mode == "F":
        return (1, 255)
    if picture.mode == "I" and picture.format != "PPM":  # Pillow spreads PGM over 16 bits.
        return (255, 65535)
    return (65535,) if picture.mode.startswith("I") else ()


def _as_bytes(picture: Image.Image, tops: tuple[int, ...]) -> Image.Image:
    """Maps 0..top onto 0..255, top the first of `tops` that no value exceeds. Returns grey,
    with alpha where a grey is transparent.
    """
    values = np.asarray(picture, np.float64)
    if not (values.min() >= 0 and values.max() <= tops[-1]):  # Nor NaN.
        raise UserError(
            f"its values go from {values.min():g} to {values.max():g}, expected"
            f" {' or '.join(f'0..{top}' for top in tops)}. Save it with 8 or 16 bits a channel"
        )
    top = next(top for top in tops if values.max() <= top)
    grey = Image.fromarray(np.rint(values * (255.0 / top)).astype(np.uint8))
    if "transparency" in picture.info:  # The grey that is transparent.
        opaque = values != picture.info["transparency"]
        grey.putalpha(Image.fromarray(opaque.astype(np.uint8) * 255))
    return grey
