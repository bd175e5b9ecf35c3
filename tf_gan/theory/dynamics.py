"""How the game moves: descent in the space of distributions (proposition 2), the
gradients of the generator's losses, the Dirac-GAN.
"""

import numpy as np
from scipy.special import expit, logsumexp, softmax

from tf_gan.errors import UserError
from tf_gan.theory.divergences import criterion


def descend(
    p_data: np.ndarray, logits: np.ndarray, rate: float = 1.0, steps: int = 1000
) -> tuple[np.ndarray, np.ndarray]:
    """Descends C(G) in the space of distributions, with the optimal discriminator at
    every step (proposition 2).

    p_g = softmax(t), and t <- t - rate dV/dt at D = D*: by the envelope theorem that is
    the gradient of C(G), with dV/dp_g = log(1 - D*). C is convex in p_g with its one
    minimum at p_data, so that small enough steps lower it until p_g = p_data.

    Args:
        p_data: Probabilities, shape `(N,)`.
        logits: t at the start, shape `(N,)`.
        rate: Size of the steps, > 0.
        steps: How many, >= 0.

    Returns:
        p_g before the first and after each step, shape `(steps + 1, N)`, and C(G) of
        each, shape `(steps + 1,)`.

    Raises:
        ValueError: for other shapes, rates or steps, and for what are no probabilities.
    """
    t, path = np.array(logits, np.float64), []
    if (
        np.shape(p_data) != t.shape
        or t.ndim != 1
        or not np.isfinite(t).all()
        or not rate > 0
        or steps < 0
    ):
        raise UserError(
            "Expected one finite logit for each probability, shapes (N,), rate > 0 and steps >= 0. "
            f"Received: shapes {np.shape(p_data)} and {t.shape}, rate={rate}, steps={steps}"
        )
    criterion(p_data, softmax(t))  # Refuses what is no distribution.
    for _ in range(steps + 1):
        path.append(softmax(t))
        log_g = t - logsumexp(t)
        with np.errstate(divide="ignore"):
            slope = log_g - np.logaddexp(np.log(p_data), log_g)  # log(1 - D*)
        t -= rate * path[-1] * (slope - path[-1] @ slope)
    return np.array(path), np.array([criterion(p_data, p_g) for p_g in path])


def saturating_gradient(logits) -> np.ndarray:
    """Returns d/da log(1 - sigmoid(a)) = -sigmoid(a), which vanishes where D rejects a
    fake with confidence, a << 0.
    """
    return -expit(np.asarray(logits, np.float64))


def non_saturating_gradient(logits) -> np.ndarray:
    """Returns d/da (-log sigmoid(a)) = -(1 - sigmoid(a)), which tends to -1 there
    (section 3).
    """
    return -expit(-np.asarray(logits, np.float64))


# === The Dirac-GAN ===


def dirac_gan_velocity(theta: float, psi: float, gamma: float = 0.0) -> tuple[float, float]:
    """Returns the gradient flow of the smallest GAN: all data at 0, all fakes at theta,
    D(x) = sigmoid(psi x).

    V = log(1/2) + log(1 - sigmoid(psi theta)); with R1, gamma psi^2 / 2 is taken from
    what D ascends: d theta = psi sigmoid(psi theta), d psi = -theta sigmoid(psi theta)
    - gamma psi.

    Mescheder et al., Which Training Methods for GANs do actually Converge? (2018),
    https://arxiv.org/abs/1801.04406.

    Args:
        theta: Where the fakes are.
        psi: D's slope.
        gamma: Weight of R1, >= 0.
    """
    d = expit(psi * theta)
    return psi * d, -theta * d - gamma * psi


def dirac_gan_eigenvalues(gamma: float) -> np.ndarray:
    """Returns the eigenvalues of the flow at its equilibrium (0, 0): -gamma / 2 +-
    sqrt(gamma^2 / 4 - 1 / 4).

    Without R1 they are +- i / 2: the linearised flow circles. Real parts below 0 draw
    it in, fastest at the critical gamma = 1, beyond which it no longer turns.

    Args:
        gamma: Weight of R1, >= 0.

    Returns:
        Complex array of shape `(2,)`.
    """
    root = np.sqrt(complex(gamma**2 / 4 - 0.25))
    return np.array([-gamma / 2 + root, -gamma / 2 - root])
