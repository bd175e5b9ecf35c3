"""The games, one `keras.Model` a file."""

from tf_gan.models.gan import GAN

__all__ = ["GAN"]
