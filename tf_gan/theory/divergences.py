"""Divergences of distributions, and the criterion that the generator descends (theorem
1).
"""

import numpy as np

from tf_gan.theory.support import Distribution, support

LOG_4 = float(np.log(4.0))


def kl_divergence(p: Distribution, q: Distribution) -> float:
    """Returns KL(p || q) = E_p[log p(x) - log q(x)]; infinite where p has mass and q
    has none.
    """
    _, weights, log_p, log_q = support(p, q)
    return float(weights @ _relative_entropy(log_p, log_q))


def jensen_shannon_divergence(p: Distribution, q: Distribution) -> float:
    """Returns JSD(p, q) = (KL(p || m) + KL(q || m)) / 2 with m = (p + q) / 2: between
    0, for equal ones, and log 2, for disjoint ones.
    """
    _, weights, log_p, log_q = support(p, q)
    log_m = np.logaddexp(log_p, log_q) - np.log(2.0)
    return float(weights @ (_relative_entropy(log_p, log_m) + _relative_entropy(log_q, log_m))) / 2


def criterion(p_data: Distribution, p_g: Distribution) -> float:
    """Returns C(G) = max_D V(D, G) = -log 4 + 2 JSD(p_data, p_g), at its least, -log 4,
    where p_g = p_data (theorem 1).
    """
    return -LOG_4 + 2 * jensen_shannon_divergence(p_data, p_g)


def _relative_entropy(log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
    """Returns p (log p - log q), 0 where p is."""
    p = np.exp(log_p)
    with np.errstate(invalid="ignore"):
        return np.where(p > 0, p * (log_p - log_q), 0)
