"""Feature extractors out of any Keras model, in memory or in a file."""

import hashlib
import json
import pathlib
import zipfile
from collections.abc import Callable

import keras

from tf_gan import compat
from tf_gan.errors import UserError
from tf_gan.features.extractor import FeatureExtractor, weights_checksum


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
            "layers": hashlib.sha256(_layers(model).encode()).hexdigest()[:8],
            "value_range": list(map(float, value_range)),
            "layer": layer,
            **({"probabilities": probabilities} if probabilities else {}),
            "preprocess": preprocess is not None,
        },
    )


def _layers(model: keras.Model) -> str:
    """Returns the architecture of a model as text, with numbers in place of the names of its
    layers, which Keras counts up.
    """
    try:
        config = keras.saving.serialize_keras_object(model)
    except (NotImplementedError, TypeError):  # Of a layer of the user's own.
        layers = compat.layers_in_order(model)
        shapes = [[list(weight.shape) for weight in layer.weights] for layer in layers]
        return json.dumps([[type(layer).__name__ for layer in layers], shapes])

    def plain(value):
        if isinstance(value, dict):
            skipped = ("name", "build_config", "registered_name", "module")
            return {key: plain(item) for key, item in value.items() if key not in skipped}
        return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value

    text = json.dumps(plain(config), sort_keys=True, default=lambda value: type(value).__name__)
    for number, layer in enumerate(compat.layers_in_order(model)):
        text = text.replace(json.dumps(layer.name), f'"layer {number}"')
    return text


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
