"""How much neighbouring samples of a chain depend on each other."""

import numpy as np

from tf_gan.errors import UserError


def autocorrelation(chains, lags) -> np.ndarray:
    """Returns the autocorrelation of chains of images, all pixels together.

    rho(k) = E[(x_t - m) (x_{t+k} - m)] / E[(x_t - m)^2], m the mean image of all chains
    and steps; the products are summed over the pixels. 1 for chains that stand still, 0
    for independent samples.

    Args:
        chains: Array of shape `(steps, chains, ...)`.
        lags: Integers k, 0 <= k < steps.

    Returns:
        float64 array, one value for each lag.

    Raises:
        ValueError: for another shape, a lag that is out of range, or samples that are
            all the same.
    """
    x = np.asarray(chains, np.float64)
    lags = [int(lag) for lag in lags]
    if x.ndim < 2 or not x.size or not all(0 <= lag < len(x) for lag in lags):
        raise UserError(
            "Expected chains of shape (steps, chains, ...) and lags in [0, steps). Received:"
            f" shape {x.shape}, lags {lags}"
        )
    if not np.isfinite(x).all():
        raise UserError("Expected finite samples. Received: NaN or infinite values")
    x = x.reshape(*x.shape[:2], -1)
    if not np.ptp(x, axis=(0, 1)).any():
        raise UserError("Expected samples that differ. Received: all the same")
    x = x - x.mean(axis=(0, 1))
    variance = np.mean(np.sum(x * x, axis=-1))
    return np.array(
        [np.mean(np.sum(x[: len(x) - lag] * x[lag:], axis=-1)) / variance for lag in lags]
    )
