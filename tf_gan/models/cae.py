"""The stacked contractive auto-encoder, and the chain that samples from it."""

import keras
import tensorflow as tf

from tf_gan.errors import non_negative
from tf_gan.models.greedy import Greedy
from tf_gan.models.objective import Loss
from tf_gan.training.rng import Stream


@keras.saving.register_keras_serializable("tf_gan")
class CAE(Greedy):
    """A stack of auto-encoders with tied weights whose codes change little with the
    input, trained greedily.

    Each layer descends E[BCE(v, v')] + contraction E|J|^2, where h = sigmoid(v W + c),
    v' = sigmoid(h W^T + b), BCE is summed over the units, and |J|^2 = sum_ij (dh_j /
    dv_i)^2 = sum_j (h_j (1 - h_j))^2 sum_i W_ij^2 (Rifai et al., 2011,
    https://icml.cc/2011/papers/455_icmlpaper.pdf). `compile(optimizer=None,
    layer_steps=None)` trains all layers at once, by Adam(1e-3); `layer_steps=n` one after the
    other for n steps each, the last one without end.

    `generate` runs chains h' = h + J J^T e, e ~ N(0, noise^2), x' = g(h'): h is the code
    of x, J its Jacobian through the whole stack, g the decoder. So the steps go where
    the code can move, along the manifold of the data (Rifai et al., 2012,
    https://arxiv.org/abs/1206.6434). The chains start at images of independent bits.

    Logs of each layer l, from 1 at the image: `reconstruction_l`, the cross-entropy in
    nats; `contraction_l`, mean |J|^2.

    Args:
        generator: Network of `tf_gan.networks.tied_mlp`.
        latent_dim: Number of units at the top, >= 1.
        contraction: Weight of |J|^2, >= 0.
        noise: Deviation of e, >= 0.
        chain_steps: Steps of the chain before an image is taken, >= 1.
        seed: Integer that fixes all noise and the order of arrays.
        name: Name of the model.

    Raises:
        ValueError: if the generator is no such network, or an argument is out of range.
    """

    def __init__(
        self,
        generator: keras.Model,
        latent_dim: int = 1000,
        *,
        contraction: float = 0.1,
        noise: float = 1.0,
        chain_steps: int = 50,
        **kwargs,
    ):
        super().__init__(generator, latent_dim, chain_steps=chain_steps, **kwargs)
        non_negative(contraction=contraction, noise=noise)
        self.contraction = contraction
        self.noise = noise

    # === Training ===

    def layer_loss(self, number: int, visible: tf.Tensor, random: Stream) -> Loss:
        layer = self.stack[number]
        hidden = self.means(layer, visible)
        entropies = tf.nn.sigmoid_cross_entropy_with_logits(visible, layer.down(hidden))
        reconstruction = tf.reduce_mean(tf.reduce_sum(entropies, axis=1))
        norms = tf.reduce_sum(tf.square(tf.convert_to_tensor(layer.kernel)), axis=0)
        slopes = hidden * (1.0 - hidden)
        contraction = tf.reduce_mean(tf.linalg.matvec(tf.square(slopes), norms))
        return Loss(
            reconstruction + self.contraction * contraction,
            {"reconstruction": reconstruction, "contraction": contraction},
        )

    # === The chain ===

    def start(self, n: int, random: Stream) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns images of independent bits, and codes of 0."""
        bits = tf.cast(random.uniform([n, self.pixels]) < 0.5, tf.float32)
        return bits, tf.zeros([n, self.latent_dim])

    def transition(self, state, random: Stream) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the images and codes after a step h' = h + J J^T e."""
        hidden, slopes = state[0], []
        for layer in self.stack:
            hidden = self.means(layer, hidden)
            slopes.append(hidden * (1.0 - hidden))
        count = hidden.shape[0] or tf.shape(hidden)[0]
        moved = self.noise * random.normal([count, self.latent_dim])
        for layer, slope in zip(self.stack[::-1], slopes[::-1], strict=True):  # J^T e
            moved = tf.matmul(moved * slope, tf.convert_to_tensor(layer.kernel), transpose_b=True)
        for layer, slope in zip(self.stack, slopes, strict=True):  # J J^T e
            moved = tf.matmul(moved, tf.convert_to_tensor(layer.kernel)) * slope
        hidden += moved
        return tf.reshape(self.generator(hidden), [-1, self.pixels]), hidden

    # === Saving ===

    def get_config(self):
        return super().get_config() | {"contraction": self.contraction, "noise": self.noise}
