"""The generator and the discriminator of StarGAN, by size.

Choi et al., StarGAN: Unified Generative Adversarial Networks for Multi-Domain
Image-to-Image Translation (2018), https://arxiv.org/abs/1711.09020, tables 4 and 5. Edges
are padded by zeros: planes of a label with repeated edges are constant, and the instance
normalisation would take them away. Weights start from U(-1, 1) / sqrt(fan-in), as in the
authors' code.
"""

import keras
from keras import ops

from tf_gan.errors import integer
from tf_gan.networks import check_shape, inputs_of


def build_generator(
    image_shape: tuple[int, int, int] = (128, 128, 3),
    num_classes: int = 5,
    *,
    width: int = 64,
    blocks: int = 6,
) -> keras.Model:
    """Image and label -> 7x7, two 4x4 of stride 2 -> residual blocks -> two transposed
    4x4, 7x7 -> image, tanh.

    A label is `num_classes` planes beside the channels of the image, one of them 1, the
    others 0. Instance normalisation with gain and offset, then ReLU, follow each
    convolution but the last; convolutions have no bias.

    Args:
        image_shape: `(height, width, channels)` of one image; height and width are
            multiples of 4.
        num_classes: Number of domains, >= 2.
        width: Channels of the largest maps, >= 1.
        blocks: Residual blocks, >= 0.

    Returns:
        Model from `[images, labels]`, `(B, *image_shape)` and int32 `(B,)`, to images in
        [-1, 1], `(B, *image_shape)`. With the paper's sizes and 5 domains it has
        8,430,528 parameters.

    Raises:
        ValueError: for an image whose sides are no multiples of 4.
    """
    check_shape(image_shape)

    def convolution(x, filters, kernel_size, kind=keras.layers.Conv2D, **kwargs):
        return kind(
            filters,
            kernel_size,
            padding="same",
            use_bias=False,
            kernel_initializer=_initializer(),
            **kwargs,
        )(x)

    def normalized(x):
        return keras.layers.GroupNormalization(groups=-1, epsilon=1e-5)(x)

    def block(x, *args, **kwargs):
        return keras.layers.ReLU()(normalized(convolution(x, *args, **kwargs)))

    inputs, images, labels = inputs_of(image_shape, "images", num_classes)
    planes = ops.one_hot(labels, num_classes)[:, None, None, :]
    x = keras.layers.Concatenate()([images, ops.ones_like(images[..., :1]) * planes])
    x = block(x, width, 7)
    for count in (2 * width, 4 * width):
        x = block(x, count, 4, strides=2)
    for _ in range(blocks):
        inner = block(x, 4 * width, 3)
        x = keras.layers.Add()([x, normalized(convolution(inner, 4 * width, 3))])
    for count in (2 * width, width):
        x = block(x, count, 4, keras.layers.Conv2DTranspose, strides=2)
    x = convolution(x, image_shape[-1], 7)
    made = keras.layers.Activation("tanh", dtype="float32")(x)
    return keras.Model(inputs, made, name="generator")


def build_discriminator(
    image_shape: tuple[int, int, int] = (128, 128, 3),
    num_classes: int = 5,
    *,
    width: int = 64,
    stages: int = 6,
) -> keras.Model:
    """Image -> 4x4 convolutions of stride 2 with LeakyReLU 0.01 -> a logit for each patch,
    and logits of the domains.

    Args:
        image_shape: `(height, width, channels)` of one image; height and width are
            multiples of 2^`stages`.
        num_classes: Number of domains, >= 2.
        width: Channels of the first maps, >= 1; twice as many each time.
        stages: Convolutions of stride 2, >= 1; 6 in the paper, for 128x128.

    Returns:
        Model from images `(B, *image_shape)` to `[logits, class logits]`, of shapes `(B,
        h, w, 1)` and `(B, num_classes)`. With the paper's sizes and 5 domains it has
        44,762,048 parameters.

    Raises:
        ValueError: for an image that cannot be halved so often.
    """
    stages = integer("stages", stages)
    check_shape(image_shape, 2**stages)
    images = x = keras.Input(image_shape, name="images")
    for stage in range(stages):
        x = keras.layers.Conv2D(
            width << stage, 4, strides=2, padding="same", kernel_initializer=_initializer()
        )(x)
        x = keras.layers.LeakyReLU(0.01)(x)

    def head(filters, kernel_size, padding):
        return keras.layers.Conv2D(
            filters,
            kernel_size,
            padding=padding,
            use_bias=False,
            kernel_initializer=_initializer(),
            dtype="float32",
        )(x)

    logits = head(1, 3, "same")
    classes = keras.layers.Flatten(dtype="float32")(head(num_classes, x.shape[1:3], "valid"))
    return keras.Model(images, [logits, classes], name="discriminator")


def _initializer() -> keras.initializers.Initializer:
    """U(-1, 1) / sqrt(fan-in)."""
    return keras.initializers.VarianceScaling(1.0 / 3.0, "fan_in", "uniform")
