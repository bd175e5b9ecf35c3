"""Orthogonal regularization without the diagonal (Brock et al., 2018)."""

import keras
from keras import ops

from tf_gan.errors import non_negative


@keras.saving.register_keras_serializable("tf_gan")
class OffDiagonalRegularizer(keras.regularizers.Regularizer):
    """Pulls the units of a kernel apart, and leaves their lengths alone.

    weight * ||(W W^T) * (1 - I)||_F^2, W the kernel as a matrix of units by inputs

    Give it to a layer as `kernel_regularizer`: the loss of the network that the layer
    is in gets the term, and `generator_regularization` or
    `discriminator_regularization` logs it. Brock et al., Large Scale GAN Training for
    High Fidelity Natural Image Synthesis (2018), https://arxiv.org/abs/1809.11096,
    equation 3: more of their generators can then be sampled with truncated latents.
    Their published code adds half of the gradient, so that its 1e-4 is 5e-5 here.
    `keras.regularizers.OrthogonalRegularizer` is another one: it divides the rows by
    their lengths.

    Args:
        weight: Factor, >= 0; in the paper 1e-4.
        axis: The kernel's axis of the units: -1 for `Dense` and `Conv2D`, -2 for
            `Conv2DTranspose`.

    Raises:
        UserError: for a weight < 0.
    """

    def __init__(self, weight: float = 1e-4, axis: int = -1):
        non_negative(weight=weight)
        self.weight, self.axis = weight, axis

    def __call__(self, x):
        matrix = ops.moveaxis(ops.cast(x, "float32"), self.axis, 0)
        matrix = ops.reshape(matrix, (matrix.shape[0], -1))
        products = ops.matmul(matrix, ops.transpose(matrix))
        return self.weight * ops.sum(ops.square(products * (1.0 - ops.eye(matrix.shape[0]))))

    def get_config(self):
        return {"weight": self.weight, "axis": self.axis}
