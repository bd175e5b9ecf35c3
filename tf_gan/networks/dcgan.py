"""The deep convolutional GAN, for images of any height and width that are multiples of
4 from 8 to 128.

Radford, Metz and Chintala, Unsupervised Representation Learning with Deep Convolutional
GANs (2015), https://arxiv.org/abs/1511.06434: strided convolutions in D and transposed
ones in G instead of pooling; BatchNormalization in both, but neither at G's output nor
at D's input; no fully connected hidden layers; ReLU in G with tanh at its end,
LeakyReLU 0.2 in D; weights from N(0, 0.02^2). Gains of BatchNormalization start from
N(1, 0.02^2), as in the authors' code (Newmu/dcgan_code).

The number of stages follows from the size, which is halved while it is even and above
7: 64 -> 32 -> 16 -> 8 -> 4 makes four stages, 28 -> 14 -> 7 two. Where height and width
allow different numbers, the smaller one counts.
"""

import keras

from tf_gan.errors import one_of
from tf_gan.layers import UpsampleConv2D
from tf_gan.networks import check_sides, inputs_of

UPSAMPLINGS = ("transposed", "resize")
SIZES = range(8, 129, 4)


def stages(image_shape: tuple[int, int, int]) -> int:
    """Returns how often the networks halve images of a shape.

    Raises:
        ValueError: for a height or width that is not a multiple of 4 from 8 to 128; the
            nearest ones are named.
    """
    check_sides(image_shape, SIZES)
    return min(_halvings(side) for side in image_shape[:2])


def _halvings(side: int) -> int:
    return 1 + _halvings(side // 2) if side % 2 == 0 and side > 7 else 0


def _normal(mean: float = 0.0) -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(mean, 0.02)


def _normalized(x, activation):
    return activation(
        keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, gamma_initializer=_normal(1.0))(
            x
        )
    )


def build_generator(
    image_shape: tuple[int, int, int],
    latent_dim: int = 100,
    num_classes: int | None = None,
    *,
    width: int = 128,
    kernel_size: int = 5,
    upsampling: str = "transposed",
) -> keras.Model:
    """Latents -> smallest maps -> twice as large with half the channels, until ->
    image, tanh; for 64x64: 4x4x1024, 512, 256, 128, image.

    Args:
        image_shape: `(height, width, channels)` of one image.
        latent_dim: Length of the latent vector; in the paper 100, uniform.
        num_classes: Number of classes; None for a generator without labels. One-hot labels
            are joined to the latents.
        width: Channels of the largest maps before the image, >= 1.
        kernel_size: Height and width of the transposed kernels.
        upsampling: `"transposed"`: transposed convolutions of stride 2. `"resize"`:
            nearest-neighbour up-sampling and 3x3 convolutions, which leave no
            checkerboard (Odena et al., 2016, https://doi.org/10.23915/distill.00003).

    Returns:
        Model from `(B, latent_dim)`, or `[latents, labels]`, to images in [-1, 1], `(B,
        *image_shape)`.
    """
    halvings = stages(image_shape)
    one_of("upsampling", upsampling, UPSAMPLINGS)

    def up(count, **kwargs):
        kwargs |= {"kernel_initializer": _normal()}
        if upsampling == "resize":
            return UpsampleConv2D(count, **kwargs)
        return keras.layers.Conv2DTranspose(count, kernel_size, strides=2, padding="same", **kwargs)

    height, width_, channels = image_shape
    small = (height >> halvings, width_ >> halvings, width << (halvings - 1))
    inputs, code, labels = inputs_of((latent_dim,), "latents", num_classes)
    if num_classes:
        code = keras.layers.Concatenate()([code, keras.ops.one_hot(labels, num_classes)])
    x = keras.layers.Dense(
        small[0] * small[1] * small[2], use_bias=False, kernel_initializer=_normal()
    )(code)
    x = keras.layers.Reshape(small)(_normalized(x, keras.layers.ReLU()))
    for stage in reversed(range(halvings - 1)):
        x = _normalized(up(width << stage, use_bias=False)(x), keras.layers.ReLU())
    images = keras.layers.Activation("tanh", dtype="float32")(up(channels)(x))
    return keras.Model(inputs, images, name="generator")


def build_discriminator(
    image_shape: tuple[int, int, int],
    num_classes: int | None = None,
    *,
    width: int = 128,
    kernel_size: int = 5,
    normalization: bool = True,
) -> keras.Model:
    """Image -> half as large with `width` channels -> half as large with twice the
    channels, until the smallest maps h -> one logit, of classes f(h) + <e_y, h> (Miyato
    and Koyama, 2018, https://arxiv.org/abs/1802.05637).

    Args:
        image_shape: `(height, width, channels)` of one image.
        num_classes: Number of classes; None for a discriminator without labels.
        width: Channels of the largest maps, >= 1.
        kernel_size: Height and width of the kernels.
        normalization: Whether BatchNormalization follows the convolutions but the
            first. Without it they have biases and He's initial weights: for gradient
            penalties and losses of pairs, which are of each image alone.

    Returns:
        Model from images `(B, *image_shape)`, or `[images, labels]`, to logits `(B, 1)`.
    """
    inputs, x, labels = inputs_of(image_shape, "images", num_classes)
    for stage in range(stages(image_shape)):
        x = keras.layers.Conv2D(
            width << stage,
            kernel_size,
            2,
            padding="same",
            use_bias=stage == 0 or not normalization,
            # One each: an initializer that is used twice gives the same numbers twice.
            kernel_initializer=_normal() if normalization else "he_normal",
        )(x)
        x = (
            _normalized(x, keras.layers.LeakyReLU(0.2))
            if normalization and stage > 0
            else keras.layers.LeakyReLU(0.2)(x)
        )
    x = keras.layers.Flatten()(x)
    logits = keras.layers.Dense(1, kernel_initializer=_normal(), dtype="float32")(x)
    if num_classes:
        classes = keras.layers.Embedding(num_classes, x.shape[-1], _normal())(labels)
        projection = keras.layers.Dot(1, dtype="float32")([classes, x])
        logits = keras.layers.Add(dtype="float32")([logits, projection])
    return keras.Model(inputs, logits, name="discriminator")
