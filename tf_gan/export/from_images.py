"""What the exports of networks that take images share: classifiers and encoders."""

import numpy as np
import tensorflow as tf

from tf_gan.data.ranges import from_unit
from tf_gan.export.signatures import Signature, checked_array
from tf_gan.export.targets import ExportTarget, unit_images


class FromImagesTarget(ExportTarget):
    """A network that takes images: in [0, 1] where the model knows its data's range.

    Exported files are compared with the model on images of the generator. Subclasses set
    `network`, `output`, `data_range`, `facts` and `text`, and implement `live`.

    Args:
        model: The `tf_gan.models.GenerativeModel`.
    """

    facts: dict  # Of the network, for the model card.
    text: str  # What it returns, in words.

    def live(self, images: np.ndarray) -> np.ndarray:
        """Returns what the live model makes of images in its range."""
        raise NotImplementedError

    def inputs(self, n, seed):
        return {"images": unit_images(self.model, n, seed)}

    def signatures(self, max_batch, jit_compile):
        model, network = self.model, self.in_graph(jit_compile)

        def serve(images):
            unit = model.data_range is not None
            images = checked_array(images, model.image_shape, "images", unit)
            return {self.output: network(images)}

        def live(images):
            return {self.output: self.live(from_unit(images, model.data_range))}

        spec = {"images": tf.TensorSpec([None, *model.image_shape], tf.float32)}
        example = self.inputs(min(8, max_batch), 0)
        return {"serving_default": Signature(serve, spec, example, live, self.text)}

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
