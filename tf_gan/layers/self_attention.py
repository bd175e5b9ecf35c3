"""Self-attention over the places of maps (Zhang et al., 2018)."""

import keras
from keras import ops

from tf_gan.errors import UserError
from tf_gan.layers.spectral_normalization import SpectralNormalization


@keras.saving.register_keras_serializable("tf_gan")
class SelfAttention(keras.layers.Layer):
    """Adds to each place of maps a mean of values of all places, weighed by how well
    their keys fit the query of the place.

    y = x + gamma W_o sum_j softmax_j(theta(x_i) . phi(x)_j) g(x)_j

    theta, phi: 1x1 convolutions to C/8 channels; g: to C/2; W_o: back to C. phi and g
    are max-pooled by 2, so that there are HW/4 keys. No bias, no division by the root
    of the length of the keys; gamma is one number and starts at 0, where the layer
    changes nothing. Zhang et al., Self-Attention Generative Adversarial Networks
    (2018), https://arxiv.org/abs/1805.08318; the widths are those of the authors' code,
    which the text of the paper does not have right.

    Args:
        spectral_normalization: Whether the convolutions are spectrally normalised, as
            in the paper.
        kernel_initializer: Initializer of the convolutions.
        kernel_regularizer: Regularizer of the convolutions.
        **kwargs: Arguments of `keras.layers.Layer`, such as `name`.

    Input: `(B, H, W, C)`, H and W even. Output: the same shape.

    Raises:
        UserError: for maps whose height or width is odd or not known.
    """

    def __init__(
        self,
        spectral_normalization: bool = True,
        kernel_initializer="glorot_uniform",
        kernel_regularizer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.spectral_normalization = spectral_normalization
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, input_shape):
        if len(input_shape) != 4 or any(size is None or size % 2 for size in input_shape[1:3]):
            raise UserError(
                "Expected maps (B, H, W, C) with even H and W. Received: a shape of"
                f" {tuple(input_shape)}"
            )
        _, height, width, channels = input_shape
        few, half = max(1, channels // 8), max(1, channels // 2)
        self.queries, self.keys, self.values, self.mixed = (
            self._conv(filters, name)
            for filters, name in (
                (few, "queries"),
                (few, "keys"),
                (half, "values"),
                (channels, "mixed"),
            )
        )
        for layer in (self.queries, self.keys, self.values):
            layer.build(input_shape)
        self.mixed.build((None, height, width, half))
        self.gamma = self.add_weight(shape=(), initializer="zeros", name="gamma")

    def _conv(self, filters: int, name: str) -> keras.layers.Layer:
        conv = keras.layers.Conv2D(
            filters,
            1,
            use_bias=False,
            kernel_initializer=self.kernel_initializer.clone(),
            kernel_regularizer=self.kernel_regularizer,
            dtype=self.dtype_policy,
            name=name,
        )
        if not self.spectral_normalization:
            return conv
        return SpectralNormalization(conv, dtype=self.dtype_policy, name=f"spectral_{name}")

    def call(self, x, training=None):
        _, height, width, _ = x.shape

        def vectors(maps):
            return ops.reshape(maps, (-1, maps.shape[1] * maps.shape[2], maps.shape[3]))

        def pooled(maps):
            return vectors(ops.max_pool(maps, 2, 2))

        queries = vectors(self.queries(x, training=training))
        keys = pooled(self.keys(x, training=training))
        values = pooled(self.values(x, training=training))
        fits = ops.cast(ops.matmul(queries, ops.transpose(keys, (0, 2, 1))), "float32")
        weights = ops.cast(ops.softmax(fits, axis=-1), values.dtype)
        means = ops.reshape(ops.matmul(weights, values), (-1, height, width, values.shape[-1]))
        gamma = ops.cast(ops.convert_to_tensor(self.gamma), x.dtype)
        return x + gamma * self.mixed(means, training=training)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return super().get_config() | {
            "spectral_normalization": self.spectral_normalization,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
