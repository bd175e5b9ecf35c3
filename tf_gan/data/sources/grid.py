"""Gaussians on a square lattice."""

import numpy as np

from tf_gan.data.examples import Examples
from tf_gan.data.sources import toy

SPLITS = toy.SPLITS
DEVIATION = 0.05


def load(section, split: str, seed: int) -> Examples:
    """Returns `section.points` points; other splits draw other points."""
    return grid(section.points, seed=toy.split_seed(seed, split))


def grid(
    n: int = 100_000,
    *,
    deviation: float = DEVIATION,
    seed: int | np.random.SeedSequence = 0,
) -> Examples:
    """Draws points from 25 Gaussians with means {-4, -2, 0, 2, 4}^2, labelled by their
    mode.

    Dumoulin et al., Adversarially Learned Inference (2016),
    https://arxiv.org/abs/1606.00704.

    Args:
        n: Number of points.
        deviation: Standard deviation of each Gaussian in both directions, > 0.
        seed: Integer, or any other seed of `numpy.random.default_rng`.
    """
    return toy.mixture(grid_means(), deviation, n, seed, "grid")


def grid_means() -> np.ndarray:
    """Returns the means of `grid`, shape `(25, 2)`."""
    return np.array([(x, y) for x in range(-4, 5, 2) for y in range(-4, 5, 2)], np.float64)
