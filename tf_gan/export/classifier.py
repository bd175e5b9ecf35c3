"""Export the classifier of semi-supervised models: from images to class probabilities."""

import keras
import numpy as np
import tensorflow as tf

from tf_gan.export.latents import LatentTarget
from tf_gan.export.signatures import Signature, checked_images, from_unit, never_empty
from tf_gan.export.targets import ExportTarget, export_targets, unit_images, unit_input
from tf_gan.models.semi_supervised_gan import SemiSupervisedGAN


class SemiSupervisedTarget(LatentTarget):
    """A generator from latents; its SavedModel has the signature `classify` as well.

    Args:
        model: A `tf_gan.SemiSupervisedGAN`.
    """

    def signatures(self, max_batch, jit_compile):
        return super().signatures(max_batch, jit_compile) | {
            "classify": classify_signature(self.model, max_batch, jit_compile)
        }


class ClassifierTarget(ExportTarget):
    """The classifier alone: `model.export(path, network="classifier")`.

    Inputs are images in [0, 1] where the model knows its data's range. Exported files
    are compared with the model on images of the generator.

    Args:
        model: A `tf_gan.SemiSupervisedGAN`.
    """

    output = "probabilities"

    def __init__(self, model):
        super().__init__(model)
        self.network = classifier_model(model)
        self.data_range = (0.0, 1.0)  # Of probabilities.

    def inputs(self, n, seed):
        return {"images": unit_images(self.model, n, seed)}

    def signatures(self, max_batch, jit_compile):
        return {"serving_default": classify_signature(self.model, max_batch, jit_compile)}

    def model_card(self):
        model = self.model
        unit = model.data_range is not None
        return {
            "model": {
                "name": f"classifier of a {type(model).__name__}",
                "weights": (
                    "discriminator"
                    if model.average_discriminator is None
                    else "moving average of the discriminator"
                ),
                "steps": int(model.step.numpy()),
                "parameters": self.network.count_params(),
                "num_classes": model.classes,
            },
            "images": {
                "shape": list(model.image_shape),
                "dtype": "float32",
                "range": [0.0, 1.0] if unit else None,
                "text": (
                    f"in [0, 1], mapped to the data's range {model.data_range} inside"
                    if unit
                    else "as the training data, without bounds"
                ),
            },
        }


@export_targets.register
def _(model: SemiSupervisedGAN):
    return {"generator": SemiSupervisedTarget, "classifier": ClassifierTarget}


def classifier_model(model) -> keras.Model:
    """Returns the classifier as a functional Keras model, from images in [0, 1] to
    probabilities.
    """
    images, x = unit_input(model)
    return keras.Model(images, model.probabilities(x), name="classifier")


def classify_signature(model, max_batch: int, jit_compile: bool) -> Signature:
    """Returns the signature of the classifier: images -> the probabilities of
    `model.classify`.

    Args:
        model: A `tf_gan.models.SemiSupervisedGAN`.
        max_batch: The largest number of images that the proof takes.
        jit_compile: Whether XLA compiles the network.
    """
    network = never_empty(model.probabilities, jit_compile)

    def classify(images):
        return {
            "probabilities": network(
                from_unit(
                    checked_images(images, model.image_shape, model.data_range is not None),
                    model.data_range,
                )
            )
        }

    def live(images):
        return {"probabilities": model.classify(np.asarray(from_unit(images, model.data_range)))}

    spec = {"images": tf.TensorSpec([None, *model.image_shape], tf.float32)}
    example = {"images": unit_images(model, min(8, max_batch), 0)}
    return Signature(
        classify,
        spec,
        example,
        live,
        f"The probabilities of the {model.classes} classes for images.",
    )
