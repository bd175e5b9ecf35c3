"""Generative adversarial networks on TensorFlow and Keras 3."""

from tf_gan import (
    callbacks,
    data,
    distribute,
    evaluation,
    export,
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
from tf_gan.training import optimizers
from tf_gan.version import __version__

__all__ = [
    *models.CLASSES,
    "__version__",
    "callbacks",
    "data",
    "distribute",
    "evaluation",
    "export",
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
]
globals().update(models.CLASSES)  # tf_gan.GAN and all the others, found by their modules.
