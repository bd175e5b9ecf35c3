"""One hidden layer on each side, the one-hot label joined to its input: the conditional
GAN of golbin/TensorFlow-Tutorials (`09 - GAN`).

For 28x28x1 images, 128 latents and ten classes the generator has 237,072 parameters and
the discriminator 203,777. Weights start as Glorot and Bengio (2010) propose, which is
the default of TensorFlow and Keras, biases at 0.
"""

import keras
import numpy as np

from tf_gan.networks import inputs_of


def build_generator(
    image_shape: tuple[int, ...], latent_dim: int, num_classes: int, *, units: int = 256
) -> keras.Model:
    """Latents and label -> 256 ReLU -> image.

    Args:
        image_shape: Shape of one image, such as `(28, 28, 1)`.
        latent_dim: Length of the latent vector; in that program 128, uniform in [-1,
            1].
        num_classes: Number of classes, >= 2.
        units: Size of the hidden layer.

    Returns:
        Model from `[latents, labels]`, `(B, latent_dim)` and int32 `(B,)`, to images in
        [0, 1], `(B, *image_shape)`.
    """
    inputs, latents, labels = inputs_of((latent_dim,), "latents", num_classes)
    x = keras.layers.Concatenate()([latents, keras.ops.one_hot(labels, num_classes)])
    x = keras.layers.Dense(units, activation="relu")(x)
    x = keras.layers.Dense(int(np.prod(image_shape)), activation="sigmoid", dtype="float32")(x)
    return keras.Model(
        inputs, keras.layers.Reshape(image_shape, dtype="float32")(x), name="generator"
    )


def build_discriminator(
    image_shape: tuple[int, ...], num_classes: int, *, units: int = 256
) -> keras.Model:
    """Image and label -> 256 ReLU -> one logit.

    Args:
        image_shape: Shape of one image, such as `(28, 28, 1)`.
        num_classes: Number of classes, >= 2.
        units: Size of the hidden layer.

    Returns:
        Model from `[images, labels]`, `(B, *image_shape)` and int32 `(B,)`, to logits
        `(B, 1)`.
    """
    inputs, images, labels = inputs_of(image_shape, "images", num_classes)
    x = keras.layers.Concatenate()(
        [keras.layers.Flatten()(images), keras.ops.one_hot(labels, num_classes)]
    )
    logits = keras.layers.Dense(1, dtype="float32")(keras.layers.Dense(units, activation="relu")(x))
    return keras.Model(inputs, logits, name="discriminator")
