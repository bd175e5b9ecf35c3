"""Export models that encode images."""

import keras
import numpy as np
import tensorflow as tf

from tf_gan.export.latents import LatentTarget
from tf_gan.export.signatures import Signature, checked_images, from_unit, never_empty
from tf_gan.export.targets import ExportTarget, export_targets, unit_images, unit_input
from tf_gan.models.encoder import EncoderMixin


class EncoderTarget(LatentTarget):
    """A generator from latents; its SavedModel has the signature `encode` as well.

    Args:
        model: A `tf_gan.models.GenerativeModel` that is also a
            `tf_gan.models.encoder.EncoderMixin`.
    """

    def signatures(self, max_batch, jit_compile):
        return super().signatures(max_batch, jit_compile) | {
            "encode": encode_signature(self.model, max_batch, jit_compile)
        }


class EncoderNetworkTarget(ExportTarget):
    """The encoder alone: `model.export(path, network="encoder")`.

    Inputs are images in [0, 1] where the model knows its data's range; outputs are the
    latents of `model.encode`.

    Args:
        model: A `tf_gan.models.GenerativeModel` that is also a
            `tf_gan.models.encoder.EncoderMixin`.
    """

    output = "latents"

    def __init__(self, model):
        super().__init__(model)
        images, x = unit_input(model)
        latents = tf.nest.flatten(model.encoder(x, training=False))[0]
        self.network = keras.Model(images, latents, name="encoder")
        self.data_range = None  # Of latents.

    def inputs(self, n, seed):
        return {"images": unit_images(self.model, n, seed)}

    def signatures(self, max_batch, jit_compile):
        return {"serving_default": encode_signature(self.model, max_batch, jit_compile)}

    def model_card(self):
        model = self.model
        return {
            "model": {
                "name": f"encoder of a {type(model).__name__}",
                "weights": "encoder",
                "steps": int(model.step.numpy()),
                "parameters": self.network.count_params(),
                "latent_dim": model.latent_dim,
            },
            "images": {
                "shape": list(model.image_shape),
                "dtype": "float32",
                "range": None if model.data_range is None else [0.0, 1.0],
                "text": (
                    "as the training data, without bounds"
                    if model.data_range is None
                    else f"in [0, 1], mapped to the data's range {model.data_range} inside"
                ),
            },
        }


@export_targets.register
def _(model: EncoderMixin):
    return {"generator": EncoderTarget, "encoder": EncoderNetworkTarget}


def encode_signature(model, max_batch: int, jit_compile: bool) -> Signature:
    """Returns the signature of a model's encoder: images -> the latents of
    `model.encode`.

    Args:
        model: A `tf_gan.models.GenerativeModel` with `encoder` and `encode`.
        max_batch: The largest number of images that the proof takes.
        jit_compile: Whether XLA compiles the network.
    """

    def network(images):
        return tf.cast(tf.nest.flatten(model.encoder(images, training=False))[0], tf.float32)

    network = never_empty(network, jit_compile)

    def encode(images):
        return {
            "latents": network(
                from_unit(
                    checked_images(images, model.image_shape, model.data_range is not None),
                    model.data_range,
                )
            )
        }

    def live(images):
        return {"latents": model.encode(np.asarray(from_unit(images, model.data_range)))}

    images = unit_images(model, min(8, max_batch), 3)
    spec = {"images": tf.TensorSpec([None, *model.image_shape], tf.float32)}
    return Signature(encode, spec, {"images": images}, live, "The latents of images.")
