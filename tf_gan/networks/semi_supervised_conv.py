"""The networks for CIFAR-10 of Salimans et al., Improved Techniques for Training GANs
(2016), https://arxiv.org/abs/1606.03498.

The settings come from the authors' code (openai/improved-gan): all weights start at
N(0, 0.05^2); of the weight-normalised layers only the last one of each network trains
its length g, which starts where the outputs have the standard deviation 0.1.
"""

import keras

from tf_gan.errors import UserError
from tf_gan.layers import WeightNormalization
from tf_gan.networks import check_count, check_shape


def normal() -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=0.05)


def build_generator(
    image_shape: tuple[int, int, int] = (32, 32, 3),
    latent_dim: int = 100,
    *,
    filters=(512, 256, 128),
    activation: str = "tanh",
) -> keras.Model:
    """Latents -> H/8 x W/8 x 512 -> 5x5 transposed convolutions of stride 2, 256, 128,
    image.

    BatchNormalization without gains and ReLU after all but the last, which is
    weight-normalised.

    Args:
        image_shape: `(height, width, channels)` of one image; height and width are
            multiples of 8.
        latent_dim: Length of the latent vector, >= 1.
        filters: Channels of the small image and after the first two transposed
            convolutions.
        activation: Activation at the end: `"tanh"` for images in [-1, 1], `"sigmoid"`
            for [0, 1].

    Returns:
        Model from `(B, latent_dim)` to `(B, *image_shape)`.

    Raises:
        ValueError: for a height or width that is not a multiple of 8, and for another
            number of filters.
    """
    check_shape(image_shape, 8)
    check_count(3, filters=filters)
    height, width, channels = image_shape

    def normalize(x):
        return keras.layers.ReLU()(
            keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-6, scale=False)(x)
        )

    latents = keras.Input((latent_dim,), name="latents")
    x = normalize(
        keras.layers.Dense(
            height // 8 * (width // 8) * filters[0], use_bias=False, kernel_initializer=normal()
        )(latents)
    )
    x = keras.layers.Reshape((height // 8, width // 8, filters[0]))(x)
    for count in filters[1:]:
        x = normalize(
            keras.layers.Conv2DTranspose(
                count, 5, strides=2, padding="same", use_bias=False, kernel_initializer=normal()
            )(x)
        )
    last = keras.layers.Conv2DTranspose(
        channels,
        5,
        strides=2,
        padding="same",
        use_bias=False,
        kernel_initializer=normal(),
        dtype="float32",
    )
    return keras.Model(
        latents,
        WeightNormalization(last, activation, deviation=0.1, dtype="float32")(x),
        name="generator",
    )


def build_discriminator(
    image_shape: tuple[int, int, int] = (32, 32, 3), num_classes: int = 10, *, filters=(96, 192)
) -> keras.Model:
    """Image -> 3x3 convolutions, 96, 96, 96 of stride 2, 192, 192, 192 of stride 2, 192
    without padding, two of 1x1 -> class logits.

    Weight-normalised, with LeakyReLU of slope 0.2; dropout of 0.2 on the image, of 0.5
    after each convolution of stride 2. Features are the means of the last convolution
    over its places.

    Args:
        image_shape: `(height, width, channels)` of one image; height and width are at
            least 9.
        num_classes: Number of class logits: K, or K + 1 with one for fakes at the end.
        filters: Channels before and after the second dropout.

    Returns:
        Model from `(B, *image_shape)` to `[class logits (B, num_classes), features (B,
        filters[-1])]`.

    Raises:
        ValueError: for a height or width below 9.
    """
    check_shape(image_shape, 1)
    check_count(2, filters=filters)
    if min(image_shape[:2]) < 9:
        raise UserError(
            f"Expected a height and width of at least 9. Received: image_shape={tuple(image_shape)}"
        )

    def convolution(x, count, size=3, strides=1, padding="same"):
        layer = keras.layers.Conv2D(
            count,
            size,
            strides=strides,
            padding=padding,
            use_bias=False,
            kernel_initializer=normal(),
        )
        return keras.layers.LeakyReLU(0.2)(WeightNormalization(layer, train_scale=False)(x))

    images = keras.Input(image_shape, name="images")
    x = keras.layers.Dropout(0.2)(images)
    for count in filters:
        x = convolution(convolution(convolution(x, count), count), count, strides=2)
        x = keras.layers.Dropout(0.5)(x)
    x = convolution(x, filters[-1], padding="valid")
    x = convolution(convolution(x, filters[-1], size=1), filters[-1], size=1)
    features = keras.layers.GlobalAveragePooling2D()(x)
    dense = keras.layers.Dense(
        num_classes, use_bias=False, kernel_initializer=normal(), dtype="float32"
    )
    logits = WeightNormalization(dense, deviation=0.1, dtype="float32", name="class_logits")(
        features
    )
    return keras.Model(images, [logits, features], name="discriminator")
