"""The networks of R3GAN: residual networks without normalisation, for images whose
sides are multiples of the smallest maps.

Huang et al., The GAN is dead; long live the GAN! A Modern GAN Baseline (2025),
https://arxiv.org/abs/2501.05441, config E. A stage has residual blocks of a 1x1
convolution to twice the channels, LeakyReLU 0.2, a 3x3 convolution in groups of 16
channels, LeakyReLU, and a 1x1 convolution back; nothing follows the sum. Between stages
maps are resampled by 2 with the binomial filter, and a 1x1 convolution changes the
width where it changes. No normalisation, no tanh.

Fix-up initialisation (Zhang et al., 2019, https://arxiv.org/abs/1901.09321): the last
convolution of each block starts at 0, those before it are scaled by L^(-1/4), L the
number of blocks in the network. The scheme below it is not stated: it is He's normal
one here. For 32x32 images the networks of the paper have 20.7 million parameters each
(`widths=(768, 768, 768, 768)`), for 256x256 23.1 million.
"""

from collections.abc import Sequence

import keras

from tf_gan.errors import UserError, integers
from tf_gan.layers import BinomialDownsample2D, BinomialUpsample2D, GroupedConv2D, LearnedMap
from tf_gan.networks import check_shape, inputs_of

SLOPE = 0.2
HE_GAIN = 2.0 / (1.0 + SLOPE**2)


def default_widths(image_shape: tuple[int, ...], width: int = 768) -> tuple[int, ...]:
    """Returns the paper's widths, from the smallest maps on: `width` up to 32x32, then
    half as many at each doubling.

    The smallest maps have a shorter side from 4 to 7, or an odd one.
    """
    check_shape(image_shape, 1)
    height, columns = image_shape[:2]
    widths: list[int] = []
    while True:
        large = [size for size in (64, 128, 256, 512, 1024) if min(height, columns) > size // 2]
        widths.insert(0, max(1, width >> len(large)))
        if height % 2 or columns % 2 or min(height, columns) < 8:
            return tuple(widths)
        height, columns = height // 2, columns // 2


def smallest_maps(image_shape: tuple[int, int, int], stages: int) -> tuple[int, int]:
    """Returns height and width of the first maps of the generator.

    Raises:
        UserError: if the images cannot be halved so often.
    """
    if stages < 1:
        raise UserError("Expected a width for each stage, such as (128, 64, 32). Received: none")
    check_shape(image_shape, 2 ** (stages - 1))
    height, width = (side >> (stages - 1) for side in image_shape[:2])
    return height, width


def build_generator(
    image_shape: tuple[int, int, int],
    latent_dim: int = 64,
    num_classes: int | None = None,
    *,
    width: int = 768,
    widths: Sequence[int] = (),
    blocks: int = 2,
    group_width: int = 16,
    expansion: int = 2,
    embedding_dim: int = 64,
) -> keras.Model:
    """Latents -> learned map times a linear function of them -> stages -> image.

    Args:
        image_shape: `(height, width, channels)` of one image; height and width are
            multiples of 2 to the number of stages less 1.
        latent_dim: Length of the latent vector; in the paper 64, normal.
        num_classes: Number of classes; None for a generator without labels.
        width: Channels of the maps up to 32x32, for `default_widths`.
        widths: Channels of each stage, from the smallest maps on; by default
            `default_widths(image_shape, width)`.
        blocks: Residual blocks of a stage, >= 1.
        group_width: Channels of a group of the 3x3 convolutions; 0 for one group.
        expansion: Channels inside a block over those of its stage.
        embedding_dim: Length of the embedding of a class, which is joined to the
            latents.

    Returns:
        Model from latents `(B, latent_dim)`, or `[latents, labels]`, to images `(B,
        *image_shape)`, any real values.
    """
    widths = tuple(widths) or default_widths(image_shape, width)
    size = smallest_maps(image_shape, len(widths))
    integers(blocks=blocks)
    scale = (blocks * len(widths)) ** -0.25
    inputs, code, labels = inputs_of((latent_dim,), "latents", num_classes)
    if num_classes:
        initializer = keras.initializers.RandomNormal(stddev=1.0)
        classes = keras.layers.Embedding(num_classes, embedding_dim, initializer, name="classes")
        code = keras.layers.Concatenate()([code, classes(labels)])
    gains = keras.layers.Dense(widths[0], kernel_initializer=_scaled(1.0))(code)
    x = LearnedMap(*size, widths[0])(gains)
    for stage, channels in enumerate(widths):
        if stage:
            x = BinomialUpsample2D()(x)
            x = _project(x, channels)
        for _ in range(blocks):
            x = _block(x, scale, group_width, expansion)
    images = keras.layers.Conv2D(
        image_shape[-1], 1, kernel_initializer=_scaled(1.0), dtype="float32", name="images"
    )(x)
    return keras.Model(inputs, images, name="generator")


def build_discriminator(
    image_shape: tuple[int, int, int],
    num_classes: int | None = None,
    *,
    width: int = 768,
    widths: Sequence[int] = (),
    blocks: int = 2,
    group_width: int = 16,
    expansion: int = 2,
) -> keras.Model:
    """Image -> stages -> depthwise convolution of the whole smallest maps -> one logit;
    with classes the product of features and the embedding of the class.

    Args:
        image_shape: `(height, width, channels)` of one image; height and width are
            multiples of 2 to the number of stages less 1.
        num_classes: Number of classes; None for a discriminator without labels.
        width: Channels of the maps up to 32x32, for `default_widths`.
        widths: Channels of each stage, from the smallest maps on; by default
            `default_widths(image_shape, width)`.
        blocks: Residual blocks of a stage, >= 1.
        group_width: Channels of a group of the 3x3 convolutions; 0 for one group.
        expansion: Channels inside a block over those of its stage.

    Returns:
        Model from images `(B, *image_shape)`, or `[images, labels]`, to logits `(B,
        1)`.
    """
    widths = tuple(widths) or default_widths(image_shape, width)
    smallest_maps(image_shape, len(widths))  # Refuses sizes that do not fit.
    integers(blocks=blocks)
    scale = (blocks * len(widths)) ** -0.25
    inputs, images, labels = inputs_of(image_shape, "images", num_classes)
    x = keras.layers.Conv2D(widths[-1], 1, kernel_initializer=_scaled(1.0))(images)
    for stage in reversed(range(len(widths))):
        for _ in range(blocks):
            x = _block(x, scale, group_width, expansion)
        if stage:
            x = BinomialDownsample2D()(x)
            x = _project(x, widths[stage - 1])
    # A depthwise convolution whose kernel covers the whole maps.
    x = WeightedSum(name="pool")(x)
    if not num_classes:
        logits = keras.layers.Dense(1, kernel_initializer=_scaled(1.0), dtype="float32")(x)
        return keras.Model(inputs, logits, name="discriminator")
    features = keras.layers.Dense(widths[0], kernel_initializer=_scaled(1.0), dtype="float32")(x)
    initializer = keras.initializers.RandomNormal(stddev=widths[0] ** -0.5)
    classes = keras.layers.Embedding(
        num_classes, widths[0], initializer, dtype="float32", name="classes"
    )(labels)
    logits = keras.layers.Dot(1, dtype="float32")([features, classes])
    return keras.Model(inputs, logits, name="discriminator")


def _block(x, scale: float, group_width: int, expansion: int):
    """Returns x + conv1x1(act(conv3x3(act(conv1x1(x))))), which is x at the start."""
    channels, inner = x.shape[-1], expansion * x.shape[-1]
    groups = inner // group_width if group_width and inner > group_width else 1
    if groups > 1 and inner % group_width:
        raise UserError(
            f"Expected widths with {expansion} width a multiple of group_width={group_width}, or"
            f" group_width=0 for one group. Received: a width of {channels}"
        )
    gain = HE_GAIN * scale**2
    y = keras.layers.Conv2D(inner, 1, kernel_initializer=_scaled(gain))(x)
    y = keras.layers.LeakyReLU(SLOPE)(y)
    y = GroupedConv2D(inner, 3, padding="same", groups=groups, kernel_initializer=_scaled(gain))(y)
    y = keras.layers.LeakyReLU(SLOPE)(y)
    y = keras.layers.Conv2D(channels, 1, use_bias=False, kernel_initializer="zeros")(y)
    return keras.layers.Add()([x, y])


def _project(x, channels: int):
    """Returns maps with another number of channels; the same maps if they have it."""
    if x.shape[-1] == channels:
        return x
    return keras.layers.Conv2D(channels, 1, use_bias=False, kernel_initializer=_scaled(1.0))(x)


def _scaled(gain: float) -> keras.initializers.Initializer:
    """N(0, gain / inputs)."""
    return keras.initializers.VarianceScaling(gain, "fan_in", "untruncated_normal")


@keras.saving.register_keras_serializable("tf_gan")
class WeightedSum(keras.layers.Layer):
    """The sum of each channel over all places, with weights: y[c] = sum_hw K[h, w, c]
    x[h, w, c], a depthwise convolution with a kernel of the size of the maps.

    Input: `(B, H, W, C)`. Output: `(B, C)`.
    """

    def build(self, input_shape):
        _, height, width, channels = input_shape
        deviation = (height * width) ** -0.5
        self.kernel = self.add_weight(
            shape=(height, width, channels),
            initializer=keras.initializers.RandomNormal(stddev=deviation),
            name="kernel",
        )

    def call(self, inputs):
        kernel = keras.ops.convert_to_tensor(self.kernel)
        return keras.ops.sum(inputs * kernel, axis=(1, 2))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])
