"""SRResNet, which enlarges images of any size, and the discriminator of SRGAN.

Ledig et al., Photo-Realistic Single Image Super-Resolution Using a Generative
Adversarial Network (2017), https://arxiv.org/abs/1609.04802, figure 4. The paper leaves
open how PReLU starts (here with a slope of 0.25: He et al., 2015), and the settings of
BatchNormalization.
"""

import keras

from tf_gan.errors import one_of
from tf_gan.layers import PixelShuffle
from tf_gan.networks import check_shape

# By which factors an image grows, one after the other.
SCALES = {2: (2,), 3: (3,), 4: (2, 2), 8: (2, 2, 2)}


def _normalized(x):
    return keras.layers.BatchNormalization(epsilon=1e-5)(x)


def _convolution(x, filters: int, kernel_size: int = 3, **kwargs):
    return keras.layers.Conv2D(filters, kernel_size, padding="same", **kwargs)(x)


def _prelu(x):
    return keras.layers.PReLU(keras.initializers.Constant(0.25), shared_axes=(1, 2))(x)


def build_generator(
    image_shape: tuple[int, int, int] = (96, 96, 3),
    *,
    filters: int = 64,
    blocks: int = 16,
    scale: int = 4,
) -> keras.Model:
    """Image -> `blocks` residual blocks at its own size -> one sub-pixel convolution
    for each factor of `scale` -> larger image, no activation.

    Args:
        image_shape: `(height, width, channels)` of one large image; only its channels
            count.
        filters: Channels of the blocks, >= 1.
        blocks: Residual blocks, >= 1.
        scale: How many times as large the image becomes: 2, 3, 4 or 8.

    Returns:
        Model from images of any size in [0, 1], `(B, H, W, C)`, to images around [-1,
        1], `(B, scale H, scale W, C)`. With the paper's 64 filters and 16 blocks it has
        1,550,659 parameters.

    Raises:
        ValueError: for another scale.
    """
    one_of("scale", scale, SCALES)
    if None not in image_shape:
        check_shape(image_shape, 1)
    images = keras.Input((None, None, image_shape[-1]), name="images")
    first = x = _prelu(_convolution(images, filters, 9))
    for _ in range(blocks):
        inner = _prelu(_normalized(_convolution(x, filters)))
        x = keras.layers.Add()([x, _normalized(_convolution(inner, filters))])
    x = keras.layers.Add()([first, _normalized(_convolution(x, filters))])
    for factor in SCALES[scale]:
        x = _prelu(PixelShuffle(factor)(_convolution(x, filters * factor**2)))
    return keras.Model(
        images, _convolution(x, image_shape[-1], 9, dtype="float32"), name="generator"
    )


def build_discriminator(
    image_shape: tuple[int, int, int] = (96, 96, 3), *, filters: int = 64, units: int = 1024
) -> keras.Model:
    """Image -> eight 3x3 convolutions, every second one of stride 2, with 1, 1, 2, 2,
    4, 4, 8 and 8 times `filters` -> dense -> one logit.

    LeakyReLU 0.2 throughout; BatchNormalization after all convolutions but the first.

    Args:
        image_shape: `(height, width, channels)` of one image.
        filters: Channels of the first two convolutions, >= 1.
        units: Units of the dense layer, >= 1.

    Returns:
        Model from `(B, *image_shape)` to logits `(B, 1)`.
    """
    check_shape(image_shape, 1)
    images = x = keras.Input(image_shape, name="images")
    for number in range(8):
        x = _convolution(x, filters << number // 2, strides=1 + number % 2)
        x = keras.layers.LeakyReLU(0.2)(x if number == 0 else _normalized(x))
    x = keras.layers.LeakyReLU(0.2)(keras.layers.Dense(units)(keras.layers.Flatten()(x)))
    return keras.Model(images, keras.layers.Dense(1, dtype="float32")(x), name="discriminator")
