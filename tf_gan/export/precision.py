"""Files compute in float32, also those of models that were trained in half precision."""

import keras

from tf_gan import compat
from tf_gan.models.image_to_image import ImageToImage

HALF = ("bfloat16", "float16")


def in_float32(model):
    """Returns a model whose networks compute in float32: the model itself, or a copy with its
    weights where layers compute in half precision. TFLite and ONNX know no bfloat16, and
    roundings of half precision differ from one program to another.

    Args:
        model: A `tf_gan.models.GenerativeModel`. Its weights are in float32 already, as
            those of all mixed policies.
    """
    if not any(layer.compute_dtype in HALF for layer in compat.flatten_layers(model)):
        return model
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        copy = type(model).from_config(_with_policy(model.get_config()))
    finally:
        keras.config.set_dtype_policy(policy)
    copy.set_weights(model.get_weights())
    if isinstance(model, ImageToImage) and model.has_sources:
        copy.set_sources(lambda: model.sources)
    return copy


def _with_policy(config):
    """Returns the config of a model or a layer with float32 in place of each mixed policy."""
    if isinstance(config, dict):
        return {key: _with_policy(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return type(config)(map(_with_policy, config))
    mixed = [f"mixed_{name}" for name in HALF]
    return "float32" if isinstance(config, str) and config in mixed else config
