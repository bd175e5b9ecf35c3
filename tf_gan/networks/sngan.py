"""SNGAN's residual networks, and the projection discriminator with classes: for images
around 32x32, 64x64 and 128x128.

Miyato et al., Spectral Normalization for Generative Adversarial Networks (2018),
https://arxiv.org/abs/1802.05957, tables 4 and 5; Miyato and Koyama, cGANs with
Projection Discriminator (2018), https://arxiv.org/abs/1802.05637. Every layer of D is
spectrally normalised and nothing else; G has BatchNormalization, with classes a gain
and a shift for each of them. For 32x32 G has 4,276,739 parameters and D 1,053,824; use
the hinge loss, Adam with beta_1 = 0 and five steps of D for each of G. `sngan_cnn` has
the plain networks of the paper's table 3.
"""

import keras

from tf_gan.networks import inputs_of
from tf_gan.networks.residual import Layers, batch_norm, grow, judge, shrink, stages, widths_of

# The widest maps over the others, from the smallest maps of G to the largest, and from
# the largest of D to the smallest; and how many blocks of D halve the maps.
GENERATOR = {3: (1, 1, 1, 1), 4: (1, 2, 4, 8, 16), 5: (1, 1, 2, 4, 8, 16)}
DISCRIMINATOR = {3: (1, 1, 1, 1), 4: (16, 8, 4, 2, 1), 5: (16, 8, 4, 2, 1, 1)}
HALVINGS = {3: 2, 4: 5, 5: 5}


def generator_widths(image_shape: tuple[int, int, int], width: int | None) -> list[int]:
    """Returns the channels of the smallest maps, and behind each block.

    Args:
        image_shape: `(height, width, channels)` of one image.
        width: Channels of the widest maps; None for the paper's: 256 below 64x64, else
            1024.
    """
    return widths_of(image_shape, width, 256, 1024, GENERATOR)


def discriminator_widths(
    image_shape: tuple[int, int, int], width: int | None
) -> tuple[list[int], int]:
    """Returns the channels behind each block, and how many of the blocks halve the
    maps: one fewer than in the paper where a side is an odd multiple of 16, such as 80.

    Args:
        image_shape: `(height, width, channels)` of one image.
        width: Channels of the widest maps; None for the paper's: 128 below 64x64, else
            1024.
    """
    widths = widths_of(image_shape, width, 128, 1024, DISCRIMINATOR)
    halvings = HALVINGS[stages(image_shape)]
    while any(side % 2**halvings for side in image_shape[:2]):
        halvings -= 1
    return widths, halvings


def build_generator(
    image_shape: tuple[int, int, int],
    latent_dim: int = 128,
    num_classes: int | None = None,
    *,
    width: int | None = None,
) -> keras.Model:
    """Latents -> 4x4 -> a residual block for each doubling -> BN, ReLU, 3x3, tanh.

    Args:
        image_shape: `(height, width, channels)` of one image; height and width are
            multiples of 8 below 64x64, of 16 below 128x128, of 32 below 256x256.
        latent_dim: Length of the latent vector; in the paper 128, normal.
        num_classes: Number of classes; None for a generator without labels.
        width: Channels of the widest maps; None for the paper's: 256 below 64x64, else
            1024.

    Returns:
        Model from latents `(B, latent_dim)`, or `[latents, labels]`, to images in [-1,
        1], `(B, *image_shape)`.
    """
    widths = generator_widths(image_shape, width)
    inputs, latents, labels = inputs_of((latent_dim,), "latents", num_classes)
    norms = [batch_norm(labels, num_classes)] * (len(widths) - 1) + [batch_norm()]
    images = grow(Layers(spectral=False), latents, image_shape, widths, norms)
    return keras.Model(inputs, images, name="generator")


def build_discriminator(
    image_shape: tuple[int, int, int],
    num_classes: int | None = None,
    *,
    width: int | None = None,
    spectral_normalization: bool = True,
) -> keras.Model:
    """Image -> residual blocks, the first of which halve the maps -> ReLU -> sum over
    all places -> one logit; with classes the product with a vector of the class is
    added.

    Args:
        image_shape: `(height, width, channels)` of one image, as for the generator.
        num_classes: Number of classes; None for a discriminator without labels.
        width: Channels of the widest maps; None for the paper's: 128 below 64x64, else
            1024.
        spectral_normalization: Whether the layers are spectrally normalised. Without,
            a projection collapses, unless a penalty holds D.

    Returns:
        Model from images `(B, *image_shape)`, or `[images, labels]`, to logits `(B,
        1)`.
    """
    widths, halvings = discriminator_widths(image_shape, width)
    layers = Layers(spectral_normalization)
    inputs, images, labels = inputs_of(image_shape, "images", num_classes)
    x = shrink(layers, images, widths, halvings)
    return keras.Model(inputs, judge(layers, x, labels, num_classes), name="discriminator")
