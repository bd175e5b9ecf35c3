"""Generative adversarial networks on TensorFlow and Keras 3."""

from tf_gan import callbacks, data, distribute, features, layers, losses, models, networks, optimizers, penalties
from tf_gan.models.gan import GAN
from tf_gan.version import __version__

__all__ = ["GAN", "__version__", "callbacks", "data", "distribute", "features", "layers", "losses", "models", "networks", "optimizers", "penalties"]
