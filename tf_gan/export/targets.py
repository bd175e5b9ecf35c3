"""What the exporters need to know of a model.

A kind of model registers the networks that it can export in `export_targets`: see
`latents.py`, `images.py`, `encoder.py` and `classifier.py`.
"""

import functools
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from tf_gan.data.ranges import to_unit
from tf_gan.errors import UserError, one_of
from tf_gan.export.precision import in_float32
from tf_gan.export.signatures import Signature, never_empty


class ExportTarget:
    """One network of a model, as the exporters see it.

    Subclasses implement `inputs` and `signatures`, and `network_inputs` where the
    network takes other values than exported files do.

    Attributes:
        model: The `tf_gan.models.GenerativeModel`.
        network: Keras model that is exported: the generator, averaged if there is an
            average.
        output: Name of the network's output in exported files.
        data_range: `(low, high)` of the network's outputs, or None if they have no
            bounds. Exported outputs are mapped from it onto [0, 1].

    Args:
        model: The model.
    """

    output = "images"

    def __init__(self, model) -> None:
        self.model = model
        self.network: keras.Model = model.sampler
        self.data_range: tuple[float, float] | None = model.data_range

    def inputs(self, n: int, seed: int) -> dict[str, np.ndarray]:
        """Returns `n` inputs of an exported file, by name and in the file's order, to
        calibrate files on and to compare files with.

        Args:
            n: Number of inputs, >= 1.
            seed: Integer that fixes the inputs.
        """
        raise NotImplementedError

    def network_inputs(self, inputs):
        """Maps inputs of an exported file to inputs of the network.

        Args:
            inputs: Array, tensor or symbolic tensor, or a list of several.
        """
        return inputs

    def in_graph(self, jit_compile: bool) -> Callable[..., tf.Tensor]:
        """Returns the network for a signature: a function of batches, also of empty ones,
        whose outputs are float32.

        Args:
            jit_compile: Whether XLA compiles it.
        """

        def network(*inputs):
            outputs = self.network(list(inputs) if len(inputs) > 1 else inputs[0], training=False)
            return tf.cast(outputs, tf.float32)

        return never_empty(network, jit_compile)

    def signatures(self, max_batch: int, jit_compile: bool) -> dict[str, Signature]:
        """Returns the functions of an exported SavedModel, by name.

        Args:
            max_batch: The most images that one request may ask for, >= 1.
            jit_compile: Whether XLA compiles the networks inside.
        """
        raise NotImplementedError

    def _codes(self) -> dict:
        """Returns what the last latents of an InfoGAN are: one-hot codes, then U(-1, 1)."""
        model = self.model
        if not getattr(model, "code_dim", 0):
            return {}
        return {"codes": {"categorical": list(model.categorical), "continuous": model.continuous}}

    def model_card(self) -> dict:
        """Returns the entries of the model card that describe the network: `model` and
        `images`, values that JSON can hold.
        """
        model, unit = self.model, self.data_range is not None
        return {
            "model": {
                "name": type(model).__name__,
                "weights": (
                    "generator"
                    if model.average_generator is None
                    else "moving average of the generator"
                ),
                "steps": int(model.step.numpy()),
                "parameters": self.network.count_params(),
                "latent_dim": getattr(model, "latent_dim", None),
                "prior": getattr(model, "prior", None),
                "num_classes": model.num_classes,
            }
            | self._codes(),
            "images": {
                "shape": list(model.image_shape),
                "dtype": "float32",
                "range": [0.0, 1.0] if unit else None,
                "data_range": self.data_range,
                "text": (
                    f"in [0, 1], mapped from the data's range {self.data_range}"
                    if unit
                    else "as the generator makes them, without bounds"
                ),
            },
        }


@functools.singledispatch
def export_targets(model) -> dict[str, type[ExportTarget]]:
    """Returns the networks of a model that can be exported: the class of their
    `ExportTarget` by name.

    Register a function for the class of a model to export other networks, or other
    signatures.
    """
    raise UserError(
        "Expected a GenerativeModel, or a class that is registered in"
        f" `tf_gan.export.targets.export_targets`. Received: a {type(model).__name__}"
    )


def export_target(model, network: str = "generator") -> ExportTarget:
    """Returns the export target for a network of a model.

    Args:
        model: The model.
        network: Name of the network, one of `export_targets(model)`.

    Raises:
        ValueError: for another name, or a model whose class is not registered.
    """
    classes = export_targets(model)
    one_of("network", network, classes)
    return classes[network](in_float32(model))


def unit_images(model, n: int, seed: int) -> np.ndarray:
    """Returns `n` images of the generator, in [0, 1] if the model knows its range."""
    return to_unit(model.generate(n, seed), model.data_range)


def unit_input(model) -> tuple:
    """Returns symbolic images, in [0, 1] if the model knows its range, and the same in
    its range, as a network of the model takes them.
    """
    images = x = keras.Input(model.image_shape, name="images")
    if model.data_range is not None:
        low, high = model.data_range
        x = keras.layers.Rescaling(high - low, low, dtype="float32")(images)
    return images, x
