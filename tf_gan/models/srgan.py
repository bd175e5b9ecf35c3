"""SRGAN (Ledig et al., 2017)."""

import keras

from tf_gan.errors import non_negative
from tf_gan.models.gan import GAN, Forward
from tf_gan.models.objective import Batch, Loss
from tf_gan.models.super_resolution import SuperResolution
from tf_gan.training.rng import Stream


@keras.saving.register_keras_serializable("tf_gan")
class SRGAN(SuperResolution, GAN):
    """Super-resolution: G enlarges small images, and D tells what it makes from large
    ones.

    G descends content + adversarial_weight E[-log D(G(s))], where s is the large image
    x, made small; see `tf_gan.models.super_resolution.SuperResolution` for the content
    loss.

    Ledig et al., Photo-Realistic Single Image Super-Resolution Using a Generative
    Adversarial Network (2017), https://arxiv.org/abs/1609.04802. The paper starts from
    a generator that was trained by the pixels alone, which is `SRResNet`.

    Logs beside those of `GAN`: `content_loss`.

    Args:
        generator: Keras model from small images of any size in [0, 1], `(B, H, W, C)`,
            to images in `data_range`, each side a whole number of times as large.
        discriminator: Keras model from large images to logits, `(B, 1)` or `(B, H, W,
            1)`.
        image_shape: Shape of the large images in training, `(H, W, C)`; multiples of
            the scale.
        adversarial_weight: Weight of the adversarial loss, >= 0.
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
        image_shape: tuple[int, int, int] = (96, 96, 3),
        *,
        adversarial_weight: float = 1e-3,
        **kwargs,
    ):
        non_negative(adversarial_weight=adversarial_weight)
        self.adversarial_weight = adversarial_weight
        super().__init__(generator, discriminator, image_shape=image_shape, **kwargs)

    def default_optimizer(self) -> keras.optimizers.Optimizer:
        return keras.optimizers.Adam(1e-4)

    def generator_loss(self, forward: Forward, batch: Batch, random: Stream) -> Loss:
        """Returns G's loss: content, total variation, and the adversarial loss with its
        weight.
        """
        adversarial, logs, _ = super().generator_loss(forward, batch, random)
        content = self.content_loss(batch.images, forward.images)
        value = self.reconstruction_loss(content, forward.images)
        return Loss(value + self.adversarial_weight * adversarial, logs | {"content_loss": content})

    def get_config(self):
        return super().get_config() | {"adversarial_weight": self.adversarial_weight}
