"""Convolutions in groups, which TensorFlow has no fast kernels for on CPUs."""

import keras
import tensorflow as tf

from tf_gan.fast.convolutions import only_cpus


@keras.saving.register_keras_serializable("tf_gan")
class GroupedConv2D(keras.layers.Conv2D):
    """A `keras.layers.Conv2D` whose `groups` are fast on CPUs: there each group is a
    convolution of its own. It takes the same arguments and has the same weights and
    values.
    """

    def convolution_op(self, inputs, kernel):
        strides, skips = list(self.strides), set(self.kernel_size) == {1} and max(self.strides) > 1
        is_slow = self.groups > 1 or skips
        if not is_slow or self.data_format != "channels_last" or not only_cpus():
            return super().convolution_op(inputs, kernel)
        if skips:  # oneDNN computes the gradient of such a layer wrongly.
            inputs, strides = inputs[:, :: strides[0], :: strides[1]], [1, 1]
        kernel = tf.cast(tf.convert_to_tensor(kernel), inputs.dtype)
        pairs = zip(
            tf.split(inputs, self.groups, axis=-1),
            tf.split(kernel, self.groups, axis=-1),
            strict=True,
        )
        settings = (strides, self.padding.upper(), "NHWC", list(self.dilation_rate))
        return tf.concat([tf.nn.conv2d(*pair, *settings) for pair in pairs], axis=-1)
