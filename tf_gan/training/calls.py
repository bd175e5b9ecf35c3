"""How many steps a call of the train function runs where nobody says it."""

import math

import keras
import numpy as np
import tensorflow as tf

# A call is to take about a second. So that a resumed run, and each worker of a cluster,
# runs the same calls, the speed is not measured: multiply-adds a second of two cores, and
# of a GPU or TPU at a tenth of what it could.
SPEED, ACCELERATOR_SPEED = 5e10, 2e12
PASSES = 12  # Multiply-adds of a step for each one of a forward pass of all networks.
MOST = 100
BYTES = 2**26  # The batches of a call are in memory at once.


def automatic(model, batch, minibatches: int, steps: int | None) -> int:
    """Returns the number of steps of a call that takes about a second, at most those of
    an epoch.

    Args:
        model: A compiled model.
        batch: What the dataset yields for a step: a structure of `tf.TensorSpec`.
        minibatches: Minibatches in a batch.
        steps: Steps in an epoch, or None where nobody knows.
    """
    specs = tf.nest.flatten(batch, expand_composites=True)  # One for each replica of a host.
    if not specs or any(
        not isinstance(s, tf.TensorSpec) or not s.shape.is_fully_defined() for s in specs
    ):
        return 1
    size = sum(s.shape.num_elements() * s.dtype.size for s in specs)
    places = max((int(np.prod(s.shape[1:3])) for s in specs if s.shape.rank == 4), default=1)
    pass_of_an_image = sum(multiply_adds(network, places) for network in model.networks)
    step = PASSES * pass_of_an_image * specs[0].shape[0] / minibatches * (1 + minibatches) / 2
    devices = tf.config.list_logical_devices()
    speed = SPEED if all(d.device_type == "CPU" for d in devices) else ACCELERATOR_SPEED
    in_a_second, in_memory = speed // max(step, 1), BYTES // max(size, 1)
    return int(max(1, min(in_a_second, in_memory, steps or MOST, MOST)))


def divisor(most: int, callbacks) -> int:
    """Returns the largest number of steps a call, at most `most`, whose calls end at each
    batch of an epoch in which those of Keras' callbacks act that do so every so many batches.

    Args:
        most: Steps a call, >= 1.
        callbacks: A callback, a list of them, or None.
    """
    names = ("save_freq", "update_freq")  # Of ModelCheckpoint and TensorBoard.
    values = [getattr(each, name, None) for each in keras.tree.flatten(callbacks) for name in names]
    every = math.gcd(*(value for value in values if isinstance(value, int) and value > 0))
    return next(steps for steps in range(most, 0, -1) if every % steps == 0)


def multiply_adds(network: keras.layers.Layer, places: int = 1) -> float:
    """Returns about how many multiply-adds the convolutions and dense layers of a network
    need for one image.

    Args:
        network: A built Keras model or layer.
        places: Pixels of the maps of layers that do not know their shape, such as those of
            subclassed models.
    """
    total = 0.0
    for layer in network.layers if isinstance(network, keras.Model) else [network]:
        if isinstance(layer, keras.Model):
            total += multiply_adds(layer, places)
            continue
        maps = _places(layer) or places
        for variable in layer.trainable_variables:
            rank = len(variable.shape)
            total += float(np.prod(variable.shape)) * ((rank > 1) if rank < 3 else maps)
    return total


def _places(layer) -> int | None:
    """Returns the pixels of the smaller one of a layer's input and output maps: a
    convolution multiplies at each place of its output, a transposed one of its input.
    """
    try:
        shapes = [tensor.shape for tensor in tf.nest.flatten([layer.input, layer.output])]
    except (AttributeError, ValueError):
        return None
    maps = [int(np.prod(s[1:-1])) for s in shapes if len(s) == 4 and None not in s[1:]]
    return min(maps, default=None)
