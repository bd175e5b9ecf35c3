"""The PyTorch-GAN DCGAN: up-sampling with 3x3 convolutions, as in
`implementations/dcgan` of eriklindernoren/PyTorch-GAN.

Its settings, but for the dense layers, which start as Keras' do: epsilon 0.8 and
momentum 0.9 in BatchNormalization, slope 0.2 in LeakyReLU, convolutions from N(0,
0.02^2), gains of BatchNormalization from N(1, 0.02^2). The up-sampling and the
convolution after it are one layer here, the same function with less arithmetic.
"""

import keras

from tf_gan.layers import UpsampleConv2D
from tf_gan.networks import check_count, check_shape


def _normal(mean: float = 0.0) -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(mean, 0.02)


def _batch_normalization(x, epsilon: float = 0.8):
    return keras.layers.BatchNormalization(
        epsilon=epsilon, momentum=0.9, gamma_initializer=_normal(1.0)
    )(x)


def build_generator(
    image_shape: tuple[int, int, int] = (32, 32, 1),
    latent_dim: int = 100,
    *,
    filters=(128, 128, 64),
) -> keras.Model:
    """Latents -> H/4 x W/4 x 128 -> up-sample, 128 -> up-sample, 64 -> image, tanh.

    Args:
        image_shape: `(height, width, channels)` of one image; height and width are
            multiples of 4.
        latent_dim: Length of the latent vector, >= 1.
        filters: Channels of the three stages.

    Returns:
        Model from `(B, latent_dim)` to images in [-1, 1].
    """
    check_shape(image_shape)
    check_count(3, filters=filters)
    height, width, channels = image_shape
    latents = keras.Input((latent_dim,), name="latents")
    x = keras.layers.Dense(height // 4 * (width // 4) * filters[0])(latents)
    x = keras.layers.Reshape((height // 4, width // 4, filters[0]))(x)
    x = _batch_normalization(x, epsilon=1e-5)
    for count in filters[1:]:
        x = UpsampleConv2D(count, kernel_initializer=_normal())(x)
        x = keras.layers.LeakyReLU(0.2)(_batch_normalization(x))
    images = keras.layers.Conv2D(
        channels,
        3,
        padding="same",
        activation="tanh",
        kernel_initializer=_normal(),
        dtype="float32",
    )(x)
    return keras.Model(latents, images, name="generator")


def build_discriminator(
    image_shape: tuple[int, int, int] = (32, 32, 1), *, filters=(16, 32, 64, 128)
) -> keras.Model:
    """Image -> four 3x3 convolutions of stride 2 with dropout of whole channels -> one
    logit.

    Args:
        image_shape: `(height, width, channels)` of one image.
        filters: Channels of the convolutions.

    Returns:
        Model from `(B, *image_shape)` to logits `(B, 1)`.
    """
    check_shape(image_shape, 1)
    images = x = keras.Input(image_shape, name="images")
    for number, count in enumerate(filters):
        # Keras pads "same" convolutions of stride 2 at the end only; PyTorch pads both
        # sides.
        x = keras.layers.Conv2D(count, 3, strides=2, kernel_initializer=_normal())(
            keras.layers.ZeroPadding2D(1)(x)
        )
        x = keras.layers.SpatialDropout2D(0.25)(keras.layers.LeakyReLU(0.2)(x))
        x = _batch_normalization(x) if number > 0 else x
    logits = keras.layers.Dense(1, dtype="float32")(keras.layers.Flatten()(x))
    return keras.Model(images, logits, name="discriminator")
