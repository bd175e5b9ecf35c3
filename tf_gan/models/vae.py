"""The variational auto-encoder (Kingma and Welling, 2013), to stand beside the
adversarial models.
"""

from typing import NamedTuple

import keras
import tensorflow as tf

from tf_gan import likelihoods
from tf_gan.errors import UserError, integer
from tf_gan.models.base import GenerativeModel
from tf_gan.models.encoder import EncoderMixin
from tf_gan.models.network_checks import (
    check_is_model,
    range_of,
    single_output,
    symbolic_call,
)
from tf_gan.models.objective import Batch, Loss, Objective
from tf_gan.training.rng import Stream


class Forward(NamedTuple):
    """One pass through both networks.

    Args:
        mean: mu(x), shape `(B, latent_dim)`.
        log_variance: log sigma(x)^2, shape `(B, latent_dim)`.
        images: Means of p(x|z) for one z of each image.
    """

    mean: tf.Tensor
    log_variance: tf.Tensor
    images: tf.Tensor


@keras.saving.register_keras_serializable("tf_gan")
class VAE(EncoderMixin, GenerativeModel):
    """An encoder and a decoder that raise a lower bound of the data's log-likelihood. A
    model with one side.

    ELBO(x) = E[log p(x|z)] - KL(q(z|x) || p(z)),  p(z) = N(0, I),  q(z|x) = N(mu(x),
    sigma(x)^2)

    with one z = mu + sigma * eps, eps ~ N(0, I), for each image. Kingma and Welling,
    Auto-Encoding Variational Bayes (2013), https://arxiv.org/abs/1312.6114.

    The decoder is called the generator, as in the other models: it makes the means of
    p(x|z), and they are what `generate`, pictures, metrics and exports show. Logs, in
    nats per image: `elbo`; `reconstruction`, E[log p(x|z)]; `kl`. `compile(optimizer=None)`
    takes Adam(1e-3).

    Args:
        encoder: Keras model from images `(B, ...)` to `[mu, log sigma^2]`, each of
            shape `(B, latent_dim)`.
        generator: Keras model from latents `(B, latent_dim)` to means of the images,
            `(B, ...)`.
        latent_dim: Length of z, >= 1.
        likelihood: p(x|z), a name or an object: see `tf_gan.likelihoods`. `"bernoulli"`
            is for images in [0, 1].
        moving_average: Decay per step of the generator's moving average, in [0, 1),
            such as 0.999, or a schedule; None for none. `reconstruct` uses it too.
        data_range: `(low, high)` of the images. By default it follows from the generator's
            last activation: (-1, 1) for tanh, (0, 1) for sigmoid, none for others.
        seed: Integer that fixes all noise, dropout and the order of arrays.
        **kwargs: Arguments of `keras.Model`, such as `name`.

    Raises:
        ValueError: if the networks do not fit each other, `latent_dim` or the
            likelihood.

    Example:

    ```python
    from tf_gan.networks import vae_mlp

    vae = tf_gan.VAE(
        vae_mlp.build_encoder((28, 28, 1), 20),
        vae_mlp.build_generator((28, 28, 1), 20),
        latent_dim=20,
    )
    vae.compile()
    vae.fit(images, batch_size=100, epochs=50)
    vae.reconstruct(images[:10])
    ```
    """

    roles = ("encoder", "generator")

    def __init__(
        self,
        encoder: keras.Model,
        generator: keras.Model,
        latent_dim: int = 20,
        *,
        likelihood: "str | likelihoods.Likelihood" = "bernoulli",
        moving_average: float | None = None,
        data_range: tuple[float, float] | None = None,
        seed: int = 0,
        **kwargs,
    ):
        for role, network in (("encoder", encoder), ("generator", generator)):
            check_is_model(role, network)
        if data_range is None:
            data_range = range_of(generator)
        super().__init__(
            generator, moving_average=moving_average, data_range=data_range, seed=seed, **kwargs
        )
        self.encoder = encoder
        self.latent_dim = latent_dim
        self.likelihood = likelihoods.get(likelihood)
        if isinstance(self.likelihood, likelihoods.Bernoulli) and self.data_range != (0.0, 1.0):
            raise UserError(
                "The Bernoulli likelihood is for images in [0, 1]. Expected a generator that ends"
                " in a sigmoid, or data_range=(0, 1); for other images likelihood='gaussian'."
                f" Received: data_range={self.data_range}"
            )
        self.check_networks()
        self.build_average(keras.Input((latent_dim,)))

    def check_networks(self) -> None:
        """Runs the networks on symbols, which builds them and shows whether they fit."""
        self.latent_dim = integer("latent_dim", self.latent_dim)
        outputs = symbolic_call(
            self.generator, "generator", keras.Input((self.latent_dim,)), "latents"
        )
        images = single_output(outputs, "generator")
        self.image_shape = tuple(images.shape[1:])
        outputs = symbolic_call(self.encoder, "encoder", images, "images of the generator")
        shapes = [tuple(output.shape) for output in tf.nest.flatten(outputs)]
        expected = [(None, self.latent_dim)] * 2
        if shapes != expected:
            raise UserError(
                "The encoder must return [mu, log sigma^2], each of shape (B, latent_dim):"
                f" expected {expected}. Received: {shapes}"
            )
        self.likelihood(images, images)

    def compile(self, optimizer: keras.optimizers.Optimizer | str | None = None, **kwargs) -> None:
        """Sets how the bound is raised.

        Args:
            optimizer: Keras optimizer, its name, or None for Adam(1e-3).
            **kwargs: `run_eagerly`, `steps_per_execution` and `jit_compile`, as in
                `GAN.compile`.
        """
        self.elbo_optimizer = self.as_optimizer(optimizer)
        super().compile(**kwargs)

    def build_objectives(self) -> tuple[Objective, ...]:
        networks = [self.encoder, self.generator, self.likelihood]
        return (Objective("elbo", networks, self.elbo_optimizer, self.negative_elbo),)

    # === The bound ===

    def forward(self, batch: Batch, random: Stream, *, need_real=True, training=True) -> Forward:
        """Encodes the images, draws one z for each and decodes it."""
        images = batch.images
        mean, log_variance = (
            tf.cast(output, tf.float32) for output in self.encoder(images, training=training)
        )
        count = images.shape[0] or tf.shape(images)[0]
        latents = mean + tf.exp(0.5 * log_variance) * self.sample_latents(count, random)
        return Forward(mean, log_variance, self.generator(latents, training=training))

    def negative_elbo(self, forward: Forward, batch: Batch, random: Stream) -> Loss:
        """Returns -E[ELBO(x)] over a minibatch."""
        reconstruction = tf.reduce_mean(self.likelihood(batch.images, forward.images))
        kl = tf.reduce_mean(kl_divergence(forward.mean, forward.log_variance))
        elbo = reconstruction - kl
        return Loss(-elbo, {"elbo": elbo, "reconstruction": reconstruction, "kl": kl})

    def evaluation_logs(self, batch: Batch, random: Stream):
        forward = self.forward(batch, random, training=False)
        return self.negative_elbo(forward, batch, random).logs

    def sample_latents(self, n: int, random: Stream) -> tf.Tensor:
        """Draws z from N(0, I): `(n, latent_dim)`."""
        return random.normal([n, self.latent_dim])

    truncates = True

    # The generator is trained on latents of images, not on draws from the prior.
    average_inputs = None  # type: ignore[assignment]

    # === Saving ===

    def get_config(self):
        return super().get_config() | {
            "encoder": keras.saving.serialize_keras_object(self.encoder),
            "latent_dim": self.latent_dim,
            "likelihood": keras.saving.serialize_keras_object(self.likelihood),
        }

    def get_compile_config(self):
        if not self.compiled:
            return {}
        serialize = keras.saving.serialize_keras_object
        return {"optimizer": serialize(self.elbo_optimizer)} | super().get_compile_config()


def kl_divergence(mean: tf.Tensor, log_variance: tf.Tensor) -> tf.Tensor:
    """Returns KL(N(mean, variance) || N(0, I)) = 1/2 sum of (mean^2 + variance - 1 -
    log variance), in nats.

    Kingma and Welling (2013), appendix B.

    Args:
        mean: Shape `(B, latent_dim)`.
        log_variance: Shape `(B, latent_dim)`.

    Returns:
        Tensor of shape `(B,)`.
    """
    return 0.5 * tf.reduce_sum(tf.square(mean) + tf.exp(log_variance) - 1.0 - log_variance, axis=1)
