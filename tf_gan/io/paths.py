"""Paths on this machine, and addresses that look like paths."""

import re

from tf_gan.errors import UserError

# `pathlib` makes one slash of two.
ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/+(.*)", re.IGNORECASE)
COPY = {
    "gs": "gcloud storage cp --recursive {source} {target}",
    "s3": "aws s3 cp --recursive {source} {target}",
}
DOWNLOAD = COPY | {"hf": "hf download NAME --repo-type=dataset --local-dir={target}"}


def check_local(path, field: str, *, written: bool = False) -> None:
    """Checks that a path is no address such as `gs://bucket/folder`, of which a local
    folder `gs:` would be made.

    Args:
        path: The path.
        field: Where it comes from, for the message, such as `--workdir`.
        written: Whether it is written to, not read.

    Raises:
        UserError: for an address; the message says what works instead.
    """
    found = ADDRESS.fullmatch(str(path))
    if not found:
        return
    scheme, rest = found[1].lower(), found[2]
    address = f"{scheme}://{rest}"
    if written:
        command = COPY.get(scheme, "").format(source="runs/mine", target=address)
        advice = "Write to a folder, such as runs/mine, and copy it afterwards"
    else:
        command = DOWNLOAD.get(scheme, "").format(source=address, target="FOLDER")
        advice = "Copy it to a folder first, and name that"
    raise UserError(
        f"Expected {field} to be a path on this machine, or in a file system that is mounted on it."
        f" Received: {address}. {advice}{f': {command}' if command else ''}"
    )
