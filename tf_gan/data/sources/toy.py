"""Toy densities in one and two dimensions."""

import numpy as np

from tf_gan.data.examples import Examples
from tf_gan.errors import UserError


def ring(
    n: int = 50_000, *, modes: int = 8, radius: float = 2.0, deviation: float = 0.02, seed: int = 0
) -> Examples:
    """Draws points from a mixture of Gaussians with equal weights on a circle, labelled
    by their mode.

    Args:
        n: Number of points.
        modes: Number of Gaussians, >= 1; the first lies at angle 0.
        radius: Radius of the circle.
        deviation: Standard deviation of each Gaussian in both directions, > 0.
        seed: Integer.
    """
    return _mixture(ring_means(modes, radius), deviation, n, seed, "ring")


def grid(n: int = 100_000, *, deviation: float = 0.05, seed: int = 0) -> Examples:
    """Draws points from 25 Gaussians with means {-4, -2, 0, 2, 4}^2, labelled by their
    mode.

    Dumoulin et al., Adversarially Learned Inference (2016),
    https://arxiv.org/abs/1606.00704.

    Args:
        n: Number of points.
        deviation: Standard deviation of each Gaussian in both directions, > 0.
        seed: Integer.
    """
    return _mixture(grid_means(), deviation, n, seed, "grid")


def gaussians_1d(
    n: int = 50_000, *, means=(0.0,), deviation: float = 1.0, seed: int = 0
) -> Examples:
    """Draws numbers from a mixture of one-dimensional Gaussians with equal weights,
    labelled by their mode.

    Args:
        n: Number of points.
        means: Mean of each Gaussian.
        deviation: Their standard deviation, > 0.
        seed: Integer.
    """
    return _mixture(np.reshape(means, (-1, 1)), deviation, n, seed, "gaussians_1d")


def ring_means(modes: int = 8, radius: float = 2.0) -> np.ndarray:
    """Returns the means of `ring`, shape `(modes, 2)`."""
    if modes < 1:
        raise UserError(
            f"Invalid value for argument `modes`. Expected an integer >= 1. Received: modes={modes}"
        )
    angles = 2 * np.pi * np.arange(modes) / modes
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def grid_means() -> np.ndarray:
    """Returns the means of `grid`, shape `(25, 2)`."""
    return np.array([(x, y) for x in range(-4, 5, 2) for y in range(-4, 5, 2)], np.float64)


def _mixture(means, deviation, n, seed, name) -> Examples:
    if n < 1 or deviation <= 0:
        raise UserError(
            f"Expected n >= 1 points and a deviation > 0. Received: n={n}, deviation={deviation}"
        )
    generator = np.random.default_rng(seed)
    labels = generator.integers(len(means), size=n)
    points = means[labels] + deviation * generator.standard_normal((n, means.shape[1]))
    return Examples(points.astype(np.float32), labels.astype(np.int32), None, name=name)
