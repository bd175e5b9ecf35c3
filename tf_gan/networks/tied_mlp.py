"""Fully connected decoders whose layers are also used upwards, from images to latents:
the networks of `DBN`, `CAE` and `GSN`.
"""

import keras
import numpy as np

from tf_gan.layers import TiedDense
from tf_gan.networks import log_odds


def build_generator(
    image_shape: tuple[int, ...],
    latent_dim: int = 500,
    *,
    units=(),
    kernel_initializer: str = "glorot_uniform",
    pixel_means: np.ndarray | None = None,
) -> keras.Model:
    """Latents -> hidden units -> means of the pixels, sigmoids all of them.

    Args:
        image_shape: Shape of one image, such as `(28, 28, 1)`.
        latent_dim: Number of units at the top, >= 1.
        units: Sizes of the layers between, that at the images first.
        kernel_initializer: Initializer of the weights. Biases start at 0.
        pixel_means: Means of the training images in [0, 1], of shape `image_shape`: the
            bias of the pixels starts at their log-odds. Clipped to [0.001, 0.999].
            None starts it at 0.

    Returns:
        Model from `(B, latent_dim)` to `(B, *image_shape)`.
    """
    latents = x = keras.Input((latent_dim,), name="latents")
    for size in reversed((int(np.prod(image_shape)), *units)):
        layer = TiedDense(size, kernel_initializer=kernel_initializer, dtype="float32")
        x = layer(x)
    if pixel_means is not None:
        layer.visible_bias.assign(log_odds(pixel_means, 1e-3).reshape(-1))
    images = keras.layers.Reshape(image_shape, dtype="float32")(x)
    return keras.Model(latents, images, name="generator")
