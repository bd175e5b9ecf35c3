"""One hidden layer on each side: the vanilla GAN of golbin/TensorFlow-Tutorials (`09 -
GAN`), a well-known first program in TensorFlow 1.

For 28x28x1 images and 128 latents the generator has 234,512 parameters and the
discriminator 201,217. Weights start at N(0, 0.01^2), biases at 0.
"""

import keras
import numpy as np


def _dense(x, units: int, **kwargs):
    return keras.layers.Dense(
        units, kernel_initializer=keras.initializers.RandomNormal(stddev=0.01), **kwargs
    )(x)


def build_generator(
    image_shape: tuple[int, ...],
    latent_dim: int = 128,
    *,
    units: int = 256,
    activation: str = "sigmoid",
) -> keras.Model:
    """Latents -> 256 ReLU -> image.

    Args:
        image_shape: Shape of one image, such as `(28, 28, 1)`.
        latent_dim: Length of the latent vector, >= 1.
        units: Size of the hidden layer.
        activation: Activation at the end: `"sigmoid"` for images in [0, 1].

    Returns:
        Model from `(B, latent_dim)` to `(B, *image_shape)`.
    """
    latents = keras.Input((latent_dim,), name="latents")
    x = _dense(latents, units, activation="relu")
    x = _dense(x, int(np.prod(image_shape)), activation=activation, dtype="float32")
    return keras.Model(
        latents, keras.layers.Reshape(image_shape, dtype="float32")(x), name="generator"
    )


def build_discriminator(image_shape: tuple[int, ...], *, units: int = 256) -> keras.Model:
    """Image -> 256 ReLU -> one logit.

    Args:
        image_shape: Shape of one image, such as `(28, 28, 1)`.
        units: Size of the hidden layer.

    Returns:
        Model from `(B, *image_shape)` to logits `(B, 1)`.
    """
    images = keras.Input(image_shape, name="images")
    x = _dense(keras.layers.Flatten()(images), units, activation="relu")
    return keras.Model(images, _dense(x, 1, dtype="float32"), name="discriminator")
