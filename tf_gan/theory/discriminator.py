"""The optimal discriminator and the value of others (proposition 1)."""

from collections.abc import Callable

import keras
import numpy as np

from tf_gan.data import Examples
from tf_gan.errors import UserError
from tf_gan.models import GenerativeModel
from tf_gan.models.network_checks import arguments_of
from tf_gan.theory.mixture import Mixture
from tf_gan.theory.support import Distribution, support


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
    x, weights, log_p, log_q = support(p_data, p_g)
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
    from 1e-3 to 1e-5. The model is compiled anew. Statistics, such as those of
    BatchNormalization, and moving averages of the others stand still, too.

    Args:
        model: A compiled `GAN`, or another model of a generator and a discriminator whose
            `compile` takes `loss`. Its augmentation, penalties and `discriminator_steps` are
            those of `compile` afterwards.
        examples: The training data.
        role: The network: `"discriminator"` or `"generator"`, with a BiGAN's encoder.
        steps: How many, >= 1.
        batch_size: Images in a minibatch, >= 1; at most all of them are taken.

    Raises:
        UserError: for a role that the model has not.
    """
    roles = tuple(objective.name for objective in model.objectives)
    if role not in roles:
        raise UserError(f"Expected `role` to be one of {roles}. Received: {role!r}")
    rate = keras.optimizers.schedules.CosineDecay(1e-3, steps, alpha=1e-2)
    optimizers = {
        f"{name}_optimizer": (
            keras.optimizers.Adam(rate) if name == role else keras.optimizers.SGD(0.0)
        )
        for name in roles
    }
    if "penalties" in arguments_of(type(model), "compile"):
        optimizers["penalties"] = ()  # Some models have penalties by default.
    model.compile(
        **optimizers,
        loss=model.adversarial_loss,
        steps_per_execution=20,
        jit_compile=model.requested_jit_compile,
    )
    networks = {objective.name: objective.networks for objective in model.objectives}
    others = [each for part in networks.values() for each in part if each not in networks[role]]
    others += [average for average, live, _ in model.averages() if live in others]
    before = [network.get_weights() for network in others]
    model.fit(
        examples,
        batch_size=min(batch_size, len(examples)),
        steps_per_epoch=steps,
        epochs=1,
        verbose=0,
    )
    for network, weights in zip(others, before, strict=True):
        network.set_weights(weights)
