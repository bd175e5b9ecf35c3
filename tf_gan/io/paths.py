"""Paths as users give them: on this machine, and addresses that look like paths."""

import os
import re

from tf_gan.errors import UserError

# `pathlib` makes one slash of two.
ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/+(.*)", re.IGNORECASE)
COPY = {
    "gs": "gcloud storage cp --recursive {source} {target}",
    "s3": "aws s3 cp --recursive {source} {target}",
}


def is_address(path) -> bool:
    """Returns whether a path is an address, such as `s3://bucket/folder`."""
    return ADDRESS.fullmatch(os.fspath(path)) is not None


def check_path(path, field: str, *, written: bool = False) -> None:
    """Checks that a path can name a file or a folder: it is not empty, holds no NUL
    byte, and is no address such as `gs://bucket/folder`, of which a local folder `gs:`
    would be made.

    Args:
        path: String or `os.PathLike`.
        field: What the user calls it, for the message, such as `--workdir`.
        written: Whether it is written to, not read.

    Raises:
        UserError: for what names no file; for an address the message says what works
            instead.
    """
    text = os.fspath(path)
    if not text or "\0" in text:
        raise UserError(
            f"Invalid value for {field}. Expected the name of a file or a folder, without NUL"
            f" bytes. Received: {text!r}"
        )
    found = ADDRESS.fullmatch(text)
    if not found:
        return
    scheme, rest = found[1].lower(), found[2]
    address = f"{scheme}://{rest}"
    if written:
        command = COPY.get(scheme, "").format(source="runs/mine", target=address)
        advice = "Write to a folder, such as runs/mine, and copy it afterwards"
    else:
        command = COPY.get(scheme, "").format(source=address, target="FOLDER")
        advice = "Copy it to a folder first, and name that"
    raise UserError(
        f"Expected {field} to be a path on this machine, or in a file system that is mounted on it."
        f" Received: {address}. {advice}{f': {command}' if command else ''}"
    )
