"""The convolutional conditional networks of `mnist/train_cond_dcgan.py` in
Newmu/dcgan_code: the label is joined at every layer.

By the authors of DCGAN. As there, no layer has a bias, and BatchNormalization neither
gain nor shift; weights start from N(0, 0.02^2). For 28x28x1 images, 100 latents and ten
classes the generator has 6,820,538 parameters and the discriminator 6,688,202. Two
other ways to tell D the class stand beside that one: see `build_discriminator`.
"""

import keras

from tf_gan.errors import one_of
from tf_gan.networks import check_shape, inputs_of
from tf_gan.networks.residual import Layers, project

CONDITIONS = ("concatenation", "projection", "classifier")


def _normal() -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=0.02)


def _dense(x, units: int, **kwargs):
    return keras.layers.Dense(units, use_bias=False, kernel_initializer=_normal(), **kwargs)(x)


def _normalized(x, activation):
    return activation(
        keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, center=False, scale=False)(x)
    )


def _join(x, y):
    """Joins one-hot labels `(B, num_classes)` to vectors, or to each place of maps."""
    if len(x.shape) == 4:
        y = keras.layers.Reshape((1, 1, y.shape[-1]))(y)
        y = keras.layers.UpSampling2D(x.shape[1:3])(y)
    return keras.layers.Concatenate()([x, y])


def build_generator(
    image_shape: tuple[int, int, int],
    latent_dim: int,
    num_classes: int,
    *,
    filters: int = 64,
    units: int = 1024,
    kernel_size: int = 5,
    activation: str = "sigmoid",
) -> keras.Model:
    """Latents -> 1024 -> H/4 x W/4 x 128 -> 64 -> image: ReLU and BatchNormalization in
    between, transposed convolutions 5x5 of stride 2.

    Args:
        image_shape: `(height, width, channels)` of one image; height and width are
            multiples of 4.
        latent_dim: Length of the latent vector; in that program 100, uniform in [-1,
            1].
        num_classes: Number of classes, >= 2.
        filters: Channels of the larger maps; the smaller have twice as many.
        units: Size of the first layer.
        kernel_size: Height and width of the kernels.
        activation: Activation at the end: `"sigmoid"` for images in [0, 1], `"tanh"`
            for [-1, 1].

    Returns:
        Model from `[latents, labels]`, `(B, latent_dim)` and int32 `(B,)`, to images
        `(B, *image_shape)`.
    """
    check_shape(image_shape)
    height, width, channels = image_shape
    inputs, latents, labels = inputs_of((latent_dim,), "latents", num_classes)
    y = keras.ops.one_hot(labels, num_classes)

    def up(x, count, **kwargs):
        return keras.layers.Conv2DTranspose(
            count,
            kernel_size,
            2,
            padding="same",
            use_bias=False,
            kernel_initializer=_normal(),
            **kwargs,
        )(x)

    x = _normalized(_dense(_join(latents, y), units), keras.layers.ReLU())
    x = _normalized(
        _dense(_join(x, y), height // 4 * (width // 4) * 2 * filters), keras.layers.ReLU()
    )
    x = keras.layers.Reshape((height // 4, width // 4, 2 * filters))(x)
    x = _normalized(up(_join(x, y), filters), keras.layers.ReLU())
    images = up(_join(x, y), channels, activation=activation, dtype="float32")
    return keras.Model(inputs, images, name="generator")


def build_discriminator(
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    filters: int = 64,
    units: int = 1024,
    kernel_size: int = 5,
    condition: str = "concatenation",
    spectral_normalization: bool = True,
) -> keras.Model:
    """Image -> 64 -> 128 -> 1024 -> one logit: convolutions 5x5 of stride 2, LeakyReLU
    0.2, BatchNormalization behind all but the first; for a projection spectral
    normalisation and biases in its place.

    Args:
        image_shape: `(height, width, channels)` of one image; height and width are
            multiples of 4.
        num_classes: Number of classes, >= 2.
        filters: Channels of the first convolution; the second has twice as many.
        units: Size of the dense layer.
        kernel_size: Height and width of the kernels.
        condition: How D learns of the class. `"concatenation"`: the label is joined at
            every layer. `"projection"`: the logit is f(h) + <e_y, h>, h the dense
            layer's output and e_y a vector per class (Miyato and Koyama, 2018,
            https://arxiv.org/abs/1802.05637). `"classifier"`: D does not see the label
            but returns class logits beside the logit (AC-GAN: Odena et al., 2017,
            https://arxiv.org/abs/1610.09585).
        spectral_normalization: For a projection: whether its layers are spectrally
            normalised, as in that paper. Without, D has BatchNormalization, and the
            training collapses sooner or later.

    Returns:
        Model from `[images, labels]`, `(B, *image_shape)` and int32 `(B,)`, to logits
        `(B, 1)`; with `"classifier"` from images to `[logits, class logits]`, the
        latter of shape `(B, num_classes)`.
    """
    check_shape(image_shape)
    one_of("condition", condition, CONDITIONS)
    inputs, images, labels = inputs_of(image_shape, "images", num_classes)
    if condition == "projection" and spectral_normalization:
        logits = _projection(images, labels, num_classes, filters, units, kernel_size)
        return keras.Model(inputs, logits, name="discriminator")
    y = keras.ops.one_hot(labels, num_classes)

    def join(x):
        return _join(x, y) if condition == "concatenation" else x

    def down(x, count):
        return keras.layers.Conv2D(
            count, kernel_size, 2, padding="same", use_bias=False, kernel_initializer=_normal()
        )(x)

    x = keras.layers.LeakyReLU(0.2)(down(join(images), filters))
    x = _normalized(down(join(x), 2 * filters), keras.layers.LeakyReLU(0.2))
    x = keras.layers.Flatten()(x)
    x = _normalized(_dense(join(x), units), keras.layers.LeakyReLU(0.2))
    logits = _dense(join(x), 1, dtype="float32")
    if condition == "classifier":
        return keras.Model(
            images, [logits, _dense(x, num_classes, dtype="float32")], name="discriminator"
        )
    if condition == "projection":
        projection = keras.layers.Dot(-1, dtype="float32")([_dense(y, units), x])
        logits = keras.layers.Add(dtype="float32")([logits, projection])
    return keras.Model(inputs, logits, name="discriminator")


def _projection(images, labels, num_classes: int, filters: int, units: int, kernel_size: int):
    """Returns logits f(h) + <e_y, h>, all layers spectrally normalised."""
    layers, x = Layers(spectral=True, initializer="normal"), images
    for count in (filters, 2 * filters):
        x = keras.layers.LeakyReLU(0.2)(layers.conv(x, count, kernel_size, strides=2))
    x = keras.layers.LeakyReLU(0.2)(layers.dense(keras.layers.Flatten()(x), units))
    return project(layers, layers.dense(x, 1, dtype="float32"), x, labels, num_classes)
