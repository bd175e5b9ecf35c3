"""The Fréchet distance between two Gaussians fitted to features: FID, where the
features are those of the 2015 Inception network.
"""

import keras
import numpy as np
import scipy.linalg
import tensorflow as tf

from tf_gan.errors import UserError, integer
from tf_gan.metrics.arrays import in_numpy, rows


class Statistics:
    """Count, mean and covariance of features, gathered batch by batch in float64.

    Batches are joined by the rule of Chan, Golub and LeVeque (1979), which works about
    the means, so that features far from 0 lose no digits.

    Attributes:
        count: Rows seen so far.
        mean: float64 of shape `(D,)`.
        covariance: float64 of shape `(D, D)`, divided by count - 1.

    Example:

    ```python
    statistics = Statistics()
    for features in batches:
        statistics.update(features)
    ```
    """

    def __init__(self):
        self.count = 0
        self._mean = self._scatter = None  # The covariance is the scatter over count - 1.

    @classmethod
    def of(cls, features) -> "Statistics":
        """Returns the statistics of an array of shape `(N, D)`."""
        return cls().update(features)

    @classmethod
    def from_moments(cls, mean, covariance, count: int) -> "Statistics":
        """Returns statistics with the given moments.

        Args:
            mean: Shape `(D,)`.
            covariance: Symmetric matrix of shape `(D, D)`, divided by count - 1.
            count: Rows that they come from, >= 2.

        Raises:
            ValueError: for other shapes, NaN, a matrix that is no covariance (not
                symmetric, or with a negative eigenvalue), or count < 2.
        """
        mean, covariance = np.array(mean, np.float64), np.array(covariance, np.float64)
        if np.shape(count) == () and np.asarray(count).dtype.kind in "iuf" and count % 1 == 0:
            count = int(count)  # Also of a file.
        count = integer("count", count, 2)
        if mean.ndim != 1 or len(mean) == 0 or covariance.shape != 2 * mean.shape:
            raise UserError(
                "Expected a mean (D,) and a covariance (D, D). Received: shapes"
                f" {mean.shape} and {covariance.shape}"
            )
        if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
            raise UserError(
                "Expected a finite mean and covariance. Received: NaN or infinite values"
            )
        if (
            np.abs(covariance - covariance.T).max() > 1e-6 * np.abs(covariance).max()
            or covariance.diagonal().min() < 0
        ):
            raise UserError(
                "Expected a symmetric covariance with a diagonal >= 0. Received: one that is not"
            )
        try:  # Rounding in float32 may leave eigenvalues a little below 0.
            np.linalg.cholesky(
                covariance
                + (1e-6 * covariance.trace() + np.finfo(np.float64).tiny) * np.eye(len(mean))
            )
        except np.linalg.LinAlgError as error:
            raise UserError(
                "Expected a covariance, without negative eigenvalues. Received: a symmetric matrix"
                " that has some"
            ) from error
        statistics = cls()
        statistics.count, statistics._mean, statistics._scatter = (
            count,
            mean,
            (covariance + covariance.T) * ((count - 1) / 2),
        )
        return statistics

    @property
    def mean(self) -> np.ndarray:
        self._need(1)
        return self._mean

    @property
    def covariance(self) -> np.ndarray:
        self._need(2)
        return self._scatter / (self.count - 1)

    def update(self, features) -> "Statistics":
        """Adds a batch of features `(B, D)`, and returns itself.

        Raises:
            ValueError: for an empty batch, another D than before, NaN or infinite
                features.
        """
        features = rows("features", features).astype(np.float64, copy=False)
        mean = features.mean(axis=0)
        centred = features - mean
        return self._join(len(features), mean, centred.T @ centred)

    def merge(self, other: "Statistics") -> "Statistics":
        """Adds what another has seen, and returns itself."""
        if not other.count:
            return self
        return self._join(other.count, other._mean, other._scatter)

    def _join(self, count, mean, scatter):
        if not self.count:
            self.count, self._mean, self._scatter = count, mean.copy(), scatter.copy()
            return self
        if mean.shape != self._mean.shape:
            raise UserError(
                f"Expected features of width {len(self._mean)}, as before. Received: width"
                f" {len(mean)}"
            )
        total, difference = self.count + count, mean - self._mean
        self._scatter += scatter
        self._scatter += np.outer(difference * (self.count * count / total), difference)
        self._mean += difference * (count / total)
        self.count = total
        return self

    def _need(self, least):
        if self.count < least:
            raise UserError(f"Expected at least {least} rows of features. Received: {self.count}")


def frechet_distance(real: Statistics, fake: Statistics) -> float:
    """Returns ||m_r - m_f||^2 + Tr(C_r + C_f - 2 (C_r C_f)^(1/2)), >= 0.

    The last trace is the sum of the roots of the eigenvalues of C_r C_f, which are
    those of the symmetric F^T C F with C one covariance and F F^T the other one. F is a
    Cholesky factor. With fewer samples than dimensions it is a pivoted one, which has
    as many columns as the covariance has rank and makes the work smaller. There is no
    root of a matrix and so no imaginary part.

    Heusel et al., GANs Trained by a Two Time-Scale Update Rule (2017),
    https://arxiv.org/abs/1706.08500; Dowson and Landau (1982). The value falls with the
    number of samples: compare only values of equal counts.

    Args:
        real: Statistics of at least two rows of real features.
        fake: Statistics of at least two rows of fakes, of the same width.

    Raises:
        ValueError: for what are no `Statistics`, too few rows or different widths.
    """
    for name, side in (("real", real), ("fake", fake)):
        if not isinstance(side, Statistics):
            raise UserError(
                f"Expected the Statistics of `{name}` features: Statistics.of(features). Received:"
                f" {type(side).__name__}"
            )
    if real.mean.shape != fake.mean.shape:
        raise UserError(
            f"Expected real and fake features of one width. Received: {len(real.mean)} and"
            f" {len(fake.mean)}"
        )
    fewer, more = (side.covariance for side in sorted((real, fake), key=lambda side: side.count))
    eigenvalues = np.maximum(_eigenvalues_of_product(more, fewer), 0)
    return max(
        0.0,
        float(
            np.sum(np.square(real.mean - fake.mean))
            + np.trace(fewer)
            + np.trace(more)
            - 2 * np.sqrt(eigenvalues).sum()
        ),
    )


def _eigenvalues_of_product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Returns the eigenvalues of a b, at least those that are not 0, for symmetric
    matrices >= 0.
    """
    try:
        return scipy.linalg.eigh(a, b, type=2, eigvals_only=True, driver="gv")
    except scipy.linalg.LinAlgError:  # b is not of full rank.
        packed, pivots, rank, _ = scipy.linalg.lapack.dpstrf(b, lower=1)
        factor = np.empty((len(b), rank))
        factor[pivots - 1] = np.tril(packed)[:, :rank]
        return np.linalg.eigvalsh(factor.T @ a @ factor) if rank else np.zeros(1)


@keras.saving.register_keras_serializable("tf_gan")
class FrechetDistance(keras.metrics.Metric):
    """The Fréchet distance between all real and all fake features seen so far.

    It sums features and their products in float64, which replicas can add up, about the
    mean of their first real batch, so that features far from 0 lose no digits. `result`
    takes an eigendecomposition: call it once at the end.

    Args:
        dimensions: Numbers in a feature vector.
        name: Name in logs; put the features' name and the counts into it, such as
            `"fid_mnist_classifier_10k"`.
    """

    def __init__(self, dimensions: int, name: str = "frechet_distance"):
        super().__init__(name=name, dtype="float64")
        self.dimensions = dimensions
        # What all replicas agree on.
        self.origin, self.updates = (
            self.add_variable(
                shape, "zeros", "float64", aggregation="only_first_replica", name=what
            )
            for what, shape in (("origin", (dimensions,)), ("updates", ()))
        )
        shapes = {"count": (), "sum": (dimensions,), "products": (dimensions, dimensions)}
        self.sums = {
            # Weights do not take the dtype of their metric.
            side: [
                self.add_weight(shape, "zeros", "float64", name=f"{side}_{what}")
                for what, shape in shapes.items()
            ]
            for side in ("real", "fake")
        }

    def update_state(self, real_features, fake_features):
        """Adds real and fake features `(B, D)`; the two batches may differ in
        size.
        """
        batches = {
            side: tf.cast(features, tf.float64)
            for side, features in (("real", real_features), ("fake", fake_features))
        }
        for side, features in batches.items():
            if features.shape.rank != 2 or features.shape[1] != self.dimensions:
                raise UserError(
                    f"Expected {side} features of shape (B, {self.dimensions}). Received: shape"
                    f" {features.shape}"
                )
        updates, origin = map(keras.ops.convert_to_tensor, (self.updates, self.origin))
        origin = tf.where(updates > 0, origin, _mean_over_replicas(batches["real"]))
        self.origin.assign(origin)
        self.updates.assign(updates + 1)
        for side, features in batches.items():
            features = features - origin
            count, total, products = self.sums[side]
            count.assign_add(tf.cast(tf.shape(features)[0], tf.float64))
            total.assign_add(tf.reduce_sum(features, axis=0))
            products.assign_add(tf.matmul(features, features, transpose_a=True))

    def result(self):
        sums = [keras.ops.convert_to_tensor(value) for side in self.sums.values() for value in side]
        return in_numpy(_distance_of_sums, *sums)

    def get_config(self):
        return {"dimensions": self.dimensions, "name": self.name}


def _mean_over_replicas(features: tf.Tensor) -> tf.Tensor:
    count, total = tf.cast(tf.shape(features)[0], tf.float64), tf.reduce_sum(features, axis=0)
    context = tf.distribute.get_replica_context()
    if context is not None and context.num_replicas_in_sync > 1:
        count, total = context.all_reduce(tf.distribute.ReduceOp.SUM, [count, total])
    return total / tf.maximum(count, 1)


def _distance_of_sums(*sums) -> np.float64:
    sides = []
    for count, total, products in (sums[:3], sums[3:]):
        if not (np.isfinite(total).all() and np.isfinite(products).all()):
            raise UserError("Expected finite features. Received: NaN or infinite values")
        if count < 2:
            raise UserError(f"Expected at least 2 rows of features. Received: {int(count)}")
        side, mean = Statistics(), total / count
        side._join(int(count), mean, products - count * np.outer(mean, mean))
        sides.append(side)
    return np.float64(frechet_distance(*sides))
