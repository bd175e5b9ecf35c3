"""The generator and the auto-encoding discriminator of BEGAN (Berthelot et al., 2017,
https://arxiv.org/abs/1703.10717), by size.

3x3 convolutions with ELU, two per scale, without BatchNormalization. The smallest scale
is the paper's 8x8, or 7x7 for 28x28: the images are halved as long as 7 pixels are
left. The discriminator's decoder is the generator's architecture. The paper's skip
connections are left out.
"""

import math

import keras

from tf_gan.errors import UserError
from tf_gan.layers import UpsampleConv2D
from tf_gan.networks import check_shape


def scales(image_shape) -> int:
    """Returns the number of scales of images of a shape.

    Raises:
        ValueError: if the height or width cannot be halved as often; the nearest sizes
            that can are named.
    """
    check_shape(image_shape, 1)
    size = image_shape[:2]
    count = _halvings(size) + 1
    near = _nearest(size)
    if near != tuple(size):
        raise UserError(
            f"Expected a height and width that are multiples of {2 ** (count - 1)} for the {count}"
            f" scales of such images, such as {near}. Received: image_shape={tuple(image_shape)}"
        )
    return count


def _halvings(size) -> int:
    return max(0, math.floor(math.log2(min(size) / 7)))


def _nearest(size) -> tuple[int, int]:
    """Returns the nearest height and width that can be halved; rounding up may call for
    another halving.
    """
    factor = 2 ** _halvings(size)
    near = tuple(max(1, round(length / factor)) * factor for length in size)
    return near if _halvings(near) == _halvings(size) else _nearest(near)


def _decode(code, image_shape, filters: int):
    count = scales(image_shape)
    height, width = (size // 2 ** (count - 1) for size in image_shape[:2])
    x = keras.layers.Dense(height * width * filters)(code)
    x = keras.layers.Reshape((height, width, filters))(x)
    for scale in range(count):
        # A nearest-neighbour up-sampling and the convolution after it are one layer.
        x = (
            keras.layers.Conv2D(filters, 3, padding="same")(x)
            if scale == 0
            else UpsampleConv2D(filters)(x)
        )
        x = keras.layers.Conv2D(filters, 3, padding="same", activation="elu")(keras.layers.ELU()(x))
    return keras.layers.Conv2D(image_shape[-1], 3, padding="same", dtype="float32")(x)


def build_generator(
    image_shape: tuple[int, int, int] = (32, 32, 3), latent_dim: int = 64, *, filters: int = 128
) -> keras.Model:
    """Latents -> 8x8xn -> two convolutions and an up-sampling per scale -> image,
    linear.

    Args:
        image_shape: `(height, width, channels)` of one image: see `scales`.
        latent_dim: Length of the latent vector; in the paper 64.
        filters: n, channels of all layers, >= 1.

    Returns:
        Model from `(B, latent_dim)` to `(B, *image_shape)`, without bounds.
    """
    latents = keras.Input((latent_dim,), name="latents")
    return keras.Model(latents, _decode(latents, image_shape, filters), name="generator")


def build_discriminator(
    image_shape: tuple[int, int, int] = (32, 32, 3), *, filters: int = 128, code_dim: int = 64
) -> keras.Model:
    """Image -> n channels -> two convolutions of (s + 1) n channels and one of stride 2
    per scale s = 0, 1, ... -> code -> the generator's layers.

    Args:
        image_shape: `(height, width, channels)` of one image: see `scales`.
        filters: n, channels of the largest maps, >= 1.
        code_dim: Length of the code; the paper's is 64.

    Returns:
        Model from `(B, *image_shape)` to images of the same shape, without bounds.
    """
    count = scales(image_shape)
    images = keras.Input(image_shape, name="images")
    x = keras.layers.Conv2D(filters, 3, padding="same", activation="elu")(images)
    for scale in range(count):
        channels = filters * (scale + 1)
        for _ in range(2):
            x = keras.layers.Conv2D(channels, 3, padding="same", activation="elu")(x)
        if scale + 1 < count:
            x = keras.layers.Conv2D(channels, 3, strides=2, padding="same", activation="elu")(x)
    code = keras.layers.Dense(code_dim)(keras.layers.Flatten()(x))
    return keras.Model(images, _decode(code, image_shape, filters), name="discriminator")
