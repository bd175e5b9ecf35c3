"""Which modes of a mixture samples reach, and how evenly."""

from typing import NamedTuple

import numpy as np

from tf_gan.errors import UserError
from tf_gan.metrics.arrays import pair, squared_distances


class Modes(NamedTuple):
    """Modes reached, share of good samples, KL divergence in nats of the samples' modes
    from the uniform distribution, and samples by mode.
    """

    count: int  # type: ignore[assignment]  # Hides tuple.count.
    good_share: float
    kl_to_uniform: float
    histogram: np.ndarray


def mode_count(samples, means, deviation: float, *, radius: float = 3.0) -> Modes:
    """Returns how samples spread over the modes of a mixture of Gaussians with equal
    weights.

    A sample is good if it lies within `radius` deviations of the nearest mean, and a
    mode is reached if a good sample is nearest to it. The KL divergence sum_m q_m
    log(q_m M) counts all samples by their nearest mean: 0 for an even spread, log M for
    one mode. In the plane 98.9% of the mixture's own points are good with radius 3.

    Args:
        samples: Points of shape `(N, D)`.
        means: Shape `(M, D)`, such as `tf_gan.data.sources.ring.ring_means()`.
        deviation: Standard deviation of each Gaussian in each direction, > 0.
        radius: In deviations, > 0.

    Raises:
        ValueError: for empty sets, points of another dimension, NaN, or deviation or
            radius <= 0.
    """
    samples, means = pair(samples=samples, means=means)
    if not (deviation > 0 and radius > 0):
        raise UserError(
            f"Expected deviation > 0 and radius > 0. Received: deviation={deviation},"
            f" radius={radius}"
        )
    nearest, distances = np.empty(len(samples), np.int64), np.empty(len(samples))
    for part, squares in squared_distances(samples, means):
        nearest[part], distances[part] = squares.argmin(axis=1), np.sqrt(squares.min(axis=1))
    good = distances <= radius * deviation
    histogram = np.bincount(nearest, minlength=len(means))
    return Modes(
        len(np.unique(nearest[good])), float(good.mean()), kl_to_uniform(histogram), histogram
    )


def kl_to_uniform(histogram) -> float:
    """Returns sum_m q_m log(q_m M) of the shares q_m of M modes, in nats, in [0, log M].

    N samples of the uniform distribution have about (M - 1) / 2N: values of other
    numbers of samples cannot be compared.

    Args:
        histogram: Samples by mode, shape `(M,)`, numbers >= 0 that are not all 0.

    Raises:
        ValueError: for anything else.
    """
    counts = np.asarray(histogram, np.float64)
    if counts.ndim != 1 or not 0 < counts.sum() < np.inf or counts.min() < 0:
        raise UserError(
            "Expected the number of samples of each mode, shape (M,), >= 0 and not all 0."
            f" Received: {histogram!r}"
        )
    q = counts[counts > 0] / counts.sum()
    return float(np.sum(q * np.log(q * len(counts))))
