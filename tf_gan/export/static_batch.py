"""Networks that never ask how large the batch is.

TFLite hands a graph to its fast kernels (XNNPACK) as long as all shapes are known once
the batch is; a shape that the graph itself computes from the batch ends that. Two
layers compute one: Keras' `Reshape` and the transposed convolution in `UpsampleConv2D`.
Their twins here do not.
"""

import keras
import numpy as np
import tensorflow as tf

from tf_gan.layers.upsample_conv import UpsampleConv2D

# Rows and columns of the 3x3 kernel that meet the same pixel of the small image:
# [phase, pixel, row]. See `UpsampleConv2D`.
TAPS = np.array([[[1, 0, 0], [0, 1, 1]], [[1, 1, 0], [0, 0, 1]]], np.float32)


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
    return _UpsampleConv2D(layer) if isinstance(layer, UpsampleConv2D) else layer


class _Reshape(keras.layers.Layer):
    """`Reshape` to a constant shape."""

    def __init__(self, shape):
        super().__init__()
        self.shape = tuple(shape)

    def call(self, inputs):
        return tf.reshape(inputs, (-1, *self.shape))


class _UpsampleConv2D(keras.layers.Layer):
    """`UpsampleConv2D` as one convolution for the four phases, whose outputs are
    interleaved.
    """

    def __init__(self, layer: UpsampleConv2D):
        super().__init__(dtype=layer.dtype_policy)
        self.layer = layer

    def call(self, inputs):
        height, width = inputs.shape[1:3]
        kernel = tf.cast(tf.convert_to_tensor(self.layer.kernel), inputs.dtype)
        # (2, 2, channels, 2, 2, filters)
        phases = tf.einsum("avi,bwj,ijcf->vwcabf", *(tf.cast(TAPS, kernel.dtype),) * 2, kernel)
        filters = self.layer.filters
        kernel = tf.reshape(phases, [2, 2, inputs.shape[-1], 4 * filters])
        # (B, H + 1, W + 1, 4 filters)
        outputs = tf.nn.conv2d(tf.pad(inputs, [[0, 0], [1, 1], [1, 1], [0, 0]]), kernel, 1, "VALID")
        # Phase (a, b) begins a rows and b columns further on.
        places = [
            (a, b, slice((2 * a + b) * filters, (2 * a + b + 1) * filters))
            for a in (0, 1)
            for b in (0, 1)
        ]
        outputs = tf.concat(
            [outputs[:, a : a + height, b : b + width, channels] for a, b, channels in places],
            axis=-1,
        )
        outputs = tf.nn.depth_to_space(outputs, 2)  # (B, 2 H, 2 W, filters)
        return (
            outputs + tf.cast(tf.convert_to_tensor(self.layer.bias), outputs.dtype)
            if self.layer.use_bias
            else outputs
        )

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)
