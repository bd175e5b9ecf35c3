"""What a folder of pictures holds, found without decoding more than a few of them."""

import collections
import dataclasses
import hashlib
import os
import pathlib
from collections.abc import Callable, Sequence
from concurrent import futures

import numpy as np
from PIL import Image

from tf_gan.data.pictures import (
    check_any,
    has_alpha,
    picture_files,
    read_picture,
    upright,
    without_warnings_of_size,
)

SAMPLED = 64  # Pictures of which pixels are looked at,
THUMBNAIL = 64  # at most so many in a row and in a column.
ORIENTATION, TURNED = 0x0112, range(5, 9)  # EXIF: width is height.

Range = tuple[float, float, float]


@dataclasses.dataclass(frozen=True)
class FolderFacts:
    """What a folder of pictures holds. Files are named by their paths below it.

    Args:
        count: Pictures that can be opened.
        heights: `(smallest, median, largest)`, in pixels, the way up that the headers say.
        widths: `(smallest, median, largest)`, in pixels.
        aspect_ratios: `(smallest, median, largest)` of width / height.
        modes: How many pictures are stored as "grey", "RGB", "RGBA", which stands for
            grey with alpha too, and "palette with transparency".
        classes: How many pictures lie in each sub-folder, by its name, those in folders
            below it included; the others lie beside the sub-folders.
        unreadable: Files that cannot be opened as pictures; of the sample, also those
            that cannot be decoded.
        duplicates: Groups of files of the same bytes.
        sampled: Pictures of which pixels were looked at, evenly spaced in the order of
            the paths: the next three are of these.
        grey: How many of them are grey: r = g = b at all pixels that were looked at.
        transparent: How many of them have a place that is not opaque.
        one_colour: Those of one colour.
    """

    count: int
    heights: Range
    widths: Range
    aspect_ratios: Range
    modes: dict[str, int]
    classes: dict[str, int]
    unreadable: tuple[str, ...]
    duplicates: tuple[tuple[str, ...], ...]
    sampled: int
    grey: int
    transparent: int
    one_colour: tuple[str, ...]


def inspect(path: str) -> FolderFacts:
    """Returns what a folder of pictures holds. Reads the headers of all files, 64
    pictures, and the bytes of files of equal length.

    Args:
        path: The folder.

    Raises:
        UserError: if the folder is not there or holds no picture that can be opened.
    """
    files = picture_files(path)
    headers = _each(files, lambda file: read_picture(file, _header))
    opened = [(file, header) for file, header in zip(files, headers, strict=True) if header]
    sample = [
        opened[position][0]
        for position in np.unique(np.linspace(0, len(opened) - 1, SAMPLED).astype(int))
        if opened
    ]
    decoded = _each(sample, lambda file: read_picture(file, _pixels))
    damaged = {file for file, pixels in zip(sample, decoded, strict=True) if pixels is None}
    opened = [(file, header) for file, header in opened if file not in damaged]
    check_any(opened, path, len(files))
    looked_at = {
        file: pixels for file, pixels in zip(sample, decoded, strict=True) if pixels is not None
    }
    whole = {file for file, _ in opened}
    root = pathlib.Path(path)

    def names(chosen) -> tuple[str, ...]:
        return tuple(file.relative_to(root).as_posix() for file in chosen)

    heights, widths = (np.array([header[axis] for _, header in opened]) for axis in (0, 1))
    folders = [file.relative_to(root).parts[:-1] for file, _ in opened]
    return FolderFacts(
        count=len(opened),
        heights=_range(heights),
        widths=_range(widths),
        aspect_ratios=_range(widths / heights),
        modes=dict(collections.Counter(header[2] for _, header in opened)),
        classes=dict(collections.Counter(parts[0] for parts in folders if parts)),
        unreadable=names(file for file in files if file not in whole),
        duplicates=tuple(names(group) for group in duplicates([file for file, _ in opened])),
        sampled=len(looked_at),
        grey=sum(bool((p[..., :3] == p[..., :1]).all()) for p in looked_at.values()),
        transparent=sum(bool((p[..., 3] < 255).any()) for p in looked_at.values()),
        one_colour=names(file for file, p in looked_at.items() if (p == p[0, 0]).all()),
    )


def _each(files: Sequence[pathlib.Path], read: Callable) -> list:
    """Returns what `read` makes of each file, None of those that it refuses."""

    def read_or_none(file):
        try:
            return read(file)
        except (ValueError, OSError):
            return None

    threads = 2 * (os.cpu_count() or 1)
    with without_warnings_of_size(), futures.ThreadPoolExecutor(threads) as pool:
        return list(pool.map(read_or_none, files))


def _header(picture: Image.Image) -> tuple[int, int, str]:
    """Returns the height, the width and the mode of an opened picture."""
    width, height = picture.size
    # The `getexif` of PNGs decodes the whole picture where no EXIF stands before it.
    if Image.Image.getexif(picture).get(ORIENTATION) in TURNED:
        width, height = height, width
    return height, width, _mode(picture)


def _mode(picture: Image.Image) -> str:
    if has_alpha(picture):
        return "palette with transparency" if picture.mode in ("P", "PA") else "RGBA"
    return "grey" if picture.mode[0] in "1LIF" and picture.mode != "LAB" else "RGB"


def _pixels(picture: Image.Image) -> np.ndarray:
    """Returns pixels of a picture, `(h, w, 4)` with h and w at most 64: RGBA."""
    picture.draft(None, (THUMBNAIL, THUMBNAIL))  # JPEG: decodes no more than is needed.
    whole = upright(picture, 4)
    size = (min(whole.width, THUMBNAIL), min(whole.height, THUMBNAIL))
    return np.asarray(whole.resize(size, Image.Resampling.NEAREST))


def _range(values: np.ndarray) -> Range:
    return float(values.min()), float(np.median(values)), float(values.max())


def duplicates(files: Sequence[pathlib.Path]) -> list[list[pathlib.Path]]:
    """Returns the groups of files with the same bytes, in the order of the files."""
    lengths = collections.Counter(sizes := _each(files, lambda file: file.stat().st_size))
    alike = [file for file, size in zip(files, sizes, strict=True) if lengths[size] > 1]
    groups = collections.defaultdict(list)
    for file, digest in zip(alike, _each(alike, _digest), strict=True):
        groups[digest].append(file)
    return [group for digest, group in groups.items() if digest and len(group) > 1]


def _digest(file: pathlib.Path) -> bytes:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()
