"""The fully connected networks of BiGAN for permutation-invariant MNIST: two hidden
layers of 1024 units in each of G, D and E.

Donahue, Krahenbuhl and Darrell, Adversarial Feature Learning (2016),
https://arxiv.org/abs/1605.09782. Details from the authors' code (jeffdonahue/bigan): z
is joined to the second hidden layer of D, and once more to that of G;
BatchNormalization without gain and bias in both hidden layers of G and in the second
ones of D and E; no other biases; ReLU in G, LeakyReLU 0.2 in D and E; weights from N(0,
0.02^2). E ends in tanh, which keeps to the range of the uniform prior.
"""

import math

import keras

from tf_gan.errors import UserError


def _dense(x, units: int, activation=None, **kwargs):
    initializer = keras.initializers.RandomNormal(stddev=0.02)
    return keras.layers.Dense(
        units, activation=activation, use_bias=False, kernel_initializer=initializer, **kwargs
    )(x)


def _normalized(x):
    return keras.layers.BatchNormalization(epsilon=1e-5, center=False, scale=False)(x)


def _join(x, latents):
    return keras.layers.Concatenate()([x, latents])


def build_generator(
    image_shape: tuple[int, ...],
    latent_dim: int = 50,
    *,
    units=(1024, 1024),
    activation: str = "sigmoid",
) -> keras.Model:
    """Latents -> 1024 ReLU; that and the latents -> 1024 ReLU -> image.

    Args:
        image_shape: Shape of one image, such as `(28, 28, 1)`.
        latent_dim: Length of the latent vector; in the paper 50, uniform in [-1, 1].
        units: Sizes of the hidden layers.
        activation: Activation at the end: `"sigmoid"` for images in [0, 1], `"tanh"`
            for [-1, 1], `"linear"` for data without bounds.

    Returns:
        Model from `(B, latent_dim)` to `(B, *image_shape)`.
    """
    latents = x = keras.Input((latent_dim,), name="latents")
    for number, size in enumerate(units):
        x = keras.layers.ReLU()(_normalized(_dense(x if number == 0 else _join(x, latents), size)))
    x = _dense(x, math.prod(image_shape), activation, dtype="float32")
    return keras.Model(
        latents, keras.layers.Reshape(image_shape, dtype="float32")(x), name="generator"
    )


def build_discriminator(
    image_shape: tuple[int, ...], latent_dim: int = 50, *, units=(1024, 1024)
) -> keras.Model:
    """Image -> 1024; that and the latents -> 1024 -> one logit.

    Args:
        image_shape: Shape of one image, such as `(28, 28, 1)`.
        latent_dim: Length of the latent vector, >= 1.
        units: Sizes of the hidden layers.

    Returns:
        Model from `[images, latents]`, `(B, *image_shape)` and `(B, latent_dim)`, to
        logits `(B, 1)`.

    Raises:
        ValueError: for fewer than two hidden layers: the latents come in behind the first.
    """
    if len(units) < 2:
        raise UserError(
            "Invalid value for argument `units`. Expected two hidden layers or more, as the latents"
            f" come in behind the first. Received: units={units!r}"
        )
    images, latents = (
        keras.Input(image_shape, name="images"),
        keras.Input((latent_dim,), name="latents"),
    )
    x = keras.layers.LeakyReLU(0.2)(_dense(keras.layers.Flatten()(images), units[0]))
    for size in units[1:]:
        x = keras.layers.LeakyReLU(0.2)(_normalized(_dense(_join(x, latents), size)))
    return keras.Model([images, latents], _dense(x, 1, dtype="float32"), name="discriminator")


def build_encoder(
    image_shape: tuple[int, ...],
    latent_dim: int = 50,
    *,
    units=(1024, 1024),
    activation: str = "tanh",
) -> keras.Model:
    """Image -> 1024 -> 1024 -> latents.

    Args:
        image_shape: Shape of one image, such as `(28, 28, 1)`.
        latent_dim: Length of the latent vector, >= 1.
        units: Sizes of the hidden layers.
        activation: Activation at the end: `"tanh"` for latents in [-1, 1], `"linear"`
            for normal ones.

    Returns:
        Model from `(B, *image_shape)` to `(B, latent_dim)`.

    Raises:
        ValueError: for no hidden layer.
    """
    if not units:
        raise UserError(
            "Invalid value for argument `units`. Expected one hidden layer or more. Received:"
            f" units={units!r}"
        )
    images = keras.Input(image_shape, name="images")
    x = keras.layers.LeakyReLU(0.2)(_dense(keras.layers.Flatten()(images), units[0]))
    for size in units[1:]:
        x = keras.layers.LeakyReLU(0.2)(_normalized(_dense(x, size)))
    return keras.Model(images, _dense(x, latent_dim, activation, dtype="float32"), name="encoder")
