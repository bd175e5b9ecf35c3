"""Noise that a generator puts into its maps (Karras et al., 2020)."""

import keras
import tensorflow as tf

from tf_gan.layers.gaussian_noise import hashed_normal


@keras.saving.register_keras_serializable("tf_gan")
class NoiseMap(keras.layers.Layer):
    """Adds a map of noise to all channels alike: y[h, w, c] = x[h, w, c] + a n[h, w],
    n[h, w] ~ N(0, 1).

    a is learned, one number that starts at 0. In training n is drawn for each image. In
    inference n is a map that was drawn when the layer was built, the same for all
    images, so that images are functions of their latents alone: the same seed gives the
    same images, and an exported file those of the model. Karras et al., Analyzing and
    Improving the Image Quality of StyleGAN (2020), https://arxiv.org/abs/1912.04958.

    Args:
        **kwargs: Arguments of every Keras layer, such as `name` and `dtype`.

    Input: `(B, H, W, C)`. Output: the same shape.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator()

    def build(self, input_shape):
        self.strength = self.add_weight(shape=(), initializer="zeros", name="strength")
        self.noise = self.add_weight(
            shape=(*input_shape[1:3], 1),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            trainable=False,
            name="noise",
        )

    def call(self, inputs, training=False):
        noise = tf.convert_to_tensor(self.noise)[None]
        if training:
            seed = tf.cast(self.seed_generator.next(), tf.uint32)
            noise = hashed_normal(seed, [tf.shape(inputs)[0], *inputs.shape[1:3], 1])
        strength = tf.convert_to_tensor(self.strength)
        return inputs + strength * tf.cast(noise, inputs.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape
