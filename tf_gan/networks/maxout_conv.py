"""The 2014 paper's convolutional networks for CIFAR-10, as in
`cifar10_convolutional.yaml` of goodfeli/adversarial.

The generator has 64,825,072 parameters. Pooling windows that would hang over the edge
are left out; the original's library kept them.
"""

import keras

from tf_gan.errors import UserError, finite
from tf_gan.layers import Maxout, MaxoutConv2D, UntiedBias
from tf_gan.networks import check_count, check_shape
from tf_gan.networks.maxout_mlp import symmetric_uniform


def build_generator(
    image_shape: tuple[int, int, int] = (32, 32, 3),
    latent_dim: int = 100,
    *,
    units: int = 8000,
    channels: int = 80,
    weight_range: float = 0.05,
    output_range: float = 0.05,
    hidden_bias: float = 0.0,
) -> keras.Model:
    """Latents -> 8000 ReLU -> 8000 sigmoid -> 10x10x80 -> transposed convolution 5x5,
    stride 3 -> linear 32x32x3 with untied bias.

    Args:
        image_shape: `(height, width, channels)` of one image: square, of size 3 n + 2.
        latent_dim: Length of the latent vector, >= 1.
        units: Size of the first hidden layer.
        channels: Channels of the small image that the transposed convolution enlarges.
        weight_range: Weights of the dense layers start in U(-weight_range, weight_range).
        output_range: Weights of the transposed convolution start in U(-output_range,
            output_range).
        hidden_bias: First bias of the sigmoid units; below 0 most of them start near 0.

    Returns:
        Model from `(B, latent_dim)` to `(B, *image_shape)`, without bounds.
    """
    check_shape(image_shape, 1)
    size = image_shape[0]
    if image_shape[1] != size or size % 3 != 2 or size < 5:
        raise UserError(
            "Expected square images of a size 3 n + 2, such as 32. Received:"
            f" image_shape={tuple(image_shape)}"
        )
    finite(hidden_bias=hidden_bias)
    small = (size - 5) // 3 + 1
    latents = keras.Input((latent_dim,), name="latents")
    x = keras.layers.Dense(
        units, activation="relu", kernel_initializer=symmetric_uniform(weight_range)
    )(latents)
    x = keras.layers.Dense(
        small * small * channels,
        activation="sigmoid",
        kernel_initializer=symmetric_uniform(weight_range),
        bias_initializer=keras.initializers.Constant(hidden_bias),
    )(x)
    x = keras.layers.Reshape((small, small, channels))(x)  # (B, 10, 10, 80)
    # (B, 32, 32, 3)
    x = keras.layers.Conv2DTranspose(
        image_shape[-1],
        5,
        strides=3,
        use_bias=False,
        kernel_initializer=symmetric_uniform(output_range, "output_range"),
    )(x)
    return keras.Model(latents, UntiedBias(dtype="float32")(x), name="generator")


def build_discriminator(
    image_shape: tuple[int, int, int] = (32, 32, 3),
    *,
    filters=(32, 32, 192),
    units: int = 500,
    weight_range: float = 0.005,
) -> keras.Model:
    """Image -> three convolutional maxout layers with max pooling -> maxout 500x5 ->
    one logit, dropout on each input.

    Args:
        image_shape: `(height, width, channels)` of one image.
        filters: Channels of the three convolutional layers, of two pieces each.
        units: Units of the maxout layer, of five pieces.
        weight_range: All weights start in U(-weight_range, weight_range), biases at 0.

    Returns:
        Model from `(B, *image_shape)` to logits `(B, 1)`.
    """
    check_shape(image_shape, 1)
    check_count(3, filters=filters)
    if min(image_shape[:2]) < 11:
        raise UserError(
            "Expected images of at least 11x11, which three poolings leave something of. Received:"
            f" image_shape={tuple(image_shape)}"
        )
    images = keras.Input(image_shape, name="images")
    x = keras.layers.Dropout(0.2)(images)
    for number, (count, kernel, padding, window) in enumerate(
        zip(filters, (8, 8, 5), (4, 3, 3), (4, 4, 2), strict=True)
    ):
        x = keras.layers.Dropout(0.5)(x) if number > 0 else x
        x = keras.layers.ZeroPadding2D(padding)(x)
        x = MaxoutConv2D(
            count, kernel, pieces=2, kernel_initializer=symmetric_uniform(weight_range)
        )(x)
        x = keras.layers.MaxPooling2D(window, strides=2)(x)
    x = keras.layers.Dropout(0.5)(keras.layers.Flatten()(x))
    x = Maxout(units, pieces=5, kernel_initializer=symmetric_uniform(weight_range))(x)
    x = keras.layers.Dropout(0.5)(x)
    logits = keras.layers.Dense(
        1, kernel_initializer=symmetric_uniform(weight_range), dtype="float32"
    )(x)
    return keras.Model(images, logits, name="discriminator")
