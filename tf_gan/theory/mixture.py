"""Distributions on the line."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from scipy.special import logsumexp

from tf_gan.errors import UserError


@dataclasses.dataclass(frozen=True, eq=False)
class Mixture:
    """A mixture of Gaussians on the line: p(x) = sum_i w_i N(x; m_i, s_i^2). One
    component is a Gaussian: `Mixture(0, 1)`.

    Args:
        means: m, one or several numbers.
        deviations: s > 0, one for all components or one each.
        weights: w > 0, made to sum to 1; by default equal.
    """

    means: float | Sequence[float]
    deviations: float | Sequence[float] = 1.0
    weights: float | Sequence[float] = 1.0

    def __post_init__(self):
        parts = [
            np.atleast_1d(np.asarray(part, np.float64))
            for part in (self.means, self.deviations, self.weights)
        ]
        one_each = all(part.ndim == 1 and len(part) in (1, max(map(len, parts))) for part in parts)
        if (
            not one_each
            or not all(np.isfinite(part).all() for part in parts)
            or not all((part > 0).all() for part in parts[1:])
        ):
            raise UserError(
                "Expected finite means, deviations > 0 and weights > 0, one each or one for all"
                f" components. Received: {self}"
            )
        means, deviations, weights = np.broadcast_arrays(*parts)
        for name, value in (
            ("means", means),
            ("deviations", deviations),
            ("weights", weights / weights.sum()),
        ):
            object.__setattr__(self, name, value)

    def log_density(self, x) -> np.ndarray:
        """Returns log p at the points `x`, in their shape; finite far out, where p
        itself is 0 in floating point.
        """
        distances = (np.asarray(x, np.float64)[..., None] - self.means) / self.deviations
        return logsumexp(
            -0.5 * distances**2, axis=-1, b=self.weights / (self.deviations * np.sqrt(2 * np.pi))
        )

    def density(self, x) -> np.ndarray:
        """Returns p at the points `x`, in their shape."""
        return np.exp(self.log_density(x))
