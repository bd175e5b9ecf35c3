"""A cache on disk for arrays that take long to compute, named by their protocol."""

import hashlib
import json
import logging
import pathlib
from collections.abc import Callable, Mapping

import numpy as np

from tf_gan.data import Examples
from tf_gan.errors import UserError, WriteError, reason
from tf_gan.io import atomic, caches

PROTOCOL = "protocol"  # The entry of a file that says, as JSON, what its arrays are.


def path(kind: str, name: str, protocol: Mapping) -> pathlib.Path:
    """Returns the file of some arrays, in a folder of their kind."""
    return caches.directory() / kind / f"{caches.entry(name, protocol)}.npz"


def cached(
    kind: str, name: str, protocol: Mapping, compute: Callable[[], Mapping[str, np.ndarray]]
) -> dict[str, np.ndarray]:
    """Returns arrays from the cache, or computes them and keeps them.

    A file that is damaged, or that says of itself that it is something else, is
    reported as a warning and written anew. Files are written under another name and
    then renamed, so that nobody reads half a file and two processes may do the same
    work at once.

    Args:
        kind: Folder in the cache, such as `"reference"`.
        name: Readable part of the file's name.
        protocol: All that the arrays depend on, as values that JSON knows: whatever
            differs in it is kept apart.
        compute: Function without arguments that returns the arrays by name, none of
            them of objects.

    Raises:
        ValueError: for arrays that cannot be kept.
    """
    file = path(kind, name, protocol)
    if file.exists():
        try:
            return _read(file, protocol)
        except Exception as error:  # noqa: BLE001 - NumPy's and zipfile's have no common base.
            logging.warning(
                "%s in the cache cannot be used (%s): computing it again.", file, reason(error)
            )
    arrays = {key: np.asarray(value) for key, value in compute().items()}
    wrong = [key for key, value in arrays.items() if value.dtype.hasobject or key == PROTOCOL]
    if wrong:
        raise UserError(
            f"Expected arrays of numbers or text under names other than {PROTOCOL!r}. Received:"
            f" {wrong}"
        )
    try:
        atomic.savez(file, **arrays, **{PROTOCOL: np.array(_json(protocol))})
    except WriteError as error:  # A read-only home directory is no reason to have no result.
        logging.warning(
            "%s cannot be written (%s): it will be computed again next time. $TF_GAN_CACHE names"
            " another place.",
            file,
            reason(error.__cause__ or error),
        )
    return arrays


def checksum(examples: Examples) -> str:
    """Returns the SHA-256 of images, their range and their labels."""
    images = examples.whole()
    digest = hashlib.sha256(f"{images.shape} {images.dtype} {examples.value_range}".encode())
    for array in (images, examples.labels):
        if array is not None:
            for start in range(0, len(array), 4096):  # It may be in a file.
                digest.update(np.ascontiguousarray(array[start : start + 4096]).tobytes())
    return digest.hexdigest()


def _json(protocol: Mapping) -> str:
    return json.dumps(protocol, sort_keys=True)


def _read(file: pathlib.Path, protocol: Mapping) -> dict[str, np.ndarray]:
    with open(file, "rb") as stream:
        content = np.load(stream, allow_pickle=False)
        arrays = {key: content[key] for key in content.files}
    found = str(arrays.pop(PROTOCOL))
    if found != _json(protocol):
        raise UserError(f"it was made with another protocol, {found}")
    return arrays
