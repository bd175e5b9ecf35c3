"""Up-sampling and convolution in one."""

import keras
import tensorflow as tf

from tf_gan.errors import integer


@keras.saving.register_keras_serializable("tf_gan")
class UpsampleConv2D(keras.layers.Layer):
    """Nearest-neighbour up-sampling by 2 followed by a 3x3 convolution, with a fourth of
    the multiplications.

    `UpSampling2D(2)` puts zeros between the pixels and then adds up boxes of 2x2. The
    boxes may as well come last: `Conv2D(filters, 3, padding="same")` of it is the
    transposed convolution of stride 2 by the flipped 3x3 kernel, `(2 H + 1, 2 W + 1)`
    large, and then the sums of its 2x2 boxes. The large image with four equal pixels for
    one is never multiplied.

    Odena et al., Deconvolution and Checkerboard Artifacts (2016),
    https://doi.org/10.23915/distill.00003, on why to up-sample like this.

    Args:
        filters: Number of output channels, >= 1.
        use_bias: Whether to add a bias per channel.
        kernel_initializer: Initializer of the kernel `(3, 3, channels, filters)`.
        bias_initializer: Initializer of the bias `(filters,)`.
        kernel_regularizer: Regularizer of the kernel.
        **kwargs: Arguments of every Keras layer, such as `name` and `dtype`.

    Input: `(B, H, W, channels)`. Output: `(B, 2 H, 2 W, filters)`.

    Raises:
        ValueError: for filters below 1.
    """

    def __init__(
        self,
        filters: int,
        use_bias: bool = True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = integer("filters", filters)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, input_shape):
        self.kernel = self.add_weight(
            shape=(3, 3, input_shape[-1], self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            name="kernel",
        )
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(self.filters,), initializer=self.bias_initializer, name="bias"
            )

    def call(self, inputs):
        # (3, 3, filters, channels)
        flipped = tf.transpose(tf.reverse(tf.convert_to_tensor(self.kernel), [0, 1]), [0, 1, 3, 2])
        batch, *size = (inputs.shape[axis] or tf.shape(inputs)[axis] for axis in range(3))
        large = [batch, *(2 * side + 1 for side in size), self.filters]
        # The sum of a 2x2 box is 4 times its mean, and pooling is faster than sums of slices.
        # In float16 the large maps could overflow with 4 times the kernel.
        half = inputs.dtype == tf.float16
        kernel = flipped if half else 4 * flipped
        outputs = tf.nn.conv2d_transpose(inputs, kernel, large, strides=2, padding="VALID")
        outputs = tf.nn.avg_pool2d(outputs, 2, 1, "VALID")
        outputs = 4 * outputs if half else outputs
        return (
            tf.nn.bias_add(outputs, tf.convert_to_tensor(self.bias)) if self.use_bias else outputs
        )

    def compute_output_shape(self, input_shape):
        height, width = (None if size is None else 2 * size for size in input_shape[1:3])
        return (input_shape[0], height, width, self.filters)

    def get_config(self):
        return super().get_config() | {
            "filters": self.filters,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
