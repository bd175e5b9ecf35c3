"""RRDBNet, which enlarges images of any size without normalisation, and the
discriminator of ESRGAN.

Wang et al., ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks (2018),
https://arxiv.org/abs/1809.00219, figure 4. The discriminator is that of the authors'
code: as VGG has it, with 4x4 convolutions of stride 2. Weights start from He's normal ones,
in dense blocks from a tenth of them, as small as the paper wants them: a tenth in all the
layers that follow one another leaves no picture at the end.
"""

import keras

from tf_gan.errors import one_of
from tf_gan.layers import UpsampleConv2D
from tf_gan.networks import check_shape

SCALES = {2: 1, 4: 2, 8: 3}  # How often an image is doubled.
SLOPE = 0.2
RESIDUAL = 0.2  # beta, the factor of residuals.
SMALL = 0.1  # Of the first weights in dense blocks.
CONVOLUTIONS = 5  # Of a dense block.


def build_generator(
    image_shape: tuple[int, int, int] = (128, 128, 3),
    *,
    filters: int = 64,
    blocks: int = 23,
    growth: int = 32,
    scale: int = 4,
) -> keras.Model:
    """Image -> residual-in-residual dense blocks at its own size -> a doubling and a
    convolution for each factor 2 of `scale` -> larger image, no activation.

    A dense block has five 3x3 convolutions, LeakyReLU 0.2 after the first four; each
    sees the maps of the block and of all before it, adds `growth` channels, and the last
    one makes `filters`. D(x) = x + 0.2 conv(...), and three of them make a block:
    x + 0.2 D(D(D(x))).

    Args:
        image_shape: `(height, width, channels)` of one large image; only its channels
            count.
        filters: Channels between the blocks, >= 1.
        blocks: Residual-in-residual dense blocks, >= 1.
        growth: Channels that each convolution of a dense block adds, >= 1.
        scale: How many times as large the image becomes: 2, 4 or 8.

    Returns:
        Model from images of any size in [0, 1], `(B, H, W, C)`, to images around [-1,
        1], `(B, scale H, scale W, C)`. With the paper's sizes it has 16,697,987
        parameters.

    Raises:
        ValueError: for another scale.
    """
    one_of("scale", scale, SCALES)

    def dense_block(x):
        maps = [x]
        for _ in range(CONVOLUTIONS - 1):
            joined = maps[0] if len(maps) == 1 else keras.layers.Concatenate()(maps)
            maps.append(_leaky(_convolution(joined, growth, gain=SMALL)))
        joined = keras.layers.Concatenate()(maps)
        return x + RESIDUAL * _convolution(joined, filters, gain=SMALL)

    if None not in image_shape:
        check_shape(image_shape, 1)
    images = keras.Input((None, None, image_shape[-1]), name="images")
    first = x = _convolution(images, filters)
    for _ in range(blocks):
        inner = x
        for _ in range(3):
            inner = dense_block(inner)
        x = x + RESIDUAL * inner
    x = keras.layers.Add()([first, _convolution(x, filters)])
    for _ in range(SCALES[scale]):
        x = _leaky(UpsampleConv2D(filters, kernel_initializer=_initializer(1.0))(x))
    x = _leaky(_convolution(x, filters))
    large = _convolution(x, image_shape[-1], dtype="float32")
    return keras.Model(images, large, name="generator")


def build_discriminator(
    image_shape: tuple[int, int, int] = (128, 128, 3), *, filters: int = 64, units: int = 100
) -> keras.Model:
    """Image -> five times a 3x3 convolution and a 4x4 one of stride 2, with 1, 2, 4, 8 and
    8 times `filters` -> dense -> one logit.

    LeakyReLU 0.2 throughout; BatchNormalization after all convolutions but the first,
    which then have no bias.

    Args:
        image_shape: `(height, width, channels)` of one image.
        filters: Channels of the first two convolutions, >= 1.
        units: Units of the dense layer, >= 1.

    Returns:
        Model from `(B, *image_shape)` to logits `(B, 1)`. With the sizes of the authors'
        code it has 14,499,401 parameters that are trained.
    """
    check_shape(image_shape, 1)
    images = x = keras.Input(image_shape, name="images")
    for stage in range(5):
        count = filters << min(stage, 3)
        if stage:
            x = _convolution(x, count, use_bias=False)
            x = _leaky(keras.layers.BatchNormalization(epsilon=1e-5)(x))
        else:
            x = _leaky(_convolution(x, count))
        x = _convolution(x, count, 4, strides=2, use_bias=False)
        x = _leaky(keras.layers.BatchNormalization(epsilon=1e-5)(x))
    x = _leaky(keras.layers.Dense(units)(keras.layers.Flatten()(x)))
    return keras.Model(images, keras.layers.Dense(1, dtype="float32")(x), name="discriminator")


def _convolution(x, filters: int, size: int = 3, gain: float = 1.0, **kwargs):
    initializer = _initializer(gain)
    return keras.layers.Conv2D(
        filters, size, padding="same", kernel_initializer=initializer, **kwargs
    )(x)


def _leaky(x):
    return keras.layers.LeakyReLU(SLOPE)(x)


def _initializer(gain: float) -> keras.initializers.Initializer:
    """N(0, gain^2 * 2 / fan-in)."""
    return keras.initializers.VarianceScaling(2.0 * gain**2, "fan_in", "untruncated_normal")
