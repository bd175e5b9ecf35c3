"""The PyTorch-GAN MLP (see `mlp.py`) with the one-hot label joined to the latents and
to the pixels.

For 28x28x1 images, 100 latents and ten classes the generator has 1,511,312 parameters
and the discriminator 538,625.
"""

import keras
import numpy as np

from tf_gan.networks import mlp


def build_generator(
    image_shape: tuple[int, ...], latent_dim: int, num_classes: int, **arguments
) -> keras.Model:
    """Latents and label -> 128 -> 256 -> 512 -> 1024 -> image.

    Args:
        image_shape: Shape of one image.
        latent_dim: Length of the latent vector.
        num_classes: Number of classes.
        **arguments: Those of `mlp.build_generator`: `units`, `activation`.

    Returns:
        Model from `[latents, labels]`, `(B, latent_dim)` and int32 `(B,)`, to images
        `(B, *image_shape)`.
    """
    latents, labels = (
        keras.Input((latent_dim,), name="latents"),
        keras.Input((), dtype="int32", name="labels"),
    )
    joined = keras.layers.Concatenate()([latents, keras.ops.one_hot(labels, num_classes)])
    images = mlp.build_generator(image_shape, latent_dim + num_classes, **arguments)(joined)
    return keras.Model([latents, labels], images, name="generator")


def build_discriminator(image_shape: tuple[int, ...], num_classes: int, **arguments) -> keras.Model:
    """Image and label -> 512 -> 256 -> one logit.

    Args:
        image_shape: Shape of one image.
        num_classes: Number of classes.
        **arguments: Those of `mlp.build_discriminator`: `units`.

    Returns:
        Model from `[images, labels]`, `(B, *image_shape)` and int32 `(B,)`, to logits
        `(B, 1)`.
    """
    images, labels = (
        keras.Input(image_shape, name="images"),
        keras.Input((), dtype="int32", name="labels"),
    )
    joined = keras.layers.Concatenate()(
        [keras.layers.Flatten()(images), keras.ops.one_hot(labels, num_classes)]
    )
    logits = mlp.build_discriminator((int(np.prod(image_shape)) + num_classes,), **arguments)(
        joined
    )
    return keras.Model([images, labels], logits, name="discriminator")
