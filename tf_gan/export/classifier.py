"""The classifier of a semi-supervised game, as exporters see it: from images to class
probabilities.
"""

import keras
import numpy as np
import tensorflow as tf

from tf_gan.export.signatures import Signature, checked_images, from_unit, to_unit


class Classifier:
    """What the exporters ask of a game, for its classifier: `game.export(path,
    network="classifier")`.

    Inputs are images in [0, 1] where the game knows its data's range, as exported
    images are. What is exported is compared with the game on images that its generator
    makes.

    Args:
        game: A `tf_gan.models.SemiSupervisedGAN`.
    """

    exported_output = "probabilities"
    data_range = (0.0, 1.0)  # Of probabilities.

    def __init__(self, game):
        self.game = game
        self.sampler = classifier_model(game)

    def __call__(self, images, training: bool = False):
        return self.sampler(images, training=False)

    def sampler_inputs(self, images):
        return images

    def export_inputs(self, n: int, seed: int) -> dict[str, np.ndarray]:
        return {"images": unit_images(self.game, n, seed)}

    def export_signatures(self, max_batch: int, jit_compile: bool) -> dict[str, Signature]:
        return {"serving_default": classify_signature(self.game, max_batch, jit_compile)}

    def model_card(self) -> dict:
        """Returns what its model card says in place of the generator's."""
        game = self.game
        unit = game.data_range is not None
        return {
            "model": {
                "name": f"classifier of a {type(game).__name__}",
                "weights": (
                    "discriminator"
                    if game.average_discriminator is None
                    else "moving average of the discriminator"
                ),
                "steps": int(game.step.numpy()),
                "parameters": self.sampler.count_params(),
                "num_classes": game.classes,
            },
            "images": {
                "shape": list(game.image_shape),
                "dtype": "float32",
                "range": [0.0, 1.0] if unit else None,
                "text": (
                    f"in [0, 1], mapped to the data's range {game.data_range} inside"
                    if unit
                    else "as the training data, without bounds"
                ),
            },
        }


def classifier_model(game) -> keras.Model:
    """Returns the classifier as a functional Keras model, from images in [0, 1] to
    probabilities.
    """
    images = x = keras.Input(game.image_shape, name="images")
    if game.data_range is not None:
        low, high = game.data_range
        x = keras.layers.Rescaling(high - low, low, dtype="float32")(images)
    return keras.Model(images, game.probabilities(x), name="classifier")


def classify_signature(game, max_batch: int, jit_compile: bool) -> Signature:
    """Returns the signature of a game that classifies, from images to the probabilities
    of `game.classify`.

    Args:
        game: A `tf_gan.models.SemiSupervisedGAN`.
        max_batch: The largest number of images that the proof takes.
        jit_compile: Whether XLA compiles the network.
    """
    network = (
        tf.function(game.probabilities, jit_compile=True, autograph=False)
        if jit_compile
        else game.probabilities
    )

    def classify(images):
        return {
            "probabilities": network(
                from_unit(
                    checked_images(images, game.image_shape, game.data_range is not None),
                    game.data_range,
                )
            )
        }

    def live(images):
        return {"probabilities": game.classify(np.asarray(from_unit(images, game.data_range)))}

    spec = {"images": tf.TensorSpec([None, *game.image_shape], tf.float32)}
    example = {"images": unit_images(game, min(8, max_batch), 0)}
    return Signature(
        classify,
        spec,
        example,
        live,
        f"The probabilities of the {game.classes} classes for images.",
    )


def unit_images(game, n: int, seed: int) -> np.ndarray:
    """Returns images of a game's generator, in [0, 1] where it knows its range."""
    return to_unit(game.generate(n, seed), game.data_range).numpy()
