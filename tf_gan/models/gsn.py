"""The deep generative stochastic network: a denoising chain with hidden layers."""

import keras
import tensorflow as tf

from tf_gan.errors import UserError, fraction, integer, integers, non_negative
from tf_gan.layers import TiedDense
from tf_gan.models.markov_chain import MarkovChain, bernoulli
from tf_gan.models.objective import Batch, Loss, Objective
from tf_gan.training.rng import Stream


@keras.saving.register_keras_serializable("tf_gan")
class GSN(MarkovChain):
    """A Markov chain over the image x = h_0 and hidden layers h_1 ... h_L that is
    trained, by backpropagation, to lead back to the data.

    h_l = tanh(h_{l-1} W_l + h_{l+1} W_{l+1}^T + b_l + e) + e',  e, e' ~ N(0, noise^2),
    without noise for h_1; x ~ Bernoulli(sigmoid(h_1 W_1^T + b_0)), of which a share
    `salt_and_pepper` of the pixels is then replaced by random bits

    A step renews the odd layers from the even ones, and then the even ones from the odd
    ones. Training starts from a corrupted image and h = 0, walks `walk_back` steps, and
    descends the sum of the cross-entropies between the image and the probabilities of
    each step. Bengio, Thibodeau-Laufer, Alain and Yosinski, Deep Generative Stochastic
    Networks Trainable by Backprop (2014), https://arxiv.org/abs/1306.1091.

    Latents are h_1; the generator makes the probabilities of the pixels of it.
    `generate` runs chains from random bits.

    Logs: `loss`, nats per pixel, summed over the steps; `reconstruction`, nats per
    pixel after the last step.

    Args:
        generator: Network of `tf_gan.networks.tied_mlp` without layers between: h_1 to
            x.
        latent_dim: Number of units of h_1, >= 1.
        upper_units: Numbers of units of h_2 and the layers above; may be empty.
        walk_back: Steps of the chain in training, >= 1; at least L, for the top layer to
            act on the image.
        noise: Deviation of e and e', >= 0.
        salt_and_pepper: Share of the pixels, in [0, 1].
        chain_steps: Steps of the chain before an image is taken, >= 1.
        seed: Integer that fixes all noise and the order of arrays.
        name: Name of the model.

    Raises:
        ValueError: if the generator is no such network, or an argument is out of range.
    """

    def __init__(
        self,
        generator: keras.Model,
        latent_dim: int = 1500,
        *,
        upper_units=(1500,),
        walk_back: int = 4,
        noise: float = 2.0,
        salt_and_pepper: float = 0.4,
        chain_steps: int = 100,
        **kwargs,
    ):
        super().__init__(generator, latent_dim, chain_steps=chain_steps, **kwargs)
        integers(walk_back=walk_back)
        if not isinstance(upper_units, (tuple, list)):
            raise UserError(
                "Invalid value for argument `upper_units`. Expected numbers of units, each >= 1,"
                f" such as (1500,). Received: upper_units={upper_units!r}"
            )
        non_negative(noise=noise)
        if len(self.stack) != 1:
            raise UserError(
                "Expected a generator of one layer, from h_1 to the image; layers above it are"
                f" upper_units={tuple(upper_units)}. Received: {len(self.stack)} layers"
            )
        fraction(salt_and_pepper=salt_and_pepper)
        self.upper_units = tuple(integer("upper_units", size) for size in upper_units)
        self.walk_back = walk_back
        self.noise = noise
        self.salt_and_pepper = salt_and_pepper
        sizes = (latent_dim, *self.upper_units)
        self.upper = []
        for below, size in zip(sizes, self.upper_units, strict=False):
            layer = TiedDense(below, None, use_visible_bias=False, dtype="float32")
            layer.build((None, size))
            self.upper.append(layer)
        self.sizes = (self.pixels, *sizes)

    def compile(self, optimizer: keras.optimizers.Optimizer | str | None = None, **kwargs) -> None:
        """Sets how the chain is trained.

        Args:
            optimizer: Keras optimizer, its name, or None for Adam(1e-3).
            **kwargs: `run_eagerly`, `steps_per_execution` and `jit_compile`, as in
                `GAN.compile`.
        """
        self.chain_optimizer = self.as_optimizer(optimizer)
        super().compile(**kwargs)

    def build_objectives(self) -> tuple[Objective, ...]:
        networks = [self.generator, *self.upper]
        return (Objective("chain", networks, self.chain_optimizer, self.walk_back_loss),)

    # === Training ===

    def forward(self, batch: Batch, random: Stream, *, need_real=True, training=True) -> list:
        """Returns the logits of the pixels after each of `walk_back` steps from the
        images.
        """
        images = self.flat(batch)
        state = self._beside(self.corrupted(images, random.fold(0)))
        logits = []
        for step in range(self.walk_back):
            state, output = self.step_from(state, random.fold(1, step))
            logits.append(output)
        return logits

    def walk_back_loss(self, logits: list, batch: Batch, random: Stream) -> Loss:
        """Returns the sum over the steps of E[BCE(x, p(x|...))], means over the pixels."""
        images = self.flat(batch)
        losses = [
            tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(images, each)) for each in logits
        ]
        value = tf.add_n(losses)
        return Loss(value, {"loss": value, "reconstruction": losses[-1]})

    def evaluation_logs(self, batch: Batch, random: Stream) -> dict[str, tf.Tensor]:
        return self.walk_back_loss(self.forward(batch, random, training=False), batch, random).logs

    # === The chain ===

    def corrupted(self, images: tf.Tensor, random: Stream) -> tf.Tensor:
        """Returns images with random bits in place of a share of their pixels."""
        shape = [images.shape[0] or tf.shape(images)[0], self.pixels]
        noisy = random.fold(0).uniform(shape) < self.salt_and_pepper
        return tf.where(noisy, bernoulli(tf.fill(shape, 0.5), random.fold(1)), images)

    def step_from(self, state: tuple, random: Stream) -> tuple[tuple, tf.Tensor]:
        """Returns the state after a step, and the logits of its pixels.

        Args:
            state: `(h_0, h_1, ..., h_L)`.
            random: Random numbers.
        """
        layers, units = [self.stack[0], *self.upper], list(state)
        for number in (*range(1, len(units), 2), *range(2, len(units), 2)):
            total = layers[number - 1].up(units[number - 1])
            if number < len(layers):
                total += layers[number].down(units[number + 1])
            units[number] = self.noisy_tanh(total, random.fold(0, number), number > 1)
        logits = layers[0].down(units[1])
        image = bernoulli(tf.sigmoid(logits), random.fold(1))
        units[0] = self.corrupted(image, random.fold(2))
        return tuple(units), logits

    def noisy_tanh(self, total: tf.Tensor, random: Stream, noisy: bool) -> tf.Tensor:
        """Returns tanh(total + e) + e', or tanh(total) without noise."""
        if not noisy:
            return tf.tanh(total)
        shape = [total.shape[0] or tf.shape(total)[0], total.shape[1]]
        before, after = (self.noise * random.fold(side).normal(shape) for side in (0, 1))
        return tf.tanh(total + before) + after

    def _beside(self, images: tf.Tensor) -> tuple:
        """Returns images and hidden layers of 0."""
        rows = images.shape[0] or tf.shape(images)[0]
        return (images, *(tf.zeros([rows, size]) for size in self.sizes[1:]))

    def start(self, n: int, random: Stream) -> tuple:
        """Returns images of random bits, and hidden layers of 0."""
        return self._beside(bernoulli(tf.fill([n, self.pixels], 0.5), random))

    def transition(self, state: tuple, random: Stream) -> tuple:
        return self.step_from(state, random)[0]

    def latents_of(self, state: tuple) -> tf.Tensor:
        """Returns h_1."""
        return state[1]

    # === Saving ===

    def get_config(self):
        return super().get_config() | {
            "upper_units": self.upper_units,
            "walk_back": self.walk_back,
            "noise": self.noise,
            "salt_and_pepper": self.salt_and_pepper,
        }

    def get_compile_config(self):
        if not self.compiled:
            return {}
        optimizer = keras.saving.serialize_keras_object(self.chain_optimizer)
        return {"optimizer": optimizer} | super().get_compile_config()
