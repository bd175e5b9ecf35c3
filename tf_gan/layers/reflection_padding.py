"""Padding by reflection, with a fast gradient."""

import keras
import tensorflow as tf

from tf_gan.errors import UserError, integer


@keras.saving.register_keras_serializable("tf_gan")
class ReflectionPadding2D(keras.layers.Layer):
    """Continues maps beyond their edges by reflection: y[p + i] = x[|i|] for i >= -p in
    height and in width, and likewise at the other end. The pixels of an edge are not
    repeated.

    The values are those of `keras.ops.pad(mode="reflect")`; in training the gradient of this
    one takes half the time or less on CPUs.

    Args:
        padding: p, pixels on each side, >= 1.
        **kwargs: Arguments of every Keras layer, such as `name` and `dtype`.

    Input: `(B, H, W, C)`, H and W > p. Output: `(B, H + 2 p, W + 2 p, C)`.

    Raises:
        ValueError: for a padding below 1, or maps that are not larger than it.
    """

    def __init__(self, padding: int = 1, **kwargs):
        super().__init__(**kwargs)
        self.padding = integer("padding", padding)

    def build(self, input_shape):
        if any(size is not None and size <= self.padding for size in input_shape[1:3]):
            raise UserError(
                f"Reflection by {self.padding} pixels takes maps of more than that. Received: maps"
                f" of shape {tuple(input_shape)}"
            )

    def call(self, inputs, training=None):
        p = self.padding
        if not training or any(size is None or size < 2 * p + 2 for size in inputs.shape[1:3]):
            return tf.pad(inputs, [[0, 0], [p, p], [p, p], [0, 0]], "REFLECT")
        return _padded(inputs, p)

    def compute_output_shape(self, input_shape):
        rows, columns = (
            None if size is None else size + 2 * self.padding for size in input_shape[1:3]
        )
        return (input_shape[0], rows, columns, input_shape[3])

    def get_config(self):
        return super().get_config() | {"padding": self.padding}


def _padded(maps, padding: int):
    """Returns maps of at least 2 p + 2 rows and columns with their reflections."""

    @tf.custom_gradient
    def pad(maps):
        outputs = maps
        for axis in (1, 2):
            outputs = _reflected(outputs, padding, axis)
        return outputs, lambda upstream: _folded(_folded(upstream, padding, 2), padding, 1)

    return pad(maps)


def _reflected(maps, padding: int, axis: int):
    edges = [1, padding, -1, padding, 1]
    _, first, _, last, _ = tf.split(maps, edges, axis)
    return tf.concat([tf.reverse(first, [axis]), maps, tf.reverse(last, [axis])], axis)


def _folded(maps, padding: int, axis: int):
    """Returns the adjoint: reflections added to the pixels that they are of."""
    parts = tf.split(maps, [padding, 1, padding, -1, padding, 1, padding], axis)
    before, start, first, middle, last, end, after = parts
    first += tf.reverse(before, [axis])
    last += tf.reverse(after, [axis])
    return tf.concat([start, first, middle, last, end], axis)
