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
        num_classes: Number of classes, >= 2; labels are integers from 0 to
            `num_classes` - 1.
        **kwargs: `mixing_probability=0.9`, `path_length_weight=2.0`,
            `path_length_interval=4`, `prior`, `moving_average`, `data_range`, (-1, 1) by
            default, `seed` and `name` of `StyleGAN2`; `auxiliary_weight=1.0` of
            `ConditionalGAN`.

    Raises:
        ValueError: as for `StyleGAN2` and `ConditionalGAN`.
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
