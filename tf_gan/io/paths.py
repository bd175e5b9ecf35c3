"""Paths as users give them."""

import os

from tf_gan.errors import UserError


def check_path(path, name: str) -> None:
    """Raises a UserError if a path cannot name a file: if it is empty or holds a NUL
    byte.

    Args:
        path: String or `os.PathLike`.
        name: What the user calls it, such as ``--workdir``.
    """
    text = os.fspath(path)
    if not text or "\0" in text:
        raise UserError(
            f"Invalid value for {name}. Expected the name of a file or a folder, without NUL bytes."
            f" Received: {text!r}"
        )
