"""Maxout layers (Goodfellow et al., 2013)."""

import keras
from keras import ops

from tf_gan.errors import UserError, integers


@keras.saving.register_keras_serializable("tf_gan")
class Maxout(keras.layers.Layer):
    """The largest of several affine functions, for each unit.

    h_i(x) = max_j (x W_ij + b_ij), i < units, j < pieces

    Goodfellow et al., Maxout Networks (2013), https://arxiv.org/abs/1302.4389.

    Args:
        units: Number of outputs, >= 1.
        pieces: Affine functions for each output, >= 1.
        kernel_initializer: Initializer of the kernel `(inputs, units * pieces)`.
        bias_initializer: Initializer of the bias `(units * pieces,)`.
        use_bias: Whether there is a bias.
        kernel_constraint: Constraint of the kernel.
        **kwargs: Arguments of every Keras layer, such as `name` and `dtype`.

    Input: `(B, inputs)`. Output: `(B, units)`.

    Raises:
        ValueError: for units or pieces below 1, or inputs of another rank.
    """

    def __init__(
        self,
        units: int,
        pieces: int = 5,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        use_bias: bool = True,
        kernel_constraint=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        integers(units=units, pieces=pieces)
        self.units = units
        self.pieces = pieces
        self.dense = keras.layers.Dense(
            units * pieces,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_constraint=kernel_constraint,
            dtype=self.dtype_policy,
        )

    def build(self, input_shape):
        if len(input_shape) != 2:
            raise UserError(
                "Expected inputs of shape (B, inputs): put a Flatten layer before. Received: shape"
                f" {tuple(input_shape)}"
            )
        self.dense.build(input_shape)

    def call(self, inputs):
        affine = self.dense(inputs)  # (B, units * pieces)
        return ops.max(ops.reshape(affine, (-1, self.units, self.pieces)), axis=-1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.units)

    def get_config(self):
        return super().get_config() | {
            "units": self.units,
            "pieces": self.pieces,
            "kernel_initializer": keras.initializers.serialize(self.dense.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.dense.bias_initializer),
            "use_bias": self.dense.use_bias,
            "kernel_constraint": keras.constraints.serialize(self.dense.kernel_constraint),
        }


@keras.saving.register_keras_serializable("tf_gan")
class MaxoutConv2D(keras.layers.Layer):
    """The largest of several convolutions, for each filter and place.

    Goodfellow et al., Maxout Networks (2013), https://arxiv.org/abs/1302.4389.

    Args:
        filters: Number of output channels, >= 1.
        kernel_size: Height and width of the kernels, one number or two, >= 1.
        pieces: Convolutions for each output channel, >= 1.
        kernel_initializer: Initializer of the kernel `(height, width, channels, filters
            * pieces)`. Biases start at 0.
        strides: Places from one output to the next, >= 1.
        use_bias: Whether there are biases.

    Input: `(B, H, W, channels)`. Output: `(B, (H - kernel_size) // strides + 1, (W -
    kernel_size) // strides + 1, filters)`: no padding.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        pieces: int = 2,
        kernel_initializer="glorot_uniform",
        strides: int = 1,
        use_bias: bool = True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        height, width = (
            kernel_size if isinstance(kernel_size, (tuple, list)) else (kernel_size, kernel_size)
        )
        integers(filters=filters, kernel_size=height, pieces=pieces, strides=strides)
        integers(kernel_size=width)
        self.filters = filters
        self.kernel_size = kernel_size
        self.pieces = pieces
        self.conv = keras.layers.Conv2D(
            filters * pieces,
            (height, width),
            strides,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            dtype=self.dtype_policy,
        )

    def build(self, input_shape):
        self.conv.build(input_shape)

    def call(self, inputs):
        maps = self.conv(inputs)  # (B, H', W', filters * pieces)
        return ops.max(
            ops.reshape(maps, (-1, *maps.shape[1:3], self.filters, self.pieces)), axis=-1
        )

    def compute_output_shape(self, input_shape):
        return (*self.conv.compute_output_shape(input_shape)[:3], self.filters)

    def get_config(self):
        return super().get_config() | {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "pieces": self.pieces,
            "kernel_initializer": keras.initializers.serialize(self.conv.kernel_initializer),
            "strides": self.conv.strides[0],
            "use_bias": self.conv.use_bias,
        }
