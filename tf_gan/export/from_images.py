"""What the exports of networks that take images share: classifiers and encoders."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tf_gan.data.ranges import from_unit
from tf_gan.export.signatures import Signature, checked_images, never_empty
from tf_gan.export.targets import ExportTarget, unit_images


class FromImagesTarget(ExportTarget):
    """A network that takes images: in [0, 1] where the model knows its data's range.

    Exported files are compared with the model on images of the generator. Subclasses set
    `network`, `output`, `data_range` and `facts`.

    Args:
        model: The `tf_gan.models.GenerativeModel`.
    """

    facts: dict  # Of the network, for the model card.

    def inputs(self, n, seed):
        return {"images": unit_images(self.model, n, seed)}

    def model_card(self):
        model = self.model
        text = "as the training data, without bounds"
        if model.data_range is not None:
            text = f"in [0, 1], mapped to the data's range {model.data_range} inside"
        return {
            "model": {
                "name": f"{self.network.name} of a {type(model).__name__}",
                "steps": int(model.step.numpy()),
                "parameters": self.network.count_params(),
            }
            | self.facts,
            "images": {
                "shape": list(model.image_shape),
                "dtype": "float32",
                "range": None if model.data_range is None else [0.0, 1.0],
                "text": text,
            },
        }


def from_images_signature(
    model,
    output: str,
    network: Callable,
    live: Callable,
    text: str,
    max_batch: int,
    jit_compile: bool,
) -> Signature:
    """Returns the signature of a network that takes images.

    Args:
        model: The `tf_gan.models.GenerativeModel`.
        output: Name of what it returns.
        network: Function of images in the model's range, in the graph.
        live: The same of the live model, of arrays.
        text: What it returns, in words.
        max_batch: The largest number of images that the proof takes.
        jit_compile: Whether XLA compiles the network.
    """
    network = never_empty(network, jit_compile)

    def serve(images):
        images = checked_images(images, model.image_shape, model.data_range is not None)
        return {output: network(from_unit(images, model.data_range))}

    def serve_live(images):
        return {output: live(np.asarray(from_unit(images, model.data_range)))}

    spec = {"images": tf.TensorSpec([None, *model.image_shape], tf.float32)}
    example = {"images": unit_images(model, min(8, max_batch), 0)}
    return Signature(serve, spec, example, serve_live, text)
