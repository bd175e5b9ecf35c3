"""The networks of ALI for points, such as its grid of 25 Gaussians: G 4 x 400 and E 2 x
400 ReLU units, D 3 x 200 maxout units of 5 pieces.

Dumoulin et al., Adversarially Learned Inference (2016),
https://arxiv.org/abs/1606.00704. BatchNormalization in G and E. The paper does not
print the initial weights: here they are Keras' own.
"""

import keras

from tf_gan.layers import Maxout


def _hidden(x, units):
    for size in units:
        x = keras.layers.Dense(size, use_bias=False)(x)
        x = keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
    return x


def build_generator(
    image_shape: tuple[int, ...] = (2,), latent_dim: int = 2, *, units=(400, 400, 400, 400)
) -> keras.Model:
    """Latents -> 4 x 400 ReLU -> point.

    Args:
        image_shape: Shape of one point, `(dimensions,)`.
        latent_dim: Length of the latent vector, >= 1.
        units: Sizes of the hidden layers.

    Returns:
        Model from `(B, latent_dim)` to `(B, dimensions)`.
    """
    latents = keras.Input((latent_dim,), name="latents")
    return keras.Model(
        latents,
        keras.layers.Dense(image_shape[0], dtype="float32")(_hidden(latents, units)),
        name="generator",
    )


def build_encoder(
    image_shape: tuple[int, ...] = (2,), latent_dim: int = 2, *, units=(400, 400)
) -> keras.Model:
    """Point -> 2 x 400 ReLU -> mu and log sigma^2.

    Args:
        image_shape: Shape of one point, `(dimensions,)`.
        latent_dim: Length of the latent vector, >= 1.
        units: Sizes of the hidden layers.

    Returns:
        Model from `(B, dimensions)` to two outputs `(B, latent_dim)`.
    """
    points = keras.Input(image_shape, name="points")
    x = _hidden(points, units)
    outputs = [
        keras.layers.Dense(latent_dim, dtype="float32", name=name)(x)
        for name in ("mean", "log_variance")
    ]
    return keras.Model(points, outputs, name="encoder")


def build_discriminator(
    image_shape: tuple[int, ...] = (2,),
    latent_dim: int = 2,
    *,
    units=(200, 200, 200),
    pieces: int = 5,
) -> keras.Model:
    """Point and latents -> 3 x maxout 200x5 -> one logit.

    Args:
        image_shape: Shape of one point, `(dimensions,)`.
        latent_dim: Length of the latent vector, >= 1.
        units: Units of the maxout layers.
        pieces: Affine functions of each maxout unit, >= 1.

    Returns:
        Model from `[points, latents]`, `(B, dimensions)` and `(B, latent_dim)`, to
        logits `(B, 1)`.
    """
    points, latents = (
        keras.Input(image_shape, name="points"),
        keras.Input((latent_dim,), name="latents"),
    )
    x = keras.layers.Concatenate()([points, latents])
    for size in units:
        x = Maxout(size, pieces)(x)
    return keras.Model(
        [points, latents], keras.layers.Dense(1, dtype="float32")(x), name="discriminator"
    )
