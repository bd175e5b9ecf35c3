"""Networks with twins of some layers: the same values in a form that files take, or that
runs faster from them.

TFLite hands a graph to its fast kernels (XNNPACK) as long as all shapes are known once
the batch is known; a shape that the graph itself computes from the batch ends that.
Keras' `Reshape`, `UpSampling2D` and transposed convolutions compute one. TFLite's transposed
convolution with quantised weights and float inputs is also some 50 times slower than
with float weights.

For grouped convolutions on a CPU Keras calls a function that XLA compiles; the converter to
ONNX cannot look into it. TensorFlow's own operation has the same values, also on a CPU.
"""

import keras
import numpy as np
import tensorflow as tf

from tf_gan.fast.convolutions import by_phases
from tf_gan.fast.layers import finished
from tf_gan.layers import ImageConv2DTranspose
from tf_gan.layers.upsample_conv import UpsampleConv2D

# The 4x4 kernel of `UpsampleConv2D` in one dimension, from the 3x3 kernel.
BOX = np.array([[0, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 0]], np.float32)


def without_batch_shape(network: keras.Model) -> keras.Model:
    """Returns a functional network with twins of the layers that compute shapes from
    the batch, all others shared; other models as they are.
    """
    return _with_twins(network, _without_batch_shape)


def without_xla(network: keras.Model) -> keras.Model:
    """Returns a functional network with twins of the grouped convolutions, all other
    layers shared; other models as they are.
    """
    return _with_twins(network, _without_xla)


def _with_twins(network: keras.Model, twin) -> keras.Model:
    if not isinstance(network, keras.Sequential | keras.Function):
        return network
    return keras.models.clone_model(network, clone_function=twin, recursive=True)


def _without_batch_shape(layer: keras.layers.Layer) -> keras.layers.Layer:
    if isinstance(layer, keras.layers.Reshape):
        return _Reshape(layer.compute_output_shape(layer.input.shape)[1:])
    if type(layer) is keras.layers.UpSampling2D and layer.interpolation == "nearest":
        return _Enlarge(layer) if layer.data_format == "channels_last" else layer
    if isinstance(layer, UpsampleConv2D) or _has_phases(layer):
        return _Phases(layer)
    return layer


def _without_xla(layer: keras.layers.Layer) -> keras.layers.Layer:
    grouped = isinstance(layer, keras.layers.Conv2D) and layer.groups > 1
    return _Grouped(layer) if grouped and layer.data_format == "channels_last" else layer


def _has_phases(layer: keras.layers.Layer) -> bool:
    """Returns whether a layer is a transposed convolution that `_Phases` can replace."""
    return (
        type(layer) in (keras.layers.Conv2DTranspose, ImageConv2DTranspose)
        and layer.data_format == "channels_last"
        and len(set(layer.strides)) == 1
        and set(layer.dilation_rate) == {1}
        and layer.output_padding is None
    )


class _Reshape(keras.layers.Layer):
    """`Reshape` to a constant shape."""

    def __init__(self, shape):
        super().__init__()
        self.shape = tuple(shape)

    def call(self, inputs):
        return tf.reshape(inputs, (-1, *self.shape))


class _Twin(keras.layers.Layer):
    """A twin with the weights of a layer."""

    def __init__(self, layer: keras.layers.Layer):
        super().__init__(dtype=layer.dtype_policy)
        self.layer = layer

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)


class _Enlarge(_Twin):
    """`UpSampling2D` by nearest neighbours, for inputs of a known size."""

    def call(self, inputs):
        if None in inputs.shape[1:3]:
            return self.layer(inputs)
        size = self.layer.compute_output_shape(inputs.shape)[1:3]
        return tf.raw_ops.ResizeNearestNeighbor(images=inputs, size=size)


class _Phases(_Twin):
    """A transposed convolution of stride s as one convolution for the s x s phases of
    the output, which are interleaved; for inputs of a free size the layer itself.
    """

    def call(self, inputs):
        layer = self.layer
        if None in inputs.shape[1:3]:
            return layer(inputs)
        kernel = tf.cast(tf.convert_to_tensor(layer.kernel), inputs.dtype)
        if isinstance(layer, UpsampleConv2D):
            box = tf.cast(BOX, kernel.dtype)
            kernel, stride, padding = tf.einsum("ai,bj,ijcf->abfc", box, box, kernel), 2, "same"
        else:
            stride, padding = layer.strides[0], layer.padding
        before = [max(k - stride, 0) // 2 if padding == "same" else 0 for k in kernel.shape[:2]]
        size = layer.compute_output_shape(inputs.shape)[1:3]
        return finished(layer, by_phases(inputs, kernel, size, stride, before))


class _Grouped(_Twin):
    """A `keras.layers.Conv2D` with groups; TensorFlow sees them from the kernel."""

    def call(self, inputs):
        layer = self.layer
        kernel = tf.cast(tf.convert_to_tensor(layer.kernel), inputs.dtype)
        outputs = tf.nn.conv2d(
            inputs, kernel, layer.strides, layer.padding.upper(), dilations=layer.dilation_rate
        )
        return finished(layer, outputs)
