"""Atomic file writes whose errors name the file."""

import contextlib
import os
import pathlib
import secrets
import shutil
import sys
from collections.abc import Iterator

from tf_gan.errors import UserError, WriteError, reason


def write_errors() -> tuple[type[Exception], ...]:
    """Returns the errors of writes: Python's, and TensorFlow's where it is imported."""
    tensorflow = sys.modules.get("tensorflow")
    return (OSError, tensorflow.errors.OpError) if tensorflow else (OSError,)


@contextlib.contextmanager
def naming_errors(path) -> Iterator[None]:
    """Names the file in the error of a write that fails.

    Args:
        path: The file.

    Raises:
        WriteError: with the file, the reason and what to do.
    """
    try:
        yield
    except write_errors() as error:
        raise WriteError(
            f"{path} cannot be written: {reason(error)}. Free some space, or see who may write"
            " there; the same command then does the rest."
        ) from error


def make_parent(path) -> None:
    """Makes the folder of a file.

    Raises:
        WriteError: if it cannot be made; the file is named.
    """
    with naming_errors(path):
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)


@contextlib.contextmanager
def atomic_file(path) -> Iterator[pathlib.Path]:
    """Replaces a file by a file that is written to a temporary name beside `path`.
    After an error `path` is unchanged.

    Args:
        path: The file, which may exist.

    Yields:
        The temporary name.

    Raises:
        OSError: with the file, the reason and what to do, if the file cannot be written.
    """
    path = pathlib.Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    with naming_errors(path):
        try:
            yield temporary
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def savez(path, /, **arrays) -> None:
    """Writes arrays by their names to an `.npz` file, by `atomic_file`, and makes its folder.

    Raises:
        WriteError: if that fails; the file is named.
    """
    import numpy as np  # `--help` needs none.

    make_parent(path)
    with atomic_file(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, **arrays)


@contextlib.contextmanager
def atomic_output(path) -> Iterator[pathlib.Path]:
    """Creates a file or a directory that is written to a temporary name beside `path`.
    After an error neither of them exists, nor a folder that was made for them.

    Args:
        path: The file or directory, which must not exist.

    Yields:
        The temporary name, with the suffix of `path`.

    Raises:
        ValueError: if something is at `path`, or the disk is full or read-only.
    """
    path = pathlib.Path(path).absolute()
    check_absent(path)
    new_folders = [folder for folder in path.parents if not os.path.lexists(folder)]
    # Not a number: a server that watches the folder does not take it for a version.
    temporary = path.parent / f".{path.stem}.{os.getpid()}.tmp{path.suffix}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        # A rename would replace an empty directory or a file that has appeared meanwhile.
        if os.path.lexists(path):
            raise UserError(f"{path} has appeared meanwhile. Export again, or choose another name.")
        temporary.rename(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            shutil.rmtree(temporary) if temporary.is_dir() else temporary.unlink(missing_ok=True)
        for folder in new_folders:
            with contextlib.suppress(OSError):
                folder.rmdir()
        if isinstance(error, write_errors()):
            raise UserError(f"Cannot write {path}: {reason(error)}") from error
        raise


def check_absent(path) -> None:
    """Raises a ValueError if something is at `path`, a dangling symbolic link included."""
    path = pathlib.Path(path)
    if os.path.lexists(path):
        version = (
            f" The next free version is {next_version(path.parent)}."
            if path.name.isdecimal()
            else ""
        )
        raise UserError(
            f"{path} is there already.{version} Choose another name, or remove it first."
        )


def next_version(folder) -> int:
    """Returns the number after the highest version in a folder, 1 if there is none."""
    folder = pathlib.Path(folder)
    # os.path: False for a name that is too long, where pathlib raises.
    entries = folder.iterdir() if os.path.isdir(folder) else ()
    return max((int(entry.name) for entry in entries if entry.name.isdecimal()), default=0) + 1


def remove_stale(folder, *patterns: str) -> None:
    """Removes the temporary files of `atomic_file` that a killed process left behind.

    Args:
        folder: Where the files are.
        *patterns: Names or glob patterns of the final files, relative to `folder`.
    """
    for pattern in patterns:
        *folders, name = pattern.split("/")
        for temporary in pathlib.Path(folder).glob("/".join([*folders, f".{name}.*.tmp"])):
            temporary.unlink(missing_ok=True)
