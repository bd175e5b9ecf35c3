"""What the tests of networks share."""

import contextlib

import keras
import numpy as np
import tensorflow as tf


@contextlib.contextmanager
def dtype_policy(name: str):
    """Makes a policy, such as `mixed_bfloat16`, that of the layers that are built inside."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def trainable_count(model) -> int:
    """Returns the number of parameters that are trained."""
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def outputs(model, *inputs) -> np.ndarray:
    """Returns the output of a network for arrays: an input or several."""
    inputs = [tf.constant(each) for each in inputs]
    return model(inputs if len(inputs) > 1 else inputs[0]).numpy()


def check_copy(model, inputs=None) -> None:
    """A network that is made again from its config, with the weights, has the same outputs.

    Args:
        model: The network.
        inputs: What both are called with; by default random numbers.
    """
    if inputs is None:
        random = np.random.default_rng(0)
        shapes = [(3, *each.shape[1:]) for each in model.inputs]
        inputs = [random.normal(size=shape).astype(np.float32) for shape in shapes]
        inputs = inputs if len(inputs) > 1 else inputs[0]
    copy = type(model).from_config(model.get_config())
    copy.set_weights(model.get_weights())
    for a, b in zip(
        keras.tree.flatten(model(inputs)), keras.tree.flatten(copy(inputs)), strict=True
    ):
        np.testing.assert_array_equal(a, b)
