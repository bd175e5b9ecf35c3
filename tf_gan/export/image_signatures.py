"""What an exported model does whose generator takes images."""

import numpy as np
import tensorflow as tf

from tf_gan.export.signatures import Signature, checked_images, to_unit


def image_signatures(
    model,
    jit_compile: bool,
    translate: str = "serving_default",
    translate_files: str = "translate_png",
) -> dict[str, Signature]:
    """Returns the signatures of a model from source images to images.

    - `translate`: images -> images, float32, in [0, 1] both where they have bounds.
    - `translate_files`: PNG, JPEG, GIF or BMP files -> PNG files, for images of one or
      three channels.

    Args:
        model: A `tf_gan.models.ImageToImage`; its `exported_source_shape` says which
            height and width the sources have, None for any.
        jit_compile: Whether XLA compiles the network.
        translate: Name of the first signature.
        translate_files: Name of the second one.
    """
    shape = model.exported_source_shape

    def network(images):
        return to_unit(
            tf.cast(model(model.sampler_inputs(images), training=False), tf.float32),
            model.data_range,
        )

    if jit_compile:
        network = tf.function(network, jit_compile=True, autograph=False)

    def serve(images):
        return {"images": network(checked_images(images, shape, model.source_range is not None))}

    def translate_png(image_bytes):
        def one(encoded):
            pixels = tf.io.decode_image(encoded, channels=shape[-1], expand_animations=False)
            pixels = tf.cast(pixels, tf.float32)[None] / 255.0
            return tf.io.encode_png(
                tf.cast(
                    tf.round(network(checked_images(pixels, shape, name="image_bytes")) * 255.0),
                    tf.uint8,
                )[0]
            )

        return {"png_bytes": tf.map_fn(one, image_bytes, fn_output_signature=tf.string)}

    def live(images):
        return {
            "images": (
                to_unit(model.images_from(model.sampler_inputs(images)), model.data_range).numpy()
            )
        }

    def live_png(image_bytes):
        images = np.stack(
            [tf.io.decode_png(encoded, channels=shape[-1]).numpy() for encoded in image_bytes]
        )
        return {
            "png_bytes": (
                np.rint(
                    live(images.astype(np.float32) / np.float32(255.0))["images"] * 255.0
                ).astype(np.uint8)
            )
        }

    examples = model.export_inputs(4, 0)["images"]
    of_size = "" if None in shape else f" of {shape[0]} x {shape[1]} pixels"
    signatures = {
        translate: Signature(
            serve,
            {"images": tf.TensorSpec([None, *shape], tf.float32)},
            {"images": examples},
            live,
            f"The translations of images{of_size}.",
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
                for image in examples
            ],
            bytes,
        )
        signatures[translate_files] = Signature(
            translate_png,
            {"image_bytes": tf.TensorSpec([None], tf.string)},
            {"image_bytes": encoded},
            live_png,
            f"The same of image files{of_size}.",
        )
    return signatures
