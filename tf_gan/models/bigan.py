"""Bidirectional GANs (Donahue et al., 2016), which are adversarially learned inference
(Dumoulin et al., 2016).
"""

import math

import keras
import tensorflow as tf
from keras import ops

from tf_gan.errors import UserError
from tf_gan.models.base import Objective
from tf_gan.models.encoder import EncoderMixin
from tf_gan.models.gan import GAN, check_is_model, symbolic_call
from tf_gan.training.rng import Stream

ENCODER = -1  # Folded into a step's stream for the encoder's noise.


@keras.saving.register_keras_serializable("tf_gan")
class BiGAN(EncoderMixin, GAN):
    """A GAN that also learns the way back, from images to latents: D judges pairs of an
    image and its latents.

    min_{G, E} max_D V(D, E, G) = E[log D(x, E(x))] + E[log(1 - D(G(z), z))]

    At the optimum E inverts G almost everywhere. G and E are one side: they descend
    -log D(G(z), z) - log(1 - D(x, E(x))) where the loss is non-saturating; for the
    others see `joint_loss` in `tf_gan.losses`. Donahue, Krahenbuhl and Darrell,
    Adversarial Feature Learning (2016), https://arxiv.org/abs/1605.09782, with a
    deterministic E; Dumoulin et al., Adversarially Learned Inference (2016),
    https://arxiv.org/abs/1606.00704, with E(x) = mu(x) + sigma(x) eps, eps ~ N(0, I).
    Both papers move all three networks from one minibatch:
    `compile(updates="simultaneous")`.

    Logs: those of `GAN`, with D(x, E(x)) and D(G(z), z) in the places of D(x) and
    D(G(z)); `generator_loss` is that of G and E. Penalties see the pair (x, z) as one
    vector. `encode` and `reconstruct` are deterministic: they take mu(x).

    Args:
        generator: As in `GAN`.
        discriminator: Keras model from `[images, latents]`, `(B, ...)` and `(B,
            latent_dim)`, to logits `(B, 1)`.
        encoder: Keras model from images to latents `(B, latent_dim)`, or to `[mu, log
            sigma^2]`, each of that shape.
        latent_dim: As in `GAN`.
        **kwargs: As in `GAN`. A moving average is one of G alone.

    Raises:
        ValueError: if the networks do not fit each other or `latent_dim`.

    Example:

    ```python
    shape = (28, 28, 1)
    players = (
        bigan_mlp.build_generator(shape, 50),
        bigan_mlp.build_discriminator(shape, 50),
        bigan_mlp.build_encoder(shape, 50),
    )
    gan = tf_gan.BiGAN(*players, latent_dim=50, prior=(-1, 1))
    gan.compile(updates="simultaneous")
    gan.fit(images, batch_size=128, epochs=50)
    gan.reconstruct(images[:10])
    ```
    """

    roles = ("generator", "discriminator", "encoder")

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        encoder: keras.Model,
        latent_dim: int = 100,
        **kwargs,
    ):
        super().__init__(generator, discriminator, latent_dim, **kwargs)
        check_is_model("encoder", encoder)
        self.encoder = encoder
        outputs = symbolic_call(
            encoder, "encoder", keras.Input(self.image_shape), "images of the generator"
        )
        shapes = [tuple(output.shape) for output in tf.nest.flatten(outputs)]
        expected = (None, self.latent_dim)
        if shapes not in ([expected], [expected] * 2):
            raise UserError(
                "The encoder must return latents, or [mu, log sigma^2], each of shape (B,"
                f" latent_dim): expected {[expected]} or {[expected] * 2}. Received: {shapes}"
            )

    def objectives(self) -> tuple[Objective, Objective]:
        discriminator, _ = super().objectives()
        return discriminator, Objective(
            [self.generator, self.encoder], self.generator_optimizer, self.generator_loss
        )

    # === Pairs ===

    def judged(self, images, latents):
        """Returns the pairs of images and latents, each as one vector, `(B, pixels +
        latent_dim)`.
        """
        flat = ops.reshape(ops.cast(images, "float32"), (-1, self.pixels))
        return ops.concatenate([flat, ops.cast(latents, "float32")], axis=1)

    def discriminator_inputs(self, pairs, labels):
        return [
            ops.reshape(pairs[:, : self.pixels], (-1, *self.image_shape)),
            pairs[:, self.pixels :],
        ]

    @property
    def pixels(self) -> int:
        return math.prod(self.image_shape)

    def reals(self, images, random: Stream, training: bool = True) -> tf.Tensor:
        return self.judged(images, self.infer(images, random.fold(ENCODER), training))

    def infer(self, images, random: Stream, training: bool = True) -> tf.Tensor:
        """Returns E(x), `(B, latent_dim)`; drawn from N(mu(x), sigma(x)^2) if the
        encoder is stochastic.
        """
        outputs = [
            tf.cast(output, tf.float32)
            for output in tf.nest.flatten(self.encoder(images, training=training))
        ]
        if len(outputs) == 1:
            return outputs[0]
        mean, log_variance = outputs
        return mean + tf.exp(0.5 * log_variance) * random.normal(
            [mean.shape[0] or tf.shape(mean)[0], self.latent_dim]
        )

    # === The model ===

    def play(self, reals, labels, random: Stream, needs_real: bool = True, training: bool = True):
        """As in `GAN`; E makes the real pairs, so that its side always needs D's
        outputs on them.
        """
        return super().play(reals, labels, random, True, training)

    def generator_terms(self, real, fake, labels):
        loss = self.adversarial_loss.joint_loss(real[0], fake[0])
        return loss, {"generator_loss": loss}

    def get_config(self):
        return super().get_config() | {"encoder": keras.saving.serialize_keras_object(self.encoder)}
