"""The PyTorch-GAN MLP: the pair of fully connected networks of `implementations/gan` in
eriklindernoren/PyTorch-GAN.

For 28x28x1 images the generator has 1,510,032 trainable parameters and the
discriminator 533,505. The settings come from that program: epsilon 0.8 and momentum 0.9
in BatchNormalization, slope 0.2 in LeakyReLU, and PyTorch's initial weights and biases,
U(-1/sqrt(n), 1/sqrt(n)) for n inputs.
"""

import keras
import numpy as np

from tf_gan.networks import check_sizes


def dense(x, units: int, **kwargs):
    """Returns x through a dense layer that starts as PyTorch's do."""
    limit = x.shape[-1] ** -0.5
    kernel, bias = (
        keras.initializers.RandomUniform(-limit, limit),
        keras.initializers.RandomUniform(-limit, limit),
    )
    return keras.layers.Dense(units, kernel_initializer=kernel, bias_initializer=bias, **kwargs)(x)


def build_generator(
    image_shape: tuple[int, ...],
    latent_dim: int = 100,
    *,
    units=(128, 256, 512, 1024),
    activation: str = "tanh",
) -> keras.Model:
    """Latents -> 128 -> 256 -> 512 -> 1024 -> image; BatchNormalization in all hidden
    layers but the first.

    Args:
        image_shape: Shape of one image, such as `(28, 28, 1)`.
        latent_dim: Length of the latent vector, >= 1.
        units: Sizes of the hidden layers.
        activation: Activation at the end: `"tanh"` for images in [-1, 1], `"linear"`
            for data without bounds.

    Returns:
        Model from `(B, latent_dim)` to `(B, *image_shape)`.
    """
    check_sizes(image_shape)
    latents = x = keras.Input((latent_dim,), name="latents")
    for number, size in enumerate(units):
        x = dense(x, size)
        if number > 0:
            x = keras.layers.BatchNormalization(epsilon=0.8, momentum=0.9)(x)
        x = keras.layers.LeakyReLU(0.2)(x)
    x = dense(x, int(np.prod(image_shape)), activation=activation, dtype="float32")
    return keras.Model(
        latents, keras.layers.Reshape(image_shape, dtype="float32")(x), name="generator"
    )


def build_discriminator(image_shape: tuple[int, ...], *, units=(512, 256)) -> keras.Model:
    """Image -> 512 -> 256 -> one logit.

    Args:
        image_shape: Shape of one image, such as `(28, 28, 1)`.
        units: Sizes of the hidden layers.

    Returns:
        Model from `(B, *image_shape)` to logits `(B, 1)`.
    """
    check_sizes(image_shape)
    images = keras.Input(image_shape, name="images")
    x = keras.layers.Flatten()(images)
    for size in units:
        x = keras.layers.LeakyReLU(0.2)(dense(x, size))
    return keras.Model(images, dense(x, 1, dtype="float32"), name="discriminator")
