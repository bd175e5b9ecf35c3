"""ESRGAN (Wang et al., 2018)."""

from typing import Any

import keras
import tensorflow as tf

from tf_gan import losses
from tf_gan.errors import UserError, fraction, non_negative
from tf_gan.models.gan import Forward
from tf_gan.models.objective import Batch, Loss
from tf_gan.models.srgan import SRGAN
from tf_gan.models.srresnet import SRResNet
from tf_gan.models.super_resolution import SuperResolution
from tf_gan.training.rng import Stream


@keras.saving.register_keras_serializable("tf_gan")
class ESRGAN(SRGAN):
    """Super-resolution with a relativistic discriminator, which tells which of a large
    image and a made one is the more real.

    G descends content + adversarial_weight L_G + l1_weight E[|x - G(s)|], where s is the
    large image x, made small; L_G is the relativistic average loss of
    `tf_gan.losses.RelativisticAverage`, and the last term is of images in [0, 1]. The
    content loss compares features of VGG19 before the activation
    (`content="vgg54_linear"`), which are less sparse than those behind it.

    Wang et al., ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks (2018),
    https://arxiv.org/abs/1809.00219. The paper starts from a generator that was trained
    by the pixels alone: an `SRResNet` with the networks `esrgan` and `content="l1"`. The
    authors' code halves both sums of the relativistic loss.

    Logs beside those of `GAN`: `content_loss`, and `l1`, E[|x - G(s)|].

    Args:
        generator: Keras model from small images of any size in [0, 1], `(B, H, W, C)`,
            to images in `data_range`, each side a whole number of times as large.
        discriminator: Keras model from large images to logits, `(B, 1)` or `(B, H, W,
            1)`.
        image_shape: Shape of the large images in training, `(H, W, C)`; multiples of
            the scale.
        adversarial_weight: Weight of the adversarial loss, >= 0.
        l1_weight: Weight of the distance of the pixels, >= 0.
        **kwargs: `content`, `vgg19_weights`, `vgg19_sha256`, `total_variation_weight`,
            `data_range`, `moving_average`, `seed` and `name`: see `SuperResolution`.

    Raises:
        ValueError: if the networks do not fit each other or the images, or for values
            out of range.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        image_shape: tuple[int, int, int] = (128, 128, 3),
        *,
        adversarial_weight: float = 5e-3,
        l1_weight: float = 1e-2,
        **kwargs,
    ):
        non_negative(l1_weight=l1_weight)
        self.l1_weight = l1_weight
        super().__init__(
            generator,
            discriminator,
            image_shape,
            adversarial_weight=adversarial_weight,
            **({"content": "vgg54_linear"} | kwargs),
        )

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | str | None = None,
        loss: Any = "relativistic_average",
        discriminator_steps: int = 1,
        **kwargs,
    ) -> None:
        """Sets how the networks are trained: as `SRGAN.compile`, by default with the
        relativistic average loss.
        """
        super().compile(
            generator_optimizer, discriminator_optimizer, loss, discriminator_steps, **kwargs
        )

    def generator_loss(self, forward: Forward, batch: Batch, random: Stream) -> Loss:
        """Returns G's loss: that of `SRGAN`, and the distance of the pixels."""
        loss = super().generator_loss(forward, batch, random)
        low, high = self.data_range
        l1 = losses.mean_absolute_difference(batch.images, forward.images) / (high - low)
        return Loss(loss.value + self.l1_weight * l1, loss.logs | {"l1": l1})

    def interpolated(self, other: SuperResolution, weight: float = 0.8) -> SRResNet:
        """Returns a model between this one and another, which has fewer artefacts than
        this one and sharper images than the other.

        theta = (1 - weight) theta_other + weight theta_own

        Args:
            other: Model with a generator of the same layers and the same `data_range`,
                such as the `SRResNet` that this one started from.
            weight: Share of this one, in [0, 1].

        Returns:
            A model that is not compiled, for `upscale`, `export` and `save`.

        Raises:
            ValueError: for another generator, range or weight.
        """
        own, others = self.sampler.get_weights(), other.sampler.get_weights()
        if [array.shape for array in own] != [array.shape for array in others]:
            raise UserError("Expected a model with a generator of the same layers and sizes")
        if other.data_range != self.data_range:
            raise UserError(
                f"Expected a model with images in the same range, data_range={self.data_range}."
                f" Received: one with data_range={other.data_range}"
            )
        fraction(weight=weight)
        generator = keras.models.clone_model(self.sampler)
        generator.set_weights(
            [(1.0 - weight) * b + weight * a for a, b in zip(own, others, strict=True)]
        )
        height, width, channels = self.image_shape
        model = SRResNet(generator, (height, width, channels), data_range=self.data_range)
        model.step.assign(tf.convert_to_tensor(self.step))
        return model

    def get_config(self):
        return super().get_config() | {"l1_weight": self.l1_weight}
