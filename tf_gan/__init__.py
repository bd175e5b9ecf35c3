"""Generative adversarial networks on TensorFlow and Keras 3."""

from tf_gan import data, losses, models, penalties
from tf_gan.models.gan import GAN

__version__ = "0.1.0"
__all__ = ["GAN", "data", "losses", "models", "penalties"]
