"""StyleGAN2: styles, lazy regularization and path lengths (Karras et al., 2020)."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_gan.errors import fraction, integer, non_negative
from tf_gan.models.gan import GAN
from tf_gan.models.logs import state
from tf_gan.models.network_checks import check_steps
from tf_gan.models.objective import Batch, Lazy, Loss, Objective
from tf_gan.models.penalizing import on_gradients
from tf_gan.models.styles import Styles
from tf_gan.penalties import get_all
from tf_gan.training.optimizers import corrected
from tf_gan.training.replicas import batch_size_of
from tf_gan.training.rng import Fold, Stream

PATH_DECAY = 0.99  # Of the moving average of path lengths, per update of it.


@keras.saving.register_keras_serializable("tf_gan")
class StyleGAN2(Styles, GAN):
    """A GAN whose generator is a mapping z -> w and a synthesis of an image from a w for
    each of its layers, trained as StyleGAN2 is.

    - Non-saturating loss. R1 in every 16th step (`penalties`, `penalty_interval`).
    - Path lengths: in every k-th step, before its other updates, G's optimizer makes a
      step of its own that descends k weight E[(l - a)^2], l = sqrt(mean over layers of
      ||d <G(w), y> / dw||^2), y ~ N(0, 1) / sqrt(H W), on half a minibatch; a is the
      moving average of l, from 0 on, before this step moves it. It makes the image move as
      far for every step of w, which smooths interpolation and helps inversion.
    - Style mixing: with probability `mixing_probability` an image takes the w of a
      second latent from a random layer on.

    Karras et al., Analyzing and Improving the Image Quality of StyleGAN (2020),
    https://arxiv.org/abs/1912.04958, and Training Generative Adversarial Networks with
    Limited Data (2020), https://arxiv.org/abs/2006.06676, for `augment="ada"`. By the
    second one's rule, R1's weight is about 0.0002 H W / batch; five times more and less
    are the next to try.

    `generate(n, truncation=0.7)` moves w towards its mean: w' = mean + 0.7 (w - mean),
    with the mean that the mapping keeps in training. `styles_of`, `images_from_styles`
    and `mixed` work with w. Outside training the generator's noise is fixed: images are
    functions of their latents.

    Logs: those of `GAN`; `path_length` and `path_length_penalty`, of the steps in which
    they are due.

    Args:
        generator: Keras model from latents `(B, latent_dim)` to images `(B, H, W, C)`,
            with two models among its layers: `mapping`, from latents to w `(B, n)`,
            and `synthesis`, from `(B, layers, n)` to images; see
            `tf_gan.networks.stylegan2`.
        discriminator: Keras model from images to logits `(B, 1)`.
        latent_dim: Length of the latent vector z, >= 1.
        mixing_probability: In [0, 1].
        path_length_weight: Weight of the path lengths, >= 0; 0 leaves them out.
        path_length_interval: k, >= 1.
        **kwargs: `prior`, `moving_average`, `data_range`, (-1, 1) by default, `seed`
            and `name` of `GAN`.

    Raises:
        ValueError: if the networks do not fit each other or `latent_dim`, or a value is
            out of range.

    Example:

    ```python
    networks = tf_gan.networks.get("stylegan2")
    gan = tf_gan.StyleGAN2(
        networks.build_generator((64, 64, 3), 512),
        networks.build_discriminator((64, 64, 3)),
        512,
        moving_average=tf_gan.schedules.HalfLife(10_000 / 16),
    )
    gan.compile(penalties=tf_gan.penalties.R1(0.05), augment="ada")
    gan.fit(images, batch_size=16, epochs=100)
    gan.generate(64, seed=0, truncation=0.7)
    ```
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int = 512,
        *,
        mixing_probability: float = 0.9,
        path_length_weight: float = 2.0,
        path_length_interval: int = 4,
        **kwargs,
    ):
        non_negative(path_length_weight=path_length_weight)
        fraction(mixing_probability=mixing_probability)
        path_length_interval = integer("path_length_interval", path_length_interval)
        self.mixing_probability = mixing_probability
        self.path_length_weight = path_length_weight
        self.path_length_interval = path_length_interval
        if kwargs.get("data_range") is None:
            kwargs["data_range"] = (-1.0, 1.0)
        super().__init__(generator, discriminator, latent_dim, **kwargs)
        self.path_mean = state(0.0, "path_mean")

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | str | None = None,
        loss: Any = "non_saturating",
        discriminator_steps: int = 1,
        *,
        penalties: Any = "r1",
        penalty_interval: int | None = None,
        **kwargs,
    ) -> None:
        """Sets how the networks are trained: as `GAN.compile`, by default with R1 in
        every 16th step. `penalty_interval` is 16 for penalties on gradients, else 1.

        Without optimizers they are Adam(0.002, beta_1=0, beta_2=0.99, epsilon=1e-8), each
        `corrected` for its lazy updates. Optimizers that are given are taken as they are.
        """
        check_steps(discriminator_steps, kwargs.get("updates", "alternating"))
        due = on_gradients(get_all(penalties))
        interval = 16 if due else 1
        if penalty_interval is not None:
            interval = integer("penalty_interval", penalty_interval)
        lazy = interval * discriminator_steps if due and interval > 1 else 0
        with self.distribute_strategy.scope():
            generator_optimizer = generator_optimizer or adam(self.generator_lazy_updates)
            discriminator_optimizer = discriminator_optimizer or adam(lazy)
        super().compile(
            generator_optimizer,
            discriminator_optimizer,
            loss,
            discriminator_steps,
            penalties=penalties,
            penalty_interval=interval,
            **kwargs,
        )

    # === Training ===

    @property
    def generator_lazy_updates(self) -> int:
        return self.path_length_interval if self.path_length_weight else 0

    def build_lazy(self, objectives: tuple[Objective, ...]) -> tuple[Lazy, ...]:
        lazy = super().build_lazy(objectives)
        if not self.path_length_weight:
            return lazy
        interval = self.path_length_interval
        return (*lazy, Lazy(objectives[1], "path_length", self.path_length_loss, interval))

    def generated(self, inputs, random: Stream, training: bool = True):
        if not training:
            return super().generated(inputs, random, training)
        synthesis = self.generator.get_layer("synthesis")
        return synthesis(self.mixed_styles(inputs, random.fold(Fold.STYLES)), training=True)

    def mixed_styles(self, inputs, random: Stream) -> tf.Tensor:
        """Returns the w of each layer in training, `(B, layers, n)`: those of the inputs,
        and, for some images, of further latents from a random layer on.
        """
        mapping, layers = self.generator.get_layer("mapping"), self.style_layers
        w = mapping(inputs, training=True)
        if not self.mixing_probability:
            return tf.tile(w[:, None], [1, layers, 1])
        n = batch_size_of(w)
        labels = inputs[1] if isinstance(inputs, (list, tuple)) else None
        second = self.sample_latents(n, random.fold(0))
        # The mean of w is that of the first.
        other = mapping(self.generator_inputs(second, labels), training=False)
        mixes = random.fold(2).uniform([n]) < self.mixing_probability
        first = tf.where(mixes, 1 + random.fold(1).integers([n], layers - 1), layers)
        is_first = tf.range(layers)[None] < first[:, None]
        return tf.where(is_first[..., None], w[:, None], other[:, None])

    def path_length_loss(self, forward, batch: Batch, random: Stream) -> Loss:
        """Returns the loss of the step in which path lengths are due."""
        half = batch_size_of(batch.images) // 2
        n = max(1, half) if isinstance(half, int) else tf.maximum(1, half)
        # Every second one: those of all replicas together are those of one device.
        labels = None if batch.labels is None else batch.labels[::2][:n]
        inputs = self.generator_inputs(self.sample_latents(n, random.fold(0)), labels)
        styles = self.mixed_styles(inputs, random.fold(Fold.STYLES))
        lengths = path_lengths(
            lambda w: self.generator.get_layer("synthesis")(w, training=True),
            styles,
            random.fold(1),
        )
        penalty = tf.reduce_mean(tf.square(lengths - self.path_mean.value))
        penalty *= self.path_length_weight
        logs = {"path_length": tf.reduce_mean(lengths), "path_length_penalty": penalty}
        return Loss(self.path_length_interval * penalty, logs)

    def lazy_step(self, number: int, data) -> dict[str, tf.Tensor]:
        logs = super().lazy_step(number, data)
        if "path_length" in logs:
            mean = self.path_mean.value
            self.path_mean.assign(mean + (1.0 - PATH_DECAY) * (logs["path_length"] - mean))
        return logs

    # === Saving ===

    def get_config(self):
        return super().get_config() | {
            "mixing_probability": self.mixing_probability,
            "path_length_weight": self.path_length_weight,
            "path_length_interval": self.path_length_interval,
        }


def path_lengths(synthesis: Callable, styles: tf.Tensor, random: Stream) -> tf.Tensor:
    """Returns sqrt(mean over layers of ||d <G(w), y> / dw||^2) for each image, `(n,)`, y ~
    N(0, 1) / sqrt(H W).

    Args:
        synthesis: G, from styles to images.
        styles: w of each layer, `(n, layers, dimension)`.
        random: Random numbers for y.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(styles)
        images = tf.cast(synthesis(styles), tf.float32)
        height, width, channels = images.shape[1:]
        noise = random.normal([batch_size_of(images), height, width, channels])
        products = tf.reduce_sum(images * noise) / float(np.sqrt(height * width))
    slopes = tf.cast(tape.gradient(products, styles), tf.float32)
    squares = tf.reduce_mean(tf.reduce_sum(tf.square(slopes), axis=2), axis=1)
    return tf.sqrt(squares + 1e-12)  # The derivative of sqrt at 0 is infinite.


def adam(lazy_interval: int) -> keras.optimizers.Optimizer:
    """Returns the Adam of the paper, corrected for lazy updates."""
    rate, beta_1, beta_2 = corrected(0.002, 0.0, 0.99, lazy_interval)
    return keras.optimizers.Adam(rate, beta_1=beta_1, beta_2=beta_2, epsilon=1e-8)
