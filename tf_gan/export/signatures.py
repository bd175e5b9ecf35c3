"""What an exported model does: named functions of named tensors, with the checks that a
server needs inside the graph.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Signature:
    """One function of an exported model.

    Args:
        function: Takes the inputs by name, as tensors, and returns a dictionary of
            tensors. An output whose name ends in `_bytes` reaches REST clients as
            base64.
        inputs: A `tf.TensorSpec` for each input. Where the first dimension of all is
            None, a server may join requests into batches.
        example: A call to prove the export with: arrays by name. Batches join requests
            like it.
        live: What the live model gives for the arrays of a call, by another way than
            `function`: a dictionary of arrays. For encoded pictures the uint8 images
            that they show.
        text: What it does, one line for the model card.
    """

    function: Callable[..., dict[str, tf.Tensor]]
    inputs: dict[str, tf.TensorSpec]
    example: dict[str, np.ndarray]
    live: Callable[..., dict[str, np.ndarray]]
    text: str

    @property
    def batched(self) -> bool:
        return all(spec.shape.rank and spec.shape[0] is None for spec in self.inputs.values())

    def graph(self) -> tf.types.experimental.ConcreteFunction:
        """Returns the function as a graph."""
        specs = {
            name: tf.TensorSpec(spec.shape, spec.dtype, name=name)
            for name, spec in self.inputs.items()
        }
        return tf.function(self.function, autograph=False).get_concrete_function(**specs)


def latent_signatures(model, max_batch: int, jit_compile: bool) -> dict[str, Signature]:
    """Returns the signatures of a model from latents, and labels if it has classes, to
    images.

    - `serving_default`: latents (and labels) -> images.
    - `generate`: num and seed (and labels) -> the images of `model.generate(num,
      seed)`.
    - `generate_png`: the same as PNG files, for images of one or three channels in a
      known range.

    Args:
        model: A `tf_gan.models.GenerativeModel` with `latent_dim`, `draw` and
            `images_from`.
        max_batch: The largest `num`.
        jit_compile: Whether XLA compiles the network.
    """
    classes = model.num_classes

    def network(*inputs):
        return tf.cast(model(list(inputs) if classes else inputs[0], training=False), tf.float32)

    if jit_compile:
        network = tf.function(network, jit_compile=True, autograph=False)

    def serve(latents, labels=None):
        latents = checked_latents(latents, model.latent_dim)
        labels = None if labels is None else checked_labels(labels, classes, [tf.shape(latents)[0]])
        return {
            "images": to_unit(
                network(latents, *([] if labels is None else [labels])), model.data_range
            )
        }

    def generate(num, seed, labels=None):
        num = checked(
            num, "num", f"expected from 1 to {max_batch}", (num >= 1) & (num <= max_batch)
        )
        latents, drawn = model.sample_inputs(num, seed)
        if labels is not None:
            labels = checked_labels(labels, classes, [0, 1, num])
            labels = tf.cond(
                tf.size(labels) == 0, lambda: drawn, lambda: tf.broadcast_to(labels, [num])
            )
        return {
            "images": to_unit(
                network(latents, *([] if labels is None else [labels])), model.data_range
            )
        }

    def generate_png(num, seed, labels=None):
        pixels = tf.cast(tf.round(generate(num, seed, labels)["images"] * 255.0), tf.uint8)
        return {"png_bytes": tf.map_fn(tf.io.encode_png, pixels, fn_output_signature=tf.string)}

    def live_serve(latents, labels=None):
        return {"images": to_unit(model.images_from(latents, labels), model.data_range).numpy()}

    def live_generate(num, seed, labels=None):
        labels = None if labels is None or len(labels) == 0 else np.broadcast_to(labels, [num])
        return {
            "images": (
                to_unit(
                    model.generate(int(num), int(seed), labels=labels), model.data_range
                ).numpy()
            )
        }

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
    drawn, given = {"num": np.int32(count), "seed": np.int64(2)}, {"latents": latents.numpy()}
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
    if (
        len(model.image_shape) == 3
        and model.image_shape[-1] in (1, 3)
        and model.data_range is not None
    ):
        signatures["generate_png"] = Signature(
            generate_png, by_seed, drawn, live_png, f"The same as PNG files{of}."
        )
    return signatures


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

    if jit_compile:
        network = tf.function(network, jit_compile=True, autograph=False)

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


def to_unit(images, data_range) -> tf.Tensor:
    """Maps images from `(low, high)` onto [0, 1]; images without a range stay as they
    are.
    """
    if data_range is None:
        return tf.convert_to_tensor(images)
    low, high = data_range
    return tf.clip_by_value((images - low) / (high - low), 0.0, 1.0)


def from_unit(images, data_range) -> tf.Tensor:
    """Maps images from [0, 1] onto `(low, high)`; images without a range stay as they
    are.
    """
    low, high = data_range or (0.0, 1.0)
    return low + (high - low) * tf.convert_to_tensor(images)


# === Checks inside the graph ===


def checked(tensor, name: str, expected: str, condition, received=None) -> tf.Tensor:
    """Returns a tensor; if the condition does not hold where the graph runs, the call
    ends as INVALID_ARGUMENT with a sentence.

    Args:
        tensor: The tensor.
        name: The input's name.
        expected: What was expected.
        condition: Scalar bool tensor.
        received: What the sentence shows; the tensor itself by default.
    """
    sentence = f"Invalid value for input `{name}`: {expected}. Received:"
    assertion = tf.debugging.Assert(condition, [sentence, tensor if received is None else received])
    with tf.control_dependencies([assertion]):
        return tf.identity(tensor)


def checked_latents(latents, latent_dim: int) -> tf.Tensor:
    """Returns latents that are finite and of the width `latent_dim`."""
    # Without this, TensorFlow takes the shape of the signature for granted and removes
    # the check; a server's clients do not keep to it.
    latents = tf.compat.v1.placeholder_with_default(latents, [None] * latents.shape.rank)
    shape = tf.shape(latents)
    fits = tf.reduce_all(tf.equal(shape[1:], [latent_dim]))
    latents = checked(
        latents, "latents", f"expected shape (batch, {latent_dim})", fits, received=shape
    )
    latents = checked(
        latents,
        "latents",
        "expected finite numbers",
        tf.reduce_all(tf.math.is_finite(latents)),
        received="NaN or infinity",
    )
    return tf.ensure_shape(latents, [None, latent_dim])


def checked_images(images, shape, unit: bool = True, name: str = "images") -> tf.Tensor:
    """Returns images that are finite and, if `unit`, in [0, 1].

    Args:
        images: Shape `(batch, *shape)`.
        shape: Shape of one image; None where any size will do.
        unit: Whether they have bounds.
        name: The input's name.
    """
    # As in `checked_latents`: the shape of the signature is not taken for granted.
    images = tf.compat.v1.placeholder_with_default(images, [None] * images.shape.rank)
    sizes = tf.shape(images)
    fits = tf.reduce_all(
        [
            sizes[axis] == size if size is not None else sizes[axis] > 0
            for axis, size in enumerate(shape, 1)
        ]
    )
    expected = (
        "expected shape (batch,"
        f" {', '.join('any' if size is None else str(size) for size in shape)})"
    )
    images = checked(images, name, expected, fits, received=sizes)
    images = checked(
        images,
        name,
        "expected finite numbers",
        tf.reduce_all(tf.math.is_finite(images)),
        received="NaN or infinity",
    )
    if unit:
        ends = tf.reduce_min(images), tf.reduce_max(images)
        images = checked(
            images,
            name,
            "expected from 0 to 1",
            (ends[0] >= 0.0) & (ends[1] <= 1.0),
            received=tf.stack(ends),
        )
    return tf.ensure_shape(images, [None, *shape])


def checked_labels(labels, num_classes: int, counts: list) -> tf.Tensor:
    """Returns labels in [0, num_classes) whose number is one of `counts`."""
    count = tf.shape(labels)[0]
    fits = tf.reduce_any(tf.equal(count, tf.stack(counts)))
    labels = checked(
        labels,
        "labels",
        "expected one for each image" + (", one for all, or none" if len(counts) > 1 else ""),
        fits,
        received=count,
    )
    in_range = tf.reduce_all((labels >= 0) & (labels < num_classes))
    return checked(labels, "labels", f"expected from 0 to {num_classes - 1}", in_range)
