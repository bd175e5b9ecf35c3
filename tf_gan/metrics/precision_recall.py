"""Fidelity and diversity apart, by balls that reach to the k-th nearest neighbour."""

from typing import NamedTuple

import numpy as np

from tf_gan.errors import UserError, integer
from tf_gan.metrics.arrays import pair, squared_distances


class PrecisionRecall(NamedTuple):
    """Share of fakes inside the real set's balls, and share of real rows inside the
    fakes' balls.
    """

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """Mean number of real balls around a fake, over k; and share of real balls with a
    fake in them.
    """

    density: float
    coverage: float


def precision_recall(real, fake, *, k: int = 3) -> PrecisionRecall:
    """Returns improved precision and recall.

    A row's ball reaches to its k-th nearest neighbour in its own set, itself left out,
    border included. Precision is the share of fakes in at least one real ball, recall
    that of real rows in at least one fake ball: bad samples lower precision, missing
    kinds of samples lower recall.

    Kynkäänniemi et al., Improved Precision and Recall Metric (2019),
    https://arxiv.org/abs/1904.06991, with k = 3. Both depend on the number of rows, and
    one outlier has a large ball.

    Args:
        real: Features of shape `(N, D)`, N > k.
        fake: Features of shape `(M, D)`, M > k.
        k: Neighbours, >= 1.

    Raises:
        ValueError: for too few rows, different widths, NaN or infinite features.
    """
    precise, recalled = precision_recall_rows(real, fake, k=k)
    return PrecisionRecall(float(precise.mean()), float(recalled.mean()))


def precision_recall_rows(real, fake, *, k: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Returns what `precision_recall` is the mean of: for each fake whether it is in a
    real ball, `(M,)`, and for each real row whether it is in a fake ball, `(N,)`.

    Args:
        real: Features of shape `(N, D)`, N > k.
        fake: Features of shape `(M, D)`, M > k.
        k: Neighbours, >= 1.

    Raises:
        ValueError: as `precision_recall` does.
    """
    real, fake = _sets(real, fake, k, k)
    rounding = _rounding(real, fake)
    real_radii, fake_radii = _squared_radii(real, k) + rounding, _squared_radii(fake, k) + rounding
    precise, recalled = np.zeros(len(fake), bool), np.zeros(len(real), bool)
    for part, distances in squared_distances(fake, real):
        precise[part] = (distances <= real_radii).any(axis=1)
        recalled |= (distances <= fake_radii[part, None]).any(axis=0)
    return precise, recalled


def density_coverage(real, fake, *, k: int = 5) -> DensityCoverage:
    """Returns density and coverage.

    With the balls of the real rows as in `precision_recall`, but without their border:
    density = sum over fakes of the number of real balls around it, over k M; coverage =
    share of real balls with at least one fake. Density can be more than 1; an outlier's
    ball counts only once.

    Naeem et al., Reliable Fidelity and Diversity Metrics for Generative Models (2020),
    https://arxiv.org/abs/2002.09797, with k = 5.

    Args:
        real: Features of shape `(N, D)`, N > k.
        fake: Features of shape `(M, D)`, M >= 1.
        k: Neighbours, >= 1.

    Raises:
        ValueError: for too few rows, different widths, NaN or infinite features.
    """
    inside, covered = density_coverage_rows(real, fake, k=k)
    return DensityCoverage(float(inside.mean()), float(covered.mean()))


def density_coverage_rows(real, fake, *, k: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Returns what `density_coverage` is the mean of: for each fake the number of real
    balls around it over k, `(M,)`, and for each real row whether a fake is in its ball,
    `(N,)`.

    Args:
        real: Features of shape `(N, D)`, N > k.
        fake: Features of shape `(M, D)`, M >= 1.
        k: Neighbours, >= 1.

    Raises:
        ValueError: as `density_coverage` does.
    """
    real, fake = _sets(real, fake, k, 0)
    radii = _squared_radii(real, k) - _rounding(real, fake)
    inside, covered = np.zeros(len(fake)), np.zeros(len(real), bool)
    for part, distances in squared_distances(fake, real):
        hits = distances < radii
        inside[part] = np.count_nonzero(hits, axis=1) / k
        covered |= hits.any(axis=0)
    return inside, covered


def _sets(real, fake, k, fake_k):
    integer("k", k)
    real, fake = pair(real=real, fake=fake)
    for name, features, least in (("real", real, k), ("fake", fake, fake_k)):
        if len(features) <= least:
            raise UserError(f"Expected more than k={k} rows in `{name}`. Received: {len(features)}")
    return real, fake


def _rounding(real: np.ndarray, fake: np.ndarray) -> float:
    """Returns more than what two computations of one squared distance differ by, so
    that the border is one: copies of neighbours lie on it.
    """
    centre = real.mean(axis=0, dtype=np.float64)
    return 1e-12 * max(float(np.square(part - centre).sum(axis=1).max()) for part in (real, fake))


def _squared_radii(features: np.ndarray, k: int) -> np.ndarray:
    radii = np.empty(len(features))
    for part, distances in squared_distances(features, features):
        # A row is not its own neighbour.
        distances[np.arange(len(distances)), np.arange(part.start, part.stop)] = np.inf
        radii[part] = np.partition(distances, k - 1, axis=1)[:, k - 1]
    return radii
