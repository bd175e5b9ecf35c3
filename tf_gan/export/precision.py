"""Files compute in float32, also those of models that were trained in half precision."""

import logging

import keras

from tf_gan import compat
from tf_gan.errors import reason
from tf_gan.models.image_to_image import ImageToImage

HALF = ("bfloat16", "float16", "mixed_bfloat16", "mixed_float16")


def in_float32(model):
    """Returns a model whose networks compute in float32: the model itself, or a copy with its
    weights where layers compute in half precision. TFLite and ONNX know no bfloat16, and
    roundings of half precision differ from one program to another.

    A model of the user's own that cannot be made again from its config is returned as it
    is, with a warning.

    Args:
        model: A `tf_gan.models.GenerativeModel`.
    """
    if not any(layer.compute_dtype in HALF for layer in compat.flatten_layers(model)):
        return model
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        copy = type(model).from_config(_in_float32(model.get_config()))
    except (NotImplementedError, TypeError, ValueError) as error:
        logging.warning(
            "The %s cannot be made again in float32 from its config (%s): the file computes in half"
            " precision, which TFLite and ONNX do not know.",
            type(model).__name__,
            reason(error),
        )
        return model
    finally:
        keras.config.set_dtype_policy(policy)
    # Not the weights of the model as a whole: `compile` adds some that no file needs.
    for name, part in vars(copy).items():
        if isinstance(part, keras.layers.Layer):
            part.set_weights(getattr(model, name).get_weights())
        elif isinstance(part, keras.Variable):
            part.assign(getattr(model, name).value)
    if isinstance(model, ImageToImage) and model.has_sources:
        copy.set_sources(lambda: model.sources)
    return copy


def _in_float32(config):
    """Returns the config of a model or a layer with float32 in place of half precision."""
    if isinstance(config, list | tuple):
        return type(config)(map(_in_float32, config))
    if not isinstance(config, dict):
        return config
    if str(config.get("class_name")).endswith("DTypePolicy"):
        return "float32"
    return {
        key: "float32" if key == "dtype" and value in HALF else _in_float32(value)
        for key, value in config.items()
    }
