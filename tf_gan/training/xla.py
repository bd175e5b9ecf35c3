"""Where XLA compiles: the whole step, its compute part on each replica, or the optimizers
alone.
"""

import keras
import tensorflow as tf

from tf_gan import compat
from tf_gan.errors import UserError
from tf_gan.layers import EqualizedConv2D, ModulatedConv2D, UpsampleConv2D
from tf_gan.training.replicas import is_replicated

CONVOLUTIONS = (
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
    UpsampleConv2D,
    EqualizedConv2D,
    ModulatedConv2D,
    keras.layers.DepthwiseConv1D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv1D,
    keras.layers.SeparableConv2D,
)


def resolve(model: keras.Model, jit_compile: bool | str, run_eagerly: bool) -> bool:
    """Returns whether XLA compiles the step of a model, for the argument of `compile`.

    Raises:
        ValueError: if XLA is asked for where replicas exchange values within a forward pass.
    """
    if jit_compile not in ("auto", True, False, None):
        raise UserError(
            "Invalid value for argument `jit_compile`. Expected 'auto', True or False. Received:"
            f" jit_compile={jit_compile!r}"
        )
    if jit_compile == "auto":
        return not run_eagerly and should_use_xla(model)
    if jit_compile and is_replicated(model) and exchanges_values(model):
        raise UserError(
            "Replicas exchange values in the middle of the networks"
            " (BatchNormalization(synchronized=True)) or of a loss (relativistic_average, dragan),"
            " which XLA programs cannot do. Expected jit_compile='auto' or False under a strategy"
            " with several replicas. Received: jit_compile=True"
        )
    return bool(jit_compile)


def should_use_xla(model: keras.Model) -> bool:
    """Returns whether XLA is the faster choice for a model's step on this machine.

    On accelerators it is. On a CPU it is for dense layers; XLA's CPU convolutions are slower
    than those of TensorFlow. It cannot be used where replicas exchange values within a
    forward pass.
    """
    if is_replicated(model) and exchanges_values(model):
        return False
    if any(device.device_type != "CPU" for device in tf.config.list_logical_devices()):
        return True
    return not has_convolutions(model)


def has_convolutions(model: keras.Model) -> bool:
    """Returns whether a model has convolutions."""
    return any(isinstance(layer, CONVOLUTIONS) for layer in compat.flatten_layers(model))


def exchanges_values(model: keras.Model) -> bool:
    """Returns whether replicas exchange values within a forward pass, in a layer or in a
    loss.
    """
    return model.uses_global_batch or any(
        getattr(layer, "synchronized", False) for layer in compat.flatten_layers(model)
    )


def xla_per_replica(model: keras.Model) -> bool:
    """Returns whether the compute part of each update is an XLA program of its own: on
    replicas, unless the strategy compiles the whole step.
    """
    on_tpu = isinstance(model.distribute_strategy, tf.distribute.TPUStrategy)
    return is_replicated(model) and not on_tpu and model.jit_compile and not model.run_eagerly


def xla_optimizer(model: keras.Model) -> bool:
    """Returns whether the optimizers' arithmetic is an XLA program of its own: on one device,
    where the networks are faster without XLA.
    """
    compiled = model.jit_compile or model.run_eagerly or is_replicated(model)
    return model.requested_jit_compile == "auto" and not compiled
