"""The networks for MNIST of Salimans et al., Improved Techniques for Training GANs
(2016), https://arxiv.org/abs/1606.03498, for any image shape.

The settings come from the authors' code (openai/improved-gan): weights of D start at
N(0, 0.1^2), and of the weight-normalised layers of D only the last one trains its
length g.
"""

import keras
import numpy as np

from tf_gan.errors import UserError
from tf_gan.layers import GaussianNoise, WeightNormalization


def normal() -> keras.initializers.Initializer:
    """Returns an initializer for one layer: without a seed of its own, an initializer
    gives every layer the same numbers.
    """
    return keras.initializers.RandomNormal(stddev=0.1)


def build_generator(
    image_shape: tuple[int, ...],
    latent_dim: int = 100,
    *,
    units=(500, 500),
    activation: str = "sigmoid",
) -> keras.Model:
    """Latents -> 500 -> 500, BatchNormalization without gains and softplus after each
    -> weight-normalised pixels.

    Args:
        image_shape: Shape of one image, such as `(28, 28, 1)`.
        latent_dim: Length of the latent vector, >= 1.
        units: Sizes of the hidden layers.
        activation: Activation at the end: `"sigmoid"` for images in [0, 1], `"tanh"`
            for [-1, 1].

    Returns:
        Model from `(B, latent_dim)` to `(B, *image_shape)`.
    """
    latents = x = keras.Input((latent_dim,), name="latents")
    for size in units:
        x = keras.layers.Dense(size, use_bias=False)(x)
        x = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-6, scale=False)(x)
        x = keras.layers.Activation("softplus")(x)
    pixels = keras.layers.Dense(int(np.prod(image_shape)), use_bias=False, dtype="float32")
    x = WeightNormalization(pixels, activation, deviation=None, dtype="float32")(x)
    return keras.Model(
        latents, keras.layers.Reshape(image_shape, dtype="float32")(x), name="generator"
    )


def build_discriminator(
    image_shape: tuple[int, ...],
    num_classes: int = 10,
    *,
    units=(1000, 500, 250, 250, 250),
    input_noise: float = 0.3,
    noise: float = 0.5,
) -> keras.Model:
    """Image, noise -> weight-normalised ReLU 1000-500-250-250-250, noise after each ->
    class logits.

    The features are the outputs of the last hidden layer, before the noise.

    Args:
        image_shape: Shape of one image, such as `(28, 28, 1)`.
        num_classes: Number of class logits: K, or K + 1 with one for fakes at the end.
        units: Sizes of the hidden layers.
        input_noise: Standard deviation of the Gaussian noise on the image, in [0, 1].
        noise: Standard deviation of the Gaussian noise after each hidden layer, in [0,
            1].

    Returns:
        Model from `(B, *image_shape)` to `[class logits (B, num_classes), features (B,
        units[-1])]`.
    """
    if not units:
        raise UserError("Expected sizes of hidden layers. Received: units=()")
    images = keras.Input(image_shape, name="images")
    x = GaussianNoise(input_noise)(keras.layers.Flatten()(images))
    for size in units:
        dense = keras.layers.Dense(size, use_bias=False, kernel_initializer=normal())
        features = WeightNormalization(dense, "relu", train_scale=False)(x)
        x = GaussianNoise(noise)(features)
    dense = keras.layers.Dense(
        num_classes, use_bias=False, kernel_initializer=normal(), dtype="float32"
    )
    logits = WeightNormalization(dense, dtype="float32", name="class_logits")(x)
    return keras.Model(images, [logits, features], name="discriminator")
