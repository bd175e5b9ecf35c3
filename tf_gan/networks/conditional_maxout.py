"""The networks of the conditional GAN paper for MNIST: latents and labels each have a
hidden layer of their own before they meet.

Mirza and Osindero, Conditional Generative Adversarial Nets (2014),
https://arxiv.org/abs/1411.1784, section 4.1. For 28x28x1 images and ten classes G has
2,413,984 parameters and D 1,224,351. The paper names neither the initial weights nor
the places of its dropout of 0.5: here weights start as in the code of the 2014 GAN
paper, and dropout is on the inputs of all layers behind the first ones.

Dropout is the noise that G learns to use: the digits of a class differ while it is on, and
are one digit without it, whatever the latents. So it can stay on outside of training, as in
pix2pix, with latents for its masks: `dropout_latents`.
"""

import keras
import numpy as np

from tf_gan.errors import UserError
from tf_gan.layers import Maxout
from tf_gan.networks import check_count, inputs_of
from tf_gan.networks.maxout_mlp import symmetric_uniform


def build_generator(
    image_shape: tuple[int, ...],
    latent_dim: int,
    num_classes: int,
    *,
    units=(200, 1000, 1200),
    dropout: float = 0.5,
    dropout_latents: bool = False,
    weight_range: float = 0.05,
) -> keras.Model:
    """Latents -> 200 ReLU, label -> 1000 ReLU; both -> 1200 ReLU -> image.

    Args:
        image_shape: Shape of one image, such as `(28, 28, 1)`.
        latent_dim: Length of the latent vector; in the paper 100, uniform in [0, 1].
            With `dropout_latents` more than `sum(units)`.
        num_classes: Number of classes, >= 2.
        units: Sizes of the layers behind the latents, behind the label, and behind
            both.
        dropout: Rate on the inputs of the last two layers.
        dropout_latents: Whether dropout is noise of G that it always has. The last
            `sum(units)` latents, which have to be uniform in [0, 1], then belong to one
            input of the last two layers each: it is 0 where its latent is below `dropout`,
            else divided by 1 - `dropout`.
        weight_range: All weights start in U(-weight_range, weight_range), biases at 0.

    Returns:
        Model from `[latents, labels]`, `(B, latent_dim)` and int32 `(B,)`, to images in
        [0, 1], `(B, *image_shape)`.

    Raises:
        UserError: for too few latents, or another number of units.
    """
    check_count(3, units=units)
    masks = sum(units) if dropout_latents else 0
    if latent_dim <= masks:
        raise UserError(
            f"Expected latent_dim to be at least {masks + 1} with dropout_latents=True: one for"
            f" each of {masks} units that may be dropped, and one more. Received: {latent_dim}"
        )
    inputs, latents, labels = inputs_of((latent_dim,), "latents", num_classes)

    def drop(x, start):
        """Dropout; where its masks are latents, by those from `start` on."""
        if not masks:
            return keras.layers.Dropout(dropout)(x)
        uniform = latents[:, start : start + x.shape[-1]]
        return keras.ops.where(uniform < dropout, 0.0, x / (1.0 - dropout))

    z = keras.layers.Dense(
        units[0], activation="relu", kernel_initializer=symmetric_uniform(weight_range)
    )(latents[:, :-masks] if masks else latents)
    y = keras.ops.one_hot(labels, num_classes)
    y = keras.layers.Dense(
        units[1], activation="relu", kernel_initializer=symmetric_uniform(weight_range)
    )(y)
    x = drop(keras.layers.Concatenate()([z, y]), latent_dim - masks)
    x = keras.layers.Dense(
        units[2], activation="relu", kernel_initializer=symmetric_uniform(weight_range)
    )(x)
    x = drop(x, latent_dim - units[2])
    size = int(np.prod(image_shape))
    x = keras.layers.Dense(
        size,
        activation="sigmoid",
        kernel_initializer=symmetric_uniform(weight_range),
        dtype="float32",
    )(x)
    return keras.Model(
        inputs, keras.layers.Reshape(image_shape, dtype="float32")(x), name="generator"
    )


def build_discriminator(
    image_shape: tuple[int, ...],
    num_classes: int,
    *,
    units=(240, 50, 240),
    pieces=(5, 5, 4),
    dropout: float = 0.5,
    weight_range: float = 0.005,
) -> keras.Model:
    """Image -> maxout 240x5, label -> maxout 50x5; both -> maxout 240x4 -> one logit.

    Args:
        image_shape: Shape of one image, such as `(28, 28, 1)`.
        num_classes: Number of classes, >= 2.
        units: Units of the maxout layers behind the image, behind the label, and behind
            both.
        pieces: Affine functions of each maxout unit, >= 1, for the three layers.
        dropout: Rate on the inputs of the last two layers.
        weight_range: All weights start in U(-weight_range, weight_range), biases at 0.

    Returns:
        Model from `[images, labels]`, `(B, *image_shape)` and int32 `(B,)`, to logits
        `(B, 1)`.
    """
    check_count(3, units=units, pieces=pieces)
    inputs, images, labels = inputs_of(image_shape, "images", num_classes)

    def maxout(x, number):
        return Maxout(
            units[number], pieces[number], kernel_initializer=symmetric_uniform(weight_range)
        )(x)

    x = keras.layers.Concatenate()(
        [
            maxout(keras.layers.Flatten()(images), 0),
            maxout(keras.ops.one_hot(labels, num_classes), 1),
        ]
    )
    x = maxout(keras.layers.Dropout(dropout)(x), 2)
    x = keras.layers.Dropout(dropout)(x)
    logits = keras.layers.Dense(
        1, kernel_initializer=symmetric_uniform(weight_range), dtype="float32"
    )(x)
    return keras.Model(inputs, logits, name="discriminator")
