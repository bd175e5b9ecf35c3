"""Generative adversarial networks on TensorFlow and Keras 3."""

from tf_gan import (
    callbacks,
    data,
    distribute,
    features,
    layers,
    likelihoods,
    losses,
    metrics,
    models,
    networks,
    optimizers,
    penalties,
    protocols,
    theory,
)
from tf_gan.models.began import BEGAN
from tf_gan.models.conditional_gan import ConditionalGAN
from tf_gan.models.gan import GAN
from tf_gan.models.info_gan import InfoGAN
from tf_gan.models.srgan import SRGAN
from tf_gan.models.srresnet import SRResNet
from tf_gan.models.vae import VAE
from tf_gan.version import __version__

__all__ = [
    "BEGAN",
    "GAN",
    "SRGAN",
    "VAE",
    "ConditionalGAN",
    "InfoGAN",
    "SRResNet",
    "__version__",
    "callbacks",
    "data",
    "distribute",
    "features",
    "layers",
    "likelihoods",
    "losses",
    "metrics",
    "models",
    "networks",
    "optimizers",
    "penalties",
    "protocols",
    "theory",
]
