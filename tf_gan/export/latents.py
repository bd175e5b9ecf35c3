"""Export generators that take latents, or latents and labels."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from tf_gan.data.ranges import to_unit
from tf_gan.export.signatures import (
    Signature,
    checked,
    checked_array,
    checked_labels,
    never_empty,
)
from tf_gan.export.targets import ExportTarget, export_targets
from tf_gan.models.base import GenerativeModel


class LatentTarget(ExportTarget):
    """A generator from latents, and labels if the model has classes, to images.

    Subclasses may set `beside`: other networks of the model, by the names of their
    signatures in its SavedModel.

    Args:
        model: A `tf_gan.models.GenerativeModel` with `latent_dim`.
    """

    beside: ClassVar[Mapping[str, type[ExportTarget]]] = {}

    def inputs(self, n, seed):
        latents, labels = self.model.sample_inputs(n, seed)
        return {"latents": latents.numpy()} | ({} if labels is None else {"labels": labels.numpy()})

    def signatures(self, max_batch, jit_compile):
        return latent_signatures(self.model, max_batch, jit_compile) | {
            name: target(self.model).signatures(max_batch, jit_compile)["serving_default"]
            for name, target in self.beside.items()
        }


@export_targets.register
def _(model: GenerativeModel):
    return {"generator": LatentTarget}


def latent_signatures(model, max_batch: int, jit_compile: bool) -> dict[str, Signature]:
    """Returns the signatures of a model from latents, and labels if it has classes, to
    images.

    - `serving_default`: latents (and labels) -> images.
    - `generate`: num and seed (and labels) -> the images of `model.generate(num,
      seed)`.
    - `generate_truncated`: num, seed and truncation (and labels) -> the images of
      `model.generate(num, seed, truncation=truncation)`, for models that truncate.
    - `generate_png`: num and seed (and labels) -> PNG files of these images, for images
      of one, three or four channels in a known range.

    Args:
        model: A `tf_gan.models.GenerativeModel` with `latent_dim`,
            `sample_inputs` and `images_from`.
        max_batch: The largest `num`.
        jit_compile: Whether XLA compiles the network.
    """
    classes = model.num_classes

    def network(*inputs):
        return tf.cast(model(list(inputs) if classes else inputs[0], training=False), tf.float32)

    def truncated_network(truncation, *inputs):
        inputs = list(inputs) if classes else inputs[0]
        return tf.cast(model.images_of(inputs, truncation), tf.float32)

    network = never_empty(network, jit_compile)
    if jit_compile:
        truncated_network = tf.function(truncated_network, jit_compile=True, autograph=False)

    def serve(latents, labels=None):
        latents = checked_array(latents, [model.latent_dim], "latents")
        labels = None if labels is None else checked_labels(labels, classes, [tf.shape(latents)[0]])
        return {
            "images": to_unit(
                network(latents, *([] if labels is None else [labels])), model.data_range
            )
        }

    def inputs_of(num, seed, labels):
        num = checked(
            num, "num", f"expected from 1 to {max_batch}", (num >= 1) & (num <= max_batch)
        )
        latents, drawn = model.sample_inputs(num, seed)
        if labels is not None:
            labels = checked_labels(labels, classes, [0, 1, num])
            labels = tf.cond(
                tf.size(labels) == 0, lambda: drawn, lambda: tf.broadcast_to(labels, [num])
            )
        return [latents, *([] if labels is None else [labels])]

    def generate(num, seed, labels=None):
        return {"images": to_unit(network(*inputs_of(num, seed, labels)), model.data_range)}

    def generate_truncated(num, seed, truncation, labels=None):
        truncation = checked(
            truncation,
            "truncation",
            "expected a number above 0",
            (truncation > 0.0) & tf.math.is_finite(truncation),
        )
        images = truncated_network(truncation, *inputs_of(num, seed, labels))
        return {"images": to_unit(images, model.data_range)}

    def generate_png(num, seed, labels=None):
        pixels = tf.cast(tf.round(generate(num, seed, labels)["images"] * 255.0), tf.uint8)
        return {"png_bytes": tf.map_fn(tf.io.encode_png, pixels, fn_output_signature=tf.string)}

    def live_serve(latents, labels=None):
        return {"images": to_unit(model.images_from(latents, labels), model.data_range)}

    def live_generate(num, seed, labels=None, truncation=None):
        labels = None if labels is None or len(labels) == 0 else np.broadcast_to(labels, [num])
        images = model.generate(
            int(num),
            int(seed),
            labels=labels,
            truncation=None if truncation is None else float(truncation),
        )
        return {"images": to_unit(images, model.data_range)}

    def live_png(num, seed, labels=None):
        return {
            "png_bytes": (
                np.rint(live_generate(num, seed, labels)["images"] * 255.0).astype(np.uint8)
            )
        }

    count = min(8, max_batch)
    latents, labels = model.sample_inputs(count, 0)
    by_seed = {"num": tf.TensorSpec([], tf.int32), "seed": tf.TensorSpec([], tf.int64)}
    by_latents = {"latents": tf.TensorSpec([None, model.latent_dim], tf.float32)}
    drawn: dict[str, Any] = {"num": np.int32(count), "seed": np.int64(2)}
    given: dict[str, Any] = {"latents": latents.numpy()}
    if classes:
        by_seed["labels"] = by_latents["labels"] = tf.TensorSpec([None], tf.int32)
        drawn["labels"] = given["labels"] = labels.numpy()
    of = (
        " of its label: a label for each image, one for all, or none to draw them"
        if classes
        else ""
    )
    signatures = {
        "serving_default": Signature(
            serve,
            by_latents,
            given,
            live_serve,
            "The images of latents" + (" and labels." if classes else "."),
        ),
        "generate": Signature(
            generate,
            by_seed,
            drawn,
            live_generate,
            f"`num` new images{of}; the same seed gives the same images.",
        ),
    }
    if model.truncates:
        signatures["generate_truncated"] = Signature(
            generate_truncated,
            by_seed | {"truncation": tf.TensorSpec([], tf.float32)},
            drawn | {"truncation": np.float32(0.7)},
            live_generate,
            f"`num` new images{of}, as by `generate`; the smaller `truncation`, the less different"
            " they are, and the better, if the networks were trained for it.",
        )
    if (
        len(model.image_shape) == 3
        and model.image_shape[-1] in (1, 3, 4)
        and model.data_range is not None
    ):
        signatures["generate_png"] = Signature(
            generate_png,
            by_seed,
            drawn,
            live_png,
            f"`num` new images as PNG files{of}; the same seed gives the same files.",
        )
    return signatures
