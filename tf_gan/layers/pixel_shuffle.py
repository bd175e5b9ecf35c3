"""Sub-pixel convolution's second half (Shi et al., 2016)."""

import keras
import tensorflow as tf

from tf_gan.errors import UserError, integer


@keras.saving.register_keras_serializable("tf_gan")
class PixelShuffle(keras.layers.Layer):
    """Rearranges channels into a larger image: y[r h + i, r w + j, c] = x[h, w, (r i +
    j) C + c], for i, j < r and c < C.

    Shi et al., Real-Time Single Image and Video Super-Resolution Using an Efficient
    Sub-Pixel Convolutional Neural Network (2016), https://arxiv.org/abs/1609.05158. The
    channels have the order of TensorFlow's `depth_to_space`; PyTorch has c before i and
    j.

    Args:
        factor: r, the factor by which height and width grow, >= 2.
        **kwargs: Arguments of every Keras layer, such as `name` and `dtype`.

    Input: `(B, H, W, r^2 C)`. Output: `(B, r H, r W, C)`.

    Raises:
        ValueError: for a factor below 2, or channels that r^2 does not divide.
    """

    def __init__(self, factor: int = 2, **kwargs):
        super().__init__(**kwargs)
        self.factor = integer("factor", factor, 2)

    def build(self, input_shape):
        if input_shape[-1] % self.factor**2:
            raise UserError(
                f"Expected a multiple of factor^2 = {self.factor**2} channels. Received:"
                f" {input_shape[-1]} channels"
            )

    def call(self, inputs):
        return tf.nn.depth_to_space(inputs, self.factor)

    def compute_output_shape(self, input_shape):
        height, width = (None if size is None else self.factor * size for size in input_shape[1:3])
        return (input_shape[0], height, width, input_shape[-1] // self.factor**2)

    def get_config(self):
        return super().get_config() | {"factor": self.factor}
