"""The networks of progressive growing, which begin with the smallest maps and grow by a
stage at a time.

Karras et al., Progressive Growing of GANs for Improved Quality, Stability, and Variation
(2018), https://arxiv.org/abs/1710.10196, table 2. Stage 0 has the smallest maps, 4x4 for
squares of a power of 2; each further stage has twice their size, two 3x3 convolutions,
LeakyReLU 0.2 and the learning rate equalised. Images are read and written by 1x1
convolutions, a pair for each stage. G normalises the features of each pixel after each
convolution; D has none of this, and a channel with the deviation of the minibatch before
its last convolutions.

`stage_generator` and `stage_discriminator` are the networks of one stage, with the layers
of the whole ones. The whole ones hold all stages: with the alphas of their `FadeIn`
layers at 1 they are the grown networks; with those above a stage at 0, what that stage is,
for images of the full size.
"""

from collections.abc import Sequence

import keras

from tf_gan.layers import EqualizedConv2D, EqualizedDense, FadeIn, MinibatchStddev, PixelNorm
from tf_gan.networks.r3gan import default_widths, smallest_maps

SLOPE = 0.2
GAIN = 2.0**0.5  # Of He et al. (2015), before a LeakyReLU as before a ReLU.


def build_generator(
    image_shape: tuple[int, int, int],
    latent_dim: int = 512,
    *,
    width: int = 512,
    widths: Sequence[int] = (),
) -> keras.Model:
    """Latents, on a sphere -> dense -> stages -> image.

    Args:
        image_shape: `(height, width, channels)` of one image; height and width are
            multiples of 2 to the number of stages less 1.
        latent_dim: Length of the latent vector; in the paper 512, normal.
        width: Channels of the maps up to 32x32; half as many at each doubling after.
        widths: Channels of each stage, from the smallest maps on, in place of `width`.

    Returns:
        Model from latents `(B, latent_dim)` to images `(B, *image_shape)`, any real
        values. With the paper's 512 channels, 1024x1024 has 23.1 million parameters.

    Raises:
        ValueError: for a size that cannot be halved so often.
    """
    widths = tuple(widths) or default_widths(image_shape, width)
    size = smallest_maps(image_shape, len(widths))
    first = [
        PixelNorm(),
        # As the paper's convolution of 4x4, whose fan-in is that of all places; its biases are
        # one for each place, the paper's one for each channel.
        EqualizedDense(size[0] * size[1] * widths[0], gain=GAIN / (size[0] * size[1]) ** 0.5),
        keras.layers.Reshape((*size, widths[0])),
        keras.layers.LeakyReLU(SLOPE),
        PixelNorm(),
        *_normalized(widths[0]),
    ]
    layers = {"block_0": _sequence("block_0", (latent_dim,), first)}
    for stage, channels in enumerate(widths):
        height, columns = size[0] << stage, size[1] << stage
        if stage:
            up = [keras.layers.UpSampling2D(2), *_normalized(channels), *_normalized(channels)]
            below = (height // 2, columns // 2, widths[stage - 1])
            layers[f"block_{stage}"] = _sequence(f"block_{stage}", below, up)
            layers[f"fade_{stage}"] = FadeIn(dtype="float32", name=f"fade_{stage}")
        layers[f"to_image_{stage}"] = EqualizedConv2D(
            image_shape[-1], 1, dtype="float32", name=f"to_image_{stage}"
        )
    latents = x = keras.Input((latent_dim,), name="latents")
    image = None
    for stage in range(len(widths)):
        x = layers[f"block_{stage}"](x)
        new = layers[f"to_image_{stage}"](x)
        image = layers[f"fade_{stage}"]([_up(image), new]) if stage else new
    return keras.Model(latents, image, name="generator")


def build_discriminator(
    image_shape: tuple[int, int, int],
    *,
    width: int = 512,
    widths: Sequence[int] = (),
    group_size: int | None = 4,
) -> keras.Model:
    """Image -> stages, from the largest to the smallest maps -> dense -> one logit.

    Args:
        image_shape: `(height, width, channels)` of one image; height and width are
            multiples of 2 to the number of stages less 1.
        width: Channels of the maps up to 32x32; half as many at each doubling after.
        widths: Channels of each stage, from the smallest maps on, in place of `width`.
        group_size: Images of a group whose deviation D sees; None for the whole
            minibatch, as in the paper. See `tf_gan.layers.MinibatchStddev`.

    Returns:
        Model from images `(B, *image_shape)` to logits `(B, 1)`.

    Raises:
        ValueError: for a size that cannot be halved so often.
    """
    widths = tuple(widths) or default_widths(image_shape, width)
    height, columns = smallest_maps(image_shape, len(widths))
    channels = widths[0]
    layers: dict[str, keras.layers.Layer] = {}
    for stage, count in enumerate(widths):
        shape = (height << stage, columns << stage)
        layers[f"from_image_{stage}"] = _sequence(
            f"from_image_{stage}", (*shape, image_shape[-1]), _convolution(count, 1)
        )
        if stage:
            layers[f"block_{stage}"] = _sequence(
                f"block_{stage}",
                (*shape, count),
                [
                    *_convolution(count, 3),
                    *_convolution(widths[stage - 1], 3),
                    keras.layers.AveragePooling2D(2),
                ],
            )
            layers[f"fade_{stage}"] = FadeIn(name=f"fade_{stage}")
    last = [
        MinibatchStddev(group_size),
        *_convolution(channels, 3),
        keras.layers.Flatten(),
        EqualizedDense(channels, gain=GAIN),
        keras.layers.LeakyReLU(SLOPE),
        EqualizedDense(1, dtype="float32"),
    ]
    layers["block_0"] = _sequence("block_0", (height, columns, channels), last)
    images = keras.Input(image_shape, name="images")
    logits = _judged(images, layers.__getitem__, len(widths) - 1)
    return keras.Model(images, logits, name="discriminator")


def stages(network: keras.Model) -> int:
    """Returns how many stages a network has."""
    return len(fades(network)) + 1


def fades(network: keras.Model) -> list[FadeIn]:
    """Returns the blends of a network, that of stage 1 first."""
    found = [layer for layer in network.layers if isinstance(layer, FadeIn)]
    return sorted(found, key=lambda layer: int(layer.name.split("_")[-1]))


def stage_generator(generator: keras.Model, stage: int, enlarge: bool = False) -> keras.Model:
    """Returns the generator of a stage, which has the layers of the whole one.

    Args:
        generator: What `build_generator` returned, or a copy of it.
        stage: Number of the stage, >= 0.
        enlarge: Whether its images are repeated to the size of the whole one's.

    Returns:
        Model from latents to images of the stage's size.
    """
    layer = generator.get_layer
    latents = x = keras.Input(generator.input_shape[1:], name="latents")
    for number in range(stage):
        x = layer(f"block_{number}")(x)
    image = layer(f"to_image_{stage}")(layer(f"block_{stage}")(x))
    if stage:
        image = layer(f"fade_{stage}")([_up(layer(f"to_image_{stage - 1}")(x)), image])
    for _ in range(stages(generator) - 1 - stage if enlarge else 0):
        image = _up(image)
    return keras.Model(latents, image, name=f"generator_{stage}")


def stage_discriminator(discriminator: keras.Model, stage: int) -> keras.Model:
    """Returns the discriminator of a stage, which has the layers of the whole one.

    Args:
        discriminator: What `build_discriminator` returned, or a copy of it.
        stage: Number of the stage, >= 0.

    Returns:
        Model from images of the stage's size to logits `(B, 1)`.
    """
    shape = discriminator.get_layer(f"from_image_{stage}").input_shape[1:]
    images = keras.Input(shape, name="images")
    logits = _judged(images, discriminator.get_layer, stage)
    return keras.Model(images, logits, name=f"discriminator_{stage}")


def _judged(images, layer, stage: int):
    """Returns the logits of images of a stage's size.

    Args:
        images: Symbolic images.
        layer: Function from names to layers.
        stage: The stage whose maps the images have.
    """
    x = layer(f"from_image_{stage}")(images)
    for number in range(stage, 0, -1):
        x = layer(f"block_{number}")(x)
        images = keras.layers.AveragePooling2D(2)(images)
        x = layer(f"fade_{number}")([layer(f"from_image_{number - 1}")(images), x])
    return layer("block_0")(x)


def _up(images):
    return keras.layers.UpSampling2D(2, dtype="float32")(images)


def _convolution(filters: int, kernel_size: int) -> list[keras.layers.Layer]:
    return [EqualizedConv2D(filters, kernel_size, gain=GAIN), keras.layers.LeakyReLU(SLOPE)]


def _normalized(filters: int) -> list[keras.layers.Layer]:
    return [*_convolution(filters, 3), PixelNorm()]


def _sequence(name: str, shape: tuple, layers: list[keras.layers.Layer]) -> keras.Model:
    """Returns layers as one: a functional model."""
    inputs = x = keras.Input(shape)
    for layer in layers:
        x = layer(x)
    return keras.Model(inputs, x, name=name)
