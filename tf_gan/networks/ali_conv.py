"""The convolutional networks of ALI for CIFAR-10, for images whose height and width are
multiples of 4 from 20 to 64.

Dumoulin et al., Adversarially Learned Inference (2016),
https://arxiv.org/abs/1606.00704, the table for CIFAR-10, 32x32: none of the
convolutions is padded, and the last spatial one leaves a single place, 32 -> 28 -> 13
-> 10 -> 4 -> 1. For other sizes that one's kernel is as large as its input, 4x4 at
32x32. Details from the authors' code (IshmaelBelghazi/ALI): the table counts the maps
of D before maxout of two pieces; only the outputs, D's first layer and D's joint layers
have biases; weights start from N(0, 0.01^2).
"""

import keras
import numpy as np

from tf_gan.layers import Maxout, MaxoutConv2D, UntiedBias
from tf_gan.networks import check_count, check_sides, log_odds

SIZES = range(20, 65, 4)
# Of the convolutions before the one that leaves a single place.
KERNELS: tuple = (5, 4, 4, 4)
STRIDES: tuple = (1, 2, 1, 2)


def smallest(image_shape: tuple[int, int, int]) -> tuple[int, int]:
    """Returns the height and width that the first four convolutions leave of images of
    a shape.

    Raises:
        ValueError: for a height or width that is not a multiple of 4 from 20 to 64; the
            nearest ones are named.
    """
    check_sides(image_shape, SIZES)
    height, width = image_shape[:2]
    return height // 4 - 4, width // 4 - 4


def _normal() -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=0.01)


def _normalized(x):
    return keras.layers.LeakyReLU(0.1)(keras.layers.BatchNormalization(momentum=0.95)(x))


def build_generator(
    image_shape: tuple[int, int, int] = (32, 32, 3),
    latent_dim: int = 64,
    *,
    filters=(256, 128, 64, 32, 32, 32),
    pixel_means: np.ndarray | None = None,
) -> keras.Model:
    """Latents -> transposed convolutions 4x4 256, 4x4/2 128, 4x4 64, 4x4/2 32, 5x5 32
    -> 1x1 32 -> 1x1 and untied biases -> image, sigmoid.

    Args:
        image_shape: `(height, width, channels)` of one image.
        latent_dim: Length of the latent vector; in the paper 64, normal.
        filters: Channels of the hidden layers.
        pixel_means: Means of the training images in [0, 1], of shape `image_shape`: the
            biases of the output start at their log-odds. Clipped to [1e-7, 1 - 1e-7].
            None starts them at 0.

    Returns:
        Model from `(B, latent_dim)` to images in [0, 1], `(B, *image_shape)`.
    """
    small = smallest(image_shape)
    check_count(6, filters=filters)
    latents = keras.Input((latent_dim,), name="latents")
    x = keras.layers.Reshape((1, 1, latent_dim))(latents)
    for count, kernel, stride in zip(
        filters, (small, *KERNELS[::-1], 1), (1, *STRIDES[::-1], 1), strict=True
    ):
        x = _normalized(
            keras.layers.Conv2DTranspose(
                count, kernel, stride, use_bias=False, kernel_initializer=_normal()
            )(x)
        )
    x = keras.layers.Conv2D(image_shape[-1], 1, use_bias=False, kernel_initializer=_normal())(x)
    bias = UntiedBias(dtype="float32")
    images = keras.layers.Activation("sigmoid", dtype="float32")(bias(x))
    if pixel_means is not None:
        bias.bias.assign(log_odds(pixel_means, 1e-7))
    return keras.Model(latents, images, name="generator")


def build_encoder(
    image_shape: tuple[int, int, int] = (32, 32, 3),
    latent_dim: int = 64,
    *,
    filters=(32, 64, 128, 256, 512),
    units: int = 512,
) -> keras.Model:
    """Image -> convolutions 5x5 32, 4x4/2 64, 4x4 128, 4x4/2 256, 4x4 512 -> 512 -> mu
    and log sigma^2.

    Args:
        image_shape: `(height, width, channels)` of one image.
        latent_dim: Length of the latent vector, >= 1.
        filters: Channels of the convolutions.
        units: Size of the layer behind them.

    Returns:
        Model from `(B, *image_shape)` to two outputs `(B, latent_dim)`.
    """
    check_count(5, filters=filters)
    images = x = keras.Input(image_shape, name="images")
    for count, kernel, stride in zip(
        filters, (*KERNELS, smallest(image_shape)), (*STRIDES, 1), strict=True
    ):
        x = _normalized(
            keras.layers.Conv2D(
                count, kernel, stride, use_bias=False, kernel_initializer=_normal()
            )(x)
        )
    x = _normalized(
        keras.layers.Dense(units, use_bias=False, kernel_initializer=_normal())(
            keras.layers.Flatten()(x)
        )
    )
    outputs = [
        keras.layers.Dense(latent_dim, kernel_initializer=_normal(), dtype="float32", name=name)(x)
        for name in ("mean", "log_variance")
    ]
    return keras.Model(images, outputs, name="encoder")


def build_discriminator(
    image_shape: tuple[int, int, int] = (32, 32, 3),
    latent_dim: int = 64,
    *,
    filters=(32, 64, 128, 256, 512),
    units: int = 512,
    joint_units: int = 1024,
) -> keras.Model:
    """Image -> convolutions of the shapes of the encoder's; latents -> 512 -> 512; both
    -> 1024 -> 1024 -> one logit. Maxout, dropout on each input.

    Args:
        image_shape: `(height, width, channels)` of one image.
        latent_dim: Length of the latent vector, >= 1.
        filters: Maps of the convolutions before maxout of two pieces, even numbers.
        units: Maps of the two layers behind the latents, before maxout of two pieces,
            an even number.
        joint_units: Maps of the two layers behind both, before maxout of two pieces, an
            even number.

    Returns:
        Model from `[images, latents]`, `(B, *image_shape)` and `(B, latent_dim)`, to
        logits `(B, 1)`.
    """
    check_count(5, filters=filters)
    images, latents = (
        keras.Input(image_shape, name="images"),
        keras.Input((latent_dim,), name="latents"),
    )
    x = images
    for number, (count, kernel, stride) in enumerate(
        zip(filters, (*KERNELS, smallest(image_shape)), (*STRIDES, 1), strict=True)
    ):
        x = keras.layers.Dropout(0.5 if number else 0.2)(x)
        x = MaxoutConv2D(
            count // 2,
            kernel,
            2,
            strides=stride,
            use_bias=number == 0,
            kernel_initializer=_normal(),
        )(x)
    z = latents
    for rate in (0.2, 0.5):
        z = Maxout(units // 2, 2, use_bias=False, kernel_initializer=_normal())(
            keras.layers.Dropout(rate)(z)
        )
    x = keras.layers.Concatenate()([keras.layers.Flatten()(x), z])
    for _ in range(2):
        x = Maxout(joint_units // 2, 2, kernel_initializer=_normal())(keras.layers.Dropout(0.5)(x))
    logits = keras.layers.Dense(1, kernel_initializer=_normal(), dtype="float32")(
        keras.layers.Dropout(0.5)(x)
    )
    return keras.Model([images, latents], logits, name="discriminator")
