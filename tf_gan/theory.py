"""The theory of *Generative Adversarial Nets*, in numbers: what a model can be compared
with.

Goodfellow et al., Generative Adversarial Nets (2014), https://arxiv.org/abs/1406.2661,
section 4.

Distributions are probabilities, arrays of shape `(N,)` that sum to 1, or densities on
the line, `Mixture`s of Gaussians. Divergences are in nats and computed in float64: sums
are exact, integrals are right to about 1e-12.
"""

import dataclasses
from collections.abc import Callable, Sequence

import keras
import numpy as np
from scipy.special import expit, logsumexp, softmax

from tf_gan.data import Examples
from tf_gan.errors import UserError
from tf_gan.models import GenerativeModel

LOG_4 = float(np.log(4.0))


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


Distribution = np.ndarray | Mixture

# === Proposition 1 ===


def optimal_discriminator(p_data, p_g) -> np.ndarray:
    """Returns the discriminator that maximises V(D, G) for a fixed G, D* = p_data /
    (p_data + p_g) (proposition 1).

    Args:
        p_data: Values of the data's distribution, probabilities or densities, >= 0, any
            shape.
        p_g: Values of the generator's at the same points.

    Returns:
        Array in [0, 1]; NaN where both are 0 and V does not depend on D.

    Raises:
        ValueError: for negative values.
    """
    p_data, p_g = np.asarray(p_data, np.float64), np.asarray(p_g, np.float64)
    if (p_data < 0).any() or (p_g < 0).any():
        raise UserError(
            "Expected probabilities or densities >= 0. Received: values from"
            f" {min(p_data.min(), p_g.min()):g}"
        )
    with np.errstate(invalid="ignore"):
        return p_data / (p_data + p_g)


def optimal_logit(p_data: Mixture, p_g: Mixture, x) -> np.ndarray:
    """Returns the logit of D* at the points `x`: log p_data(x) - log p_g(x).

    Between Gaussians it is a polynomial: linear where the variances agree (N(0, 1)
    against N(m, 1): -m x + m^2 / 2), else quadratic.
    """
    return p_data.log_density(x) - p_g.log_density(x)


def value(logits: np.ndarray | Callable, p_data: Distribution, p_g: Distribution) -> float:
    """Returns V(D, G) = E_data[log D(x)] + E_g[log(1 - D(x))] for the discriminator D =
    sigmoid(logits), without sampling.

    By proposition 1 it is never above `criterion(p_data, p_g)`, whatever the logits.

    Args:
        logits: For probabilities an array of shape `(N,)`; for densities a callable
            from points of shape `(K,)` to logits of that shape.
        p_data: Distribution of the data.
        p_g: Distribution of the generator.
    """
    x, weights, log_p, log_q = _support(p_data, p_g)
    a = np.asarray(logits(x) if callable(logits) else logits, np.float64)
    if a.shape != log_p.shape:
        raise UserError(
            f"Expected one logit for each point, shape {log_p.shape}. Received: shape {a.shape}"
        )
    p, q = np.exp(log_p), np.exp(log_q)
    # The products are 0 where there is no mass, even if a logit is infinite there.
    with np.errstate(invalid="ignore"):
        terms = np.where(p > 0, p * -np.logaddexp(0, -a), 0) + np.where(
            q > 0, q * -np.logaddexp(0, a), 0
        )
    return float(weights @ terms)


def train_alone(
    model: GenerativeModel, examples: Examples, role: str, steps: int, batch_size: int = 1000
) -> None:
    """Trains one network of a model while the others stand still: D towards D* =
    p_data / (p_data + p_g), the inner maximum of V, or G against a fixed D.

    It descends the model's loss without its penalties, by Adam with a rate that falls
    from 1e-3 to 1e-5. The model is compiled anew.

    Args:
        model: A compiled model with an adversarial loss.
        examples: The training data.
        role: The network: `"discriminator"` or `"generator"`.
        steps: How many, >= 1.
        batch_size: Images in a minibatch, >= 1; at most all of them are taken.

    Raises:
        UserError: for a role that the model has not.
    """
    if role not in model.roles:
        raise UserError(f"Expected `role` to be one of {model.roles}. Received: {role!r}")
    rate = keras.optimizers.schedules.CosineDecay(1e-3, steps, alpha=1e-2)
    optimizers = {
        f"{name}_optimizer": (
            keras.optimizers.Adam(rate) if name == role else keras.optimizers.SGD(0.0)
        )
        for name in model.roles
    }
    model.compile(
        **optimizers,
        loss=model.adversarial_loss,
        steps_per_execution=20,
        jit_compile=model.requested_jit_compile,
    )
    model.fit(
        examples,
        batch_size=min(batch_size, len(examples)),
        steps_per_epoch=steps,
        epochs=1,
        verbose=0,
    )


# === Theorem 1 ===


def kl_divergence(p: Distribution, q: Distribution) -> float:
    """Returns KL(p || q) = E_p[log p(x) - log q(x)]; infinite where p has mass and q
    has none.
    """
    _, weights, log_p, log_q = _support(p, q)
    return float(weights @ _relative_entropy(log_p, log_q))


def jensen_shannon_divergence(p: Distribution, q: Distribution) -> float:
    """Returns JSD(p, q) = (KL(p || m) + KL(q || m)) / 2 with m = (p + q) / 2: between
    0, for equal ones, and log 2, for disjoint ones.
    """
    _, weights, log_p, log_q = _support(p, q)
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


def _support(p: Distribution, q: Distribution):
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
    mass, however different the deviations are.
    """
    means, deviations = (
        np.concatenate([p.means, q.means]),
        np.concatenate([p.deviations, q.deviations]),
    )
    ends = np.unique(means[:, None] + deviations[:, None] * np.linspace(-40, 40, 161))
    nodes, weights = np.polynomial.legendre.leggauss(16)
    centres, halves = (ends[1:] + ends[:-1]) / 2, np.diff(ends) / 2
    return (centres[:, None] + halves[:, None] * nodes).ravel(), (halves[:, None] * weights).ravel()


# === Proposition 2 ===


def descend(
    p_data: np.ndarray, logits: np.ndarray, rate: float = 1.0, steps: int = 1000
) -> tuple[np.ndarray, np.ndarray]:
    """Descends C(G) in the space of distributions, with the optimal discriminator at
    every step (proposition 2).

    p_g = softmax(t), and t <- t - rate dV/dt at D = D*: by the envelope theorem that is
    the gradient of C(G), with dV/dp_g = log(1 - D*). C is convex in p_g with its one
    minimum at p_data, so that small enough steps lower it until p_g = p_data.

    Args:
        p_data: Probabilities > 0, shape `(N,)`.
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
        slope = np.log1p(-optimal_discriminator(p_data, path[-1]))
        t -= rate * path[-1] * (slope - path[-1] @ slope)
    return np.array(path), np.array([criterion(p_data, p_g) for p_g in path])


# === Gradients of the generator's losses ===


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
