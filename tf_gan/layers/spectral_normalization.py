"""Spectral normalization (Miyato et al., 2018)."""

import keras
import tensorflow as tf

from tf_gan import compat
from tf_gan.errors import UserError, integer

TRANSPOSED = (
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
)

_EXPECTED = "Expected a dense or convolutional layer, or an embedding. Received: "


def units_axis(layer: keras.layers.Layer, rank: int) -> int:
    """Returns the axis of the units in the kernel of a dense or convolutional layer."""
    return rank - (2 if isinstance(layer, TRANSPOSED) else 1)


@keras.saving.register_keras_serializable("tf_gan")
class SpectralNormalization(keras.layers.Wrapper):
    """A layer whose kernel is divided by its largest singular value.

    y = activation((W / sigma) x + b),  sigma = u^T W v,
    v = W^T u / ||W^T u||,  u <- W v / ||W v||

    W is the kernel as a matrix of units by inputs: `(C_out, k_h k_w C_in)` for a
    convolution. Each forward pass in training makes `power_iterations` steps from the u
    of the last one; in inference u stays. W itself is never written, so that training,
    inference, exports and moving averages see the same W / sigma, and the gradient
    flows through sigma, with u and v as constants. Miyato et al., Spectral
    Normalization for Generative Adversarial Networks (2018),
    https://arxiv.org/abs/1802.05957.

    Of an embedding the units are the classes. In a training step D runs several times,
    and each pass makes its iterations.

    `keras.layers.SpectralNormalization` assigns W / sigma to the kernel in training
    instead, and has no gradient through sigma.

    Args:
        layer: Keras layer with a `kernel`, such as `Dense` or `Conv2D`, or an
            `Embedding`.
        power_iterations: Steps of the power iteration in each forward pass of training,
            >= 1; the paper's is 1.
        epsilon: Smallest norm by which is divided, >= 0.
        **kwargs: Arguments of `keras.layers.Wrapper`, such as `name`.

    Raises:
        ValueError: for layers without a kernel, or `power_iterations` < 1.
    """

    def __init__(
        self,
        layer: keras.layers.Layer,
        power_iterations: int = 1,
        epsilon: float = 1e-12,
        **kwargs,
    ):
        super().__init__(layer, **kwargs)
        self.power_iterations = integer("power_iterations", power_iterations)
        self.epsilon = epsilon
        if not hasattr(layer, "kernel_initializer") and not isinstance(
            layer, keras.layers.Embedding
        ):
            raise UserError(_EXPECTED + type(layer).__name__)

    def build(self, input_shape):
        super().build(input_shape)
        embeds = isinstance(self.layer, keras.layers.Embedding)
        name = "embeddings" if embeds else "kernel"
        kernels = [each for each in self.layer.variables if each.name == name]
        if len(kernels) != 1:
            raise UserError(_EXPECTED + type(self.layer).__name__)
        self._kernel = kernels[0]
        rank = len(self._kernel.shape)
        # The axes of the inputs, then that of the units, where most kernels have it.
        units = 0 if embeds else units_axis(self.layer, rank)
        self._axes = [*(axis for axis in range(rank) if axis != units), units]
        self.u = self.add_weight(
            shape=(self._kernel.shape[units],),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            trainable=False,
            dtype="float32",
            autocast=False,
            name="u",
        )

    def call(self, inputs, training=None):
        kernel = tf.convert_to_tensor(self._kernel)
        sigma, u = self.singular_value(kernel, self.power_iterations if training else 0)
        if training:
            self.u.assign(u)
        normalized = tf.cast(kernel, tf.float32) / tf.maximum(sigma, self.epsilon)
        # The layer computes with W / sigma, and its variable stays as it is; of its other
        # variables it sees what a scope around this one has.
        values = {id(variable): (variable, value) for variable, value in self._seen()}
        values[id(self._kernel)] = (self._kernel, normalized)
        with keras.StatelessScope(values.values(), collect_losses=True) as scope:
            outputs = self.layer(inputs)
        for loss in scope.losses:
            self.add_loss(loss)
        return outputs

    def singular_value(self, kernel, iterations: int = 0):
        """Returns sigma, a scalar, and u after `iterations` steps from the last u."""
        matrix = tf.cast(kernel, tf.float32)
        if self._axes != sorted(self._axes):
            matrix = tf.transpose(matrix, self._axes)
        matrix = tf.reshape(matrix, [-1, matrix.shape[-1]])  # W^T.
        fixed = tf.stop_gradient(matrix)
        u = self._normalized(tf.convert_to_tensor(self.u))
        v = self._normalized(tf.linalg.matvec(fixed, u))
        for _ in range(iterations):
            u = self._normalized(tf.linalg.matvec(fixed, v, transpose_a=True))
            v = self._normalized(tf.linalg.matvec(fixed, u))
        return tf.tensordot(u, tf.linalg.matvec(matrix, v, transpose_a=True), 1), u

    def _normalized(self, vector):
        return tf.math.l2_normalize(vector, epsilon=self.epsilon**2)

    def _seen(self) -> list:
        """Returns the wrapped layer's variables that a scope around this layer has, and
        their values there.
        """
        outer = compat.stateless_scope()
        if outer is None:
            return []
        values = [(each, outer.get_current_value(each)) for each in self.layer.variables]
        return [(variable, value) for variable, value in values if value is not None]

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)

    def get_config(self):
        own = {"power_iterations": self.power_iterations, "epsilon": self.epsilon}
        return super().get_config() | own
