"""Networks like FastGAN's, for small sets of pictures: gated linear units and skips
that weigh channels in the generator; in the discriminator decoders that rebuild the
images, so that its features must know them.

Liu et al., Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image
Synthesis (2021), https://arxiv.org/abs/2101.04775. Every convolution is spectrally
normalised, BatchNormalization follows in both networks; with `tf_gan.FastGAN`, the hinge
loss and no gradient penalty. Left out: noise inside the generator, the second, smaller
image of sizes above 128, the skips that weigh channels inside D, and the crops that one of
the paper's decoders rebuilds: the decoders here rebuild the whole image.
"""

import keras

from tf_gan.errors import UserError
from tf_gan.layers import SpectralNormalization, UpsampleConv2D
from tf_gan.networks import check_shape

# Channels over `width` of maps that are 4, 8, 16 ... high in the generator.
FACTORS = (16, 8, 4, 2, 2, 1, 0.5)


def halvings(image_shape: tuple[int, int, int]) -> int:
    """Returns how often images are halved until the shorter side is from 4 to 7.

    Raises:
        UserError: for sides that cannot be halved until then, or that are too large.
    """
    check_shape(image_shape, 1)
    side, count = min(image_shape[:2]), 0
    while side >= 8:
        side, count = side // 2, count + 1
    check_shape(image_shape, 2**count)
    if count < 2 or count >= len(FACTORS):
        raise UserError(
            f"Expected a shorter side of 16 or more and below {4 << len(FACTORS)}. Received:"
            f" image_shape={tuple(image_shape)}"
        )
    return count


def build_generator(
    image_shape: tuple[int, int, int], latent_dim: int = 256, *, width: int = 64
) -> keras.Model:
    """Latents -> 4x4 -> twice as large by nearest neighbours and one or, every second
    time, two 3x3 convolutions with gates, until -> image, tanh. Maps of 64x64 and above
    are multiplied, channel by channel, by a function of those 16 times smaller.

    Args:
        image_shape: `(height, width, channels)` of one image; the shorter side from 16
            on and below 512, 4 to 7 after halvings.
        latent_dim: Length of the latent vector, normal.
        width: Channels at 128x128, >= 1; at 4x4 there are 16 times as many.

    Returns:
        Model from `(B, latent_dim)` to images in [-1, 1], `(B, *image_shape)`.
    """
    count = halvings(image_shape)
    widths = [max(1, int(width * factor)) for factor in FACTORS]
    small = (image_shape[0] >> count, image_shape[1] >> count, 2 * widths[0])
    latents = keras.Input((latent_dim,), name="latents")
    x = SpectralNormalization(keras.layers.Dense(small[0] * small[1] * small[2], use_bias=False))(
        latents
    )
    x = _gated(keras.layers.Reshape(small)(x))
    maps = [x]
    for stage in range(1, count + 1):
        x = _gated(_upsampled(x, 2 * widths[stage]))
        if stage % 2:
            x = _gated(_conv(x, 2 * widths[stage], 3))
        if stage >= 4:
            x = _excite(x, maps[stage - 4])
        maps.append(x)
    images = keras.layers.Activation("tanh", dtype="float32")(_conv(x, image_shape[-1], 3))
    return keras.Model(latents, images, name="generator")


def build_discriminator(image_shape: tuple[int, int, int], *, width: int = 64) -> keras.Model:
    """Image -> half as large, the mean of a path of 4x4 and 3x3 convolutions and one of
    an average pooling and 1x1, until the shorter side is from 8 to 15 -> a logit for each
    patch; and two decoders, from the smallest maps and from those before.

    Args:
        image_shape: As for the generator.
        width: Channels at 128x128, >= 1; at 8x8 there are 16 times as many.

    Returns:
        Model from images `(B, *image_shape)` to `[logits, image, image]`: logits `(B, h,
        w, 1)`, images in [-1, 1].
    """
    count = halvings(image_shape)
    # Channels of maps from 8x8 on: 16, 8, 4, 2, 1, 0.5 times the width.
    widths = [max(1, int(width * 2.0**-stage)) for stage in range(-4, 2)][:count][::-1]
    images = keras.Input(image_shape, name="images")
    x = _leaky(_conv(images, widths[0], 3))
    maps = [x]
    for channels in widths[1:]:
        deep = _leaky(_normalized(_conv(x, channels, 4, 2)))
        deep = _leaky(_normalized(_conv(deep, channels, 3)))
        pooled = keras.layers.AveragePooling2D(2)(x)
        pooled = _leaky(_normalized(_conv(pooled, channels, 1)))
        x = keras.layers.Average()([deep, pooled])
        maps.append(x)
    head = _leaky(_normalized(_conv(x, widths[-1], 1)))
    logits = SpectralNormalization(
        keras.layers.Conv2D(1, 4, kernel_initializer=_normal(), dtype="float32"), dtype="float32"
    )(head)
    decoded = [
        _decode(each, times, image_shape[-1])
        for each, times in ((maps[-1], count - 1), (maps[-2], count - 2))
    ]
    return keras.Model(images, [logits, *decoded], name="discriminator")


def _decode(x, times: int, channels: int):
    """Returns images `2^times` times as large as the maps."""
    filters = max(4, x.shape[-1] // 4)
    for _ in range(times):
        x = _gated(_upsampled(x, 2 * filters))
        filters = max(4, filters // 2)
    return keras.layers.Activation("tanh", dtype="float32")(_conv(x, channels, 3))


def _excite(x, small):
    """Returns maps whose channels are multiplied by a function of smaller ones."""
    pool = (max(1, small.shape[1] // 4), max(1, small.shape[2] // 4))
    y = keras.layers.AveragePooling2D(pool)(small)
    y = SpectralNormalization(
        keras.layers.Conv2D(x.shape[-1], y.shape[1:3], use_bias=False, kernel_initializer=_normal())
    )(y)
    y = keras.layers.Activation("swish")(y)
    y = keras.layers.Activation("sigmoid")(_conv(y, x.shape[-1], 1))
    return keras.layers.Multiply()([x, y])


def _gated(x):
    """BatchNormalization, then half of the channels times a sigmoid of the others."""
    x = _normalized(x)
    values, gates = keras.ops.split(x, 2, axis=-1)
    return keras.layers.Multiply()([values, keras.layers.Activation("sigmoid")(gates)])


def _upsampled(x, filters: int):
    """Twice as large, then a 3x3 convolution."""
    return SpectralNormalization(
        UpsampleConv2D(filters, use_bias=False, kernel_initializer=_normal())
    )(x)


def _conv(x, filters: int, size: int, strides: int = 1):
    return SpectralNormalization(
        keras.layers.Conv2D(
            filters,
            size,
            strides,
            padding="same",
            use_bias=False,
            kernel_initializer=_normal(),
        )
    )(x)


def _normalized(x):
    return keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)


def _leaky(x):
    return keras.layers.LeakyReLU(0.2)(x)


def _normal() -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=0.02)
