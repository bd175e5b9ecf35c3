"""The residual generator and the PatchGAN of CycleGAN (Zhu et al., 2017,
https://arxiv.org/abs/1703.10593), by size.

Weights start from N(0, 0.02^2). Convolutions have no bias where a normalisation
follows, which would cancel it. The generator is the one of Johnson et al. (2016),
https://arxiv.org/abs/1603.08155.
"""

import keras

from tf_gan.layers import ReflectionPadding2D
from tf_gan.networks import check_shape
from tf_gan.networks.pix2pix import checked_source, normal, normalized, patch_logits


def build_generator(
    image_shape: tuple[int, int, int] = (256, 256, 3),
    *,
    source_shape: tuple[int, int, int] | None = None,
    width: int = 64,
    blocks: int = 9,
    normalization: str = "instance",
) -> keras.Model:
    """Source -> c7s1-64, d128, d256 -> residual blocks R256 -> u128, u64, c7s1-3 ->
    image, tanh.

    c7s1-k is a 7x7 convolution, dk a 3x3 one of stride 2, uk a transposed one, Rk two
    3x3 ones around which the maps are added. c7s1 and R pad edges by reflection, the
    others with zeros.

    Args:
        image_shape: `(height, width, channels)` of one image; height and width are
            multiples of 4, at least 8.
        source_shape: Shape of one source, by default that of the images; their height
            and width are the same.
        width: Channels of the largest maps.
        blocks: Residual blocks; the paper has 6 for 128x128, 9 for 256x256.
        normalization: `"batch"` or `"instance"`.

    Returns:
        Model from `(B, *source_shape)` to images in [-1, 1], `(B, *image_shape)`.
    """
    check_shape(image_shape, 4, least=8)

    def convolution(x, count, kernel_size=3, padding=0, **kwargs):
        if padding:
            x = ReflectionPadding2D(padding)(x)
        return keras.layers.Conv2D(
            count,
            kernel_size,
            padding="valid" if padding else "same",
            kernel_initializer=normal(),
            **kwargs,
        )(x)

    def block(x, make, activation=True):
        x = normalized(make(x), normalization)
        return keras.layers.ReLU()(x) if activation else x

    sources = x = keras.Input(checked_source(source_shape, image_shape), name="sources")
    x = block(x, lambda x: convolution(x, width, 7, padding=3, use_bias=False))
    for count in (2 * width, 4 * width):
        x = block(x, lambda x, count=count: convolution(x, count, strides=2, use_bias=False))
    for _ in range(blocks):
        change = block(x, lambda x: convolution(x, 4 * width, padding=1, use_bias=False))
        change = block(
            change, lambda x: convolution(x, 4 * width, padding=1, use_bias=False), activation=False
        )
        x = keras.layers.Add()([x, change])
    for count in (2 * width, width):
        up = keras.layers.Conv2DTranspose(
            count, 3, strides=2, padding="same", use_bias=False, kernel_initializer=normal()
        )
        x = block(x, up)
    x = convolution(x, image_shape[-1], 7, padding=3)
    return keras.Model(
        sources, keras.layers.Activation("tanh", dtype="float32")(x), name="generator"
    )


def build_discriminator(
    image_shape: tuple[int, int, int] = (256, 256, 3),
    *,
    width: int = 64,
    stages: int = 3,
    normalization: str = "instance",
) -> keras.Model:
    """Image -> PatchGAN: a logit for each overlapping patch of 70x70 pixels, with the
    default stages.

    Args:
        image_shape: `(height, width, channels)` of one image.
        width: Channels of the first maps, >= 1; twice as many each time, at most 8
            times as many.
        stages: Convolutions of stride 2, >= 1.
        normalization: `"batch"` or `"instance"`.

    Returns:
        Model from `(B, *image_shape)` to logits `(B, H', W', 1)`.
    """
    check_shape(image_shape, 1)
    images = keras.Input(image_shape, name="images")
    return keras.Model(
        images, patch_logits(images, width, stages, normalization), name="discriminator"
    )
