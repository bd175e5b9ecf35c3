"""Grouped convolutions as TensorFlow's own operation.

On a CPU Keras calls a function that XLA compiles for them; the converter to ONNX cannot
look into it. The operation itself has the same values, also on a CPU.
"""

import keras
import tensorflow as tf


def without_xla(network: keras.Model) -> keras.Model:
    """Returns a functional network with twins of the grouped convolutions, all other
    layers shared; other models as they are.
    """
    if not isinstance(network, keras.Sequential | keras.Function):
        return network
    return keras.models.clone_model(network, clone_function=_twin)


def _twin(layer: keras.layers.Layer) -> keras.layers.Layer:
    if isinstance(layer, keras.Model):
        return without_xla(layer)
    grouped = isinstance(layer, keras.layers.Conv2D) and layer.groups > 1
    return _Grouped(layer) if grouped and layer.data_format == "channels_last" else layer


class _Grouped(keras.layers.Layer):
    """A `keras.layers.Conv2D` with groups; TensorFlow sees them from the kernel."""

    def __init__(self, layer: keras.layers.Conv2D):
        super().__init__(dtype=layer.dtype_policy)
        self.layer = layer

    def call(self, inputs):
        layer = self.layer
        kernel = tf.cast(tf.convert_to_tensor(layer.kernel), inputs.dtype)
        outputs = tf.nn.conv2d(
            inputs, kernel, layer.strides, layer.padding.upper(), dilations=layer.dilation_rate
        )
        if layer.use_bias:
            outputs += tf.cast(tf.convert_to_tensor(layer.bias), outputs.dtype)
        return outputs if layer.activation is None else layer.activation(outputs)

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)
