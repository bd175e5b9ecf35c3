"""Export models that encode images."""

from typing import ClassVar

import keras
import tensorflow as tf

from tf_gan.export.from_images import FromImagesTarget
from tf_gan.export.latents import LatentTarget
from tf_gan.export.targets import export_targets, unit_input
from tf_gan.models.encoder import EncoderMixin


class EncoderNetworkTarget(FromImagesTarget):
    """The encoder alone: `model.export(path, network="encoder")`.

    Outputs are the latents of `model.encode`.

    Args:
        model: A `tf_gan.models.GenerativeModel` that is also a
            `tf_gan.models.encoder.EncoderMixin`.
    """

    output = "latents"
    text = "The latents of images."

    def __init__(self, model):
        super().__init__(model)
        images, x = unit_input(model)
        latents = tf.nest.flatten(model.encoder(x, training=False))[0]
        self.network = keras.Model(images, latents, name="encoder")
        self.data_range = None  # Of latents.
        self.facts = {"weights": "encoder", "latent_dim": model.latent_dim}

    def live(self, images):
        return self.model.encode(images)


class EncoderTarget(LatentTarget):
    """A generator from latents; its SavedModel has the signature `encode` as well.

    Args:
        model: A `tf_gan.models.GenerativeModel` that is also a
            `tf_gan.models.encoder.EncoderMixin`.
    """

    beside: ClassVar = {"encode": EncoderNetworkTarget}


@export_targets.register
def _(model: EncoderMixin):
    return {"generator": EncoderTarget, "encoder": EncoderNetworkTarget}
