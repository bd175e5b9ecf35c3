"""Arrays in a `.npz` file."""

import zipfile

import numpy as np

from tf_gan.data.examples import Examples
from tf_gan.errors import UserError, reason

PATH = ".npz file"
MEMORY_LIMIT = 8 * 2**30


def load(section, split: str, seed: int) -> Examples:
    """Returns the arrays of `section.path`."""
    return npz(section.path, value_range=tuple(section.value_range))


def npz(path: str, *, value_range=(-1.0, 1.0)) -> Examples:
    """Reads images, and labels if there are any, from a `.npz` file. Nothing in it is
    unpickled.

    Args:
        path: File with an array `images` of shape `(N, ...)`, uint8 or floats in
            `value_range`, and perhaps `labels` of shape `(N,)`; images `(N, H, W)` get
            a channel axis. A file with a single array needs no such name.
        value_range: `(low, high)` of the images in training.

    Raises:
        ValueError: if the file cannot be read or has no such array.
    """
    try:
        with open(path, "rb") as stream:
            if not zipfile.is_zipfile(stream):
                raise UserError(
                    "It is no .npz archive. Save arrays with np.savez(path, images=images)"
                )
            with zipfile.ZipFile(stream) as archive:
                size = sum(member.file_size for member in archive.infolist())
            if size > MEMORY_LIMIT:
                raise UserError(
                    f"Its arrays take {size / 2**30:.1f} GiB, and images are held in memory, at"
                    f" most {MEMORY_LIMIT >> 30} GiB of them"
                )
            stream.seek(0)
            file = np.load(stream, allow_pickle=False)
            arrays = {name: file[name] for name in file.files}
    except Exception as error:  # zipfile, zlib and NumPy fail in ways of their own.
        raise UserError(
            f"Expected a .npz file of numeric arrays. Received: path={path!r}. {reason(error)}"
        ) from error
    images = arrays.get("images", next(iter(arrays.values())) if len(arrays) == 1 else None)
    if images is None:
        raise UserError(f"Expected an array named `images` in {path!r}. Found: {sorted(arrays)}")
    if images.ndim < 2 or not (images.dtype == np.uint8 or images.dtype.kind == "f"):
        raise UserError(
            f"Expected `images` of shape (N, ...) in uint8 or floats in {path!r}. Found: shape"
            f" {images.shape}, dtype {images.dtype}"
        )
    labels = arrays.get("labels")
    if labels is not None and (
        labels.ndim != 1
        or len(labels) != len(images)
        or not np.issubdtype(labels.dtype, np.integer)
    ):
        raise UserError(
            f"Expected `labels` to be {len(images)} integers in {path!r}. Found: shape"
            f" {labels.shape}, dtype {labels.dtype}"
        )
    images = images[..., None] if images.ndim == 3 else images
    return Examples(images, labels, value_range, name=str(path))
