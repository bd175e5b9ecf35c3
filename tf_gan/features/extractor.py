"""A network that turns images into features, in the one way in which metrics see
images.
"""

import hashlib
import pathlib
import re
import zipfile
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from tf_gan.data import Examples, on_white, scale, to_uint8
from tf_gan.data.checks import check_images
from tf_gan.errors import UserError


class FeatureExtractor:
    """Images to features, and to class probabilities if the network has them.

    Metrics compare what comes out of one network, so all images must reach it in the
    same way: as bytes. Floats are rounded to 0..255, as saving them as pictures would
    do; real and generated images then differ by nothing that a file would not show.
    For a network that takes three channels, grey images are repeated to RGB, and RGBA
    images are laid on white. No image is resized, unless the network itself does it.

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
        if not re.fullmatch(r"[A-Za-z0-9_]+", name):
            raise UserError(
                f"Expected a name of letters, digits and underscores. Received: name={name!r}"
            )
        if not getattr(network, "outputs", None):
            raise UserError(
                "Expected a functional Keras model, or a Sequential one that is built. Received: "
                + type(network).__name__
            )
        shapes = [tuple(output.shape) for output in network.outputs]
        if len(shapes) > 2 or any(len(shape) != 2 or shape[1] is None for shape in shapes):
            raise UserError(
                "Expected a network that returns features of shape (B, d), or [features,"
                f" probabilities]. Received: outputs of shape {shapes}. Put a"
                " GlobalAveragePooling2D or a Flatten behind features that are maps."
            )
        self.network, self.name, self.standard = network, name, standard
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

        def run(images):
            images = scale(images, self.value_range)
            outputs = network(images if preprocess is None else preprocess(images), training=False)
            return [
                tf.cast(output, tf.float32)
                for output in (outputs if isinstance(outputs, (list, tuple)) else [outputs])
            ]

        self._run = tf.function(
            run, input_signature=[tf.TensorSpec([None, *self.image_shape], tf.uint8)]
        )

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
                " that classifies."
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
            batch_size: Images at a time; the values do not depend on it but for
                rounding.

        Returns:
            `(features, probabilities)`, float32 of shapes `(N, d)` and `(N, classes)`;
            None in place of probabilities that the network has not.

        Raises:
            ValueError: for images that the network cannot take, floats without
                `data_range` or outside of it, and NaN.
        """
        if isinstance(images, Examples):
            images, data_range = images.images, images.value_range
        images = np.asarray(images)
        self._check(images, data_range, batch_size)
        parts = []
        for start in range(0, len(images), batch_size):
            batch = images[start : start + batch_size]
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


def from_keras(
    model,
    name: str,
    *,
    value_range: tuple[float, float],
    layer: str | None = None,
    probabilities: str | None = None,
    preprocess: Callable | None = None,
    image_shape: tuple[int | None, ...] | None = None,
) -> FeatureExtractor:
    """Makes an extractor of any Keras model.

    Args:
        model: Keras model, or the path of a `.keras` file. It is loaded in Keras' safe
            mode: a file that asks for code to be run is refused.
        name: Name in protocols: `fid_<name>`.
        value_range: `(low, high)` of the images that the model, or `preprocess`, takes.
        layer: Name of the layer whose output are the features; by default the model's
            own output, or outputs, are taken.
        probabilities: Name of the layer whose output are class probabilities.
        preprocess: Function of a float tensor `(B, H, W, C)` in `value_range` that
            returns what the model takes. A function has no checksum: another one needs
            another `name`.
        image_shape: Shape of one image before `preprocess`, None for free sizes; by
            default that of the model's input.

    Raises:
        ValueError: if the file cannot be loaded, a layer is not there, or the outputs
            are no features.

    Example:

    ```python
    extractor = tf_gan.features.from_keras(
        "classifier.keras",
        "clothes",
        value_range=(0, 1),
        layer="dense",
        probabilities="softmax",
    )
    extractor.features(images, data_range=(-1, 1))
    ```
    """
    if isinstance(model, (str, pathlib.Path)):
        model = _load(model)
    if not isinstance(model, keras.Model):
        raise UserError(
            f"Expected a keras.Model or the path of a .keras file. Received: {type(model).__name__}"
        )
    if not getattr(model, "outputs", None):
        raise UserError(
            "Expected a functional Keras model, or a Sequential one that is built. Received:"
            f" {type(model).__name__}"
        )
    if len(model.inputs) != 1:
        raise UserError(
            "Expected a model that takes images and nothing else. Received: one with"
            f" {len(model.inputs)} inputs"
        )
    outputs = [model.get_layer(layer).output] if layer else list(model.outputs)
    if probabilities:
        outputs.append(model.get_layer(probabilities).output)
    return FeatureExtractor(
        keras.Model(model.inputs[0], outputs),
        name,
        value_range=value_range,
        preprocess=preprocess,
        image_shape=image_shape,
        checksum=weights_checksum(model),
        details={
            "value_range": list(map(float, value_range)),
            "layer": layer,
            "preprocess": preprocess is not None,
        },
    )


def _load(path) -> keras.Model:
    if pathlib.Path(path).suffix != ".keras":
        raise UserError(
            f"Expected a .keras file, as `model.save` writes it. Received: {str(path)!r}"
        )
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, TypeError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{str(path)!r} cannot be loaded as a Keras model in safe mode: {error}"
        ) from error


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
