"""Bidirectional GANs (Donahue et al., 2016), which are adversarially learned inference
(Dumoulin et al., 2016).
"""

import math

import keras
import tensorflow as tf
from keras import ops

from tf_gan.errors import UserError
from tf_gan.models.encoder import EncoderMixin
from tf_gan.models.gan import GAN, Forward
from tf_gan.models.network_checks import check_is_model, symbolic_call
from tf_gan.models.objective import Batch, Loss, Objective
from tf_gan.training.rng import Fold, Stream


@keras.saving.register_keras_serializable("tf_gan")
class BiGAN(EncoderMixin, GAN):
    """A GAN that also learns the way back, from images to latents: D judges pairs of an
    image and its latents.

    min_{G, E} max_D V(D, E, G) = E[log D(x, E(x))] + E[log(1 - D(G(z), z))]

    At the optimum E inverts G almost everywhere. G and E have one objective: they
    descend -log D(G(z), z) - log(1 - D(x, E(x))) where the loss is non-saturating; for
    the others see `joint_loss` in `tf_gan.losses`. Donahue, Krahenbuhl and Darrell,
    Adversarial Feature Learning (2016), https://arxiv.org/abs/1605.09782, with a
    deterministic E; Dumoulin et al., Adversarially Learned Inference (2016),
    https://arxiv.org/abs/1606.00704, with E(x) = mu(x) + sigma(x) eps, eps ~ N(0, I).
    Both papers move all three networks from one minibatch:
    `compile(updates="simultaneous")`.

    Logs: those of `GAN`, with D(x, E(x)) and D(G(z), z) in the places of D(x) and
    D(G(z)); `generator_loss` is that of G and E. Penalties see the pair (x, z) as one
    vector. `encode` and `reconstruct` are deterministic: they take mu(x).

    Args:
        generator: Keras model from latents `(B, latent_dim)` to images `(B, ...)`.
        discriminator: Keras model from `[images, latents]`, `(B, ...)` and `(B,
            latent_dim)`, to logits `(B, 1)`.
        encoder: Keras model from images to latents `(B, latent_dim)`, or to `[mu, log
            sigma^2]`, each of that shape.
        latent_dim: Length of the latent vector z, >= 1.
        **kwargs: `prior`, `moving_average`, `data_range`, `seed` and `name` of `GAN`. A
            moving average is one of G alone.

    Raises:
        ValueError: if the networks do not fit each other or `latent_dim`.

    Example:

    ```python
    from tf_gan.networks import bigan_mlp

    shape = (28, 28, 1)
    networks = (
        bigan_mlp.build_generator(shape, 50),
        bigan_mlp.build_discriminator(shape, 50),
        bigan_mlp.build_encoder(shape, 50),
    )
    gan = tf_gan.BiGAN(*networks, latent_dim=50, prior=(-1, 1))
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

    def build_objectives(self) -> tuple[Objective, ...]:
        discriminator, _ = super().build_objectives()
        networks = [self.generator, self.encoder]
        loss = self.generator_loss
        return discriminator, Objective("generator", networks, self.generator_optimizer, loss)

    # === Pairs ===

    def joint_inputs(self, images, latents):
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

    def real_inputs(self, batch: Batch, random: Stream, training: bool = True) -> tf.Tensor:
        """Returns the pairs (x, E(x)), x augmented for D, not for E."""
        images = self.augmented(batch.images, Fold.REAL, random, training)
        return self.joint_inputs(images, self.infer(batch.images, random, training))

    def infer(self, images, random: Stream, training: bool = True) -> tf.Tensor:
        """Returns E(x), `(B, latent_dim)`; drawn from N(mu(x), sigma(x)^2) if the
        encoder is stochastic.
        """
        outputs = tf.nest.flatten(self.encoder(images, training=training))
        outputs = [tf.cast(output, tf.float32) for output in outputs]
        if len(outputs) == 1:
            return outputs[0]
        mean, log_variance = outputs
        count = mean.shape[0] or tf.shape(mean)[0]
        noise = random.fold(Fold.ENCODER).normal([count, self.latent_dim])
        return mean + tf.exp(0.5 * log_variance) * noise

    def generator_loss(self, forward: Forward, batch: Batch, random: Stream) -> Loss:
        """Returns the loss that G and E descend together."""
        value = self.adversarial_loss.joint_loss(forward.real[0], forward.fake[0])
        return Loss(value, {"generator_loss": value})

    def get_config(self):
        return super().get_config() | {"encoder": keras.saving.serialize_keras_object(self.encoder)}
