"""Minibatch discrimination (Salimans et al., 2016)."""

import keras
from keras import ops

from tf_gan.errors import UserError, integer


@keras.saving.register_keras_serializable("tf_gan")
class MinibatchDiscrimination(keras.layers.Layer):
    """Appends similarities to the other examples of the minibatch to the features of
    each example.

    M_i = f(x_i) T,  o_b(x_i) = sum_j exp(-||M_ib - M_jb||_1),  b < kernels, the sum
    over the minibatch, x_i included

    With it a discriminator can tell that a generator always makes the same image.
    Salimans et al., Improved Techniques for Training GANs (2016),
    https://arxiv.org/abs/1606.03498, section 3.2. The output of an example depends on
    the minibatch, also outside training; under several replicas, on the replica's
    share.

    Args:
        kernels: Number of similarities, >= 1.
        dimensions: Length of each M_ib, >= 1.
        kernel_initializer: Initializer of T `(features, kernels * dimensions)`.
        **kwargs: Arguments of every Keras layer, such as `name` and `dtype`.

    Input: `(B, features)`. Output: `(B, features + kernels)`.

    Raises:
        ValueError: for kernels or dimensions below 1, or inputs of another rank.
    """

    def __init__(
        self, kernels: int = 100, dimensions: int = 5, kernel_initializer="glorot_uniform", **kwargs
    ):
        super().__init__(**kwargs)
        self.kernels = integer("kernels", kernels)
        self.dimensions = integer("dimensions", dimensions)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape):
        if len(input_shape) != 2:
            raise UserError(
                "Expected features of shape (B, features); put a Flatten layer before. Received:"
                f" shape {tuple(input_shape)}"
            )
        self.kernel = self.add_weight(
            shape=(input_shape[-1], self.kernels * self.dimensions),
            initializer=self.kernel_initializer,
            name="kernel",
        )

    def call(self, inputs):
        m = ops.reshape(ops.matmul(inputs, self.kernel), (-1, self.kernels, self.dimensions))
        distances = ops.sum(ops.abs(m[:, None] - m[None]), axis=-1)  # (B, B, kernels)
        return ops.concatenate([inputs, ops.sum(ops.exp(-distances), axis=1)], axis=-1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[1] + self.kernels)

    def get_config(self):
        return super().get_config() | {
            "kernels": self.kernels,
            "dimensions": self.dimensions,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
