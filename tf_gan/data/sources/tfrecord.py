"""Pictures in TFRecord files of `tf.train.Example`."""

import itertools
import os
import pathlib
import struct

import tensorflow as tf

from tf_gan.data.examples import Examples
from tf_gan.data.pictures import picture_in
from tf_gan.data.sources import record_files
from tf_gan.data.sources.record_files import Reader, files_at, find_column, unreadable
from tf_gan.errors import UserError

PATH = "TFRecord file, folder of them, or pattern"
SPLITS = record_files.SPLITS
HOLDS_OUT = True
WHAT = "TFRecord files, not compressed"
PATTERN = r"\.tfrecords?" + record_files.NUMBERED
IMAGES = ("image", "image/encoded", "image_raw", "img", "jpeg", "png")
LABELS = ("label", "labels", "image/class/label")
HEADER, FOOTER = 12, 4  # Bytes of a record's length and its checksum; of the data's.


def load(section, split: str, seed: int) -> Examples:
    """Returns the pictures of TFRecord files.

    Records are `tf.train.Example`s. The picture is the feature `section.column`, or one
    named `image` or `image/encoded`, or the only one that is a picture. With
    `section.labels`, the label is the feature `section.label_column`, or one named
    `label`, or the only one that is one integer.
    """
    found = files_at(section.path, PATTERN, WHAT)
    return load_examples(section, split, seed, found, _count, _payloads, WHAT)


def load_examples(section, split: str, seed: int, found, count, payloads, what: str) -> Examples:
    """Returns the pictures of files of `tf.train.Example`s.

    Args:
        section: The `data` section of a config.
        split: Name of the split.
        seed: Fixes what is held out.
        found: What `files_at` returned.
        count: Function of a file that returns how many records it has.
        payloads: Function of a file that returns its records as bytes.
        what: What the files are, for messages.
    """
    first = itertools.islice(payloads(found[1][0]), record_files.TRIED)
    tried = [_parse(payload, found[1][0], what) for payload in first]
    if not tried:
        raise UserError(f"Expected {what}. Received: {found[1][0]}, which has no record")
    column = section.column or find_column(
        # A picture may be damaged.
        sorted({name for features in tried for name in features if _is_picture(features[name])}),
        IMAGES,
        "feature that is a picture",
        found[1][0],
        "column",
    )
    numbers = [name for name, f in tried[0].items() if len(f.int64_list.value) == 1]
    label = ""
    if section.labels:
        label = section.label_column or find_column(
            numbers, LABELS, "feature of one integer", found[1][0], "label_column"
        )

    def records(file: pathlib.Path):
        for payload in payloads(file):
            features = _parse(payload, file, what)
            pictures = list(features[column].bytes_list.value) if column in features else []
            integers = list(features[label].int64_list.value) if label in features else []
            if label and len(integers) != 1:
                raise UserError(
                    f"Expected the feature {label!r} to be one integer in each record of {file}."
                    f" Found: {len(integers)} of them"
                )
            yield pictures[0] if len(pictures) == 1 else None, integers[0] if label else 0

    reader = Reader(count, records, None, f"the feature {column!r}")
    return record_files.examples_of(section, split, seed, reader, found)


def _parse(payload: bytes, file: pathlib.Path, what: str):
    try:
        return tf.train.Example.FromString(payload).features.feature
    except Exception as error:  # protobuf's errors have no public base but this.
        raise UserError(
            f"Expected {what} of tf.train.Example. Received: {file}, whose records are others"
        ) from error


def _is_picture(feature) -> bool:
    if len(feature.bytes_list.value) != 1:
        return False
    try:
        picture_in(feature.bytes_list.value[0], "a feature", lambda picture: None)
    except ValueError:
        return False
    return True


def _payloads(file: pathlib.Path):
    try:
        yield from tf.data.TFRecordDataset(str(file)).as_numpy_iterator()
    except tf.errors.OpError as error:
        raise unreadable(file, error, WHAT) from error


def _count(file: pathlib.Path) -> int:
    """Counts records by their lengths, without reading them."""
    try:
        with file.open("rb") as stream:
            size, position, count = os.fstat(stream.fileno()).st_size, 0, 0
            while position < size:
                stream.seek(position)
                (length,) = struct.unpack("<Q", stream.read(8))
                position += HEADER + length + FOOTER
                count += 1
            if position != size:
                raise ValueError("its last record is cut off")
    except (OSError, ValueError, struct.error) as error:
        raise unreadable(file, error, WHAT) from error
    return count
