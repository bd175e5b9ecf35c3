"""The fully connected encoder and decoder of Kingma and Welling, Auto-Encoding
Variational Bayes (2013), https://arxiv.org/abs/1312.6114.

One hidden layer of tanh units on each side, 500 for MNIST and 200 for Frey Face.
Weights start at N(0, 0.01^2), biases at 0.
"""

import keras
import numpy as np


def _dense(x, units: int, **kwargs):
    return keras.layers.Dense(
        units, kernel_initializer=keras.initializers.RandomNormal(stddev=0.01), **kwargs
    )(x)


def build_encoder(
    image_shape: tuple[int, ...], latent_dim: int = 20, *, units=(500,)
) -> keras.Model:
    """Image -> 500 tanh -> mu and log sigma^2.

    Args:
        image_shape: Shape of one image, such as `(28, 28, 1)`.
        latent_dim: Length of the latent vector, >= 1.
        units: Sizes of the hidden layers.

    Returns:
        Model from `(B, *image_shape)` to two outputs `(B, latent_dim)`.
    """
    images = keras.Input(image_shape, name="images")
    x = keras.layers.Flatten()(images)
    for size in units:
        x = _dense(x, size, activation="tanh")
    outputs = [
        _dense(x, latent_dim, dtype="float32", name=name) for name in ("mean", "log_variance")
    ]
    return keras.Model(images, outputs, name="encoder")


def build_generator(
    image_shape: tuple[int, ...], latent_dim: int = 20, *, units=(500,), activation: str = "sigmoid"
) -> keras.Model:
    """Latents -> 500 tanh -> means of the pixels.

    Args:
        image_shape: Shape of one image, such as `(28, 28, 1)`.
        latent_dim: Length of the latent vector, >= 1.
        units: Sizes of the hidden layers.
        activation: Activation at the end: `"sigmoid"` for images in [0, 1], `"tanh"`
            for [-1, 1], `"linear"` for data without bounds.

    Returns:
        Model from `(B, latent_dim)` to `(B, *image_shape)`.
    """
    latents = x = keras.Input((latent_dim,), name="latents")
    for size in units:
        x = _dense(x, size, activation="tanh")
    x = _dense(x, int(np.prod(image_shape)), activation=activation, dtype="float32")
    return keras.Model(
        latents, keras.layers.Reshape(image_shape, dtype="float32")(x), name="generator"
    )
