"""The networks of InfoGAN for MNIST (Chen et al., 2016,
https://arxiv.org/abs/1606.03657, appendix C.1), for any size that is a multiple of 4.

The settings come from the authors' code (openai/InfoGAN): 4x4 kernels of stride 2,
BatchNormalization with epsilon 1e-5 and momentum 0.9, whose gains start at N(1,
0.02^2), all weights from N(0, 0.02^2), and slope 0.01 in LeakyReLU, where the paper
prints 0.1. The same pair without the codes is the architecture of Lucic et al., Are
GANs Created Equal? (2018), https://arxiv.org/abs/1711.10337.
"""

import keras
import numpy as np

from tf_gan.errors import UserError
from tf_gan.networks import check_count, check_shape, log_odds


def normal(mean: float = 0.0) -> keras.initializers.Initializer:
    """Returns the initializer N(mean, 0.02^2)."""
    return keras.initializers.RandomNormal(mean, 0.02)


def normalize(x):
    """Returns x through the BatchNormalization of these networks."""
    return keras.layers.BatchNormalization(
        epsilon=1e-5, momentum=0.9, gamma_initializer=normal(1.0)
    )(x)


def body(images, filters=(64, 128), units: int = 1024, slope: float = 0.01):
    """Image -> 4x4 convolutions of stride 2, 64 -> 128 -> dense 1024;
    BatchNormalization in all but the first.

    Args:
        images: Symbolic images `(B, *image_shape)`.
        filters: Channels of the convolutions.
        units: Size of the dense layer.
        slope: Slope of LeakyReLU below 0.

    Returns:
        Symbolic features `(B, units)`.
    """
    x = images
    for number, count in enumerate(filters):
        x = keras.layers.Conv2D(
            count, 4, strides=2, padding="same", use_bias=number == 0, kernel_initializer=normal()
        )(x)
        x = keras.layers.LeakyReLU(slope)(normalize(x) if number > 0 else x)
    x = keras.layers.Dense(units, use_bias=False, kernel_initializer=normal())(
        keras.layers.Flatten()(x)
    )
    return keras.layers.LeakyReLU(slope)(normalize(x))


def build_generator(
    image_shape: tuple[int, int, int] = (28, 28, 1),
    latent_dim: int = 74,
    *,
    units: int = 1024,
    filters=(128, 64),
    activation: str = "sigmoid",
    pixel_means: np.ndarray | None = None,
) -> keras.Model:
    """Latents -> 1024 -> H/4 x W/4 x 128 -> transposed convolution, 64 -> transposed
    convolution, image; BatchNormalization and ReLU between.

    Args:
        image_shape: `(height, width, channels)` of one image; height and width are
            multiples of 4.
        latent_dim: Length of the latent vector, codes included.
        units: Size of the first layer.
        filters: Channels of the small image and of the one after it.
        activation: Activation at the end: `"sigmoid"` for images in [0, 1], `"tanh"`
            for [-1, 1].
        pixel_means: Means of the training images in [0, 1], of shape `image_shape`: the
            biases of the output start at the log-odds of those of the channels, clipped to
            [1e-3, 1 - 1e-3]. None starts them at 0. D's BatchNormalization takes the mean of
            a minibatch of fakes out of what it sees, so that G learns the brightness of the
            data slowly, and from some seeds stays grey.

    Returns:
        Model from `(B, latent_dim)` to `(B, *image_shape)`.

    Raises:
        UserError: for pixel means with another activation than `"sigmoid"`.
    """
    check_shape(image_shape)
    check_count(2, filters=filters)
    if pixel_means is not None and activation != "sigmoid":
        raise UserError(
            "Expected activation='sigmoid' with pixel_means, the means of images in [0, 1]."
            f" Received: activation={activation!r}"
        )
    height, width, channels = image_shape
    latents = x = keras.Input((latent_dim,), name="latents")
    for size in (units, height // 4 * (width // 4) * filters[0]):
        x = keras.layers.ReLU()(
            normalize(keras.layers.Dense(size, use_bias=False, kernel_initializer=normal())(x))
        )
    x = keras.layers.Reshape((height // 4, width // 4, filters[0]))(x)
    x = keras.layers.Conv2DTranspose(
        filters[1], 4, strides=2, padding="same", use_bias=False, kernel_initializer=normal()
    )(x)
    x = keras.layers.ReLU()(normalize(x))  # (B, H / 2, W / 2, 64)
    last = keras.layers.Conv2DTranspose(
        channels,
        4,
        strides=2,
        padding="same",
        activation=activation,
        kernel_initializer=normal(),
        dtype="float32",
    )
    images = last(x)
    if pixel_means is not None:
        last.bias.assign(log_odds(np.mean(pixel_means, axis=(0, 1)), 1e-3))
    return keras.Model(latents, images, name="generator")


def build_discriminator(
    image_shape: tuple[int, int, int] = (28, 28, 1),
    *,
    code_dim: int = 12,
    filters=(64, 128),
    units: int = 1024,
    code_units: int = 128,
) -> keras.Model:
    """Image -> the shared body -> one logit, and -> 128 -> what Q says of the codes.

    Args:
        image_shape: `(height, width, channels)` of one image; height and width are
            multiples of 4.
        code_dim: Length of the codes: the categories of all categorical ones, and the
            number of continuous ones. 0 for D alone.
        filters: Channels of the convolutions.
        units: Size of the dense layer.
        code_units: Size of the layer that only Q has.

    Returns:
        Model from `(B, *image_shape)` to `[logits (B, 1), code outputs (B, code_dim)]`,
        or to the logits alone.
    """
    check_shape(image_shape)
    images = keras.Input(image_shape, name="images")
    x = body(images, filters, units)
    logits = keras.layers.Dense(1, kernel_initializer=normal(), dtype="float32")(x)
    if not code_dim:
        return keras.Model(images, logits, name="discriminator")
    x = keras.layers.LeakyReLU(0.01)(
        normalize(keras.layers.Dense(code_units, use_bias=False, kernel_initializer=normal())(x))
    )
    codes = keras.layers.Dense(code_dim, kernel_initializer=normal(), dtype="float32")(x)
    return keras.Model(images, [logits, codes], name="discriminator")
