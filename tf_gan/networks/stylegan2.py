"""The networks of StyleGAN2: a mapping from latents to styles, a generator whose
convolutions are scaled by them, a residual discriminator.

Karras et al., Analyzing and Improving the Image Quality of StyleGAN (2020),
https://arxiv.org/abs/1912.04958; config F, and E with half the channels from 64x64 on.
Maps of height h have min(max_width, base_width / h) channels: `base_width=32768` is F,
16384 is E, which its authors take for 256x256 too; in a generator for 1024x1024 30.4
and 24.8 million parameters. The low-pass filter is [1, 3, 3, 1], as in the authors' code.

The generator is one Keras model with two inside it: `mapping`, from latents (and
labels) to w, and `synthesis`, from a w for each of its layers to an image. See
`tf_gan.StyleGAN2` for the training.
"""

from typing import Any

import keras

from tf_gan.errors import UserError, integers
from tf_gan.layers import (
    BinomialUpsample2D,
    Blur2D,
    EqualizedConv2D,
    EqualizedDense,
    LearnedConstant,
    MinibatchStddev,
    ModulatedConv2D,
    NoiseMap,
    PixelNorm,
    ScaledLeakyReLU,
    TrackedMean,
)
from tf_gan.networks import check_shape, inputs_of


def sizes_of(image_shape: tuple[int, int, int]) -> list[tuple[int, int]]:
    """Returns height and width of the maps, from those whose shorter side is from 4 to 7
    on.

    Raises:
        UserError: for sides that cannot be halved until then, or below 8.
    """
    check_shape(image_shape, 1)
    side, count = min(image_shape[:2]), 0
    while side >= 8:
        side, count = side // 2, count + 1
    check_shape(image_shape, max(2, 2**count))
    if not count:
        raise UserError(f"Expected sides of 8 or more. Received: image_shape={tuple(image_shape)}")
    height, width = image_shape[:2]
    return [(height >> n, width >> n) for n in range(count, -1, -1)]


def build_generator(
    image_shape: tuple[int, int, int],
    latent_dim: int = 512,
    num_classes: int | None = None,
    *,
    base_width: int = 16384,
    max_width: int = 512,
    style_dim: int = 512,
    mapping_layers: int = 8,
    noise: bool = True,
) -> keras.Model:
    """Latents -> mapping -> w -> synthesis -> image.

    Args:
        image_shape: `(height, width, channels)` of one image; the shorter side from 8
            on, 4 to 7 after halvings.
        latent_dim: Length of the latent vector, normal.
        num_classes: Number of classes; None for a generator without labels.
        base_width: Channels of maps are `base_width` over their height, at most
            `max_width`.
        max_width: Most channels of maps, >= 1.
        style_dim: Length of w.
        mapping_layers: Dense layers of the mapping, >= 1: 8 in the paper, 2 in its
            authors' settings for small images.
        noise: Whether noise is added behind each convolution.

    Returns:
        Model from latents `(B, latent_dim)`, or `[latents, labels]`, to images `(B,
        *image_shape)`, any real values. Its layers `mapping` and `synthesis` are models.
    """
    sizes = sizes_of(image_shape)
    integers(mapping_layers=mapping_layers)
    mapping = build_mapping(latent_dim, num_classes, style_dim, mapping_layers)
    synthesis = build_synthesis(
        image_shape, style_dim, base_width=base_width, max_width=max_width, noise=noise
    )
    inputs, _, _ = inputs_of((latent_dim,), "latents", num_classes)
    w = keras.layers.RepeatVector(2 * len(sizes), name="repeat")(mapping(inputs))
    return keras.Model(inputs, synthesis(w), name="generator")


def build_mapping(
    latent_dim: int, num_classes: int | None = None, style_dim: int = 512, layers: int = 8
) -> keras.Model:
    """Latents, normalised, joined to a normalised embedding of the class -> dense layers
    that learn at a hundredth of the rate -> w.

    Args:
        latent_dim: Length of the latent vector.
        num_classes: Number of classes; None for no labels.
        style_dim: Length of w.
        layers: Dense layers, >= 1.

    Returns:
        Model from latents, or `[latents, labels]`, to w `(B, style_dim)`. Its layer
        `mean` keeps the mean of w over the training.
    """
    integers(layers=layers)
    inputs, latents, labels = inputs_of((latent_dim,), "latents", num_classes)
    x = PixelNorm()(latents)
    if num_classes:
        classes = keras.layers.Embedding(num_classes, style_dim, _normal(), name="classes")(labels)
        x = keras.layers.Concatenate()([x, PixelNorm()(classes)])
    for number in range(layers):
        dense = EqualizedDense(style_dim, lr_multiplier=0.01, name=f"dense_{number + 1}")
        x = ScaledLeakyReLU()(dense(x))
    return keras.Model(inputs, TrackedMean(name="mean", dtype="float32")(x), name="mapping")


def build_synthesis(
    image_shape: tuple[int, int, int],
    style_dim: int = 512,
    *,
    base_width: int = 16384,
    max_width: int = 512,
    noise: bool = True,
) -> keras.Model:
    """A learned map -> styled convolution -> for each further size two of them, the first
    of which doubles height and width; the image is the sum of what each size says,
    doubled with the filter.

    Layer number l takes w_l; the layer to colours of a size takes the w of the layer
    that would follow.

    Args:
        image_shape: `(height, width, channels)` of one image.
        style_dim: Length of w.
        base_width: As for `build_generator`.
        max_width: As for `build_generator`.
        noise: As for `build_generator`.

    Returns:
        Model from styles `(B, layers, style_dim)`, two layers for each size, to images
        `(B, *image_shape)`.
    """
    sizes = sizes_of(image_shape)
    styles = keras.Input((2 * len(sizes), style_dim), name="styles")
    x: Any = None
    images = None
    for stage, (height, width) in enumerate(sizes):
        channels = _width(height, base_width, max_width)
        if not stage:
            x = LearnedConstant(height, width, channels, name="constant")(styles)
        names = (f"conv_{height}_up", f"conv_{height}") if stage else (f"conv_{height}",)
        for number, name in enumerate(names, 2 * stage - len(names) + 1):
            convolution = ModulatedConv2D(channels, upsample=name.endswith("up"), name=name)
            x = convolution([x, _style(styles, number, x.shape[-1], name)])
            x = NoiseMap(name=f"{name}_noise")(x) if noise else x
            x = ScaledLeakyReLU()(x)
        name = f"colors_{height}"
        colors = ModulatedConv2D(image_shape[-1], 1, demodulate=False, dtype="float32", name=name)
        colors = colors([x, _style(styles, 2 * stage + 1, channels, name)])
        if stage:
            colors = keras.layers.Add(dtype="float32")(
                [BinomialUpsample2D(dtype="float32")(images), colors]
            )
        images = colors
    return keras.Model(styles, images, name="synthesis")


def build_discriminator(
    image_shape: tuple[int, int, int],
    num_classes: int | None = None,
    *,
    base_width: int = 16384,
    max_width: int = 512,
    residual: bool = True,
    stddev_group: int = 4,
) -> keras.Model:
    """Image -> 1x1 convolution -> for each size two 3x3 convolutions, of which the second
    halves height and width behind the filter, plus a 1x1 convolution of the halved maps,
    over sqrt(2) -> minibatch standard deviation, 3x3 convolution, dense layer -> one
    logit; with classes the product of features and the embedding of the class.

    Args:
        image_shape: `(height, width, channels)` of one image.
        num_classes: Number of classes; None for a discriminator without labels.
        base_width: As for `build_generator`.
        max_width: As for `build_generator`.
        residual: Whether there are the 1x1 convolutions beside the 3x3 ones; the paper's
            authors leave them out for CIFAR-10.
        stddev_group: Images of a group of the minibatch standard deviation, >= 1.

    Returns:
        Model from images `(B, *image_shape)`, or `[images, labels]`, to logits `(B,
        1)`.
    """
    widths = [_width(height, base_width, max_width) for height, _ in sizes_of(image_shape)]
    inputs, images, labels = inputs_of(image_shape, "images", num_classes)
    x = ScaledLeakyReLU()(EqualizedConv2D(widths[-1], 1, name="colors")(images))
    for stage in range(len(widths) - 1, 0, -1):
        y = ScaledLeakyReLU()(EqualizedConv2D(widths[stage], 3)(x))
        down = EqualizedConv2D(widths[stage - 1], 3, strides=2, padding="valid")
        y = ScaledLeakyReLU()(down(Blur2D()(y)))
        if residual:
            x = Blur2D((1, 1), strides=2)(x)
            x = EqualizedConv2D(widths[stage - 1], 1, use_bias=False)(x)
            y = keras.layers.Rescaling(0.5**0.5)(keras.layers.Add()([x, y]))
        x = y
    x = MinibatchStddev(stddev_group)(x)
    x = ScaledLeakyReLU()(EqualizedConv2D(widths[0], 3)(x))
    x = EqualizedDense(widths[0], dtype="float32")(keras.layers.Flatten()(x))
    x = ScaledLeakyReLU(dtype="float32")(x)
    if not num_classes:
        logits = EqualizedDense(1, dtype="float32", name="logits")(x)
        return keras.Model(inputs, logits, name="discriminator")
    classes = keras.layers.Embedding(num_classes, widths[0], _normal(), name="classes")(labels)
    features = EqualizedDense(widths[0], dtype="float32", name="features")(x)
    product = keras.layers.Dot(1, dtype="float32")([features, PixelNorm(dtype="float32")(classes)])
    logits = keras.layers.Rescaling(widths[0] ** -0.5, dtype="float32")(product)
    return keras.Model(inputs, logits, name="discriminator")


def _width(height: int, base_width: int, max_width: int) -> int:
    return max(1, min(max_width, base_width // height))


def _style(styles, number: int, channels: int, name: str):
    """Returns the factors of a layer's input channels, from its w."""
    affine = EqualizedDense(channels, bias_init=1.0, name=f"{name}_style")
    return affine(styles[:, number])


def _normal() -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=1.0)
