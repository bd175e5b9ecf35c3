"""Export models that encode images."""

import keras
import tensorflow as tf

from tf_gan.export.from_images import FromImagesTarget, from_images_signature
from tf_gan.export.latents import LatentTarget
from tf_gan.export.signatures import Signature
from tf_gan.export.targets import export_targets, unit_input
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


class EncoderNetworkTarget(FromImagesTarget):
    """The encoder alone: `model.export(path, network="encoder")`.

    Outputs are the latents of `model.encode`.

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
        self.facts = {"weights": "encoder", "latent_dim": model.latent_dim}

    def signatures(self, max_batch, jit_compile):
        return {"serving_default": encode_signature(self.model, max_batch, jit_compile)}


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

    return from_images_signature(
        model, "latents", network, model.encode, "The latents of images.", max_batch, jit_compile
    )
