"""The convolutional encoder and decoder of the VAE in google/compare_gan (Lucic et al.,
2018, https://arxiv.org/abs/1711.10337).

The decoder is the generator of `info_gan.py`, the encoder its discriminator's body with
slope 0.2 in LeakyReLU, so that a GAN and a VAE of the same data differ in their
training, not in their networks.
"""

import keras

from tf_gan.networks import check_shape, info_gan
from tf_gan.networks.info_gan import build_generator

__all__ = ["build_encoder", "build_generator"]


def build_encoder(
    image_shape: tuple[int, int, int] = (28, 28, 1),
    latent_dim: int = 64,
    *,
    filters=(64, 128),
    units: int = 1024,
) -> keras.Model:
    """Image -> 4x4 convolutions of stride 2, 64 -> 128 -> dense 1024 -> mu and log
    sigma^2, with sigma = 1e-6 + softplus.

    Args:
        image_shape: `(height, width, channels)` of one image; height and width are
            multiples of 4.
        latent_dim: Length of the latent vector, >= 1.
        filters: Channels of the convolutions.
        units: Size of the dense layer.

    Returns:
        Model from `(B, *image_shape)` to two outputs `(B, latent_dim)`.
    """
    check_shape(image_shape)
    images = keras.Input(image_shape, name="images")
    x = info_gan.body(images, filters, units, slope=0.2)
    mean, deviation = (
        keras.layers.Dense(
            latent_dim, kernel_initializer=info_gan.normal(), dtype="float32", name=name
        )(x)
        for name in ("mean", "deviation")
    )
    log_variance = 2.0 * keras.ops.log(1e-6 + keras.ops.softplus(deviation))
    return keras.Model(images, [mean, log_variance], name="encoder")
