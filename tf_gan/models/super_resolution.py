"""What `SRGAN`, `ESRGAN` and `SRResNet` share: a generator that enlarges images."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from tf_gan import compat
from tf_gan.data import bicubic
from tf_gan.data.ranges import to_unit
from tf_gan.errors import UserError, integer, non_negative, one_of
from tf_gan.layers import PixelShuffle, UpsampleConv2D
from tf_gan.models.image_to_image import ImageToImage
from tf_gan.models.objective import Batch
from tf_gan.networks import check_shape

# Layers with a kernel, and layers that see one pixel of their inputs.
KERNELS = (
    keras.layers.Conv2D,
    keras.layers.Conv2DTranspose,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
    UpsampleConv2D,
)
LOCAL = (
    *(keras.layers.InputLayer, keras.layers.Identity, keras.layers.Rescaling, keras.layers.Dropout),
    *(keras.layers.Activation, keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.PReLU),
    *(keras.layers.ELU, keras.layers.BatchNormalization),
    *(keras.layers.Add, keras.layers.Subtract, keras.layers.Multiply, keras.layers.Average),
    *(keras.layers.Maximum, keras.layers.Minimum, keras.layers.Concatenate),
    keras.layers.UpSampling2D,
)
# What the content loss compares: a layer of VGG19, or the images.
CONTENTS = {
    "pixels": None,
    "l1": None,
    "vgg22": "block2_conv2",
    "vgg54": "block5_conv4",
    "vgg54_linear": "block5_conv4",
}
ABSOLUTE = ("l1", "vgg54_linear")  # By the absolute difference, as ESRGAN does.
VGG_SCALE = 1 / 12.75  # Of the features, which brings their loss to the size of the pixels'.


class SuperResolution(ImageToImage):
    """Base class of the models whose G enlarges small images s: x made small, bicubic
    and antialiased, as MATLAB does it.

    The content loss is the mean squared difference of x and G(s), or of their features
    phi_{i,j} of VGG19, times 1/12.75 (after the j-th convolution before the i-th
    pooling). `"l1"` is the mean absolute difference of x and G(s), `"vgg54_linear"` that
    of features before the activation.

    Args:
        generator: Keras model from small images of any size in [0, 1], `(B, H, W, C)`,
            to images in `data_range`, each side a whole number of times as large.
        *networks: Further networks of the class behind this one.
        image_shape: Shape of the large images in training, `(H, W, C)`; multiples of
            the scale.
        content: `"pixels"`, `"l1"`, `"vgg22"`, `"vgg54"` or `"vgg54_linear"`: what the
            content loss compares.
        vgg19_weights: File with the weights of VGG19, for the latter three; read when
            training starts.
        vgg19_sha256: Checksum of that file, if it is not Keras' own.
        total_variation_weight: Weight of the sum of the absolute differences of
            neighbouring pixels, >= 0.
        data_range: `(low, high)` of the large images.
        **kwargs: `moving_average`, `seed` and `name`, and arguments of the class behind
            this one.

    Raises:
        ValueError: if the networks do not fit each other or the images, or for values
            out of range.
    """

    # Sources are made from the images.
    omitted = (*ImageToImage.omitted, "source_shape", "source_range")
    data_range: tuple[float, float]  # Not None.

    def __init__(
        self,
        generator: keras.Model,
        *networks: keras.Model,
        image_shape: tuple[int, int, int] = (96, 96, 3),
        content: str = "pixels",
        vgg19_weights: str = "",
        vgg19_sha256: str = "",
        total_variation_weight: float = 0.0,
        data_range: tuple[float, float] = (-1.0, 1.0),
        **kwargs,
    ):
        one_of("content", content, CONTENTS)
        non_negative(total_variation_weight=total_variation_weight)
        if data_range is None:
            raise UserError(
                "Invalid value for argument `data_range`. Expected the (low, high) of the large"
                " images, such as (-1, 1). Received: data_range=None"
            )
        check_shape(image_shape, 1)
        if CONTENTS[content] and image_shape[-1] != 3:
            raise UserError(
                f"VGG19 takes RGB images: expected three channels for content={content!r}."
                f" Received: image_shape={tuple(image_shape)}"
            )
        self.content, self.vgg19_weights, self.vgg19_sha256 = content, vgg19_weights, vgg19_sha256
        self.total_variation_weight = total_variation_weight
        self._features: Callable[[tf.Tensor], tf.Tensor] | None = None
        self.scale = scale_of(generator)
        height, width, channels = image_shape
        if height % self.scale or width % self.scale:
            raise UserError(
                f"The generator makes images {self.scale} times as large: expected a height and"
                f" width that are multiples of it. Received: image_shape={tuple(image_shape)}"
            )
        small = (height // self.scale, width // self.scale, channels)
        super().__init__(
            generator,
            *networks,
            source_shape=small,
            source_range=(0.0, 1.0),
            data_range=data_range,
            **kwargs,
        )

    # === The content loss ===

    @property
    def trackers(self):
        # Of the losses, whose names follow from a symbolic run: not before VGG19 is
        # there.
        return super().trackers if self._has_features else {}

    @property
    def _has_features(self) -> bool:
        return CONTENTS[self.content] is None or self._features is not None

    def make_train_function(self, force=False):
        self._load_features()
        return super().make_train_function(force)

    def make_test_function(self, force=False):
        self._load_features()
        return super().make_test_function(force)

    def _load_features(self) -> None:
        # A function, which Keras does not look into: VGG19 is a file of its own, not a
        # part of what is saved.
        layer = CONTENTS[self.content]
        if layer and not self._has_features:
            from tf_gan.features.vgg19 import vgg19

            with self.distribute_strategy.scope():
                self._features = vgg19(
                    self.vgg19_weights,
                    layer,
                    sha256=self.vgg19_sha256,
                    linear=self.content == "vgg54_linear",
                )

    def source(self, batch: Batch) -> tf.Tensor:
        """Returns the images made small, in [0, 1] and in 256 steps, as a file of them
        would be.
        """
        small = bicubic.resize(tf.cast(batch.images, tf.float32), *self.source_shape[:2])
        return tf.round(255.0 * to_unit(small, self.data_range)) / 255.0

    def content_loss(self, images, fakes) -> tf.Tensor:
        """Returns the mean difference of images, or of their features times 1/12.75:
        squared or absolute.
        """
        pair = [tf.cast(tensor, tf.float32) for tensor in (images, fakes)]
        if CONTENTS[self.content]:
            assert self._features is not None, "the trackers load it"
            low, high = self.data_range
            bytes_ = [255.0 * (tensor - low) / (high - low) for tensor in pair]
            pair = [VGG_SCALE * self._features(tensor) for tensor in bytes_]
        distance = tf.abs if self.content in ABSOLUTE else tf.square
        return tf.reduce_mean(distance(pair[0] - pair[1]))

    def reconstruction_loss(self, content, fakes) -> tf.Tensor:
        """Returns the content loss together with the fakes' total variation, if it has
        a weight.
        """
        if not self.total_variation_weight:
            return content
        variation = tf.reduce_mean(tf.image.total_variation(tf.cast(fakes, tf.float32)))
        return content + self.total_variation_weight * variation

    # === Pictures of any size ===

    def upscale(self, images, tile: int = 192):
        """Returns images, `scale` times as large. Large ones are made in tiles, each
        with so much around it that no seam can be seen; in one piece by networks with
        pooling, attention or strides, whose pixels may depend on the whole image.

        Args:
            images: An image or a list of them, of any sizes: arrays of shape `(H, W,
                C)`, uint8 or floats in [0, 1].
            tile: Height and width of the tiles of the small image, >= 1.

        Returns:
            An array or a list of them, `(scale H, scale W, C)`: uint8 for uint8, else
            float32 in [0, 1].

        Raises:
            ValueError: for other shapes, types or values.
        """
        tile = integer("tile", tile)
        if isinstance(images, (list, tuple)):
            return [self.upscale(image, tile) for image in images]
        image = np.asarray(images)
        channels = self.image_shape[-1]
        if image.ndim != 3 or image.shape[-1] != channels or not image.size:
            raise UserError(
                f"Expected an image of shape (H, W, {channels}), or a list of them. Received: shape"
                f" {image.shape}"
            )
        is_bytes = image.dtype == np.uint8
        unit = (
            image.astype(np.float32) / np.float32(255.0) if is_bytes else image.astype(np.float32)
        )
        # NaN fails too.
        if (not np.issubdtype(image.dtype, np.floating) and not is_bytes) or not (
            unit.min() >= 0.0 and unit.max() <= 1.0
        ):
            raise UserError(
                f"Expected uint8 images, or floats in [0, 1]. Received: {image.dtype}, from"
                f" {image.min()} to {image.max()}"
            )
        large = np.empty(
            (self.scale * image.shape[0], self.scale * image.shape[1], channels), np.float32
        )
        around = receptive_radius(self.generator)
        if around is None:
            tile, around = max(image.shape[:2]), 0
        for top in range(0, image.shape[0], tile):
            for left in range(0, image.shape[1], tile):
                first = (max(top - around, 0), max(left - around, 0))
                part = unit[first[0] : top + tile + around, first[1] : left + tile + around]
                made = self.images_from(part[None])[0]
                height, width = (
                    self.scale * min(tile, size - start)
                    for size, start in zip(image.shape, (top, left), strict=False)
                )
                y, x = (
                    self.scale * (start - begin)
                    for start, begin in zip((top, left), first, strict=True)
                )
                large[self.scale * top :, self.scale * left :][:height, :width] = made[
                    y : y + height, x : x + width
                ]
        large = to_unit(large, self.data_range)
        return np.rint(255.0 * large).astype(np.uint8) if is_bytes else large

    def get_config(self):
        return super().get_config() | {
            "image_shape": self.image_shape,
            "content": self.content,
            "vgg19_weights": self.vgg19_weights,
            "vgg19_sha256": self.vgg19_sha256,
            "total_variation_weight": self.total_variation_weight,
        }


def scale_of(generator: keras.Model) -> int:
    """Returns how many times as large a generator makes images.

    Raises:
        ValueError: if it does not take images of any size, or does not enlarge them by
            a whole number.
    """
    expected = (
        "Expected a generator from images of any height and width to images a whole number of times"
        " as large"
    )
    shape = getattr(generator, "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 4 or shape[1:3] != (None, None):
        raise UserError(f"{expected}. Received: one that takes shape {shape}")
    sizes = [
        tuple(generator.compute_output_shape((1, size, size + 1, shape[-1])))[1:3]
        for size in (8, 16)
    ]
    scale = (sizes[0][0] or 0) // 8
    if scale < 1 or sizes != [(scale * size, scale * (size + 1)) for size in (8, 16)]:
        raise UserError(
            f"{expected}. Received: one that makes {sizes[0]} pixels of 8 x 9, and {sizes[1]} of 16"
            " x 17"
        )
    return scale


def receptive_radius(generator: keras.Model) -> int | None:
    """Returns how many pixels of the small image, beyond its own, a pixel of the large
    one can depend on, by the kernels of the layers; None where a layer may depend on all of
    them: if it pools, attends, has strides or is not known.

    After a `PixelShuffle` a kernel reaches less far on the small image; other layers
    that enlarge are not looked at, which gives more than is needed.
    """
    reach = _reach(generator, 1)
    return None if reach is None else int(np.ceil(reach[0]))


def _reach(network: keras.Model, size: int) -> tuple[float, int] | None:
    """Returns the radius of a network whose inputs are enlarged by `size`, and by how much
    its outputs are; None for no bound.
    """
    if not compat.is_functional(network) and not compat.is_sequential(network):
        return None
    radius = 0.0
    for layer in compat.operations(network):
        step = 0.0
        if isinstance(layer, keras.Model):
            inner = _reach(layer, size)
            if inner is None:
                return None
            step, size = inner
        elif isinstance(layer, PixelShuffle):
            size *= layer.factor
        elif isinstance(layer, KERNELS):
            transposed = isinstance(layer, keras.layers.Conv2DTranspose)
            if np.max(getattr(layer, "strides", 1)) > 1 and not transposed:
                return None
            kernel = getattr(layer, "kernel_size", (3, 3))  # `UpsampleConv2D`.
            step = max(kernel) // 2 * max(getattr(layer, "dilation_rate", (1, 1))) / size
        elif not isinstance(layer, LOCAL) and not compat.is_elementwise(layer):
            return None
        elif getattr(layer, "interpolation", "nearest") != "nearest":
            step = 5.0 / size  # As far as the widest kernel, lanczos5.
        radius += step * compat.number_of_calls(layer)
    return radius, size
