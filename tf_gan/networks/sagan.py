"""SAGAN's networks: those of `sngan` with self-attention, and spectral normalisation in
both.

Zhang et al., Self-Attention Generative Adversarial Networks (2018),
https://arxiv.org/abs/1805.08318. The paper has 128x128 images alone, attention at 32x32
maps, one step of D for each of G and rates of 1e-4 for G and 4e-4 for D; for 32x32
attention stands at 16x16 maps, as in public reproductions, where it was measured to buy
nothing.
"""

import keras

from tf_gan.networks import check_shape, inputs_of
from tf_gan.networks.residual import Layers, batch_norm, grow, judge, shrink
from tf_gan.networks.sngan import discriminator_widths, generator_widths


def default_attention(image_shape: tuple[int, int, int]) -> int:
    """Returns the shorter side of the maps with attention: half of the images', a
    quarter from 128x128 on.
    """
    check_shape(image_shape, 1)
    shorter = min(image_shape[:2])
    return shorter // (4 if shorter >= 128 else 2)


def build_generator(
    image_shape: tuple[int, int, int],
    latent_dim: int = 128,
    num_classes: int | None = None,
    *,
    width: int | None = None,
    attention: int | None = None,
    initializer: str = "glorot",
    spectral_normalization: bool = True,
) -> keras.Model:
    """Latents -> 4x4 -> a residual block for each doubling, behind one of which
    attention stands -> BN, ReLU, 3x3, tanh.

    Args:
        image_shape: `(height, width, channels)` of one image; height and width are
            multiples of 8 below 64x64, of 16 below 128x128, of 32 below 256x256.
        latent_dim: Length of the latent vector; in the paper 128, normal.
        num_classes: Number of classes; None for a generator without labels.
        width: Channels of the widest maps; None for the paper's: 256 below 64x64, else
            1024.
        attention: Shorter side of the maps with attention; 0 for none, None for
            `default_attention(image_shape)`.
        initializer: `"glorot"`, uniform; `"orthogonal"`; or `"normal"`, N(0, 0.02^2).
        spectral_normalization: Whether the layers are spectrally normalised.

    Returns:
        Model from latents `(B, latent_dim)`, or `[latents, labels]`, to images in [-1,
        1], `(B, *image_shape)`.
    """
    widths = generator_widths(image_shape, width)
    attention = default_attention(image_shape) if attention is None else attention
    inputs, latents, labels = inputs_of((latent_dim,), "latents", num_classes)
    norms = [batch_norm(labels, num_classes)] * (len(widths) - 1) + [batch_norm()]
    layers = Layers(spectral_normalization, initializer)
    images = grow(layers, latents, image_shape, widths, norms, attention)
    return keras.Model(inputs, images, name="generator")


def build_discriminator(
    image_shape: tuple[int, int, int],
    num_classes: int | None = None,
    *,
    width: int | None = None,
    attention: int | None = None,
    initializer: str = "glorot",
    spectral_normalization: bool = True,
) -> keras.Model:
    """Image -> residual blocks, behind one of which attention stands -> ReLU -> sum
    over all places -> one logit; with classes the product with a vector of the class is
    added.

    Args:
        image_shape: `(height, width, channels)` of one image, as for the generator.
        num_classes: Number of classes; None for a discriminator without labels.
        width: Channels of the widest maps; None for the paper's: 128 below 64x64, else
            1024.
        attention: Shorter side of the maps with attention; 0 for none, None for
            `default_attention(image_shape)`.
        initializer: `"glorot"`, uniform; `"orthogonal"`; or `"normal"`, N(0, 0.02^2).
        spectral_normalization: Whether the layers are spectrally normalised.

    Returns:
        Model from images `(B, *image_shape)`, or `[images, labels]`, to logits `(B,
        1)`.
    """
    widths, halvings = discriminator_widths(image_shape, width)
    attention = default_attention(image_shape) if attention is None else attention
    layers = Layers(spectral_normalization, initializer)
    inputs, images, labels = inputs_of(image_shape, "images", num_classes)
    x = shrink(layers, images, widths, halvings, attention)
    return keras.Model(inputs, judge(layers, x, labels, num_classes), name="discriminator")
