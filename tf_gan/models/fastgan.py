"""GANs whose discriminator rebuilds the images that it judges (Liu et al., 2021)."""

import types
from typing import Any

import keras
import tensorflow as tf

from tf_gan.errors import UserError, non_negative
from tf_gan.models.gan import GAN, Forward
from tf_gan.models.objective import Batch


@keras.saving.register_keras_serializable("tf_gan")
class FastGAN(GAN):
    """A GAN whose D also rebuilds real images from its features, so that it looks at all
    of an image, and not at the one thing that gives a fake away.

    D descends the loss of `compile` plus w sum_i E[(x - R_i(x))^2], the mean over real
    images as D sees them, pixels and channels; R_i are D's further outputs, which fakes do
    not pass through. The paper has no gradient penalty, which makes a step about half as
    expensive; R1 in every 16th step costs little.

    Liu et al., Towards Faster and Stabilized GAN Training for High-fidelity Few-shot
    Image Synthesis (2021), https://arxiv.org/abs/2101.04775. The paper measures the
    distance by a network for perceptual distances; here it is the mean squared error. Its
    code draws the margin of the hinge loss from U(0.8, 1) for each logit; here it is 1.

    Logs: those of `GAN`, and `reconstruction`, the sum without its weight.

    Args:
        generator: Keras model from latents `(B, latent_dim)` to images `(B, H, W, C)`.
        discriminator: Keras model from images to `[logits, image, ...]`: logits `(B, 1)`
            or `(B, h, w, 1)`, then one image or more, `(B, H, W, C)`.
        latent_dim: Length of the latent vector z, >= 1.
        reconstruction_weight: w, >= 0.
        **kwargs: `prior`, `moving_average`, `data_range`, `seed` and `name` of `GAN`.

    Raises:
        ValueError: if the networks do not fit each other or `latent_dim`, or the weight
            is < 0.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int = 256,
        *,
        reconstruction_weight: float = 8.0,
        **kwargs,
    ):
        non_negative(reconstruction_weight=reconstruction_weight)
        self.reconstruction_weight = reconstruction_weight
        super().__init__(generator, discriminator, latent_dim, **kwargs)
        # D without what rebuilds images.
        outputs = getattr(discriminator, "outputs", None)
        judge = keras.Model(discriminator.inputs, outputs[0]) if outputs else discriminator
        self._judge = types.SimpleNamespace(network=judge)

    def check_outputs(self, logits, *further):
        if not further or any(tuple(image.shape[1:]) != self.image_shape for image in further):
            shapes = ", ".join(str(tuple(output.shape)) for output in (logits, *further))
            raise UserError(
                "FastGAN's discriminator rebuilds the images: expected logits, then outputs of the"
                f" shape of its images, {(None, *self.image_shape)}. Received: {shapes}"
            )
        super().check_outputs(logits)

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | str | None = None,
        loss: Any = "hinge",
        discriminator_steps: int = 1,
        **kwargs,
    ) -> None:
        """Sets how the networks are trained: as `GAN.compile`, by default with the hinge
        loss.
        """
        super().compile(
            generator_optimizer, discriminator_optimizer, loss, discriminator_steps, **kwargs
        )

    def judged(self, inputs, training: bool = True):
        return self._judge.network(inputs, training=training)

    def real_outputs(self, images, batch: Batch, training: bool = True) -> list[tf.Tensor]:
        outputs = super().judged(self.discriminator_inputs(images, batch.condition), training)
        return [tf.cast(output, tf.float32) for output in tf.nest.flatten(outputs)]

    def real_terms(self, forward: Forward) -> tuple[tf.Tensor, dict]:
        """Returns what D pays for rebuilding real images badly."""
        images = tf.cast(forward.real_inputs, tf.float32)
        error = tf.add_n([tf.reduce_mean(tf.square(images - x)) for x in forward.real[1:]])
        return self.reconstruction_weight * error, {"reconstruction": error}

    def get_config(self):
        return super().get_config() | {"reconstruction_weight": self.reconstruction_weight}
