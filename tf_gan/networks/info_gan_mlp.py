"""The PyTorch-GAN MLP with a second head for InfoGAN's codes: Q shares D's layers and
has one of its own.
"""

import keras

from tf_gan.networks import check_sizes, mlp
from tf_gan.networks.mlp import build_generator

__all__ = ["build_discriminator", "build_generator"]


def build_discriminator(
    image_shape: tuple[int, ...], *, code_dim: int = 12, units=(512, 256), code_units: int = 128
) -> keras.Model:
    """Image -> 512 -> 256 -> one logit, and -> 128 -> what Q says of the codes.

    Args:
        image_shape: Shape of one image, such as `(28, 28, 1)`.
        code_dim: Length of the codes: the categories of all categorical ones, and the
            number of continuous ones.
        units: Sizes of the shared hidden layers.
        code_units: Size of the layer that only Q has.

    Returns:
        Model from `(B, *image_shape)` to `[logits (B, 1), code outputs (B, code_dim)]`.
    """
    check_sizes(image_shape)
    images = keras.Input(image_shape, name="images")
    x = keras.layers.Flatten()(images)
    for size in units:
        x = keras.layers.LeakyReLU(0.2)(mlp.dense(x, size))
    codes = keras.layers.LeakyReLU(0.2)(mlp.dense(x, code_units))
    outputs = [mlp.dense(x, 1, dtype="float32"), mlp.dense(codes, code_dim, dtype="float32")]
    return keras.Model(images, outputs, name="discriminator")
