"""A convolution whose kernel is scaled by styles, another one for each image (Karras et
al., 2020).
"""

import keras
import tensorflow as tf

from tf_gan.errors import UserError, integer, one_of
from tf_gan.layers.blur import blur


@keras.saving.register_keras_serializable("tf_gan")
class ModulatedConv2D(keras.layers.Layer):
    """A convolution whose input channels are scaled by styles, and whose outputs are
    scaled back to the variance that they would have without.

    w_ijk = s_i W_ijk / sqrt(inputs),  w'_ijk = w_ijk / sqrt(sum_ik w_ijk^2 + 1e-8),  W ~
    N(0, 1)

    i are the input channels, j the output channels, k the places of the kernel, s the
    styles of the image. What an image has of its own are factors of the kernel's input
    and output channels alone. So the maps are multiplied by s, one convolution with W
    serves all images, and its outputs are multiplied by 1 / sqrt(sum_ik w_ijk^2 +
    1e-8): the same numbers as with a kernel for each image, without grouped
    convolutions.

    With `upsample` it is a transposed convolution of stride 2, filtered with [1, 3, 3,
    1] along both axes.

    Karras et al., Analyzing and Improving the Image Quality of StyleGAN (2020),
    https://arxiv.org/abs/1912.04958, section 2.2.

    Args:
        filters: Channels of the outputs, >= 1.
        kernel_size: Height and width of the kernel: 1, 3 or 5.
        demodulate: Whether w' is taken, not w.
        upsample: Whether height and width are doubled.
        use_bias: Whether a bias per channel is added, behind all of it.
        **kwargs: Arguments of every Keras layer, such as `name` and `dtype`.

    Input: `[maps, styles]`, `(B, H, W, C)` and `(B, C)`. Output: `(B, H, W, filters)`,
    with `upsample` `(B, 2 H, 2 W, filters)`.

    Raises:
        ValueError: for filters below 1, or another kernel.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int = 3,
        demodulate: bool = True,
        upsample: bool = False,
        use_bias: bool = True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        one_of("kernel_size", kernel_size, (1, 3, 5))
        self.filters, self.kernel_size = integer("filters", filters), int(kernel_size)
        self.demodulate, self.upsample, self.use_bias = demodulate, upsample, use_bias

    def build(self, input_shape):
        channels = input_shape[0][-1]
        if input_shape[1][-1] != channels:
            raise UserError(
                f"Expected a style for each of {channels} channels. Received: {input_shape[1][-1]}"
            )
        self.scale = (channels * self.kernel_size**2) ** -0.5
        self.kernel = self.add_weight(
            shape=(self.kernel_size, self.kernel_size, channels, self.filters),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            name="kernel",
        )
        if self.use_bias:
            self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")

    def call(self, inputs, training=False):
        maps, styles = inputs
        kernel = tf.convert_to_tensor(self.kernel) * self.scale
        maps = maps * styles[:, None, None, :]
        if self.upsample:
            outputs = self._upsampled(maps, kernel, bool(training))
        else:
            outputs = tf.nn.conv2d(maps, kernel, strides=1, padding="SAME")
        if self.demodulate:
            # In float32: squares of small styles are 0 in float16.
            squares = tf.reduce_sum(tf.square(tf.cast(kernel, tf.float32)), axis=[0, 1])
            norms = tf.matmul(tf.square(tf.cast(styles, tf.float32)), squares)
            factors = tf.cast(tf.math.rsqrt(norms + 1e-8), outputs.dtype)
            outputs *= factors[:, None, None, :]
        return outputs + tf.convert_to_tensor(self.bias) if self.use_bias else outputs

    def _upsampled(self, maps, kernel, training: bool):
        """Returns the maps of a transposed convolution, `(B, 2 H, 2 W, filters)`."""
        size = maps.shape[1:3]
        batch = maps.shape[0] or tf.shape(maps)[0]
        longer = [2 * side + self.kernel_size - 2 for side in size]
        flipped = tf.transpose(tf.reverse(kernel, [0, 1]), [0, 1, 3, 2])
        outputs = tf.nn.conv2d_transpose(
            maps, flipped, [batch, *longer, self.filters], strides=2, padding="VALID"
        )
        zeros = (5 - self.kernel_size) // 2  # As many as leave 2 H and 2 W.
        return blur(outputs, zeros, zeros, gain=4.0, training=training)

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape[0]
        factor = 2 if self.upsample else 1
        return (batch, height and factor * height, width and factor * width, self.filters)

    def get_config(self):
        return super().get_config() | {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "demodulate": self.demodulate,
            "upsample": self.upsample,
            "use_bias": self.use_bias,
        }
