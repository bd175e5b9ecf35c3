"""The kernel distance between two sets of features: KID, where the features are those
of the 2015 Inception network.
"""

import keras
import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError, integer
from tf_gan.metrics.arrays import Estimate, in_numpy, pair


def squared_mmd(real, fake) -> float:
    """Returns the unbiased estimate of the squared maximum mean discrepancy with the
    kernel k(x, y) = (x.y / D + 1)^3.

    mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j) - 2 mean_{i, j} k(x_i, y_j).
    Its expectation is 0 for equal distributions, so it can be negative.

    Args:
        real: Features of shape `(N, D)`, N >= 2.
        fake: Features of shape `(M, D)`, M >= 2.

    Raises:
        ValueError: for too few rows, different widths, NaN or infinite features.
    """
    real, fake = (
        features.astype(np.float64, copy=False) for features in pair(2, real=real, fake=fake)
    )
    return _estimate(real, fake)


def squared_mmd_error(real, fake) -> float:
    """Returns the standard error of `squared_mmd`, by leaving out one row after the other.

    sqrt((N - 1) / N sum_i (d_i - mean d)^2 + (M - 1) / M sum_j (e_j - mean e)^2), where d_i
    is `squared_mmd` without real row i, and e_j without fake row j. For equal distributions
    it is too large on average, up to about 1.4 times: the deviation of `squared_mmd` is then
    smaller than leaving out rows can tell.

    Efron and Stein, The Jackknife Estimate of Variance (1981),
    https://doi.org/10.1214/aos/1176345462.

    Args:
        real: Features of shape `(N, D)`, N >= 3.
        fake: Features of shape `(M, D)`, M >= 3.

    Raises:
        ValueError: for too few rows, different widths, NaN or infinite features.
    """
    sets = [features.astype(np.float64, copy=False) for features in pair(3, real=real, fake=fake)]
    between = _kernel(*sets)
    variance = 0.0
    for features, cross in zip(sets, (between.sum(axis=1), between.sum(axis=0)), strict=True):
        kernel, n = _kernel(features, features), len(features)
        np.fill_diagonal(kernel, 0)
        within = kernel.sum(axis=1)
        # Without row i, up to what is the same for all rows.
        left = -2 * within / ((n - 1) * (n - 2)) + 2 * cross / ((n - 1) * (between.size // n))
        variance += (n - 1) * float(left.var())
    return variance**0.5


def kernel_distance(
    real, fake, *, subsets: int = 100, subset_size: int = 1000, seed: int = 0
) -> Estimate:
    """Returns mean and standard deviation of `squared_mmd` over random subsets, each
    drawn without replacement.

    Binkowski et al., Demystifying MMD GANs (2018), https://arxiv.org/abs/1801.01401:
    100 subsets of 1,000. The mean does not depend on the number of samples, the
    standard deviation is that of one subset.

    Args:
        real: Features of shape `(N, D)`, N >= subset_size.
        fake: Features of shape `(M, D)`, M >= subset_size.
        subsets: How many, >= 1.
        subset_size: Rows of each side in a subset, >= 2.
        seed: Fixes the subsets.

    Raises:
        ValueError: for sets smaller than a subset, different widths, NaN or infinite
            features.
    """
    integer("subsets", subsets)
    integer("subset_size", subset_size, 2)
    real, fake = pair(subset_size, real=real, fake=fake)
    generator = np.random.default_rng(seed)
    values = np.empty(subsets)
    for number in range(subsets):
        x, y = (
            features[generator.choice(len(features), subset_size, replace=False)].astype(np.float64)
            for features in (real, fake)
        )
        values[number] = _estimate(x, y)
    return Estimate(float(values.mean()), float(values.std()))


def _estimate(x: np.ndarray, y: np.ndarray) -> float:
    return _mean_kernel(x) + _mean_kernel(y) - 2 * float(_kernel(x, y).mean())


def _kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    base = x @ y.T
    base /= x.shape[1]
    base += 1
    cube = base * base
    cube *= base
    return cube


def _mean_kernel(x: np.ndarray) -> float:
    kernel = _kernel(x, x)
    return float((kernel.sum() - np.trace(kernel)) / (len(x) * (len(x) - 1)))


def _mean_of_batches(total, batches) -> np.float64:
    if batches == 0:
        raise UserError("Expected at least one batch of features. Received: none")
    if not np.isfinite(total):
        raise UserError(
            "Expected finite features, two rows or more of each side in a batch. Received: others"
        )
    return np.float64(total / batches)


@keras.saving.register_keras_serializable("tf_gan")
class KernelDistance(keras.metrics.Mean):
    """The mean over batches of `squared_mmd` between their real and fake features:
    `kernel_distance` with the batches as subsets.

    Args:
        name: Name in logs.
    """

    def __init__(self, name: str = "kernel_distance"):
        super().__init__(name=name, dtype="float64")

    def update_state(self, real_features, fake_features):
        """Adds one estimate from features `(B, D)` and `(B', D)`, B and B' >= 2."""
        real, fake = tf.cast(real_features, tf.float64), tf.cast(fake_features, tf.float64)
        for side, features in (("real", real), ("fake", fake)):
            if (
                features.shape.rank != 2
                or features.shape[1] != real.shape[1]
                or (features.shape[0] or 2) < 2
            ):
                raise UserError(
                    f"Expected {side} features of shape (B, {real.shape[-1]}) with B >= 2."
                    f" Received: shape {features.shape}"
                )

        def kernel(x, y):
            return (tf.matmul(x, y, transpose_b=True) / x.shape[1] + 1) ** 3

        def mean_kernel(x):
            n = tf.cast(tf.shape(x)[0], tf.float64)
            return (tf.reduce_sum(kernel(x, x)) - tf.linalg.trace(kernel(x, x))) / (n * (n - 1))

        super().update_state(
            mean_kernel(real) + mean_kernel(fake) - 2 * tf.reduce_mean(kernel(real, fake))
        )

    def result(self):
        return in_numpy(
            _mean_of_batches,
            keras.ops.convert_to_tensor(self.total),
            keras.ops.convert_to_tensor(self.count),
        )

    def get_config(self):
        return {"name": self.name}
