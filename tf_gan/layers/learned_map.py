"""Learned maps, from which generators start."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("tf_gan")
class LearnedMap(keras.layers.Layer):
    """A learned map, whose channels are multiplied by the inputs: y[h, w, c] = x[c]
    M[h, w, c].

    Args:
        height: Height of the map, >= 1.
        width: Width of the map, >= 1.
        channels: Its channels, >= 1.
        **kwargs: Arguments of every Keras layer, such as `name` and `dtype`.

    Input: `(B, channels)`. Output: `(B, height, width, channels)`.
    """

    def __init__(self, height: int, width: int, channels: int, **kwargs):
        super().__init__(**kwargs)
        self.size = (height, width, channels)

    def build(self, input_shape):
        initializer = keras.initializers.RandomNormal(stddev=1.0)
        self.map = self.add_weight(shape=self.size, initializer=initializer, name="map")

    def call(self, inputs):
        return inputs[:, None, None, :] * keras.ops.convert_to_tensor(self.map)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *self.size)

    def get_config(self):
        height, width, channels = self.size
        return super().get_config() | {"height": height, "width": width, "channels": channels}


@keras.saving.register_keras_serializable("tf_gan")
class LearnedConstant(LearnedMap):
    """A learned map, the same for each image of a minibatch. Its arguments are those of
    `LearnedMap`.

    Input: anything with the batch first. Output: `(B, height, width, channels)`.
    """

    def call(self, inputs):
        constant = tf.convert_to_tensor(self.map)[None]
        return tf.tile(constant, [tf.shape(inputs)[0], 1, 1, 1])
