"""What the toy densities share: mixtures of Gaussians, and splits that share no point."""

import numpy as np

from tf_gan.data.examples import Examples
from tf_gan.errors import UserError

SPLITS = ("train", "validation", "test")


def split_seed(seed: int, split: str) -> int | np.random.SeedSequence:
    """Returns the seed that a split is drawn from: that of the run for "train", for the
    others one that no integer equals.
    """
    if split == "train":
        return seed
    return np.random.SeedSequence(seed, spawn_key=(SPLITS.index(split),))


def mixture(means: np.ndarray, deviation: float, n: int, seed, name: str) -> Examples:
    """Draws points from Gaussians with equal weights, labelled by their Gaussian.

    Args:
        means: Shape `(M, D)`.
        deviation: Standard deviation in each direction, > 0.
        n: Number of points, >= 1.
        seed: Seed of `numpy.random.default_rng`.
        name: What to call them.

    Returns:
        Examples of shape `(n, D)`, float32, without bounds.
    """
    if n < 1 or deviation <= 0:
        raise UserError(
            f"Expected n >= 1 points and a deviation > 0. Received: n={n}, deviation={deviation}"
        )
    generator = np.random.default_rng(seed)
    labels = generator.integers(len(means), size=n)
    points = means[labels] + deviation * generator.standard_normal((n, means.shape[1]))
    return Examples(points.astype(np.float32), labels.astype(np.int32), None, name=name)
