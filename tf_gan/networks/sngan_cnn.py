"""SNGAN's plain convolutional networks, for images whose sides are multiples of 8.

Miyato et al., Spectral Normalization for Generative Adversarial Networks (2018),
https://arxiv.org/abs/1802.05957, table 3: every layer of D is spectrally normalised,
and there is no other normalisation in it. For 32x32x3 images G has 3,812,355 parameters
and D 2,935,873. `sngan` has the residual ones.

With classes G has a gain and a shift for each of them, and D the projection of Miyato
and Koyama, cGANs with Projection Discriminator (2018),
https://arxiv.org/abs/1802.05637, of the sum of its last maps over all places. That paper
has residual networks alone: these are for CPUs, where a step takes a tenth of the time.
"""

import math

import keras
from keras import ops

from tf_gan.networks import check_shape, inputs_of
from tf_gan.networks.residual import Layers, batch_norm, project


def build_generator(
    image_shape: tuple[int, int, int],
    latent_dim: int = 128,
    num_classes: int | None = None,
    *,
    width: int = 512,
) -> keras.Model:
    """Latents -> H/8 x W/8 x 512 -> three transposed convolutions 4x4 of stride 2 with
    256, 128 and 64 channels, BatchNormalization and ReLU -> 3x3 -> image, tanh.

    Args:
        image_shape: `(height, width, channels)` of one image; height and width are
            multiples of 8.
        latent_dim: Length of the latent vector; in the paper 128, normal.
        num_classes: Number of classes; None for a generator without labels.
        width: Channels of the smallest maps, >= 8.

    Returns:
        Model from latents `(B, latent_dim)`, or `[latents, labels]`, to images in [-1,
        1], `(B, *image_shape)`.
    """
    check_shape(image_shape, 8)
    layers = Layers(spectral=False)
    inputs, latents, labels = inputs_of((latent_dim,), "latents", num_classes)
    norm = batch_norm(labels, num_classes)
    small = (image_shape[0] // 8, image_shape[1] // 8, width)
    x = keras.layers.Reshape(small)(layers.dense(latents, math.prod(small)))
    for part in (2, 4, 8):
        x = keras.layers.Conv2DTranspose(
            width // part, 4, 2, padding="same", kernel_initializer=layers.kernel()
        )(x)
        x = keras.layers.ReLU()(norm(x))
    images = keras.layers.Activation("tanh", dtype="float32")(layers.conv(x, image_shape[-1]))
    return keras.Model(inputs, images, name="generator")


def build_discriminator(
    image_shape: tuple[int, int, int],
    num_classes: int | None = None,
    *,
    width: int = 512,
    spectral_normalization: bool = True,
) -> keras.Model:
    """Image -> 3x3 with 64 channels, then 4x4 of stride 2 and 3x3 with 64 and 128, 128
    and 256, 256 and 512, LeakyReLU 0.1 -> one logit.

    Args:
        image_shape: `(height, width, channels)` of one image; height and width are
            multiples of 8.
        num_classes: Number of classes; None for a discriminator without labels.
        width: Channels of the smallest maps, >= 8.
        spectral_normalization: Whether the layers are spectrally normalised.

    Returns:
        Model from images `(B, *image_shape)`, or `[images, labels]`, to logits `(B,
        1)`.
    """
    check_shape(image_shape, 8)
    layers = Layers(spectral_normalization)
    inputs, images, labels = inputs_of(image_shape, "images", num_classes)
    x = _leaky(layers.conv(images, width // 8))
    for part in (8, 4, 2):
        x = _leaky(layers.conv(x, width // part, 4, strides=2))
        x = _leaky(layers.conv(x, 2 * width // part))
    logits = layers.dense(keras.layers.Flatten()(x), 1, dtype="float32")
    if num_classes:
        features = ops.sum(ops.cast(x, "float32"), axis=(1, 2))
        logits = project(layers, logits, features, labels, num_classes)
    return keras.Model(inputs, logits, name="discriminator")


def _leaky(x):
    return keras.layers.LeakyReLU(0.1)(x)
