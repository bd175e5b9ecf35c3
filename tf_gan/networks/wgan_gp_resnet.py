"""WGAN-GP's residual networks for CIFAR-10: the blocks of `sngan`, without spectral
normalisation.

Gulrajani et al., Improved Training of Wasserstein GANs (2017),
https://arxiv.org/abs/1704.00028, appendix F. BatchNormalization in G alone: a penalty
of each image's gradient forbids it in D. For 32x32x3 images G has 1,204,483 parameters
and D 1,053,825.
"""

import keras

from tf_gan.networks import sngan
from tf_gan.networks.residual import Layers, shrink


def build_generator(
    image_shape: tuple[int, int, int], latent_dim: int = 128, *, width: int = 128
) -> keras.Model:
    """Latents -> 4x4 -> a residual block for each doubling -> BN, ReLU, 3x3, tanh.

    Args:
        image_shape: `(height, width, channels)` of one image; height and width are
            multiples of 8 below 64x64, of 16 below 128x128, of 32 below 256x256.
        latent_dim: Length of the latent vector; in the paper 128, normal.
        width: Channels of the widest maps.

    Returns:
        Model from latents `(B, latent_dim)` to images in [-1, 1], `(B, *image_shape)`.
    """
    return sngan.build_generator(image_shape, latent_dim, width=width)


def build_discriminator(image_shape: tuple[int, int, int], *, width: int = 128) -> keras.Model:
    """Image -> residual blocks, the first of which halve the maps -> ReLU -> mean over
    all places -> one logit.

    Args:
        image_shape: `(height, width, channels)` of one image, as for the generator.
        width: Channels of the widest maps.

    Returns:
        Model from images `(B, *image_shape)` to logits `(B, 1)`.
    """
    widths, halvings = sngan.discriminator_widths(image_shape, width)
    layers = Layers(spectral=False)
    images = keras.Input(image_shape, name="images")
    x = keras.layers.GlobalAveragePooling2D(dtype="float32")(
        shrink(layers, images, widths, halvings)
    )
    return keras.Model(images, layers.dense(x, 1, dtype="float32"), name="discriminator")
