"""What the files of records have in common: encoded pictures in them, one a record."""

import dataclasses
import glob
import os
import pathlib
import re
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from tf_gan.data.examples import Examples
from tf_gan.data.held_out import split_names
from tf_gan.data.keep import Example, fingerprint, keep
from tf_gan.data.pictures import (
    check_channels,
    decoded,
    files_below,
    folder_name,
    height_and_width,
    picture_in,
    to_array,
)
from tf_gan.data.split import UnknownSplitError
from tf_gan.errors import UserError, reason

SPLITS = ("train", "validation", "test")
# What names of files say of the split, as Hugging Face's `datasets` reads them.
WORDS = dict.fromkeys(("train", "training"), "train")
WORDS |= dict.fromkeys(("test", "testing", "eval", "evaluation"), "test")
WORDS |= dict.fromkeys(("validation", "valid", "val", "dev"), "validation")
NUMBERED = r"([-.]\d+(-of-\d+)?)?$"  # The end of a name: nothing, or which part of a set it is.
TRIED = 8  # Records of which one is to be a picture.

# An encoded picture, or None, and its label.
Record = tuple[bytes | None, int]


@dataclasses.dataclass(frozen=True)
class Reader:
    """How to read a kind of file.

    Args:
        count: Function of a file that returns how many records it has.
        records: Function of a file that returns its `Record`s in order.
        class_names: Names of the labels, or None.
        source: Which part of a record is the picture, for messages.
    """

    count: Callable[[pathlib.Path], int]
    records: Callable[[pathlib.Path], Iterable[Record]]
    class_names: tuple[str, ...] | None
    source: str


def files_at(path: str, pattern: str, what: str) -> tuple[pathlib.Path, list[pathlib.Path]]:
    """Returns a folder and the files below it that a path names; of a folder those of
    `pictures.files_below`.

    Args:
        path: A file, a folder, or a pattern such as `data/train-*.parquet`.
        pattern: Regular expression of the names of the files of a folder.
        what: What the files are, for messages.

    Raises:
        UserError: if there are none.
    """
    place = pathlib.Path(path)
    if place.is_dir():
        files = [file for file in files_below(place) if re.search(pattern, file.name)]
    else:
        folder = path.partition("*")[0].rpartition("/")[0]
        folder = folder if os.path.isdir(folder) else ""  # Brackets in its name are no pattern.
        found = glob.glob(glob.escape(folder) + path.removeprefix(folder), recursive=True)
        files = [pathlib.Path(file) for file in found]
        files = [place] if place.is_file() else [file for file in files if file.is_file()]
    if not files:
        raise UserError(
            f"Expected config.data.path to name {what}: a file, a folder or a pattern. Received:"
            f" {path!r}, where there is none"
        )
    root = place if place.is_dir() else pathlib.Path(os.path.commonpath([f.parent for f in files]))
    return root, sorted(files)


def split_of(name: str) -> str:
    """Returns the split that the name of a file says, or else that of its folder, and so
    on upwards; `"train"` if none says one. It is `"test"` for
    `train/test-00000-of-00003.parquet`.
    """
    parts = reversed(pathlib.PurePath(name.lower()).parts)
    words = (word for part in parts for word in re.findall(r"[a-z]+", part))
    return next((WORDS[word] for word in words if word in WORDS), "train")


def examples_of(section, split: str, seed: int, reader: Reader, found) -> Examples:
    """Returns the pictures of a split of files of records.

    If names of files say "test" or "validation", the splits are these files. Otherwise
    `section.held_out` chooses the test split.

    Args:
        section: The `data` section of a config.
        split: One of `SPLITS`.
        seed: Fixes what is held out.
        reader: How to read the files.
        found: What `files_at` returned.

    Raises:
        UnknownSplitError: if there is no such split.
        UserError: if the files cannot be read or hold no pictures.
    """
    check_channels(section.channels)
    root, files = found
    size = height_and_width(section.image_size)
    names = [file.relative_to(root).as_posix() for file in files]
    splits = [split_of(name) for name in names]
    named = set(splits) != {"train"}
    if split not in splits and (named or split == "validation"):
        raise UnknownSplitError(
            f"{section.path!r} has no split {split!r}: the names of its files say"
            f" {sorted(set(splits))}"
        )
    if named:
        files = [file for file, its in zip(files, splits, strict=True) if its == split]
        names = [name for name, its in zip(names, splits, strict=True) if its == split]
    _check_pictures(files, reader)
    counts = [reader.count(file) for file in files]
    total = sum(counts)
    chosen = list(range(total))
    if not named and (section.held_out or split == "test"):
        rows = [f"{name}:{row}" for name, n in zip(names, counts, strict=True) for row in range(n)]
        chosen = split_names(rows, split, section.held_out, seed)

    def convert(item):
        file, row, data = item
        return picture_in(
            data, f"record {row} of {file}", lambda p: to_array(p, size, section.channels)
        )

    def read(numbers):
        labels = np.zeros(total, np.int32)
        records = _records(files, counts, reader, np.isin(np.arange(total), numbers), labels)
        for number, image in decoded(records, convert):
            yield Example(number, image, int(labels[number]))

    kept = keep(
        read,
        chosen,
        total,
        (*size, section.channels),
        name=str(section.path),
        protocol=lambda: {
            "files": fingerprint(names, files),
            "source": reader.source,
            "labels": [bool(section.labels), section.label_column],
        },
        folder=section.cache,
    )
    name = folder_name(section.path)
    return Examples(
        kept.images,
        kept.labels if section.labels else None,
        tuple(section.value_range),
        reader.class_names if section.labels else None,
        name=name if split == "train" else f"{name} {split}",
    )


def _check_pictures(files: list[pathlib.Path], reader: Reader) -> None:
    """Raises a UserError if none of the first records is a picture: the others would fail
    too.
    """
    errors: list[Exception] = []
    for file in files:
        for data, _ in reader.records(file):
            try:
                picture_in(data, f"the first record of {file}", lambda picture: picture.load())
                return
            except ValueError as error:
                errors.append(error)
            if len(errors) == TRIED:
                break
        if len(errors) == TRIED:
            break
    what = f"None of the first {len(errors)} is. {errors[0]}" if errors else "There is no record"
    raise UserError(
        f"Expected encoded pictures (PNG, JPEG, ...) in {reader.source} of {files[0]}. {what}."
        " Choose another with config.data.column"
    )


def _records(files, counts, reader, wanted: np.ndarray, labels: np.ndarray) -> Iterator:
    """Yields `(number, (file, row, encoded picture))` of the wanted records, and writes
    their labels.
    """
    number = 0
    for file, count in zip(files, counts, strict=True):
        last = number + count
        if wanted[number:last].any():
            row = -1
            for row, (data, label) in enumerate(reader.records(file)):
                if row < count and wanted[number + row]:
                    if not -(2**31) <= label < 2**31:
                        raise UserError(
                            "Expected labels that are classes, numbered from 0. Received:"
                            f" {label} in record {row} of {file}. Choose another part of the"
                            " records with config.data.label_column"
                        )
                    labels[number + row] = label
                    yield number + row, (file, row, data)
            if row + 1 != count:
                raise UserError(
                    f"{file} changed while it was read: it had {count} records, now it has"
                    f" {row + 1}. Start again when nothing writes to it"
                )
        number = last


def unreadable(file: pathlib.Path, error: Exception, what: str) -> UserError:
    """Returns the error of a file that cannot be read."""
    return UserError(f"Expected {what}. Received: {file}, which cannot be read: {reason(error)}")


def find_column(names: list[str], usual: tuple[str, ...], what: str, where, field: str) -> str:
    """Returns the one name, or the first of the usual ones among several.

    Raises:
        UserError: for none, and for several of which none is usual.
    """
    found = [name for name in usual if name in names] or names
    if len(found) == 1 or (found and found[0] in usual):
        return found[0]
    raise UserError(
        f"Expected one {what} in {where}, or config.data.{field} to name it. Found: {names}"
    )
