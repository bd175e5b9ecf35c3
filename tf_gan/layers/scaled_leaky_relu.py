"""LeakyReLU that keeps the variance."""

import keras


@keras.saving.register_keras_serializable("tf_gan")
class ScaledLeakyReLU(keras.layers.Layer):
    """y = gain max(x, slope x). With gain sqrt(2) the outputs for inputs of N(0, 1) have
    a mean square of about 1.

    Karras et al., Analyzing and Improving the Image Quality of StyleGAN (2020),
    https://arxiv.org/abs/1912.04958, appendix B.

    Args:
        slope: Of the negative side, in [0, 1).
        gain: Factor of the outputs.
        **kwargs: Arguments of every Keras layer, such as `name` and `dtype`.

    Input: any shape. Output: the same shape.
    """

    def __init__(self, slope: float = 0.2, gain: float = 2.0**0.5, **kwargs):
        super().__init__(**kwargs)
        self.slope, self.gain = slope, gain

    def call(self, inputs):
        return self.gain * keras.ops.leaky_relu(inputs, self.slope)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return super().get_config() | {"slope": self.slope, "gain": self.gain}
