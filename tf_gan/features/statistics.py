"""Mean and covariance of features in a file, for a reference that others publish."""

import pathlib

import numpy as np

from tf_gan.errors import UserError
from tf_gan.io import atomic
from tf_gan.metrics import Statistics


def save_statistics(path, statistics: Statistics) -> None:
    """Writes an `.npz` file with `mean`, `covariance` and `count`; it appears under its
    name only when it is whole.

    Args:
        path: The file; its folder is made if it is not there.
        statistics: At least 2 rows of features.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic.atomic_file(path) as temporary, open(temporary, "wb") as file:
        np.savez(
            file,
            mean=statistics.mean,
            covariance=statistics.covariance,
            count=statistics.count,
        )


def load_statistics(path) -> Statistics:
    """Reads what `save_statistics` wrote.

    Args:
        path: The file.

    Raises:
        UserError: if the file is not such a file.
        OSError: if it cannot be read.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            mean, covariance, count = file["mean"], file["covariance"], int(file["count"])
    except OSError:
        raise
    except Exception as error:  # zipfile, NumPy and missing keys fail in ways of their own.
        raise UserError(
            f"Expected an .npz file with mean, covariance and count. Received: {path} ({error})"
        ) from error
    return Statistics.from_moments(mean, covariance, count)
