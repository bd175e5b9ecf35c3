"""Boundary equilibrium generative adversarial networks (Berthelot et al., 2017)."""

import numbers

import keras
import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError, integers, non_negative, one_of, positive
from tf_gan.models.gan import GAN
from tf_gan.models.logs import state
from tf_gan.models.network_checks import without_others
from tf_gan.models.objective import Batch
from tf_gan.training.rng import Stream


@keras.saving.register_keras_serializable("tf_gan")
class BEGAN(GAN):
    """A GAN whose discriminator is an auto-encoder: real images are those that it
    reproduces well.

    With the error L(v) = E[|v - D(v)|^eta], the mean over the pixels, D descends L(x) -
    k_t L(G(z)) and G descends L(G(z)). A controller keeps the ratio of the errors at
    gamma:

    k_{t+1} = clip(k_t + lambda_k (gamma L(x) - L(G(z))), 0, 1), from k_0 = 0.

    M = L(x) + |gamma L(x) - L(G(z))| measures convergence. Where its mean over
    `patience` steps is not below the lowest so far, both learning rates are halved,
    down to `smallest_rate`.

    Berthelot et al., BEGAN: Boundary Equilibrium Generative Adversarial Networks
    (2017), https://arxiv.org/abs/1703.10717. The paper halves the rate "when M stalls"
    and does not say how it tells; carpedm20/BEGAN-tensorflow halves it every 100,000
    steps, down to 2e-5. k, the measure and the rates are saved with the weights, and
    the same on all replicas: they follow means over them.

    Logs: `discriminator_loss`, `generator_loss`, which is L(G(z)), `L(x)`, `k`, `M`,
    `learning_rate`.

    Args:
        generator: Keras model from latents `(B, latent_dim)` to images `(B, ...)`.
        discriminator: Keras model from images `(B, ...)` to images of the same shape.
        latent_dim: Length of the latent vector z, >= 1.
        gamma: Diversity ratio E[L(G(z))] / E[L(x)] to keep, in (0, 1]. Lower values
            give less diverse, cleaner images; the paper has 0.3, 0.5, 0.7.
        lambda_k: Proportional gain of the controller, > 0.
        eta: Exponent of the error, 1 or 2; the paper's is 1.
        patience: Steps over which M is averaged, >= 1; None leaves the learning rates
            alone.
        smallest_rate: Where halving stops.
        prior: Distribution of z: `"normal"` for N(0, 1), or a pair `(low, high)` for a
            uniform one. The paper's is uniform.
        **kwargs: `moving_average`, `data_range`, `seed` and `name` of `GAN`.

    Raises:
        ValueError: if the networks do not fit each other, or for values out of range.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int = 64,
        *,
        gamma: float = 0.5,
        lambda_k: float = 0.001,
        eta: int = 1,
        patience: int | None = 20_000,
        smallest_rate: float = 2e-5,
        prior: str | tuple[float, float] = (-1.0, 1.0),
        **kwargs,
    ):
        if not isinstance(gamma, numbers.Real) or not 0 < float(gamma) <= 1:
            raise UserError(
                "Invalid value for argument `gamma`. Expected a number in (0, 1]. Received:"
                f" gamma={gamma!r}"
            )
        positive(lambda_k=lambda_k)
        one_of("eta", eta, (1, 2))
        if patience is not None:
            integers(patience=patience)
        non_negative(smallest_rate=smallest_rate)
        self.gamma: float = float(gamma)
        self.lambda_k: float = float(lambda_k)
        self.eta: int = eta
        self.patience: int | None = patience
        self.smallest_rate = float(smallest_rate)
        super().__init__(generator, discriminator, latent_dim, prior=prior, **kwargs)
        self.k = state(0.0, "k")
        self.measure_sum = state(0.0, "measure_sum")
        self.lowest_measure = state(np.inf, "lowest_measure")

    gives_logits = False  # D has errors of reconstruction, and no logits.

    def check_outputs(self, reconstructions, *further):
        if further or tuple(reconstructions.shape[1:]) != self.image_shape:
            shapes = ", ".join(str(tuple(output.shape)) for output in (reconstructions, *further))
            raise UserError(
                "BEGAN's discriminator is an auto-encoder: expected one output of the shape of its"
                f" images, {(None, *self.image_shape)}. Received: {shapes}"
            )

    @without_others
    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_steps: int = 1,
        *,
        penalties=(),
        augment=None,
        updates: str = "alternating",
        run_eagerly: bool = False,
        steps_per_execution: int | str = "auto",
        jit_compile: bool | str = "auto",
    ) -> None:
        """Sets how the networks are trained: as `GAN.compile`, without a loss,
        `penalty_interval`, `generator_batch_factor`, `lecam` and `"ada"`.
        Optimizers are Adam(1e-4, beta_1=0.5) by default.

        Raises:
            ValueError: as in `GAN.compile`, and for learning rates that follow a
                schedule while `patience` is to halve them.
        """
        super().compile(
            generator_optimizer,
            discriminator_optimizer,
            discriminator_steps=discriminator_steps,
            penalties=penalties,
            augment=augment,
            updates=updates,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
        )
        if self.patience is not None and not all(
            isinstance(objective.optimizer.learning_rate, keras.Variable)
            for objective in self.objectives
        ):
            raise UserError(
                "A learning rate on a schedule cannot be halved when M stalls: expected numbers as"
                " learning rates, or BEGAN(..., patience=None)"
            )

    def default_optimizer(self) -> keras.optimizers.Optimizer:
        return keras.optimizers.Adam(1e-4, beta_1=0.5)

    # === The equilibrium ===

    def outputs(self, images, batch: Batch, training: bool = True) -> list[tf.Tensor]:
        """Returns the error of each image, E[|v - D(v)|^eta] over its pixels, `(B, 1)`."""
        (reconstructions,) = super().outputs(images, batch, training)
        errors = tf.abs(tf.cast(images, tf.float32) - reconstructions) ** self.eta
        return [
            tf.reduce_mean(tf.reshape(errors, [tf.shape(errors)[0], -1]), axis=1, keepdims=True)
        ]

    def discriminator_terms(self, real, fake, labels):
        real_error, fake_error = tf.reduce_mean(real[0]), tf.reduce_mean(fake[0])
        loss = real_error - self.k.value * fake_error
        return loss, {"discriminator_loss": loss, "L(x)": real_error}

    def generator_terms(self, real, fake, labels):
        loss = tf.reduce_mean(fake[0])
        return loss, {"generator_loss": loss}

    def convergence(self, logs: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns gamma L(x) - L(G(z)) and M for the logs of a step."""
        balance = self.gamma * logs["L(x)"] - logs["generator_loss"]
        return balance, logs["L(x)"] + tf.abs(balance)

    def end_step(self, logs):
        balance, measure = self.convergence(logs)
        further = {
            "k": tf.convert_to_tensor(self.k.value),
            "M": measure,
            "learning_rate": tf.convert_to_tensor(self.generator_optimizer.learning_rate),
        }
        self.k.assign(tf.clip_by_value(self.k.value + self.lambda_k * balance, 0.0, 1.0))
        if self.patience is None:
            return further
        total = self.measure_sum.value + measure
        ends = tf.equal((self.step.value + 1) % self.patience, 0)
        stalls = ends & (total / self.patience >= self.lowest_measure.value)
        for objective in self.objectives:
            rate = tf.convert_to_tensor(objective.optimizer.learning_rate)
            halved = tf.maximum(0.5 * rate, tf.minimum(rate, self.smallest_rate))
            objective.optimizer.learning_rate.assign(tf.where(stalls, halved, rate))
        lowest = self.lowest_measure.value
        self.lowest_measure.assign(
            tf.where(ends, tf.minimum(lowest, total / self.patience), lowest)
        )
        self.measure_sum.assign(tf.where(ends, 0.0, total))
        return further

    def evaluation_logs(self, batch: Batch, random: Stream):
        logs = super().evaluation_logs(batch, random)
        return logs | {"M": self.convergence(logs)[1]}

    def reconstruct(self, images: np.ndarray, batch_size: int = 256) -> np.ndarray:
        """Returns D(v) for images.

        Args:
            images: Array in `data_range`, shape `(n, *image_shape)`.
            batch_size: How many at a time.

        Returns:
            float32 array of the same shape.

        Raises:
            ValueError: if the images or `batch_size` do not fit.
        """
        integers(batch_size=batch_size)
        images = np.asarray(images)
        self.check_images(images)
        if not len(images):
            return images.astype(np.float32)
        return self.discriminator.predict(images, batch_size=batch_size, verbose=0).astype(
            np.float32
        )

    # === Saving ===

    def get_config(self):
        own = {
            "gamma": self.gamma,
            "lambda_k": self.lambda_k,
            "eta": self.eta,
            "patience": self.patience,
            "smallest_rate": self.smallest_rate,
        }
        return super().get_config() | own
