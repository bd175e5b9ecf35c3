"""Signatures of exported models: named functions of named tensors, with the checks that
a server needs inside the graph.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

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
        example: A call for the proof of the export: arrays and NumPy scalars by name.
            Also the warm-up request of TensorFlow Serving.
        live: Takes the arrays of a call by name and returns the outputs of the live
            model as arrays, by another way than `function`; for encoded pictures their
            pixels, uint8.
        text: Description for the model card, one line.
    """

    function: Callable[..., dict[str, tf.Tensor]]
    inputs: dict[str, tf.TensorSpec]
    example: dict[str, Any]
    live: Callable[..., dict[str, np.ndarray]]
    text: str

    @property
    def batched(self) -> bool:
        """Whether a server may join requests into batches."""
        return all(spec.shape.rank and spec.shape[0] is None for spec in self.inputs.values())

    def graph(self) -> tf.types.experimental.ConcreteFunction:
        """Returns the function as a graph."""
        specs = {
            name: tf.TensorSpec(spec.shape, spec.dtype, name=name)
            for name, spec in self.inputs.items()
        }
        return tf.function(self.function, autograph=False).get_concrete_function(**specs)


def variables_of(graph) -> list[tf.Variable]:
    """Returns the variables of a graph in the order in which it uses them first."""
    places = {id(tensor): place for place, tensor in enumerate(graph.captured_inputs)}
    return sorted(graph.variables, key=lambda variable: places[id(variable.handle)])


def never_empty(network, jit_compile: bool = False):
    """Returns a function of batches that never gives the network an empty batch: the
    network gets one batch of zeros instead, whose outputs are dropped.

    TensorFlow's fused convolutions return a wrong shape for an empty batch.

    Args:
        network: Callable from tensors with a batch axis to a tensor with a batch axis.
        jit_compile: Whether XLA compiles the network.
    """
    if jit_compile:
        network = tf.function(network, jit_compile=True, autograph=False)

    def call(*inputs):
        batch = tf.shape(inputs[0])[0]
        rows = 1 - tf.minimum(batch, 1)
        padded = [
            tf.ensure_shape(tf.pad(x, [[0, rows], *[[0, 0]] * (x.shape.rank - 1)]), x.shape)
            for x in inputs
        ]
        return network(*padded)[:batch]

    return call


# === Checks inside the graph ===


def checked(tensor, name: str, expected: str, condition, received=None) -> tf.Tensor:
    """Returns a tensor after a check at run time: if the condition is false, the call
    ends with INVALID_ARGUMENT and a sentence.

    Args:
        tensor: The tensor.
        name: Name of the input in the sentence.
        expected: The expected value, in words.
        condition: Scalar bool tensor.
        received: Tensor or text that the sentence shows; by default the tensor.
    """
    sentence = f"Invalid value for input `{name}`: {expected}. Received:"
    assertion = tf.debugging.Assert(condition, [sentence, tensor if received is None else received])
    with tf.control_dependencies([assertion]):
        return tf.identity(tensor)


def checked_array(values, shape, name: str, unit: bool = False) -> tf.Tensor:
    """Returns an array after a check at run time: finite and, if `unit`, in [0, 1].

    Args:
        values: Shape `(batch, *shape)`.
        shape: Shape of one of the batch, such as an image; None for a free size.
        name: Name of the input in the sentence.
        unit: Whether the numbers have these bounds.
    """
    # Without this, TensorFlow takes the shape of the signature for granted and removes
    # the check; clients of a server do not keep to the shape.
    values = tf.compat.v1.placeholder_with_default(values, [None] * values.shape.rank)
    sizes = tf.shape(values)
    fits = tf.reduce_all(
        [
            sizes[axis] == size if size is not None else sizes[axis] > 0
            for axis, size in enumerate(shape, 1)
        ]
    )
    sides = ", ".join("any" if size is None else str(size) for size in shape)
    values = checked(values, name, f"expected shape (batch, {sides})", fits, received=sizes)
    values = checked(
        values,
        name,
        "expected finite numbers",
        tf.reduce_all(tf.math.is_finite(values)),
        received="NaN or infinity",
    )
    if unit:
        low, high = tf.reduce_min(values), tf.reduce_max(values)
        values = checked(
            values,
            name,
            "expected from 0 to 1",
            (low >= 0.0) & (high <= 1.0),
            received=tf.stack([low, high]),
        )
    return tf.ensure_shape(values, [None, *shape])


def checked_labels(labels, num_classes: int, counts: list) -> tf.Tensor:
    """Returns labels after a check at run time: in [0, num_classes), and as many as one
    of `counts`.
    """
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
