"""The U-Net and the PatchGAN of pix2pix (Isola et al., 2017,
https://arxiv.org/abs/1611.07004), by size.

4x4 convolutions of stride 2, weights from N(0, 0.02^2), gains of BatchNormalization
from N(1, 0.02^2). Convolutions have no bias where a normalisation follows, which would
cancel it. Instance normalisation (Ulyanov et al., 2016,
https://arxiv.org/abs/1607.08022) has neither gain nor offset; with it, the images of a
minibatch do not depend on each other, and G is the same function in training and after
it. BatchNormalization on batches of one image, as the paper has it, is the same.
"""

import keras

from tf_gan.errors import UserError, integers, one_of
from tf_gan.networks import check_shape

NORMALIZATIONS = ("batch", "instance")
MOST_STAGES = 8


def normal(mean: float = 0.0) -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(mean, 0.02)


def normalized(x, kind: str):
    """Returns normalised maps: over the batch, or each channel of each image alone."""
    one_of("normalization", kind, NORMALIZATIONS)
    if kind == "batch":
        return keras.layers.BatchNormalization(
            momentum=0.9, epsilon=1e-5, gamma_initializer=normal(1.0)
        )(x)
    return keras.layers.GroupNormalization(groups=-1, epsilon=1e-5, center=False, scale=False)(x)


def checked_source(source_shape, image_shape) -> tuple[int, ...]:
    """Returns the shape of sources, by default that of the images.

    Raises:
        ValueError: for another height or width than that of the images.
    """
    if source_shape is None:
        return tuple(image_shape)
    if len(source_shape) != 3 or tuple(source_shape[:2]) != tuple(image_shape[:2]):
        raise UserError(
            "Expected sources of the height and width of the images. Received:"
            f" source_shape={tuple(source_shape)}, image_shape={tuple(image_shape)}"
        )
    return tuple(source_shape)


def unet_stages(image_shape: tuple[int, int, int]) -> int:
    """Returns how often the U-Net halves images of a shape: as long as height and width
    are even, at most 8 times; 256x256 to 1x1, 28x28 to 7x7.

    Raises:
        ValueError: for an odd height or width.
    """
    check_shape(image_shape, 1)
    height, width = image_shape[:2]
    stages = 0
    while stages < MOST_STAGES and height % 2 == width % 2 == 0:
        height, width, stages = height // 2, width // 2, stages + 1
    if not stages:
        raise UserError(
            "Expected an even height and width, best multiples of a power of 2. Received:"
            f" image_shape={tuple(image_shape)}"
        )
    return stages


def build_generator(
    image_shape: tuple[int, int, int] = (256, 256, 3),
    *,
    source_shape: tuple[int, int, int] | None = None,
    width: int = 64,
    dropout: float = 0.5,
    normalization: str = "batch",
) -> keras.Model:
    """Source -> U-Net -> image, tanh.

    For 256x256: C64-C128-C256-C512-C512-C512-C512-C512 down, with LeakyReLU 0.2, and
    C512-C512-C512-C512-C256-C128-C64 and the image up, with ReLU; the maps on the way
    up are joined by the maps of the same size on the way down. The first maps and the
    smallest are not normalised.

    Args:
        image_shape: `(height, width, channels)` of one image: see `unet_stages`.
        source_shape: Shape of one source, by default that of the images; their height
            and width are the same.
        width: Channels of the largest maps; twice as many each time they are halved, at
            most 8 times as many.
        dropout: Rate of the dropout in the first three stages up, in [0, 1).
        normalization: `"batch"` or `"instance"`.

    Returns:
        Model from `(B, *source_shape)` to images in [-1, 1], `(B, *image_shape)`.
    """
    stages = unet_stages(image_shape)
    channels = [width * min(2**stage, 8) for stage in range(stages)]
    sources = x = keras.Input(checked_source(source_shape, image_shape), name="sources")
    down = []
    for stage, count in enumerate(channels):
        plain = stage in (0, stages - 1)
        x = keras.layers.LeakyReLU(0.2)(x) if stage else x
        x = keras.layers.Conv2D(
            count, 4, strides=2, padding="same", use_bias=plain, kernel_initializer=normal()
        )(x)
        x = x if plain else normalized(x, normalization)
        down.append(x)
    for stage in reversed(range(stages - 1)):
        x = keras.layers.ReLU()(x)
        x = keras.layers.Conv2DTranspose(
            channels[stage],
            4,
            strides=2,
            padding="same",
            use_bias=False,
            kernel_initializer=normal(),
        )(x)
        x = normalized(x, normalization)
        x = keras.layers.Dropout(dropout)(x) if dropout and stage >= stages - 4 else x
        x = keras.layers.Concatenate()([x, down[stage]])
    x = keras.layers.Conv2DTranspose(
        image_shape[-1], 4, strides=2, padding="same", kernel_initializer=normal()
    )(keras.layers.ReLU()(x))
    return keras.Model(
        sources, keras.layers.Activation("tanh", dtype="float32")(x), name="generator"
    )


def build_discriminator(
    image_shape: tuple[int, int, int] = (256, 256, 3),
    *,
    source_shape: tuple[int, int, int] | None = None,
    width: int = 64,
    stages: int = 3,
    normalization: str = "batch",
) -> keras.Model:
    """Image and source, joined -> PatchGAN: a logit for each overlapping patch of 70x70
    pixels, with the default stages.

    Args:
        image_shape: `(height, width, channels)` of one image.
        source_shape: Shape of one source, by default that of the images; their height
            and width are the same.
        width: Channels of the first maps, >= 1; twice as many each time, at most 8
            times as many.
        stages: Convolutions of stride 2, >= 1.
        normalization: `"batch"` or `"instance"`.

    Returns:
        Model from `[images, sources]` to logits `(B, H', W', 1)`.
    """
    check_shape(image_shape, 1)
    images, sources = (
        keras.Input(image_shape, name="images"),
        keras.Input(checked_source(source_shape, image_shape), name="sources"),
    )
    logits = patch_logits(
        keras.layers.Concatenate()([images, sources]), width, stages, normalization
    )
    return keras.Model([images, sources], logits, name="discriminator")


def patch_logits(x, width: int = 64, stages: int = 3, normalization: str = "batch"):
    """Maps -> C64-C128-C256, of stride 2, -> C512 and the logits, of stride 1, all 4x4
    with LeakyReLU 0.2; the first is not normalised.

    A logit sees 16, 34, 70, 142 pixels for 1, 2, 3, 4 stages.

    Args:
        x: Symbolic maps `(B, H, W, channels)`.
        width: Channels of the first maps, >= 1; twice as many each time, at most 8
            times as many.
        stages: Convolutions of stride 2, >= 1.
        normalization: `"batch"` or `"instance"`.

    Raises:
        ValueError: if the maps are too small for the stages.
    """

    def convolution(x, count, stride, use_bias):
        # One pixel on each side: Keras' "same" where sizes are even and the stride is 2;
        # elsewhere an even kernel would have it on one side more.
        same = stride == 2 and all(size % 2 == 0 for size in x.shape[1:3])
        return keras.layers.Conv2D(
            count,
            4,
            strides=stride,
            padding="same" if same else "valid",
            use_bias=use_bias,
            kernel_initializer=normal(),
        )(x if same else keras.layers.ZeroPadding2D(1)(x))

    integers(stages=stages)
    least = 2**stages * 3
    if min(x.shape[1:3]) < least:
        raise UserError(
            f"A PatchGAN of {stages} stages takes images of at least {least} x {least} pixels."
            f" Received: {x.shape[1]} x {x.shape[2]}"
        )
    for stage in range(stages + 1):
        x = convolution(
            x, width * min(2**stage, 8), 2 if stage < stages else 1, use_bias=stage == 0
        )
        x = keras.layers.LeakyReLU(0.2)(normalized(x, normalization) if stage else x)
    return keras.layers.Activation("linear", dtype="float32")(convolution(x, 1, 1, use_bias=True))
