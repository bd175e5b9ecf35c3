"""Small networks for points: the ring, the grid, densities on a line."""

import keras


def build_generator(
    image_shape: tuple[int, ...] = (2,),
    latent_dim: int = 2,
    *,
    units=(128, 128),
    activation: str = "linear",
) -> keras.Model:
    """Latents -> 128 ReLU -> 128 ReLU -> point.

    Args:
        image_shape: Shape of one point, `(dimensions,)`.
        latent_dim: Length of the latent vector, >= 1.
        units: Sizes of the hidden layers.
        activation: Activation at the end.

    Returns:
        Model from `(B, latent_dim)` to `(B, dimensions)`.
    """
    latents = x = keras.Input((latent_dim,), name="latents")
    for size in units:
        x = keras.layers.Dense(size, activation="relu")(x)
    return keras.Model(
        latents,
        keras.layers.Dense(image_shape[0], activation=activation, dtype="float32")(x),
        name="generator",
    )


def build_discriminator(image_shape: tuple[int, ...] = (2,), *, units=(128, 128)) -> keras.Model:
    """Point -> 128 ReLU -> 128 ReLU -> one logit.

    Args:
        image_shape: Shape of one point, `(dimensions,)`.
        units: Sizes of the hidden layers.

    Returns:
        Model from `(B, dimensions)` to logits `(B, 1)`.
    """
    points = x = keras.Input(image_shape, name="points")
    for size in units:
        x = keras.layers.Dense(size, activation="relu")(x)
    return keras.Model(points, keras.layers.Dense(1, dtype="float32")(x), name="discriminator")
