"""Gaussians on a circle."""

import numpy as np

from tf_gan.data.examples import Examples
from tf_gan.data.sources import toy
from tf_gan.errors import integers

SPLITS = toy.SPLITS
DEVIATION = 0.02


def load(section, split: str, seed: int) -> Examples:
    """Returns `section.points` points; other splits draw other points."""
    return ring(section.points, seed=toy.split_seed(seed, split))


def ring(
    n: int = 50_000,
    *,
    modes: int = 8,
    radius: float = 2.0,
    deviation: float = DEVIATION,
    seed: int | np.random.SeedSequence = 0,
) -> Examples:
    """Draws points from a mixture of Gaussians with equal weights on a circle, labelled
    by their mode.

    Args:
        n: Number of points.
        modes: Number of Gaussians, >= 1; the first lies at angle 0.
        radius: Radius of the circle.
        deviation: Standard deviation of each Gaussian in both directions, > 0.
        seed: Integer, or any other seed of `numpy.random.default_rng`.
    """
    return toy.mixture(ring_means(modes, radius), deviation, n, seed, "ring")


def ring_means(modes: int = 8, radius: float = 2.0) -> np.ndarray:
    """Returns the means of `ring`, shape `(modes, 2)`."""
    integers(modes=modes)
    angles = 2 * np.pi * np.arange(modes) / modes
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
