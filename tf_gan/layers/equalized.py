"""Layers with an equalised learning rate (Karras et al., 2018)."""

import math

import keras
from keras import ops

from tf_gan.errors import integer, one_of, positive


class _Equalized(keras.layers.Layer):
    """What the layers below share: a kernel from N(0, 1) that is scaled at run time."""

    def __init__(
        self,
        *,
        gain: float = 1.0,
        lr_multiplier: float = 1.0,
        use_bias: bool = True,
        bias_init: float = 0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        positive(lr_multiplier=lr_multiplier)
        self.gain, self.lr_multiplier = gain, lr_multiplier
        self.use_bias, self.bias_init = use_bias, bias_init

    def add_kernel(self, shape) -> None:
        """Adds the weights: a kernel whose last axis is that of the units, and a bias."""
        self.scale = self.gain * self.lr_multiplier * math.prod(shape[:-1]) ** -0.5
        self.kernel = self.add_weight(
            shape=shape,
            initializer=keras.initializers.RandomNormal(stddev=1.0 / self.lr_multiplier),
            name="kernel",
        )
        if self.use_bias:
            value = self.bias_init / self.lr_multiplier
            self.bias = self.add_weight(
                shape=shape[-1:], initializer=keras.initializers.Constant(value), name="bias"
            )

    def scaled_kernel(self):
        """Returns the kernel as the layer computes with it."""
        return ops.convert_to_tensor(self.kernel) * self.scale

    def add_bias(self, outputs):
        """Returns the outputs with the bias, if there is one."""
        if not self.use_bias:
            return outputs
        bias = ops.convert_to_tensor(self.bias)
        return outputs + (bias if self.lr_multiplier == 1.0 else bias * self.lr_multiplier)

    def get_config(self):
        return super().get_config() | {
            "gain": self.gain,
            "lr_multiplier": self.lr_multiplier,
            "use_bias": self.use_bias,
        }


@keras.saving.register_keras_serializable("tf_gan")
class EqualizedDense(_Equalized):
    """A dense layer whose weights all learn at the same rate.

    y = x (W c) + b m,  c = gain m / sqrt(inputs),  W ~ N(0, 1 / m^2),  b = bias_init / m

    m is `lr_multiplier`. The variance that He's initialisation would put into W is put
    into the constant c instead: an optimizer whose steps do not depend on the scale of
    the gradients, such as Adam, then moves each W by a like share of its size, m times
    as fast as with m = 1. Karras et al., Progressive Growing of GANs for Improved
    Quality, Stability, and Variation (2018), https://arxiv.org/abs/1710.10196, section
    4.1; m is StyleGAN's.

    Args:
        units: Length of the outputs, >= 1.
        gain: Standard deviation of the outputs for inputs of N(0, 1): sqrt(2) before a
            ReLU or LeakyReLU, 1 for a linear layer.
        lr_multiplier: m, > 0.
        use_bias: Whether there is b.
        bias_init: b m at the start.
        **kwargs: Arguments of every Keras layer, such as `name` and `dtype`.

    Input: `(B, ..., inputs)`. Output: `(B, ..., units)`.

    Raises:
        ValueError: for units below 1, or m that is not above 0.
    """

    def __init__(
        self,
        units: int,
        gain: float = 1.0,
        lr_multiplier: float = 1.0,
        use_bias: bool = True,
        bias_init: float = 0.0,
        **kwargs,
    ):
        super().__init__(
            gain=gain, lr_multiplier=lr_multiplier, use_bias=use_bias, bias_init=bias_init, **kwargs
        )
        self.units = integer("units", units)

    def build(self, input_shape):
        self.add_kernel((input_shape[-1], self.units))

    def call(self, inputs):
        return self.add_bias(ops.matmul(inputs, self.scaled_kernel()))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return super().get_config() | {"units": self.units, "bias_init": self.bias_init}


@keras.saving.register_keras_serializable("tf_gan")
class EqualizedConv2D(_Equalized):
    """A convolution whose weights all learn at the same rate: see `EqualizedDense`.

    y = x * (W c) + b m,  c = gain m / sqrt(k k C),  W ~ N(0, 1 / m^2),  b = 0

    Args:
        filters: Channels of the outputs, >= 1.
        kernel_size: Height and width of the kernel: an integer, or a pair.
        strides: Step along both axes, >= 1.
        padding: `"same"` or `"valid"`.
        gain: Standard deviation of the outputs for inputs of N(0, 1).
        lr_multiplier: m, > 0.
        use_bias: Whether there is b.
        **kwargs: Arguments of every Keras layer, such as `name` and `dtype`.

    Input: `(B, H, W, C)`. Output: `(B, H', W', filters)`.

    Raises:
        ValueError: for filters or strides below 1, another padding, or m that is not above 0.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        strides: int = 1,
        padding: str = "same",
        gain: float = 1.0,
        lr_multiplier: float = 1.0,
        use_bias: bool = True,
        **kwargs,
    ):
        super().__init__(gain=gain, lr_multiplier=lr_multiplier, use_bias=use_bias, **kwargs)
        self.filters = integer("filters", filters)
        self.strides = integer("strides", strides)
        sizes = kernel_size if isinstance(kernel_size, (tuple, list)) else (kernel_size,) * 2
        self.kernel_size = tuple(integer("kernel_size", size) for size in sizes)
        one_of("padding", padding, ("same", "valid"))
        self.padding = padding

    def build(self, input_shape):
        self.add_kernel((*self.kernel_size, input_shape[-1], self.filters))

    def call(self, inputs):
        kernel, strides = self.scaled_kernel(), self.strides
        if self.kernel_size == (1, 1):  # See `tf_gan.fast.layers`: oneDNN's gradient is wrong.
            inputs, strides = inputs[:, ::strides, ::strides], 1
        return self.add_bias(ops.conv(inputs, kernel, strides, self.padding, "channels_last"))

    def compute_output_shape(self, input_shape):
        size = (
            None
            if side is None
            else -(-(side if self.padding == "same" else side - length + 1) // self.strides)
            for side, length in zip(input_shape[1:3], self.kernel_size, strict=True)
        )
        return (input_shape[0], *size, self.filters)

    def get_config(self):
        return super().get_config() | {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
        }
