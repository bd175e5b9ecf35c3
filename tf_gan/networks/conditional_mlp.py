"""The PyTorch-GAN MLP (see `mlp.py`) with the one-hot label joined to the latents and
to the pixels.

For 28x28x1 images, 100 latents and ten classes the generator has 1,511,312 parameters
and the discriminator 538,625.
"""

import keras
import numpy as np

from tf_gan.networks import inputs_of, mlp


def build_generator(
    image_shape: tuple[int, ...], latent_dim: int, num_classes: int, **arguments
) -> keras.Model:
    """Latents and label -> 128 -> 256 -> 512 -> 1024 -> image.

    Args:
        image_shape: Shape of one image, such as `(28, 28, 1)`.
        latent_dim: Length of the latent vector, >= 1.
        num_classes: Number of classes, >= 2.
        **arguments: `units`, sizes of the hidden layers, by default (128, 256, 512,
            1024); `activation` at the end: `"tanh"` for images in [-1, 1], which is the
            default, `"linear"` for data without bounds.

    Returns:
        Model from `[latents, labels]`, `(B, latent_dim)` and int32 `(B,)`, to images
        `(B, *image_shape)`.
    """
    inputs, latents, labels = inputs_of((latent_dim,), "latents", num_classes)
    joined = keras.layers.Concatenate()([latents, keras.ops.one_hot(labels, num_classes)])
    images = mlp.build_generator(image_shape, latent_dim + num_classes, **arguments)(joined)
    return keras.Model(inputs, images, name="generator")


def build_discriminator(image_shape: tuple[int, ...], num_classes: int, **arguments) -> keras.Model:
    """Image and label -> 512 -> 256 -> one logit.

    Args:
        image_shape: Shape of one image, such as `(28, 28, 1)`.
        num_classes: Number of classes, >= 2.
        **arguments: `units`, sizes of the hidden layers, by default (512, 256).

    Returns:
        Model from `[images, labels]`, `(B, *image_shape)` and int32 `(B,)`, to logits
        `(B, 1)`.
    """
    inputs, images, labels = inputs_of(image_shape, "images", num_classes)
    joined = keras.layers.Concatenate()(
        [keras.layers.Flatten()(images), keras.ops.one_hot(labels, num_classes)]
    )
    logits = mlp.build_discriminator((int(np.prod(image_shape)) + num_classes,), **arguments)(
        joined
    )
    return keras.Model(inputs, logits, name="discriminator")
