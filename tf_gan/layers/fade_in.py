"""The blend of two images while a network grows (Karras et al., 2018)."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("tf_gan")
class FadeIn(keras.layers.Layer):
    """Blends what an older path makes with what a newer one makes.

    y = (1 - alpha) old + alpha new

    `alpha` is a weight that is not trained, 1 at first; `tf_gan.ProgressiveGAN` moves it
    from 0 to 1. At 0 and at 1, y is one of both to the bit. Karras et al., Progressive
    Growing of GANs for Improved Quality, Stability, and Variation (2018),
    https://arxiv.org/abs/1710.10196, section 2.

    Args:
        **kwargs: Arguments of every Keras layer, such as `name` and `dtype`.

    Input: `[old, new]`, of one shape. Output: that shape.
    """

    def build(self, input_shape):
        self.alpha = self.add_weight(
            shape=(), initializer="ones", trainable=False, dtype="float32", name="alpha"
        )

    def call(self, inputs):
        old, new = inputs
        alpha = ops.cast(ops.convert_to_tensor(self.alpha), new.dtype)
        return (1.0 - alpha) * old + alpha * new

    def compute_output_shape(self, input_shape):
        return input_shape[1]
