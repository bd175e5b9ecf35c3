"""Export models that encode images."""

import numpy as np
import tensorflow as tf

from tf_gan.export.latents import LatentTarget
from tf_gan.export.signatures import Signature, checked_images, from_unit, never_empty, to_unit
from tf_gan.export.targets import export_targets
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


@export_targets.register
def _(model: EncoderMixin):
    return {"generator": EncoderTarget}


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

    images = to_unit(model.generate(min(8, max_batch), seed=3), model.data_range).numpy()
    spec = {"images": tf.TensorSpec([None, *model.image_shape], tf.float32)}
    return Signature(encode, spec, {"images": images}, live, "The latents of images.")
