"""A bias for every place of an image."""

import keras


@keras.saving.register_keras_serializable("tf_gan")
class UntiedBias(keras.layers.Layer):
    """Adds a separate bias to every entry of an example, x -> x + b; a convolution
    shares one bias over all places.

    Args:
        bias_initializer: Initializer of the bias, which has the shape of one example.
        **kwargs: Arguments of every Keras layer, such as `name` and `dtype`.

    Input and output: `(B, ...)`.
    """

    def __init__(self, bias_initializer="zeros", **kwargs):
        super().__init__(**kwargs)
        self.bias_initializer = keras.initializers.get(bias_initializer)

    def build(self, input_shape):
        self.bias = self.add_weight(
            shape=input_shape[1:], initializer=self.bias_initializer, name="bias"
        )

    def call(self, inputs):
        return inputs + self.bias

    def get_config(self):
        return super().get_config() | {
            "bias_initializer": keras.initializers.serialize(self.bias_initializer)
        }
