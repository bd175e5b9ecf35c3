"""Pictures in ArrayRecord files of `tf.train.Example`."""

import contextlib
import pathlib

from tf_gan.data.examples import Examples
from tf_gan.data.sources import record_files
from tf_gan.data.sources.record_files import files_at, unreadable
from tf_gan.data.sources.tfrecord import load_examples
from tf_gan.errors import UserError

PATH = "ArrayRecord file, folder of them, or pattern"
SPLITS = record_files.SPLITS
HOLDS_OUT = True
WHAT = "ArrayRecord files"
PATTERN = r"\.array_?record" + record_files.NUMBERED
AT_ONCE = 64  # Records that are read at once.


def load(section, split: str, seed: int) -> Examples:
    """Returns the pictures of ArrayRecord files, whose records are those of
    `tf_gan.data.sources.tfrecord`.
    """
    found = files_at(section.path, PATTERN, WHAT)
    return load_examples(section, split, seed, found, _count, _payloads, WHAT)


@contextlib.contextmanager
def _opened(file: pathlib.Path):
    try:
        from array_record.python import array_record_module
    except ImportError as error:
        raise UserError(
            "ArrayRecord files are read by array_record, which is not installed: pip install"
            " 'tf_gan[datasets]'"
        ) from error
    try:
        with contextlib.closing(array_record_module.ArrayRecordReader(str(file))) as reader:
            yield reader
    except (OSError, RuntimeError, ValueError, IndexError) as error:  # `close` raises too.
        raise unreadable(file, error, WHAT) from error


def _count(file: pathlib.Path) -> int:
    with _opened(file) as reader:
        return reader.num_records()


def _payloads(file: pathlib.Path):
    with _opened(file) as reader:
        count = reader.num_records()
        for start in range(0, count, AT_ONCE):
            yield from reader.read(list(range(start, min(start + AT_ONCE, count))))
