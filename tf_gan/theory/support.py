"""Sums and integrals over two distributions at once."""

import itertools

import numpy as np

from tf_gan.errors import UserError
from tf_gan.theory.mixture import Mixture

Distribution = np.ndarray | Mixture


def support(p: Distribution, q: Distribution):
    """Returns `(x, weights, log p, log q)`, such that a sum or an integral of f(x) is
    `weights @ f(x)`; x is None for probabilities.
    """
    if isinstance(p, Mixture) and isinstance(q, Mixture):
        x, weights = _quadrature(p, q)
        return x, weights, p.log_density(x), q.log_density(x)
    if isinstance(p, Mixture) or isinstance(q, Mixture):
        raise UserError(
            f"Expected two arrays of probabilities or two Mixtures. Received: {type(p).__name__}"
            f" and {type(q).__name__}"
        )
    p, q = np.asarray(p, np.float64), np.asarray(q, np.float64)
    for each in (p, q):
        if (
            each.ndim != 1
            or each.shape != p.shape
            or not (each >= 0).all()
            or not abs(each.sum() - 1) < 1e-6
        ):
            raise UserError(
                "Expected two distributions on the same points: arrays of shape (N,), without"
                f" negative entries, that sum to 1. Received: shapes {p.shape} and {q.shape}, sums"
                f" {p.sum():.6g} and {q.sum():.6g}"
            )
    with np.errstate(divide="ignore"):
        return None, np.ones_like(p), np.log(p), np.log(q)


def _quadrature(p: Mixture, q: Mixture) -> tuple[np.ndarray, np.ndarray]:
    """Returns points and weights of an integral over the line.

    Gauss-Legendre rules of 16 points lie on the pieces between all m_i + k s_i / 2, |k|
    <= 80: each component sees pieces of at most half its own deviation wherever it has
    mass, however different the deviations are. Log densities have kinks far from all mass,
    where one component of a mixture takes over from the next; more pieces lie there.
    """
    means, deviations = (
        np.concatenate([p.means, q.means]),
        np.concatenate([p.deviations, q.deviations]),
    )
    knots = [means[:, None] + deviations[:, None] * np.linspace(-40, 40, 161), _kinks(p), _kinks(q)]
    ends = np.unique(np.concatenate([each.ravel() for each in knots]))
    nodes, weights = np.polynomial.legendre.leggauss(16)
    centres, halves = (ends[1:] + ends[:-1]) / 2, np.diff(ends) / 2
    return (centres[:, None] + halves[:, None] * nodes).ravel(), (halves[:, None] * weights).ravel()


def _kinks(p: Mixture) -> np.ndarray:
    """Returns points around those where two components have the same density and no other
    has much more, at distances of the widths over which one takes over from the other.
    """
    means, deviations, weights = (np.asarray(part) for part in (p.means, p.deviations, p.weights))
    heights = np.log(weights / deviations)
    found = [np.empty(0)]
    for i, j in itertools.combinations(range(len(means)), 2):
        m, n, s, t = means[i], means[j], deviations[i], deviations[j]
        # The coefficients of the difference of both log densities, a polynomial in x.
        difference = [
            0.5 / t**2 - 0.5 / s**2,
            m / s**2 - n / t**2,
            0.5 * (n / t) ** 2 - 0.5 * (m / s) ** 2 + heights[i] - heights[j],
        ]
        roots = np.roots(difference)
        for x in roots[np.isreal(roots)].real:
            if abs(x - m) < 40 * s:
                continue  # There are points enough around the means.
            slope = abs(2 * difference[0] * x + difference[1])
            logs = heights - 0.5 * ((x - means) / deviations) ** 2
            if slope > 0 and logs[i] > logs.max() - 40:
                found.append(x + np.linspace(-40, 40, 161) / slope)
    return np.concatenate(found)
