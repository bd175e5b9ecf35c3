"""Export generators that take images."""

import keras
import numpy as np
import tensorflow as tf

from tf_gan.data.ranges import to_unit
from tf_gan.errors import UserError
from tf_gan.export.signatures import (
    Signature,
    checked_array,
    checked_labels,
    never_empty,
)
from tf_gan.export.targets import ExportTarget, export_targets
from tf_gan.models.cycle_gan import CycleGAN
from tf_gan.models.image_to_image import ImageToImage
from tf_gan.models.star_gan import StarGAN
from tf_gan.models.super_resolution import SuperResolution
from tf_gan.training.rng import Stream


class ImageTarget(ExportTarget):
    """A generator from source images to images.

    Args:
        model: A `tf_gan.models.ImageToImage`.
    """

    @property
    def source_shape(self) -> tuple[int | None, int | None, int]:
        """Shape of a source image of exported files; None for a free size."""
        return self.model.source_shape

    def inputs(self, n, seed):
        """Returns source images in [0, 1]: sources that the model remembers, or noise."""
        model = self.model
        try:
            sources = model.sample_inputs(n, seed)[0]
        except UserError:  # The model remembers no sources.
            return {"images": Stream(seed).uniform([n, *model.source_shape]).numpy()}
        return {"images": to_unit(sources, model.source_range).numpy()}

    def network_inputs(self, inputs):
        if self.model.source_range is None:
            return inputs
        low, high = self.model.source_range
        return keras.layers.Rescaling(high - low, low, dtype="float32")(inputs)

    def signatures(self, max_batch, jit_compile):
        return image_signatures(self, jit_compile)


class SuperResolutionTarget(ImageTarget):
    """A generator that enlarges images of any height and width.

    Args:
        model: A `tf_gan.SRGAN`, `tf_gan.ESRGAN` or `tf_gan.SRResNet`.
    """

    @property
    def source_shape(self):
        return (None, None, self.model.source_shape[-1])


class DomainTarget(ImageTarget):
    """A generator from source images and the domains of the translations.

    Args:
        model: A `tf_gan.StarGAN`.
    """

    def inputs(self, n, seed):
        labels = self.model.sample_labels(n, Stream(seed)).numpy()
        return super().inputs(n, seed) | {"labels": labels}

    def network_inputs(self, inputs):
        images, labels = inputs
        return [super().network_inputs(images), keras.ops.cast(labels, "int32")]


class CycleTarget(ImageTarget):
    """A generator with an inverse: `translate_back` and `translate_back_png` are
    signatures of the SavedModel as well.

    Args:
        model: A `tf_gan.CycleGAN`.
    """

    def signatures(self, max_batch, jit_compile):
        back = ImageTarget(self.model.reversed())
        return super().signatures(max_batch, jit_compile) | image_signatures(
            back, jit_compile, "translate_back", "translate_back_png"
        )


@export_targets.register
def _(model: ImageToImage):
    return {"generator": ImageTarget}


@export_targets.register
def _(model: SuperResolution):
    return {"generator": SuperResolutionTarget}


@export_targets.register
def _(model: StarGAN):
    return {"generator": DomainTarget}


@export_targets.register
def _(model: CycleGAN):
    return {"generator": CycleTarget}


def decoded(encoded: tf.Tensor, channels: int) -> tf.Tensor:
    """Returns a PNG, JPEG, GIF or BMP file as float32 of shape `(H, W, channels)` in [0, 1],
    on white where it is transparent. The orientation in a file's EXIF data is not applied.

    Args:
        encoded: The file, a scalar.
        channels: 1 for grey, by the weights of ITU-R BT.601, or 3.
    """
    pixels = tf.io.decode_image(encoded, expand_animations=False)
    pixels = tf.cast(tf.ensure_shape(pixels, [None, None, None]), tf.float32)
    found = tf.shape(pixels)[-1]
    has_alpha = tf.equal(found % 2, 0)
    alpha = tf.where(has_alpha, pixels[..., -1:] / 255.0, 1.0)
    colors = pixels[..., : found - tf.cast(has_alpha, tf.int32)]
    colors = tf.broadcast_to(colors, tf.concat([tf.shape(pixels)[:2], [3]], 0))
    colors = tf.round(colors * alpha + 255.0 * (1.0 - alpha))
    if channels == 1:
        colors = tf.round(tf.reduce_sum(colors * [0.299, 0.587, 0.114], axis=-1, keepdims=True))
    return colors / 255.0


def image_signatures(
    target: ImageTarget,
    jit_compile: bool,
    translate: str = "serving_default",
    translate_files: str = "translate_png",
) -> dict[str, Signature]:
    """Returns the signatures of a model from source images to images.

    - `translate`: images -> images, float32, both in [0, 1] if they have bounds.
    - `translate_files`: PNG, JPEG, GIF or BMP files -> PNG files, for images of one or
      three channels.

    Both also take the labels of the domains, one for each image, if the model has classes.

    Args:
        target: The export target of a `tf_gan.models.ImageToImage`.
        jit_compile: Whether XLA compiles the network.
        translate: Name of the signature for arrays.
        translate_files: Name of the signature for files.
    """
    model, shape, classes = target.model, target.source_shape, target.model.num_classes

    def network(*inputs):
        inputs = target.network_inputs(list(inputs) if classes else inputs[0])
        outputs = target.network(inputs, training=False)
        return to_unit(tf.cast(outputs, tf.float32), model.data_range)

    network = never_empty(network, jit_compile)

    def serve(images, labels=None):
        images = checked_array(images, shape, "images", model.source_range is not None)
        if labels is None:
            return {"images": network(images)}
        return {"images": network(images, checked_labels(labels, classes, [tf.shape(images)[0]]))}

    def translate_png(image_bytes, labels=None):
        def one(encoded, *label):
            pixels = decoded(encoded, shape[-1])[None]
            pixels = checked_array(pixels, shape, "image_bytes", unit=True)
            images = network(pixels, *(each[None] for each in label))
            return tf.io.encode_png(tf.cast(tf.round(images * 255.0), tf.uint8)[0])

        inputs = [image_bytes]
        if labels is not None:
            inputs.append(checked_labels(labels, classes, [tf.shape(image_bytes)[0]]))
        made = tf.map_fn(lambda each: one(*each), tuple(inputs), fn_output_signature=tf.string)
        return {"png_bytes": made}

    def live(images, labels=None):
        inputs = target.network_inputs(images if labels is None else [images, labels])
        made = model.images_from(*(inputs if classes else [inputs]))
        return {"images": to_unit(made, model.data_range)}

    def live_png(image_bytes, labels=None):
        images = np.stack(
            [tf.io.decode_png(encoded, channels=shape[-1]).numpy() for encoded in image_bytes]
        )
        made = live(images.astype(np.float32) / np.float32(255.0), labels)["images"]
        return {"png_bytes": np.rint(made * 255.0).astype(np.uint8)}

    examples = target.inputs(4, 0)
    of_size = "" if None in shape else f" of {shape[0]} x {shape[1]} pixels"
    of_labels = " into the domains of their labels" if classes else ""
    labels = {"labels": tf.TensorSpec([None], tf.int32)} if classes else {}
    given = {name: values for name, values in examples.items() if name == "labels"}
    signatures = {
        translate: Signature(
            serve,
            {"images": tf.TensorSpec([None, *shape], tf.float32)} | labels,
            examples,
            live,
            f"The translations of images{of_size}{of_labels}.",
        )
    }
    if (
        None not in (model.data_range, model.source_range)
        and shape[-1] in (1, 3)
        and model.image_shape[-1] in (1, 3)
    ):
        encoded = np.array(
            [
                tf.io.encode_png(np.rint(image * 255.0).astype(np.uint8)).numpy()
                for image in examples["images"]
            ],
            bytes,
        )
        signatures[translate_files] = Signature(
            translate_png,
            {"image_bytes": tf.TensorSpec([None], tf.string)} | labels,
            {"image_bytes": encoded} | given,
            live_png,
            f"The translations of image files{of_size}{of_labels}.",
        )
    return signatures
