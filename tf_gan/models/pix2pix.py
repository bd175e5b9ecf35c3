"""Image-to-image translation with pairs (Isola et al., 2017)."""

import keras

from tf_gan import losses
from tf_gan.errors import UserError, non_negative
from tf_gan.models.gan import Forward
from tf_gan.models.objective import Batch, Loss
from tf_gan.models.translation import Translation
from tf_gan.penalties import Consistency
from tf_gan.training.rng import Stream


@keras.saving.register_keras_serializable("tf_gan")
class Pix2Pix(Translation):
    """A GAN that learns from pairs to make an image y of a source x.

    G descends L_G(D(x, G(x))) + lambda E[|y - G(x)|], the mean over the pixels; D tells
    pairs (x, y) from pairs (x, G(x)).

    Isola et al., Image-to-Image Translation with Conditional Adversarial Networks
    (2017), https://arxiv.org/abs/1611.07004. As in the paper, G's only noise is
    dropout. The paper leaves it on when G is used; here a trained G is a function of
    its source, as in all models.

    Logs beside those of `GAN`: `l1`, E[|y - G(x)|] in the units of `data_range`.

    Args:
        generator: Keras model from sources `(B, H, W, C')` to images `(B, H, W, C)`.
        discriminator: Keras model from `[images, sources]` to logits, `(B, H', W', 1)`
            for patches or `(B, 1)`.
        l1_weight: lambda, >= 0; the paper's is 100.
        **kwargs: `source_shape`, `(H, W, C')`, by default the generator's input;
            `source_range`, by default `data_range`; `moving_average`, `data_range`, `seed`
            and `name` of `GAN`.

    Raises:
        ValueError: if the networks do not fit each other, or `l1_weight` < 0; from
            `compile` for `augment`, the penalties `cr` and `bcr`, and
            `generator_batch_factor` > 1.

    Example:

    ```python
    from tf_gan.networks import pix2pix

    model = tf_gan.Pix2Pix(
        pix2pix.build_generator((256, 256, 3)),
        pix2pix.build_discriminator((256, 256, 3)),
    )
    model.compile()
    model.fit(sources, images, batch_size=1, epochs=200)
    model.translate(sources)
    ```
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        l1_weight: float = 100.0,
        **kwargs,
    ):
        non_negative(l1_weight=l1_weight)
        self.l1_weight = l1_weight
        super().__init__(generator, discriminator, **kwargs)

    def set_augmentation(self, identifier) -> None:
        if identifier is not None and identifier != "":
            raise UserError(
                "The discriminator of pix2pix sees pairs of an image and its source, which an"
                " augmentation of one of them would tear apart. Expected augment=None, and mirrored"
                " and shifted pairs in the data (config.data.mirror, config.data.jitter)"
            )
        super().set_augmentation(None)

    def set_penalties(self, identifiers, interval: int = 1) -> None:
        super().set_penalties(identifiers, interval)
        found = [each for each in self.penalties if isinstance(each, Consistency)]
        if found:
            raise UserError(
                "The discriminator of pix2pix sees pairs of an image and its source, which"
                " consistency regularisation would tear apart: it moves the image alone. Expected"
                f" other penalties. Received: {type(found[0]).__name__}"
            )

    def discriminator_inputs(self, images, sources):
        return [images, sources]

    def generator_loss(self, forward: Forward, batch: Batch, random: Stream) -> Loss:
        """Returns G's loss with the distance of its images from those of the pairs."""
        loss = super().generator_loss(forward, batch, random)
        l1 = losses.mean_absolute_difference(batch.images, forward.images)
        return Loss(loss.value + self.l1_weight * l1, loss.logs | {"l1": l1})

    def get_config(self):
        return super().get_config() | {"l1_weight": self.l1_weight}
