"""Networks that never ask for the size of the batch.

TFLite hands a graph to its fast kernels (XNNPACK) as long as all shapes are known once
the batch is known; a shape that the graph itself computes from the batch ends that.
Keras' `Reshape`, `UpSampling2D` and transposed convolutions compute one. TFLite's transposed
convolution with quantised weights and float inputs is also some 50 times slower than
with float weights. The twins here have the same values without either.
"""

import keras
import numpy as np
import tensorflow as tf

from tf_gan.layers import ImageConv2DTranspose
from tf_gan.layers.upsample_conv import UpsampleConv2D

# The 4x4 kernel of `UpsampleConv2D` in one dimension, from the 3x3 kernel.
BOX = np.array([[0, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 0]], np.float32)


def without_batch_shape(network: keras.Model) -> keras.Model:
    """Returns a functional network with twins of the layers that compute shapes from
    the batch, all others shared; other models as they are.
    """
    if not isinstance(network, keras.Sequential | keras.Function):
        return network
    return keras.models.clone_model(network, clone_function=_twin)


def _twin(layer: keras.layers.Layer) -> keras.layers.Layer:
    if isinstance(layer, keras.Model):
        return without_batch_shape(layer)
    if isinstance(layer, keras.layers.Reshape):
        return _Reshape(layer.compute_output_shape(layer.input.shape)[1:])
    if type(layer) is keras.layers.UpSampling2D and layer.interpolation == "nearest":
        return _Enlarge(layer) if layer.data_format == "channels_last" else layer
    if isinstance(layer, UpsampleConv2D) or _has_phases(layer):
        return _Phases(layer)
    return layer


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


class _Enlarge(keras.layers.Layer):
    """`UpSampling2D` by nearest neighbours, for inputs of a known size."""

    def __init__(self, layer: keras.layers.UpSampling2D):
        super().__init__(dtype=layer.dtype_policy)
        self.layer = layer

    def call(self, inputs):
        if None in inputs.shape[1:3]:
            return self.layer(inputs)
        size = self.layer.compute_output_shape(inputs.shape)[1:3]
        return tf.raw_ops.ResizeNearestNeighbor(images=inputs, size=size)

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)


class _Phases(keras.layers.Layer):
    """A transposed convolution of stride s as one convolution for the s x s phases of
    the output, which are interleaved; for inputs of a free size the layer itself.
    """

    def __init__(self, layer: UpsampleConv2D | keras.layers.Conv2DTranspose):
        super().__init__(dtype=layer.dtype_policy)
        self.layer = layer

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
        outputs = transposed_convolution(inputs, kernel, stride, before, size)
        if layer.use_bias:
            outputs += tf.cast(tf.convert_to_tensor(layer.bias), outputs.dtype)
        activation = getattr(layer, "activation", None)
        return outputs if activation is None else activation(outputs)

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)


def transposed_convolution(inputs, kernel, stride: int, before, size) -> tf.Tensor:
    """Returns a transposed convolution, from one convolution of stride 1.

    y[s q + r - before] = sum_t x[q - t] kernel[s t + r], for 0 <= r < s = stride

    Args:
        inputs: Shape `(B, H, W, channels)`.
        kernel: Shape `(k, l, filters, channels)`.
        stride: s, >= 1.
        before: Rows and columns that are cut off before the outputs.
        size: Height and width of the outputs.
    """
    *sides, filters, channels = kernel.shape
    if inputs.shape[1:3] == (1, 1):  # The pixel meets each weight once: one block.
        stride = max(sides)
    taps = [-(-side // stride) for side in sides]
    missing = [[0, stride * t - side] for t, side in zip(taps, sides, strict=True)]
    kernel = tf.pad(kernel, [*missing, [0, 0], [0, 0]])
    kernel = tf.reshape(kernel, [taps[0], stride, taps[1], stride, filters, channels])
    kernel = tf.transpose(kernel[::-1, :, ::-1], [0, 2, 5, 1, 3, 4])
    kernel = tf.reshape(kernel, [*taps, channels, stride**2 * filters])
    around = []
    for t, cut, out, length in zip(taps, before, size, inputs.shape[1:3], strict=True):
        last = -(-(cut + out) // stride)  # The first block after the outputs.
        around.append([t - 1 - cut // stride, last - length])
    outputs = tf.nn.conv2d(tf.pad(inputs, [[0, 0], *around, [0, 0]]), kernel, 1, "VALID")
    if stride > 1:
        outputs = tf.nn.depth_to_space(outputs, stride)
    top, left = (cut % stride for cut in before)
    return outputs[:, top : top + size[0], left : left + size[1]]
