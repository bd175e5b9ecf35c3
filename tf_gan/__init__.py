"""Generative adversarial networks on TensorFlow and Keras 3."""

from tf_gan import (
    callbacks,
    data,
    distribute,
    evaluation,
    features,
    inversion,
    layers,
    likelihoods,
    losses,
    metrics,
    models,
    networks,
    penalties,
    theory,
)
from tf_gan.models.began import BEGAN
from tf_gan.models.bigan import BiGAN
from tf_gan.models.conditional_gan import ConditionalGAN
from tf_gan.models.cycle_gan import CycleGAN
from tf_gan.models.gan import GAN
from tf_gan.models.info_gan import InfoGAN
from tf_gan.models.pix2pix import Pix2Pix
from tf_gan.models.semi_supervised_gan import SemiSupervisedGAN
from tf_gan.models.srgan import SRGAN
from tf_gan.models.srresnet import SRResNet
from tf_gan.models.vae import VAE
from tf_gan.training import optimizers
from tf_gan.version import __version__

__all__ = [
    "BEGAN",
    "GAN",
    "SRGAN",
    "VAE",
    "BiGAN",
    "ConditionalGAN",
    "CycleGAN",
    "InfoGAN",
    "Pix2Pix",
    "SRResNet",
    "SemiSupervisedGAN",
    "__version__",
    "callbacks",
    "data",
    "distribute",
    "evaluation",
    "features",
    "inversion",
    "layers",
    "likelihoods",
    "losses",
    "metrics",
    "models",
    "networks",
    "optimizers",
    "penalties",
    "theory",
    "train",
]

# Names of earlier versions.
MOVED = {
    "events": "io.events",
    "exporters": "export",
    "files": "io.atomic",
    "kinds": "plots",
    "pictures": "plots.render",
    "latent_paths": "plots.paths",
    "protocols": "evaluation",
    "random": "training.rng",
    "sample": "cli.sample",
    "evaluate": "cli.evaluate",
}


def train(config, workdir, strategy=None):
    """Trains the model of a config into a run directory, as `tf-gan-train` does: see
    `tf_gan.runs.train.train`.
    """
    from tf_gan.runs.train import train

    return train(config, workdir, strategy)


def __getattr__(name):
    if name in MOVED:
        raise AttributeError(f"tf_gan.{name} is now tf_gan.{MOVED[name]}")
    raise AttributeError(f"module 'tf_gan' has no attribute {name!r}")
