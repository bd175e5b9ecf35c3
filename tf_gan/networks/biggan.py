"""BigGAN's networks, for images with classes around 32x32, 64x64 and 128x128.

Brock et al., Large Scale GAN Training for High Fidelity Natural Image Synthesis (2018),
https://arxiv.org/abs/1809.11096, appendix B. The latents are cut into chunks: the first
makes the smallest maps, each of the others goes, beside an embedding of the class that
all blocks share, to the gains and shifts of one block. Spectral normalisation in both
networks, but not on the shared embedding, with which G does not learn; orthogonal
initialisation; attention. For 128x128 and 1,000 classes G has 70,433,988 parameters and
D 87,982,370.
"""

from collections.abc import Callable

import keras

from tf_gan.errors import UserError
from tf_gan.layers import ConditionalBatchNormalization
from tf_gan.networks import inputs_of
from tf_gan.networks.residual import Layers, batch_norm, grow, judge, shrink, stages, widths_of

# The widest maps over the others, as in `sngan`.
GENERATOR = {3: (1, 1, 1, 1), 4: (1, 1, 2, 4, 8), 5: (1, 1, 2, 4, 8, 16)}
DISCRIMINATOR = {3: (1, 1, 1, 1), 4: (16, 8, 4, 2, 1), 5: (16, 8, 4, 2, 1, 1)}
HALVINGS = {3: 2, 4: 4, 5: 5}
EPSILON = 1e-5  # Of BatchNormalization.


def build_generator(
    image_shape: tuple[int, int, int],
    latent_dim: int,
    num_classes: int,
    *,
    width: int | None = None,
    embedding_dim: int = 128,
    attention: int | None = None,
    initializer: str = "orthogonal",
    orthogonal_weight: float = 0.0,
    spectral_normalization: bool = True,
) -> keras.Model:
    """First chunk of the latents -> 4x4 -> a residual block for each doubling, each
    with its chunk and the class, attention behind one of them -> BN, ReLU, 3x3, tanh.

    Args:
        image_shape: `(height, width, channels)` of one image; height and width are
            multiples of 8 below 64x64, of 16 below 128x128, of 32 below 256x256.
        latent_dim: Length of the latent vector, a multiple of the number of chunks: 4
            below 64x64, 5 below 128x128, 6 below 256x256. In the paper 120, normal.
        num_classes: Number of classes, >= 2.
        width: Channels of the widest maps; None for 384 below 64x64, else 1536, 16
            times the paper's `ch`.
        embedding_dim: Length of the embedding of a class.
        attention: Shorter side of the maps with attention; 0 for none, None for half of
            the images'.
        initializer: `"orthogonal"`; `"normal"`, N(0, 0.02^2); or `"glorot"`, uniform.
        orthogonal_weight: Weight of `OffDiagonalRegularizer` on all kernels, >= 0.
        spectral_normalization: Whether the layers are spectrally normalised.

    Returns:
        Model from `[latents, labels]`, `(B, latent_dim)` and int32 `(B,)`, to images in
        [-1, 1], `(B, *image_shape)`.
    """
    widths = widths_of(image_shape, width, 384, 1536, GENERATOR)
    chunks = len(widths)
    if latent_dim % chunks:
        raise UserError(
            f"BigGAN cuts the latents into {chunks} chunks: expected a latent_dim that is a"
            f" multiple of {chunks}. Received: latent_dim={latent_dim}"
        )
    size = latent_dim // chunks
    layers = Layers(spectral_normalization, initializer, orthogonal_weight)
    inputs, latents, labels = inputs_of((latent_dim,), "latents", num_classes)
    classes = keras.layers.Embedding(num_classes, embedding_dim, layers.kernel(), name="classes")(
        labels
    )
    norms = [
        _normalization(layers, classes, latents[:, start : start + size])
        for start in range(size, latent_dim, size)
    ]
    norms.append(batch_norm(epsilon=EPSILON))
    side = min(image_shape[:2]) // 2 if attention is None else attention
    images = grow(layers, latents[:, :size], image_shape, widths, norms, side)
    return keras.Model(inputs, images, name="generator")


def _normalization(layers: Layers, classes, chunk) -> Callable:
    """Returns a function that normalises maps of the block with this chunk."""
    condition = keras.layers.Concatenate()([classes, chunk])
    return lambda x: ConditionalBatchNormalization(
        epsilon=EPSILON,
        spectral_normalization=layers.spectral,
        kernel_initializer=layers.kernel(),
        kernel_regularizer=layers.regularizer(),
    )([x, condition])


def build_discriminator(
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    width: int | None = None,
    attention: int | None = None,
    initializer: str = "orthogonal",
    orthogonal_weight: float = 0.0,
    spectral_normalization: bool = True,
) -> keras.Model:
    """Image -> residual blocks, behind one of which attention stands -> ReLU -> sum
    over all places -> one logit, to which the product with a vector of the class is
    added.

    Args:
        image_shape: `(height, width, channels)` of one image, as for the generator.
        num_classes: Number of classes, >= 2.
        width: Channels of the widest maps; None for 192 below 64x64, else 1536.
        attention: Shorter side of the maps with attention; 0 for none, None for half of
            the images'.
        initializer: `"orthogonal"`; `"normal"`, N(0, 0.02^2); or `"glorot"`, uniform.
        orthogonal_weight: Weight of `OffDiagonalRegularizer` on all kernels, >= 0.
        spectral_normalization: Whether the layers are spectrally normalised.

    Returns:
        Model from `[images, labels]`, `(B, *image_shape)` and int32 `(B,)`, to logits
        `(B, 1)`.
    """
    widths = widths_of(image_shape, width, 192, 1536, DISCRIMINATOR)
    layers = Layers(spectral_normalization, initializer, orthogonal_weight)
    inputs, images, labels = inputs_of(image_shape, "images", num_classes)
    side = min(image_shape[:2]) // 2 if attention is None else attention
    x = shrink(layers, images, widths, HALVINGS[stages(image_shape)], side, wide=True)
    logits = judge(layers, x, labels, num_classes, use_bias=True)
    return keras.Model(inputs, logits, name="discriminator")
