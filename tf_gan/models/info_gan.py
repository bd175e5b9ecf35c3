"""InfoGAN (Chen et al., 2016)."""

import math

import keras
import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError, integer, non_negative
from tf_gan.models.gan import GAN, Forward
from tf_gan.models.network_checks import check_second_output
from tf_gan.models.objective import Batch, Loss
from tf_gan.training.rng import Stream


@keras.saving.register_keras_serializable("tf_gan")
class InfoGAN(GAN):
    """A GAN that learns what to call things: a part of its latents, the codes c, can be
    read off its images.

    min_{G, Q} max_D V(D, G) - lambda L_I(G, Q),  L_I = E[log Q(c|x)] + H(c) <= I(c;
    G(z, c)),  x = G(z, c)

    Q shares D's layers and is a second output of D. Chen et al., InfoGAN: Interpretable
    Representation Learning by Information Maximizing Generative Adversarial Nets
    (2016), https://arxiv.org/abs/1606.03657. As in the authors' code (openai/InfoGAN),
    both objectives descend -lambda L_I on their fakes: D's step moves D and Q, G's step
    moves G.

    A latent vector is the noise, then the categorical codes, each one-hot and with
    equal probabilities, then the continuous codes, U(-1, 1). Q of a categorical code is
    a softmax, Q of a continuous one a Gaussian of variance 1 around D's output, as in
    the authors' run on MNIST.

    Logs beside those of `GAN`, on G's fakes and in nats, summed over the codes of a
    kind: `categorical_information`, at most log K for a code with K categories;
    `continuous_information`, where the fixed variance sets a limit of log 2 - log(2 pi)
    / 2 = -0.226 for each code.

    Args:
        generator: Keras model from latents `(B, latent_dim)` to images `(B, ...)`.
        discriminator: Keras model from images to `[logits, code outputs]`; the second
            of shape `(B, sum(categorical) + continuous)`: logits of the categories of
            all categorical codes, then means of the continuous ones.
        latent_dim: Length of the latent vector, codes included.
        categorical: Number of categories of each categorical code, each >= 2.
        continuous: Number of continuous codes, >= 0.
        categorical_weight: lambda for the categorical codes, >= 0.
        continuous_weight: lambda for the continuous codes, >= 0. The paper takes a
            smaller one for them.
        **kwargs: `prior`, `moving_average`, `data_range`, `seed` and `name` of `GAN`.
            The prior is that of the noise.

    Raises:
        ValueError: if there are no codes, they do not go into `latent_dim`, or the
            networks do not fit.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int = 74,
        *,
        categorical: tuple[int, ...] = (10,),
        continuous: int = 2,
        categorical_weight: float = 1.0,
        continuous_weight: float = 0.1,
        **kwargs,
    ):
        categorical = (
            tuple(categorical) if isinstance(categorical, (tuple, list)) else (categorical,)
        )
        categorical = tuple(integer("categorical", size, 2) for size in categorical)
        continuous = integer("continuous", continuous, 0)
        non_negative(categorical_weight=categorical_weight, continuous_weight=continuous_weight)
        code_dim = sum(categorical) + continuous
        if not 1 <= code_dim <= integer("latent_dim", latent_dim):
            raise UserError(
                "The codes are a part of the latent vector: expected from 1 to"
                f" latent_dim={latent_dim} numbers for them. Received: {code_dim}, of"
                f" categorical={categorical} and continuous={continuous}"
            )
        self.categorical, self.continuous, self.code_dim = categorical, continuous, code_dim
        self.categorical_weight, self.continuous_weight = categorical_weight, continuous_weight
        super().__init__(generator, discriminator, latent_dim, **kwargs)

    def check_outputs(self, logits, *further):
        super().check_outputs(logits)
        codes = f"the codes of categorical={self.categorical} and continuous={self.continuous}"
        check_second_output(self, further, self.code_dim, codes)

    # === The codes ===

    def sample_latents(self, n: int, random: Stream) -> tf.Tensor:
        """Draws noise and codes: `(n, latent_dim)`."""
        parts = [super().sample_latents(n, random)[:, : self.latent_dim - self.code_dim]]
        for number, size in enumerate(self.categorical):
            parts.append(tf.one_hot(random.fold(1 + number).integers([n], size), size))
        if self.continuous:
            parts.append(random.fold(0).uniform([n, self.continuous], -1.0, 1.0))
        return tf.concat(parts, axis=1)

    def truncated(self, latents, truncation) -> tf.Tensor:
        """Returns latents whose noise is truncated; the codes stay."""
        noise = self.latent_dim - self.code_dim
        return tf.concat(
            [super().truncated(latents[:, :noise], truncation), latents[:, noise:]], axis=1
        )

    def with_codes(self, latents: np.ndarray, categories=None, continuous=None) -> np.ndarray:
        """Returns latents with other codes.

        Args:
            latents: Array of shape `(n, latent_dim)`.
            categories: Integers of shape `(n,)`, or one for all, for the first
                categorical code; None leaves it.
            continuous: `{number of a continuous code: values}`, values of shape `(n,)`,
                or one for all; None leaves them.

        Raises:
            ValueError: for latents of another width, or categories or codes that the
                model does not have.
        """
        latents = np.array(latents, np.float32)
        if latents.ndim != 2 or latents.shape[1] != self.latent_dim:
            raise UserError(
                f"Expected latents of shape (n, {self.latent_dim}). Received: shape {latents.shape}"
            )
        if categories is not None and not self.categorical:
            raise UserError("This model has no categorical codes. Expected categories=None")
        given = np.asarray(0 if categories is None else categories)
        if categories is not None and not (
            np.issubdtype(given.dtype, np.integer)
            and given.shape in ((), latents.shape[:1])
            and ((given >= 0) & (given < self.categorical[0])).all()
        ):
            raise UserError(
                f"Expected categories from 0 to {self.categorical[0] - 1}, of"
                f" categorical={self.categorical}, {len(latents)} integers or one for all."
                f" Received: {categories}"
            )
        if not set(continuous or {}) <= set(range(self.continuous)):
            raise UserError(
                f"Expected numbers of continuous codes out of {list(range(self.continuous))}."
                f" Received: {sorted(continuous)}"
            )
        start = self.latent_dim - self.code_dim
        if categories is not None:
            size = self.categorical[0]
            latents[:, start : start + size] = np.eye(size, dtype=np.float32)[given]
        for number, values in (continuous or {}).items():
            latents[:, self.latent_dim - self.continuous + number] = values
        return latents

    def information(self, outputs: tf.Tensor, codes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns the lower bounds L_I of the kinds of codes that there are, in nats,
        by their log names.

        Args:
            outputs: What Q says, shape `(B, code_dim)`.
            codes: The codes, of the same shape.
        """
        bounds = {}
        if self.categorical:
            sizes = [*self.categorical, self.continuous]
            pairs = list(
                zip(tf.split(codes, sizes, axis=1), tf.split(outputs, sizes, axis=1), strict=True)
            )[:-1]
            log_q = tf.add_n(
                [
                    -tf.nn.softmax_cross_entropy_with_logits(labels=code, logits=output)
                    for code, output in pairs
                ]
            )
            bounds["categorical_information"] = tf.reduce_mean(log_q) + sum(
                math.log(size) for size in self.categorical
            )
        if self.continuous:
            errors = tf.square(codes[:, -self.continuous :] - outputs[:, -self.continuous :])
            log_q = -0.5 * tf.reduce_sum(errors + math.log(2 * math.pi), axis=1)
            bounds["continuous_information"] = tf.reduce_mean(log_q) + self.continuous * math.log(
                2.0
            )
        return bounds

    # === The bound ===

    def forward_information(self, forward: Forward) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Returns the weighted sum of the bounds for the fakes of a pass, and the
        bounds.
        """
        bounds = self.information(forward.fake[1], forward.inputs[:, -self.code_dim :])
        weights = {
            "categorical_information": self.categorical_weight,
            "continuous_information": self.continuous_weight,
        }
        return tf.add_n([weights[name] * bound for name, bound in bounds.items()]), bounds

    def discriminator_loss(self, forward: Forward, batch: Batch, random: Stream) -> Loss:
        """Returns D's loss with the penalties, minus the bound."""
        loss = super().discriminator_loss(forward, batch, random)
        return loss._replace(value=loss.value - self.forward_information(forward)[0])

    def generator_loss(self, forward: Forward, batch: Batch, random: Stream) -> Loss:
        """Returns G's loss, minus the bound."""
        loss = super().generator_loss(forward, batch, random)
        information, bounds = self.forward_information(forward)
        return Loss(loss.value - information, loss.logs | bounds)

    def get_config(self):
        return super().get_config() | {
            "categorical": self.categorical,
            "continuous": self.continuous,
            "categorical_weight": self.categorical_weight,
            "continuous_weight": self.continuous_weight,
        }
