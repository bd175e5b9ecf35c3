"""Pictures in a column of Parquet files, as Hugging Face has them."""

import json
import pathlib

from tf_gan.data.examples import Examples
from tf_gan.data.sources import record_files
from tf_gan.data.sources.record_files import Reader, files_at, find_column, unreadable
from tf_gan.errors import UserError

PATH = "Parquet file, folder of them, or pattern"
SPLITS = record_files.SPLITS
HOLDS_OUT = True
WHAT = "Parquet files"
PATTERN = r"\.parquet$"
IMAGES, LABELS = ("image", "img", "images"), ("label", "labels", "fine_label")
ROWS = 64  # Read at once.


def load(section, split: str, seed: int) -> Examples:
    """Returns the pictures of a column of Parquet files.

    The column holds encoded pictures, or structures with a field `bytes` that does. It
    is `section.column`, or one named `image`, or the only one. With `section.labels`,
    labels are the integers of the column `section.label_column`, or of one named
    `label`, or of the only one of integers.
    """
    found = files_at(section.path, PATTERN, WHAT)
    schema = _open(found[1][0]).schema_arrow
    column = section.column or _image_column(schema, found[1][0])
    label = _label_column(schema, section.label_column, found[1][0]) if section.labels else ""

    def count(file: pathlib.Path) -> int:
        return _open(file).metadata.num_rows

    def records(file: pathlib.Path):
        import pyarrow

        wanted = [column, label] if label else [column]
        opened = _open(file)
        missing = set(wanted) - set(opened.schema_arrow.names)
        if missing:
            raise UserError(
                f"Expected the columns {wanted} in {file}. It has {opened.schema_arrow.names}"
            )
        try:
            for batch in opened.iter_batches(ROWS, columns=wanted):
                pictures = batch.column(column).to_pylist()
                numbers = batch.column(label).to_pylist() if label else [0] * len(pictures)
                for picture, number in zip(pictures, numbers, strict=True):
                    yield _bytes(picture), -1 if number is None else number
        except (OSError, pyarrow.ArrowException) as error:
            raise unreadable(file, error, WHAT) from error

    names = _class_names(schema, label) if label else None
    reader = Reader(count, records, names, f"the column {column!r}")
    return record_files.examples_of(section, split, seed, reader, found)


def _open(file: pathlib.Path):
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise UserError(
            "Parquet files are read by pyarrow, which is not installed: pip install"
            " 'tf_gan[datasets]'"
        ) from error
    try:
        return parquet.ParquetFile(file)
    except (OSError, pyarrow.ArrowException) as error:
        raise unreadable(file, error, WHAT) from error


def _image_column(schema, file: pathlib.Path) -> str:
    from pyarrow import types

    def holds_bytes(kind) -> bool:
        if types.is_struct(kind):
            return kind.get_field_index("bytes") >= 0
        return types.is_binary(kind) or types.is_large_binary(kind)

    names = [field.name for field in schema if holds_bytes(field.type)]
    return find_column(names, IMAGES, "column of bytes", file, "column")


def _label_column(schema, name: str, file: pathlib.Path) -> str:
    from pyarrow import types

    names = [field.name for field in schema if types.is_integer(field.type)]
    if name and name not in names:
        raise UserError(
            f"Expected config.data.label_column to be a column of integers in {file}, out of"
            f" {names}. Received: {name!r}"
        )
    return name or find_column(names, LABELS, "column of integers", file, "label_column")


def _class_names(schema, label: str) -> tuple[str, ...] | None:
    """Returns the names that Hugging Face's metadata gives the labels."""
    try:
        features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
        return tuple(map(str, features[label]["names"]))
    except (KeyError, TypeError, ValueError):
        return None


def _bytes(value) -> bytes | None:
    if isinstance(value, dict):
        value = value.get("bytes")
    return value if isinstance(value, bytes) else None
