"""The 2014 paper's fully connected networks: ReLU and sigmoid units in G, maxout with
dropout in D.

The defaults come from `mnist.yaml` in goodfeli/adversarial: for 28x28x1 images G has
2,503,984 parameters and D 1,231,441. Its CIFAR-10 networks are `units=(8000, 8000)`,
`hidden_activations=("relu", "sigmoid")`, `activation="linear"`, `output_range=0.5`, and
`units=1600` in D. Those for faces, of `tfd_pretrain`, are `units=(8000, 8000)`,
`hidden_activations=("relu", "sigmoid")`, `hidden_biases=(0, -2)`, `sparse_output=100` and
`units=1200` in D, with `max_norm=1.9365` in both.
"""

import keras
import numpy as np

from tf_gan.errors import UserError, finite, integer, non_negative
from tf_gan.layers import Maxout, SparseNormal
from tf_gan.networks import check_count, log_odds


def build_generator(
    image_shape: tuple[int, ...],
    latent_dim: int = 100,
    *,
    units=(1200, 1200),
    hidden_activations=("relu", "relu"),
    activation: str = "sigmoid",
    hidden_biases=None,
    weight_range: float = 0.05,
    output_range: float = 0.05,
    sparse_output: int = 0,
    max_norm: float = 0.0,
    pixel_means: np.ndarray | None = None,
) -> keras.Model:
    """Latents -> 1200 ReLU -> 1200 ReLU -> image.

    Args:
        image_shape: Shape of one image, such as `(28, 28, 1)`.
        latent_dim: Length of the latent vector, >= 1.
        units: Sizes of the hidden layers.
        hidden_activations: Activations of the hidden layers.
        activation: Activation at the end: `"sigmoid"` for images in [0, 1], `"linear"`
            for normalised ones.
        hidden_biases: First biases of the hidden layers, a number for each; None starts
            them at 0.
        weight_range: Weights of the hidden layers start in U(-weight_range,
            weight_range).
        output_range: Weights of the last layer start in U(-output_range,
            output_range).
        sparse_output: If > 0, so many weights into each pixel start in N(0, 1), all others
            at 0, and `output_range` does not count.
        max_norm: If > 0, the weights into a unit are scaled down to this norm after each
            update that made them longer.
        pixel_means: Means of the training images in [0, 1], of shape `image_shape`: the
            output's bias starts at their log-odds, so that the first samples have the
            right means. Clipped to [1e-7, 1 - 1e-7]. None starts it at 0.

    Returns:
        Model from `(B, latent_dim)` to `(B, *image_shape)`.
    """
    sparse_output = integer("sparse_output", sparse_output, 0)
    latents = x = keras.Input((latent_dim,), name="latents")
    biases = (0.0,) * len(units) if hidden_biases is None else hidden_biases
    check_count(len(units), hidden_activations=hidden_activations, hidden_biases=biases)
    for size, hidden_activation, bias in zip(units, hidden_activations, biases, strict=True):
        finite(hidden_biases=bias)
        x = keras.layers.Dense(
            size,
            activation=hidden_activation,
            kernel_initializer=symmetric_uniform(weight_range),
            bias_initializer=keras.initializers.Constant(bias),
            kernel_constraint=column_norm(max_norm),
        )(x)
    output = keras.layers.Dense(
        int(np.prod(image_shape)),
        activation=activation,
        kernel_initializer=(
            SparseNormal(sparse_output)
            if sparse_output
            else symmetric_uniform(output_range, "output_range")
        ),
        kernel_constraint=column_norm(max_norm),
        dtype="float32",
    )
    generator = keras.Model(
        latents, keras.layers.Reshape(image_shape, dtype="float32")(output(x)), name="generator"
    )
    if pixel_means is not None:
        output.bias.assign(log_odds(pixel_means, 1e-7).reshape(-1))
    return generator


def build_discriminator(
    image_shape: tuple[int, ...],
    *,
    units: int = 240,
    pieces: int = 5,
    weight_range: float = 0.005,
    max_norm: float = 0.0,
    dropout=(0.2, 0.5, 0.5),
) -> keras.Model:
    """Image -> maxout 240x5 -> maxout 240x5 -> one logit, with dropout on the input of
    each layer.

    Args:
        image_shape: Shape of one image, such as `(28, 28, 1)`.
        units: Units of each maxout layer.
        pieces: Affine functions of each maxout unit, >= 1.
        weight_range: All weights start in U(-weight_range, weight_range), biases at 0.
        max_norm: As in G.
        dropout: Rates on the inputs of the layers, as many as there are layers: the maxout
            layers, and the last one.

    Returns:
        Model from `(B, *image_shape)` to logits `(B, 1)`.
    """
    if not hasattr(dropout, "__len__") or len(dropout) < 2:
        raise UserError(
            "Invalid value for argument `dropout`. Expected two rates or more, one for each layer."
            f" Received: dropout={dropout!r}"
        )
    images = keras.Input(image_shape, name="images")
    x = keras.layers.Flatten()(images)
    for rate in dropout[:-1]:
        x = keras.layers.Dropout(rate)(x)
        x = Maxout(
            units,
            pieces,
            kernel_initializer=symmetric_uniform(weight_range),
            kernel_constraint=column_norm(max_norm),
        )(x)
    x = keras.layers.Dropout(dropout[-1])(x)
    logits = keras.layers.Dense(
        1,
        kernel_initializer=symmetric_uniform(weight_range),
        kernel_constraint=column_norm(max_norm),
        dtype="float32",
    )(x)
    return keras.Model(images, logits, name="discriminator")


def symmetric_uniform(limit: float, name="weight_range") -> keras.initializers.Initializer:
    """Returns the initializer U(-limit, limit).

    Raises:
        UserError: for a limit that is not a number >= 0; it gives its `name`.
    """
    non_negative(**{name: limit})
    return keras.initializers.RandomUniform(-limit, limit)


def column_norm(limit: float) -> keras.constraints.Constraint | None:
    """Returns the constraint on the norm of the weights into each unit, or None for 0.

    Raises:
        UserError: for a limit < 0.
    """
    non_negative(max_norm=limit)
    return keras.constraints.MaxNorm(limit, axis=0) if limit else None
