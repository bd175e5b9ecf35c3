"""Files of a run: whole under their names or not there, and named in the error if they
cannot be written.
"""

import contextlib
import os
import pathlib
import re
from collections.abc import Iterator

import tensorflow as tf

from tf_gan.errors import WriteError


@contextlib.contextmanager
def naming_errors(path) -> Iterator[None]:
    """Names the file in the error of a write that fails.

    Raises:
        WriteError: with the file, the reason and what to do.
    """
    try:
        yield
    except (OSError, tf.errors.OpError) as error:
        raise WriteError(
            f"{path} cannot be written: {reason(error)}. Free some space, or see who may write"
            " there; the same command then does the rest."
        ) from error


@contextlib.contextmanager
def atomic_file(path) -> Iterator[pathlib.Path]:
    """Gives a temporary name beside `path` to write a file to, and moves it to `path`
    at the end; after an error `path` is what it was.

    Raises:
        OSError: as `written`.
    """
    path = pathlib.Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with naming_errors(path):
        try:
            yield temporary
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def remove_stale(folder, *patterns: str) -> None:
    """Removes what a process that was killed left of the `replaced` files of the given
    names or patterns.
    """
    for pattern in patterns:
        *folders, name = pattern.split("/")
        for temporary in pathlib.Path(folder).glob("/".join([*folders, f".{name}.*.tmp"])):
            temporary.unlink(missing_ok=True)


def reason(error: OSError | tf.errors.OpError) -> str:
    """Returns what an error says, without where in TensorFlow it happened."""
    text = (
        str(getattr(error, "strerror", None) or getattr(error, "message", None) or error)
        .strip()
        .splitlines()[0]
    )
    return re.sub(r"\{\{.*?\}\}|\[Op:\w+\]", "", text).strip().rstrip(".")
