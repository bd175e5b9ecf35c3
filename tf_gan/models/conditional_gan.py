"""Conditional generative adversarial nets (Mirza and Osindero, 2014)."""

import keras

from tf_gan import losses
from tf_gan.errors import UserError, integer, non_negative
from tf_gan.models.gan import GAN
from tf_gan.models.network_checks import check_second_output


@keras.saving.register_keras_serializable("tf_gan")
class ConditionalGAN(GAN):
    """A GAN whose networks both see the class: G(z|y) makes an image of class y, and
    D(x|y) judges whether x is a real image of class y.

    min_G max_D V(D, G) = E[log D(x|y)] + E[log(1 - D(G(z|y)|y))]; y are the labels of
    the minibatch, for its images and for the fakes.

    Mirza and Osindero, Conditional Generative Adversarial Nets (2014),
    https://arxiv.org/abs/1411.1784. Two further ways to tell D the class are networks:

    - a projection, D(x|y) = f(x) + <e_y, h(x)>, is inside a discriminator that takes
      `[images, labels]` (Miyato and Koyama, cGANs with Projection Discriminator, 2018,
      https://arxiv.org/abs/1802.05637);
    - an auxiliary classifier (AC-GAN) is a discriminator with a second output, class
      logits: then D also descends the cross-entropy of the labels on images and fakes,
      and G that on fakes, each times `auxiliary_weight` (Odena et al., Conditional
      Image Synthesis with Auxiliary Classifier GANs, 2017,
      https://arxiv.org/abs/1610.09585). Such a discriminator need not take the labels, if
      it is a functional model.

    `generate(n, labels=...)` makes images of given classes. The data must have labels.

    Args:
        generator: Keras model from `[latents, labels]`, `(B, latent_dim)` and int32
            `(B,)`, to images `(B, ...)`.
        discriminator: Keras model from `[images, labels]`, or with class logits from
            images alone, to logits `(B, 1)` or `(B, H, W, 1)`, or to `[logits, class
            logits]`, the latter of shape `(B, num_classes)`.
        latent_dim: Length of the latent vector z, >= 1.
        num_classes: Number of classes, >= 2; labels are integers from 0 to
            `num_classes` - 1.
        auxiliary_weight: Factor before the cross-entropy of the class logits, >= 0; the
            paper's is 1.
        **kwargs: `prior`, `moving_average`, `data_range`, `seed` and `name` of `GAN`.

    Raises:
        ValueError: if the networks do not fit, the discriminator learns of the class in
            neither way, or for values out of range.

    Example:

    ```python
    gan = tf_gan.ConditionalGAN(
        generator, discriminator, latent_dim=100, num_classes=10
    )
    gan.compile()
    gan.fit(images, labels, batch_size=64, epochs=50)
    gan.generate(10, seed=0, labels=range(10))
    ```
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int = 100,
        num_classes: int = 10,
        *,
        auxiliary_weight: float = 1.0,
        **kwargs,
    ):
        non_negative(auxiliary_weight=auxiliary_weight)
        self.num_classes = integer("num_classes", num_classes, 2)
        self.auxiliary_weight = auxiliary_weight
        self.takes_labels = len(getattr(discriminator, "inputs", None) or [None, None]) > 1
        super().__init__(generator, discriminator, latent_dim, **kwargs)

    def check_outputs(self, logits, *further):
        super().check_outputs(logits)
        self.classifies = bool(further)
        if self.classifies:
            check_second_output(self, further, self.num_classes, "class logits")
        if not self.takes_labels and not self.classifies:
            raise UserError(
                "The discriminator neither takes labels nor returns class logits: it cannot tell"
                " the classes apart. Expected a model of [images, labels], or a second output of"
                " class logits; for images without classes see tf_gan.GAN"
            )

    def generator_inputs(self, latents, labels):
        return [latents, keras.ops.cast(labels, "int32")]

    def discriminator_inputs(self, images, labels):
        return [images, keras.ops.cast(labels, "int32")] if self.takes_labels else images

    def discriminator_terms(self, real, fake, labels):
        loss, logs = super().discriminator_terms(real, fake, labels)
        if self.classifies:
            of_classes = losses.class_loss(labels, real[1]) + losses.class_loss(labels, fake[1])
            logs["discriminator_class_loss"] = of_classes
            loss += self.auxiliary_weight * logs["discriminator_class_loss"]
        return loss, logs

    def generator_terms(self, real, fake, labels):
        loss, logs = super().generator_terms(real, fake, labels)
        if self.classifies:
            logs["generator_class_loss"] = losses.class_loss(labels, fake[1])
            loss += self.auxiliary_weight * logs["generator_class_loss"]
        return loss, logs

    def get_config(self):
        return super().get_config() | {
            "num_classes": self.num_classes,
            "auxiliary_weight": self.auxiliary_weight,
        }
