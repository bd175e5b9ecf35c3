"""The theory of *Generative Adversarial Nets*, in numbers: what a model can be compared
with.

Goodfellow et al., Generative Adversarial Nets (2014), https://arxiv.org/abs/1406.2661,
section 4.

Distributions are probabilities, arrays of shape `(N,)` that sum to 1, or densities on
the line, `Mixture`s of Gaussians. Divergences are in nats and computed in float64: sums
are exact, integrals are right to about nine digits.
"""

from tf_gan.theory.discriminator import optimal_discriminator, optimal_logit, train_alone, value
from tf_gan.theory.divergences import LOG_4, criterion, jensen_shannon_divergence, kl_divergence
from tf_gan.theory.dynamics import (
    descend,
    dirac_gan_eigenvalues,
    dirac_gan_velocity,
    non_saturating_gradient,
    saturating_gradient,
)
from tf_gan.theory.mixture import Mixture
from tf_gan.theory.noise_contrastive import density_from_logit, train_noise_contrastive
from tf_gan.theory.support import Distribution

__all__ = [
    "LOG_4",
    "Distribution",
    "Mixture",
    "criterion",
    "density_from_logit",
    "descend",
    "dirac_gan_eigenvalues",
    "dirac_gan_velocity",
    "jensen_shannon_divergence",
    "kl_divergence",
    "non_saturating_gradient",
    "optimal_discriminator",
    "optimal_logit",
    "saturating_gradient",
    "train_alone",
    "train_noise_contrastive",
    "value",
]
