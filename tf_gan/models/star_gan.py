"""Image-to-image translation between many domains (Choi et al., 2018)."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_gan import losses
from tf_gan.data import checks
from tf_gan.errors import UserError, integer, non_negative
from tf_gan.models.gan import GAN, Forward
from tf_gan.models.image_to_image import ImageToImage
from tf_gan.models.network_checks import check_second_output
from tf_gan.models.objective import Batch, Loss
from tf_gan.training.replicas import batch_size_of
from tf_gan.training.rng import Fold, Stream


@keras.saving.register_keras_serializable("tf_gan")
class StarGAN(ImageToImage, GAN):
    """One generator between all pairs of several domains, which are the classes of the
    data: G(x, c) makes of an image x one of domain c.

    With c the domain of x, and c' one that is drawn evenly,

    D descends L_D + w E[-log P(c | x)], and
    G descends L_G + w E[-log P(c' | G(x, c'))] + lambda E[|x - G(G(x, c'), c)|],

    where P are D's class logits, and L_D and L_G the loss of WGAN-GP. Choi et al.,
    StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image
    Translation (2018), https://arxiv.org/abs/1711.09020. The authors' code draws c' by
    permuting the labels of the minibatch.

    The data are images with labels, such as a folder with a sub-folder for each domain.
    `generate(n, labels=...)` translates images of the data.

    Logs beside those of `GAN`: `discriminator_class_loss` and `generator_class_loss`, the
    means of -log P; `reconstruction_loss`, the mean distance, in the units of
    `data_range`.

    Args:
        generator: Keras model from `[images, labels]`, `(B, H, W, C)` and int32 `(B,)`,
            to images `(B, H, W, C)`.
        discriminator: Keras model from images to `[logits, class logits]`, `(B, h, w, 1)`
            or `(B, 1)`, and `(B, num_classes)`.
        num_classes: Number of domains, >= 2; labels are integers from 0 to `num_classes`
            - 1.
        class_weight: w, >= 0; the paper's is 1.
        reconstruction_weight: lambda, >= 0; the paper's is 10.
        **kwargs: `moving_average`, `data_range`, `seed` and `name` of `GAN`.

    Raises:
        ValueError: if the networks do not fit each other, or for values out of range.

    Example:

    ```python
    from tf_gan.networks import star_gan

    model = tf_gan.StarGAN(
        star_gan.build_generator((128, 128, 3), 3),
        star_gan.build_discriminator((128, 128, 3), 3),
        num_classes=3,
    )
    model.compile()
    model.fit(images, labels, batch_size=16, epochs=20)
    model.translate(images[:8], labels=2)
    ```
    """

    # Sources are the images themselves.
    omitted = (*ImageToImage.omitted, "source_shape", "source_range")
    num_classes: int

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        num_classes: int = 5,
        *,
        class_weight: float = 1.0,
        reconstruction_weight: float = 10.0,
        **kwargs,
    ):
        non_negative(class_weight=class_weight, reconstruction_weight=reconstruction_weight)
        self.num_classes = integer("num_classes", num_classes, 2)
        self.class_weight, self.reconstruction_weight = class_weight, reconstruction_weight
        if len(getattr(generator, "inputs", None) or ()) != 2:
            raise UserError(
                "StarGAN's generator takes the domain beside the image: expected a functional model"
                " of [images, labels]"
            )
        shape = tuple(generator.inputs[0].shape[1:])
        super().__init__(generator, discriminator, source_shape=shape, **kwargs)
        if self.image_shape != self.source_shape:
            raise UserError(
                f"StarGAN's generator makes images of the shape of its sources: expected"
                f" {self.source_shape}. Received: {self.image_shape}"
            )

    def symbols(self):
        """Returns symbolic sources and labels."""
        return super().symbols()[0], keras.Input((), dtype="int32", name="labels")

    def generator_inputs(self, latents, labels):
        return [latents, keras.ops.cast(labels, "int32")]

    def discriminator_inputs(self, images, labels):
        return images

    def check_outputs(self, logits, *further):
        super().check_outputs(logits)
        check_second_output(self, further, self.num_classes, "class logits")

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | str | None = None,
        loss: Any = "wasserstein",
        discriminator_steps: int = 5,
        *,
        penalties: Any = "wgan_gp",
        **kwargs,
    ) -> None:
        """Sets how the networks are trained: as `GAN.compile`, by default with the loss
        and the penalty of WGAN-GP, five steps of D, and Adam(1e-4, beta_1=0.5).
        """
        super().compile(
            generator_optimizer,
            discriminator_optimizer,
            loss,
            discriminator_steps,
            penalties=penalties,
            **kwargs,
        )

    def default_optimizer(self) -> keras.optimizers.Optimizer:
        return keras.optimizers.Adam(1e-4, beta_1=0.5)

    # === The losses ===

    def source(self, batch: Batch) -> tf.Tensor:
        return batch.images

    def fake_inputs(self, batch: Batch, random: Stream):
        """Returns the images, and the domains that they are translated into."""
        return [batch.images, self.sample_labels(batch_size_of(batch.images), random.fold(0))]

    def discriminator_terms(self, real, fake, labels):
        loss, logs = super().discriminator_terms(real, fake, labels)
        logs["discriminator_class_loss"] = losses.class_loss(labels, real[1])
        return loss + self.class_weight * logs["discriminator_class_loss"], logs

    def generator_loss(
        self, forward: Forward, batch: Batch, random: Stream, training: bool = True
    ) -> Loss:
        """Returns G's loss: adversarial, of the domain, and of the way back."""
        loss = super().generator_loss(forward, batch, random)
        of_domain = losses.class_loss(forward.inputs[1], forward.fake[1])
        sources = self.generator_inputs(forward.images, batch.labels)
        back = self.generated(sources, random, training)
        reconstruction = losses.mean_absolute_difference(batch.images, back)
        value = loss.value + self.class_weight * of_domain
        value += self.reconstruction_weight * reconstruction
        logs = {"generator_class_loss": of_domain, "reconstruction_loss": reconstruction}
        return Loss(value, loss.logs | logs)

    def evaluation_logs(self, batch: Batch, random: Stream) -> dict[str, tf.Tensor]:
        forward = self.forward(batch, random, training=False)
        logs = self.discriminator_terms(forward.real, forward.fake, batch.labels)[1]
        return logs | self.generator_loss(forward, batch, random, training=False).logs

    # === Translations ===

    def sample_inputs(self, n, seed):
        """Returns source images, as every `ImageToImage` does, and a domain for each.

        Args:
            n: Number of images.
            seed: Integer that chooses both.

        Raises:
            ValueError: if there are no sources.
        """
        labels = self.sample_labels(n, Stream(seed, Fold.GENERATION).fold(0))
        return super().sample_inputs(n, seed)[0], labels

    def translate(self, images: np.ndarray, batch_size: int = 64, *, labels=None) -> np.ndarray:
        """Returns G(x, c) for images x.

        Args:
            images: Array in `data_range`, shape `(n, *image_shape)`.
            batch_size: How many images to make at a time.
            labels: The domains c: `n` integers in [0, num_classes), or one for all.

        Returns:
            float32 array in `data_range`, shape `(n, *image_shape)`; a generator without
            a last activation may leave the range.

        Raises:
            ValueError: if the images or the labels do not fit.
        """
        if labels is None:
            raise UserError(
                "Expected the domain to translate into, labels=NUMBER or one for each image, from 0"
                f" to {self.num_classes - 1}. Received: none"
            )
        images = np.asarray(images)
        checks.check_images(images, self.source_range, self.source_shape)
        return self.images_from(images, self.check_labels(labels, len(images)), batch_size)

    def translations(self, images: np.ndarray, batch_size: int = 64) -> np.ndarray:
        """Returns images in every domain.

        Args:
            images: Array in `data_range`, shape `(n, *image_shape)`.
            batch_size: How many images to make at a time.

        Returns:
            float32 array in `data_range`, shape `(num_classes, n, *image_shape)`.
        """
        domains = range(self.num_classes)
        return np.stack([self.translate(images, batch_size, labels=each) for each in domains])

    def get_config(self):
        return super().get_config() | {
            "num_classes": self.num_classes,
            "class_weight": self.class_weight,
            "reconstruction_weight": self.reconstruction_weight,
        }
