"""Mean and covariance of features in a file: of one's own, or a reference that others
publish.
"""

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
    atomic.savez(
        path, mean=statistics.mean, covariance=statistics.covariance, count=statistics.count
    )


def load_statistics(path, count: int | None = None) -> Statistics:
    """Reads what `save_statistics` wrote, or an `.npz` file with `mu` and `sigma`, as
    pytorch-fid and TTUR write them.

    Args:
        path: The file.
        count: Images behind `mu` and `sigma`, which those files do not say.

    Raises:
        UserError: if the file is not such a file, or lacks a count.
        OSError: if it cannot be read.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            mean, covariance = (
                file[ours if ours in file else theirs]
                for ours, theirs in (("mean", "mu"), ("covariance", "sigma"))
            )
            count = int(file["count"]) if "count" in file else count
    except OSError:
        raise
    except Exception as error:  # zipfile, NumPy and missing keys fail in ways of their own.
        raise UserError(
            "Expected an .npz file with mean, covariance and count, or with mu and sigma. Received:"
            f" {path} ({error})"
        ) from error
    if count is None:
        raise UserError(
            f"{path} does not say how many images its statistics are of. Expected count=N"
        )
    return Statistics.from_moments(mean, covariance, count)
