"""The mean of what passes through a layer."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("tf_gan")
class TrackedMean(keras.layers.Layer):
    """Returns its inputs, and in training keeps a moving average of them: a <- beta a +
    (1 - beta) mean over the minibatch, from 0 on.

    Under replicas it is the mean over all of them.

    Args:
        decay: beta per pass in training, in [0, 1).
        **kwargs: Arguments of every Keras layer, such as `name` and `dtype`.

    Input: `(B, n)`. Output: the same.
    """

    def __init__(self, decay: float = 0.995, **kwargs):
        super().__init__(**kwargs)
        self.decay = decay

    def build(self, input_shape):
        # In half precision small moves would be rounded away.
        self.mean = self.add_weight(
            shape=(input_shape[-1],),
            initializer="zeros",
            trainable=False,
            dtype="float32",
            autocast=False,
            name="mean",
        )

    def call(self, inputs, training=False):
        if training:
            mean = tf.convert_to_tensor(self.mean)
            now = tf.reduce_mean(tf.cast(tf.stop_gradient(inputs), mean.dtype), axis=0)
            self.mean.assign(mean + (1.0 - self.decay) * (now - mean))
        return inputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return super().get_config() | {"decay": self.decay}
