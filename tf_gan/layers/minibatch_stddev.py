"""Minibatch standard deviation (Karras et al., 2018)."""

import keras
import tensorflow as tf

from tf_gan.errors import UserError, integer


@keras.saving.register_keras_serializable("tf_gan")
class MinibatchStddev(keras.layers.Layer):
    """Appends how much the images of a group differ, as constant channels.

    s_f = mean over h, w and the c of f of sqrt(var over the group of x[., h, w, c] +
    1e-8)

    The C channels are split into `features` parts f. The images of a group are those
    whose numbers in the minibatch are equal modulo the number of groups; each gets the
    s of its group. A discriminator can tell from s that a generator makes too little
    variety. Karras et al., Progressive Growing of GANs for Improved Quality, Stability,
    and Variation (2018), https://arxiv.org/abs/1710.10196, section 3, where one group
    is the whole minibatch; groups of 4 are usual since.

    Where `group_size` does not divide the minibatch, the groups have the size of its
    largest divisor below `group_size`: 3 for a minibatch of 9 and groups of 4, 1 for one
    of 7, whose s is 1e-4. The output of an image depends on its group, also outside
    training; under several replicas a group has images of one replica's share alone.

    Args:
        group_size: Images of a group, >= 1, or None for the whole minibatch.
        features: Channels to append, >= 1; a divisor of C.
        **kwargs: Arguments of every Keras layer, such as `name` and `dtype`.

    Input: `(B, H, W, C)`. Output: `(B, H, W, C + features)`.

    Raises:
        ValueError: for sizes below 1, or channels that cannot be split.
    """

    def __init__(self, group_size: int | None = 4, features: int = 1, **kwargs):
        super().__init__(**kwargs)
        self.group_size = None if group_size is None else integer("group_size", group_size)
        self.features = integer("features", features)

    def build(self, input_shape):
        if len(input_shape) != 4 or input_shape[-1] % self.features:
            raise UserError(
                f"Expected maps (B, H, W, C) with C a multiple of features={self.features}."
                f" Received: shape {tuple(input_shape)}"
            )

    def call(self, inputs):
        height, width, channels = (
            inputs.shape[axis] or tf.shape(inputs)[axis] for axis in (1, 2, 3)
        )
        group = self._group(inputs)
        x = tf.cast(inputs, tf.float32)
        x = tf.reshape(x, [group, -1, height, width, self.features, channels // self.features])
        variance = tf.reduce_mean(tf.square(x - tf.reduce_mean(x, axis=0)), axis=0)
        s = tf.reduce_mean(tf.sqrt(variance + 1e-8), axis=[1, 2, 4])  # (groups, features)
        s = tf.cast(tf.tile(s, [group, 1])[:, None, None, :], inputs.dtype)
        return tf.concat([inputs, tf.tile(s, [1, height, width, 1])], axis=-1)

    def _group(self, inputs):
        """Returns the size of the groups: a number, or a tensor for a minibatch of
        unknown size.
        """
        if self.group_size is None:
            return inputs.shape[0] or tf.shape(inputs)[0]
        if inputs.shape[0] is not None:
            sizes = range(min(self.group_size, inputs.shape[0]), 0, -1)
            return next((size for size in sizes if inputs.shape[0] % size == 0), 1)
        sizes = tf.range(1, self.group_size + 1)
        return tf.reduce_max(tf.where(tf.shape(inputs)[0] % sizes == 0, sizes, 1))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + self.features)

    def get_config(self):
        return super().get_config() | {"group_size": self.group_size, "features": self.features}
