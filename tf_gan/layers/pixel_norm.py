"""Normalisation of each pixel's feature vector (Karras et al., 2018)."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("tf_gan")
class PixelNorm(keras.layers.Layer):
    """Divides the features of each pixel by their root mean square.

    y = x / sqrt(mean_c x_c^2 + epsilon)

    The mean is over the last axis. It has no weights, and treats each image alone.
    Karras et al., Progressive Growing of GANs for Improved Quality, Stability, and
    Variation (2018), https://arxiv.org/abs/1710.10196, section 4.2. Of latents `(B, n)`
    it makes points of a sphere of radius sqrt(n).

    Args:
        epsilon: Added to the mean, > 0.
        **kwargs: Arguments of every Keras layer, such as `name` and `dtype`.

    Input: `(B, ..., C)`. Output: the same shape.
    """

    def __init__(self, epsilon: float = 1e-8, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def call(self, inputs):
        # Computes half precision in float32: a float16 of 1e-8 is 0.
        return ops.rms_normalization(inputs, axis=-1, epsilon=self.epsilon)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return super().get_config() | {"epsilon": self.epsilon}
