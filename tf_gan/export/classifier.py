"""The classifier of a semi-supervised model, as exporters see it: from images to class
probabilities.
"""

import keras
import numpy as np
import tensorflow as tf

from tf_gan.export.signatures import Signature, checked_images, from_unit, to_unit


class Classifier:
    """What the exporters ask of a model, for its classifier: `model.export(path,
    network="classifier")`.

    Inputs are images in [0, 1] where the model knows its data's range, as exported
    images are. What is exported is compared with the model on images that its generator
    makes.

    Args:
        model: A `tf_gan.models.SemiSupervisedGAN`.
    """

    exported_output = "probabilities"
    data_range = (0.0, 1.0)  # Of probabilities.

    def __init__(self, model):
        self.model = model
        self.sampler = classifier_model(model)

    def __call__(self, images, training: bool = False):
        return self.sampler(images, training=False)

    def sampler_inputs(self, images):
        return images

    def export_inputs(self, n: int, seed: int) -> dict[str, np.ndarray]:
        return {"images": unit_images(self.model, n, seed)}

    def export_signatures(self, max_batch: int, jit_compile: bool) -> dict[str, Signature]:
        return {"serving_default": classify_signature(self.model, max_batch, jit_compile)}

    def model_card(self) -> dict:
        """Returns what its model card says in place of the generator's."""
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
                "parameters": self.sampler.count_params(),
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


def classifier_model(model) -> keras.Model:
    """Returns the classifier as a functional Keras model, from images in [0, 1] to
    probabilities.
    """
    images = x = keras.Input(model.image_shape, name="images")
    if model.data_range is not None:
        low, high = model.data_range
        x = keras.layers.Rescaling(high - low, low, dtype="float32")(images)
    return keras.Model(images, model.probabilities(x), name="classifier")


def classify_signature(model, max_batch: int, jit_compile: bool) -> Signature:
    """Returns the signature of a model that classifies, from images to the
    probabilities of `model.classify`.

    Args:
        model: A `tf_gan.models.SemiSupervisedGAN`.
        max_batch: The largest number of images that the proof takes.
        jit_compile: Whether XLA compiles the network.
    """
    network = (
        tf.function(model.probabilities, jit_compile=True, autograph=False)
        if jit_compile
        else model.probabilities
    )

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


def unit_images(model, n: int, seed: int) -> np.ndarray:
    """Returns images of a model's generator, in [0, 1] where it knows its range."""
    return to_unit(model.generate(n, seed), model.data_range).numpy()
