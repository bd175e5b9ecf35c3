"""A dense layer that is used in both directions."""

import keras
from keras import ops

from tf_gan.errors import integer


@keras.saving.register_keras_serializable("tf_gan")
class TiedDense(keras.layers.Layer):
    """One matrix between visible and hidden units, used in both directions: what
    restricted Boltzmann machines and auto-encoders with tied weights are made of.

    up(v) = v W + c,  down(h) = h W^T + b,  W of shape (units, hidden)

    The layer itself goes down: it returns f(down(h)).

    Args:
        units: Number of visible units, >= 1: those that the layer returns.
        activation: f, such as `"sigmoid"`, or None.
        kernel_initializer: Initializer of W. Both biases start at 0.
        use_visible_bias: Whether there is b.
        **kwargs: Arguments of every Keras layer, such as `name` and `dtype`.

    Input: `(B, hidden)`. Output: `(B, units)`.

    Raises:
        ValueError: for units below 1.
    """

    def __init__(
        self,
        units: int,
        activation="sigmoid",
        kernel_initializer="glorot_uniform",
        use_visible_bias: bool = True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = integer("units", units)
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.use_visible_bias = use_visible_bias

    def build(self, input_shape):
        self.hidden = int(input_shape[-1])
        self.kernel = self.add_weight(
            shape=(self.units, self.hidden), initializer=self.kernel_initializer, name="kernel"
        )
        self.hidden_bias = self.add_weight(
            shape=(self.hidden,), initializer="zeros", name="hidden_bias"
        )
        self.visible_bias = (
            self.add_weight(shape=(self.units,), initializer="zeros", name="visible_bias")
            if self.use_visible_bias
            else None
        )

    def up(self, visible):
        """Returns v W + c: `(B, hidden)` for `(B, units)`."""
        return ops.matmul(visible, self.kernel) + self.hidden_bias

    def down(self, hidden):
        """Returns h W^T + b: `(B, units)` for `(B, hidden)`."""
        visible = ops.matmul(hidden, ops.transpose(self.kernel))
        return visible if self.visible_bias is None else visible + self.visible_bias

    def call(self, inputs):
        return self.activation(self.down(inputs))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return super().get_config() | {
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "use_visible_bias": self.use_visible_bias,
        }
