"""Batch normalization with gains and shifts of a class (Dumoulin et al., 2017)."""

import keras
from keras import ops

from tf_gan.errors import UserError
from tf_gan.layers.spectral_normalization import SpectralNormalization


@keras.saving.register_keras_serializable("tf_gan")
class ConditionalBatchNormalization(keras.layers.Layer):
    """Batch normalization with a gain and a shift for each channel that follow from a
    condition.

    y = g(c) (x - mu) / sqrt(sigma^2 + epsilon) + b(c)

    The statistics are those of all classes together. With `num_classes` the condition
    is a label, and g and b are tables that start at 1 and 0; without, it is a vector,
    and g(c) = 1 + W_g c, b(c) = W_b c. Dumoulin et al., A Learned Representation for
    Artistic Style (2017), https://arxiv.org/abs/1610.07629; de Vries et al. (2017),
    https://arxiv.org/abs/1707.00683. The tables are those of Miyato and Koyama (2018),
    https://arxiv.org/abs/1802.05637, the vectors those of BigGAN,
    https://arxiv.org/abs/1809.11096.

    Args:
        num_classes: Number of classes, for labels; None for vectors.
        momentum: Of the moving averages of the statistics.
        epsilon: Added to the variance.
        spectral_normalization: Whether W_g and W_b are divided by their largest
            singular values.
        kernel_initializer: Initializer of W_g and W_b.
        kernel_regularizer: Regularizer of W_g and W_b.
        **kwargs: Arguments of `keras.layers.Layer`, such as `name`.

    Input: `[maps, condition]`, `(B, H, W, C)` or `(B, C)`, and int `(B,)` or `(B, d)`.
    Output: the shape of the maps.

    Raises:
        UserError: where the condition is no label, or no vector.
    """

    def __init__(
        self,
        num_classes: int | None = None,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        spectral_normalization: bool = False,
        kernel_initializer="glorot_uniform",
        kernel_regularizer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_classes, self.momentum, self.epsilon = num_classes, momentum, epsilon
        self.spectral_normalization = spectral_normalization
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, input_shape):
        maps, condition = input_shape
        if len(condition) != (1 if self.num_classes else 2):
            expected = "labels (B,)" if self.num_classes else "vectors (B, d) without num_classes"
            raise UserError(
                f"Expected [maps, condition] with {expected}. Received: a condition of shape"
                f" {tuple(condition)}"
            )
        self.normalization = keras.layers.BatchNormalization(
            momentum=self.momentum,
            epsilon=self.epsilon,
            center=False,
            scale=False,
            dtype=self.dtype_policy,
            name="normalization",
        )
        self.gains, self.shifts = (self._condition(maps[-1], name) for name in ("gains", "shifts"))
        self.normalization.build(maps)
        self.gains.build(condition)
        self.shifts.build(condition)

    def _condition(self, channels: int, name: str) -> keras.layers.Layer:
        """Returns the layer from the condition to the gains or the shifts."""
        if self.num_classes:
            start = "ones" if name == "gains" else "zeros"
            return keras.layers.Embedding(
                self.num_classes, channels, start, dtype=self.dtype_policy, name=name
            )
        dense = keras.layers.Dense(
            channels,
            use_bias=False,
            kernel_initializer=self.kernel_initializer.clone(),
            kernel_regularizer=self.kernel_regularizer,
            dtype=self.dtype_policy,
            name=name,
        )
        if not self.spectral_normalization:
            return dense
        return SpectralNormalization(dense, dtype=self.dtype_policy, name=f"spectral_{name}")

    def call(self, inputs, training=None):
        x, condition = inputs
        gains, shifts = self.gains(condition), self.shifts(condition)
        if not self.num_classes:
            gains = gains + 1.0
        shape = (-1, *[1] * (len(x.shape) - 2), x.shape[-1])
        normalized = self.normalization(x, training=training)
        return normalized * ops.reshape(gains, shape) + ops.reshape(shifts, shape)

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        return super().get_config() | {
            "num_classes": self.num_classes,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "spectral_normalization": self.spectral_normalization,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
