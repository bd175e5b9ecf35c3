"""Files and directories that appear under their names only when they are whole."""

import contextlib
import os
import pathlib
import shutil
from collections.abc import Iterator

import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.io.atomic import reason


@contextlib.contextmanager
def atomic_output(path) -> Iterator[pathlib.Path]:
    """Gives a temporary name beside `path` to write a file or a directory to, and moves
    it to `path` at the end.

    After an error neither of them is there, nor a folder that was made for them.

    Raises:
        ValueError: if something is at `path`, or the disk is full or read-only.
    """
    path = pathlib.Path(path).absolute()
    check_absent(path)
    made = [folder for folder in path.parents if not folder.exists()]
    # Not a number: a server that watches the folder does not take it for a version.
    temporary = path.parent / f".{path.stem}.{os.getpid()}.tmp{path.suffix}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        # A rename onto an empty directory or a file would replace it, should one have
        # appeared meanwhile.
        if path.exists():
            raise UserError(f"{path} has appeared meanwhile. Export again, or choose another name.")
        temporary.rename(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            shutil.rmtree(temporary) if temporary.is_dir() else temporary.unlink(missing_ok=True)
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError | tf.errors.OpError):
            raise UserError(f"Cannot write {path}: {reason(error)}") from error
        raise


def check_absent(path) -> None:
    """Raises a ValueError if something is at a path that is to be written."""
    path = pathlib.Path(path)
    if path.exists():
        version = (
            f" The next free version is {next_version(path.parent)}." if path.name.isdigit() else ""
        )
        raise UserError(
            f"{path} is there already.{version} Choose another name, or remove it first."
        )


def next_version(base) -> int:
    """Returns the number after the highest version in a directory, 1 if there is none."""
    base = pathlib.Path(base)
    versions = (
        [int(entry.name) for entry in base.iterdir() if entry.name.isdigit()]
        if base.is_dir()
        else []
    )
    return max(versions, default=0) + 1


def check_difference(difference: float, bound: float) -> None:
    """Raises a ValueError if an exported model is further from the live one than the
    bound.
    """
    if not difference <= bound:
        raise UserError(
            f"The exported model differs from the live one by {difference:.2g}, so nothing is"
            f" written. Expected at most {bound:.2g}."
        )
