"""Export the classifier of semi-supervised models: from images to class probabilities."""

from typing import ClassVar

import keras

from tf_gan.export.from_images import FromImagesTarget
from tf_gan.export.latents import LatentTarget
from tf_gan.export.targets import export_targets, unit_input
from tf_gan.models.semi_supervised_gan import SemiSupervisedGAN


class ClassifierTarget(FromImagesTarget):
    """The classifier alone: `model.export(path, network="classifier")`.

    Outputs are the probabilities of `model.classify`.

    Args:
        model: A `tf_gan.SemiSupervisedGAN`.
    """

    output = "probabilities"

    def __init__(self, model):
        super().__init__(model)
        images, x = unit_input(model)
        self.network = keras.Model(images, model.probabilities(x), name="classifier")
        self.data_range = (0.0, 1.0)  # Of probabilities.
        self.text = f"The probabilities of the {model.classes} classes for images."
        average = "" if model.average_discriminator is None else "moving average of the "
        self.facts = {"weights": f"{average}discriminator", "num_classes": model.classes}

    def live(self, images):
        return self.model.classify(images)


class SemiSupervisedTarget(LatentTarget):
    """A generator from latents; its SavedModel has the signature `classify` as well.

    Args:
        model: A `tf_gan.SemiSupervisedGAN`.
    """

    beside: ClassVar = {"classify": ClassifierTarget}


@export_targets.register
def _(model: SemiSupervisedGAN):
    return {"generator": SemiSupervisedTarget, "classifier": ClassifierTarget}
