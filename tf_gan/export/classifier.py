"""Export the classifier of semi-supervised models: from images to class probabilities."""

import keras

from tf_gan.export.from_images import FromImagesTarget, from_images_signature
from tf_gan.export.latents import LatentTarget
from tf_gan.export.signatures import Signature
from tf_gan.export.targets import export_targets, unit_input
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


class ClassifierTarget(FromImagesTarget):
    """The classifier alone: `model.export(path, network="classifier")`.

    Args:
        model: A `tf_gan.SemiSupervisedGAN`.
    """

    output = "probabilities"

    def __init__(self, model):
        super().__init__(model)
        self.network = classifier_model(model)
        self.data_range = (0.0, 1.0)  # Of probabilities.
        average = "" if model.average_discriminator is None else "moving average of the "
        self.facts = {"weights": f"{average}discriminator", "num_classes": model.classes}

    def signatures(self, max_batch, jit_compile):
        return {"serving_default": classify_signature(self.model, max_batch, jit_compile)}


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
    text = f"The probabilities of the {model.classes} classes for images."
    return from_images_signature(
        model,
        "probabilities",
        model.probabilities,
        model.classify,
        text,
        max_batch,
        jit_compile,
    )
