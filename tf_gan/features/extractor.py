"""A network that turns images into features, in the one way in which metrics see
images.
"""

import hashlib
import re
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from tf_gan.data import Examples, StoredImages, on_white, scale, to_uint8
from tf_gan.data.checks import check_images
from tf_gan.errors import UserError


class FeatureExtractor:
    """Images to features, and to class probabilities if the network has them.

    Metrics compare what comes out of one network, so all images must reach it in the
    same way: as bytes. Floats are rounded to 0..255, as saving them as pictures would
    do; real and generated images then differ by nothing that a file would not show.
    For a network that takes three channels, grey images are repeated to RGB, and RGBA
    images are laid on white. No image is resized, unless the network or `preprocess` does it.

    Args:
        network: Functional Keras model (or a built Sequential one) from float images in
            `value_range`, `(B, H, W, C)`, to features `(B, d)`, or to `[features,
            probabilities]`, the probabilities of shape `(B, classes)` with rows that
            sum to 1.
        name: Short name, letters, digits and underscores; it stands in the names of the
            metrics: `fid_<name>`.
        value_range: `(low, high)` that the network takes.
        preprocess: Function of a float tensor `(B, H, W, C)` in `value_range` that
            returns what the network takes; None for nothing.
        image_shape: Shape of one image before `preprocess`, None for free sizes; by
            default that of the network's input.
        checksum: SHA-256 of the weights, if it is known from a file; by default that of
            the network's weights.
        details: What else the features depend on, for the protocol, as values that JSON
            knows.
        standard: Whether this is the network that the papers' metrics mean, whose names
            need no suffix.

    Raises:
        ValueError: for a network whose outputs are none of these, or a name that cannot
            be one.
    """

    def __init__(
        self,
        network: keras.Model,
        name: str,
        *,
        value_range: tuple[float, float],
        preprocess: Callable | None = None,
        image_shape: tuple[int | None, ...] | None = None,
        checksum: str | None = None,
        details: dict | None = None,
        standard: bool = False,
    ):
        check_name(name)
        if not getattr(network, "outputs", None):
            raise UserError(
                "Expected a functional Keras model, or a Sequential one that is built. Received: "
                + type(network).__name__
            )
        shapes = [tuple(output.shape) for output in network.outputs]
        named = getattr(network, "output", None)  # A Sequential model may have none.
        if (
            isinstance(named, dict)
            or len(shapes) > 2
            or any(len(shape) != 2 or shape[1] is None for shape in shapes)
        ):
            names = f" under the names {sorted(named)}" if isinstance(named, dict) else ""
            raise UserError(
                "Expected a network that returns features of shape (B, d), or [features,"
                f" probabilities]. Received: outputs of shape {shapes}{names}. Put a"
                " GlobalAveragePooling2D or a Flatten behind features that are maps."
            )
        self.network, self.name, self.standard = network, name, standard
        self.preprocess = preprocess
        self.image_shape = tuple(network.input_shape[1:] if image_shape is None else image_shape)
        self.value_range = (float(value_range[0]), float(value_range[1]))
        if (
            len(self.image_shape) != 3
            or self.image_shape[-1] is None
            or self.value_range[0] >= self.value_range[1]
        ):
            raise UserError(
                "Expected image_shape=(height, width, channels) and value_range=(low, high) with"
                f" low < high. Received: image_shape={self.image_shape}, value_range={value_range}"
            )
        self.dimension = shapes[0][1]
        self.classes = shapes[1][1] if len(shapes) == 2 else None
        self.checksum = checksum or weights_checksum(network)
        self.details = dict(details or {})

        self._run = tf.function(
            lambda images: self._outputs(scale(images, self.value_range)),
            input_signature=[tf.TensorSpec([None, *self.image_shape], tf.uint8)],
        )

    def _outputs(self, images) -> list[tf.Tensor]:
        images = images if self.preprocess is None else self.preprocess(images)
        outputs = self.network(images, training=False)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        return [tf.cast(output, tf.float32) for output in outputs]

    def smooth_features(self, images, data_range: tuple[float, float]) -> tf.Tensor:
        """Returns the features of images that are not rounded to bytes, as a tensor
        `(B, d)` through which gradients flow: for distances of images that differ by
        less than a byte, and for descent.

        Args:
            images: Float tensor `(B, H, W, C)`; grey where the network takes RGB, too.
            data_range: `(low, high)` of the images; numbers beyond it are left there.

        Raises:
            ValueError: for images of another shape.
        """
        (low, high), (bottom, top) = data_range, self.value_range
        images = tf.cast(images, tf.float32)
        images = bottom + (images - low) * ((top - bottom) / (high - low))
        *size, channels = self.image_shape
        if images.shape.rank == 4 and (images.shape[-1], channels) == (1, 3):
            images = tf.repeat(images, 3, axis=-1)
        taken = [None, *size, channels]
        if images.shape.rank != 4 or not tf.TensorShape(taken).is_compatible_with(images.shape):
            grey = " or with one channel" if channels == 3 else ""
            raise UserError(
                f"The extractor {self.name!r} takes images of shape {tuple(taken)}{grey}. Received:"
                f" shape {tuple(images.shape)}"
            )
        return self._outputs(images)[0]

    def features(
        self, images, data_range: tuple[float, float] | None = None, batch_size: int = 64
    ) -> np.ndarray:
        """Returns the features of images, float32 of shape `(N, d)`. See `outputs` for
        the arguments.
        """
        return self.outputs(images, data_range, batch_size)[0]

    def probabilities(
        self, images, data_range: tuple[float, float] | None = None, batch_size: int = 64
    ) -> np.ndarray:
        """Returns the class probabilities of images, float32 of shape `(N, classes)`.
        See `outputs` for the arguments.

        Raises:
            ValueError: if the network has none.
        """
        if self.classes is None:
            raise UserError(
                f"The extractor {self.name!r} has features but no class probabilities. Take one"
                " that classifies, such as --extractor=classifier."
            )
        return np.asarray(self.outputs(images, data_range, batch_size)[1])

    def outputs(
        self, images, data_range: tuple[float, float] | None = None, batch_size: int = 64
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Returns features and class probabilities from one pass through the network.

        Args:
            images: uint8 images `(N, H, W, C)`, floats in `data_range`, or
                `tf_gan.data.Examples`.
            data_range: `(low, high)` of float images.
            batch_size: Images at a time; the values do not depend on it except
                rounding.

        Returns:
            `(features, probabilities)`, float32 of shapes `(N, d)` and `(N, classes)`;
            None in place of probabilities that the network has not.

        Raises:
            ValueError: for images that the network cannot take, floats without
                `data_range` or outside of it, and NaN.
        """
        if isinstance(images, Examples):
            images, data_range = images.whole(), images.value_range
        if not isinstance(images, StoredImages):
            images = np.asarray(images)
        self._check(images, data_range, batch_size)
        parts = []
        for start in range(0, len(images), batch_size):
            batch = np.asarray(images[start : start + batch_size])
            if batch.dtype != np.uint8:
                check_images(batch, data_range, images.shape[1:], start)
                batch = to_uint8(batch, data_range)
            if batch.shape[-1] > self.image_shape[-1]:
                batch = on_white(batch)
            if batch.shape[-1] < self.image_shape[-1]:
                batch = np.repeat(batch, self.image_shape[-1], axis=-1)
            parts.append([output.numpy() for output in self._run(tf.constant(batch))])
        features, *rest = (np.concatenate(column) for column in zip(*parts, strict=True))
        if not np.isfinite(features).all():
            raise UserError(
                f"The network of {self.name!r} returned features that are not finite. Check its"
                " weights and its value_range."
            )
        if rest and not (np.abs(rest[0].sum(axis=1) - 1) < 1e-3).all():
            raise UserError(
                f"Expected probabilities whose rows sum to 1 from {self.name!r}. If the layer"
                " returns logits, add a Softmax."
            )
        return features, rest[0] if rest else None

    def _check(self, images, data_range, batch_size) -> None:
        *size, channels = self.image_shape
        taken = (1, 3, 4) if channels == 3 else (channels,)
        fits = images.ndim == 4 and images.shape[-1] in taken
        if not fits or any(
            expected not in (None, found)
            for expected, found in zip(size, images.shape[1:3], strict=True)
        ):
            wanted = ", ".join("any" if n is None else str(n) for n in self.image_shape)
            grey = " or with one or four channels" if channels == 3 else ""
            raise UserError(
                f"The extractor {self.name!r} takes images of shape (N, {wanted}){grey}. Received:"
                f" shape {images.shape}"
            )
        if len(images) == 0 or batch_size < 1:
            raise UserError(
                f"Expected images and batch_size >= 1. Received: {len(images)} images,"
                f" batch_size={batch_size}"
            )
        if images.dtype != np.uint8 and data_range is None:
            raise UserError(
                "Expected uint8 images, or floats with their range: `data_range=(-1, 1)`."
                f" Received: {images.dtype} images without `data_range`"
            )

    def protocol(self) -> dict:
        """Returns what the features depend on, as values that JSON knows."""
        return {"extractor": self.name, "weights": self.checksum, **self.details}

    def describe(self) -> str:
        """Returns what the features depend on as a part of a sentence, with the first
        digits of the weights' checksum.
        """
        details = [
            f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}"
            for key, value in self.details.items()
            if value
        ]
        return ", ".join([self.name, f"weights {self.checksum[:8]}", *details])

    def metric_name(self, metric: str) -> str:
        """Returns the name of a metric on these features: `fid_<name>`, and plain `fid`
        only on the network that the papers mean.
        """
        return metric if self.standard else f"{metric}_{self.name}"


def check_name(name: str) -> None:
    """Raises a UserError for a name that cannot stand in the names of metrics."""
    if not re.fullmatch(r"[A-Za-z0-9_]+", name):
        raise UserError(
            f"Expected a name of letters, digits and underscores. Received: name={name!r}"
        )


def weights_checksum(network: keras.Model) -> str:
    """Returns the SHA-256 of the shapes, types and values of a network's weights, in
    their order.
    """
    digest = hashlib.sha256()
    for value in network.get_weights():
        digest.update(
            f"{value.shape} {value.dtype}".encode() + np.ascontiguousarray(value).tobytes()
        )
    return digest.hexdigest()
