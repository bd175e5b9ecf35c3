"""Gaussians in one dimension."""

import numpy as np

from tf_gan.data.examples import Examples
from tf_gan.data.sources import toy

SPLITS = toy.SPLITS
MEANS, DEVIATION = (0.0,), 1.0


def load(section, split: str, seed: int) -> Examples:
    """Returns `section.points` numbers; other splits draw other numbers."""
    return gaussians_1d(section.points, seed=toy.split_seed(seed, split))


def gaussians_1d(
    n: int = 50_000,
    *,
    means=MEANS,
    deviation: float = DEVIATION,
    seed: int | np.random.SeedSequence = 0,
) -> Examples:
    """Draws numbers from a mixture of one-dimensional Gaussians with equal weights,
    labelled by their mode.

    Args:
        n: Number of points.
        means: Mean of each Gaussian.
        deviation: Their standard deviation, > 0.
        seed: Integer, or any other seed of `numpy.random.default_rng`.
    """
    return toy.mixture(np.reshape(means, (-1, 1)), deviation, n, seed, "gaussians_1d")
