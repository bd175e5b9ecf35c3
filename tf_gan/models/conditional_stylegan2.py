"""StyleGAN2 with classes."""

import keras

from tf_gan.models.conditional_gan import ConditionalGAN
from tf_gan.models.stylegan2 import StyleGAN2


@keras.saving.register_keras_serializable("tf_gan")
class ConditionalStyleGAN2(StyleGAN2, ConditionalGAN):
    """`StyleGAN2` whose mapping and whose discriminator see the class, as those of
    `ConditionalGAN` do.

    Truncation moves w towards the mean of all classes.

    Args:
        generator: As for `StyleGAN2`, from `[latents, labels]`.
        discriminator: Keras model from `[images, labels]` to logits `(B, 1)`.
        latent_dim: Length of the latent vector z, >= 1.
        num_classes: Number of classes, >= 2.
        **kwargs: Those of `StyleGAN2` and `ConditionalGAN`.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int = 512,
        num_classes: int = 10,
        **kwargs,
    ):
        super().__init__(generator, discriminator, latent_dim, num_classes=num_classes, **kwargs)
