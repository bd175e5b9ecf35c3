"""LeCam regularisation: D's logits are drawn to what they were on the other side."""

import numbers

import keras
import tensorflow as tf

from tf_gan.errors import UserError, integer
from tf_gan.penalties.base import Penalty


@keras.saving.register_keras_serializable("tf_gan")
class LeCam(Penalty):
    """LeCam: weight * (E[max(D(x) - f, 0)^2] + E[max(r - D(G(z)), 0)^2]), with the moving
    averages r of D(x) and f of D(G(z)) over the updates before.

    Tseng et al., Regularizing Generative Adversarial Networks under Limited Data
    (2021), https://arxiv.org/abs/2104.03310, equation 5, in the one-sided form of the
    authors' code. The model keeps r and f, from 0 on. Log: `lecam`.

    Args:
        weight: lambda of the paper: 0.3 for BigGAN on CIFAR-10; 3e-7 to 1e-6 for
            StyleGAN2; or a schedule.
        decay: Of the averages, per update of D, in [0, 1).
        start: The penalty is 0 in the steps before this one, in which the averages
            settle; an integer >= 0.

    Raises:
        ValueError: for a weight that is neither >= 0 nor a schedule, another decay or start.
    """

    log = "lecam"

    def __init__(self, weight: float = 0.3, decay: float = 0.99, start: int = 1000):
        super().__init__(weight)
        if not isinstance(decay, numbers.Real) or not 0 <= decay < 1:
            raise UserError(
                "Invalid value for argument `decay`. Expected a number in [0, 1). Received:"
                f" decay={decay!r}"
            )
        self.decay: float = decay
        self.start: int = integer("start", start, least=0)

    def of_logits(self, real, fake, averages, step) -> tf.Tensor:
        """Returns the penalty.

        Args:
            real: D's logits on real images, any shape.
            fake: D's logits on fakes.
            averages: r and f.
            step: Number of the step.
        """
        (mean_real, mean_fake), relu = averages, tf.nn.relu
        term = tf.reduce_mean(tf.square(relu(real - mean_fake)))
        term += tf.reduce_mean(tf.square(relu(mean_real - fake)))
        return tf.where(step >= self.start, self.weight * term, 0.0)

    def __call__(self, discriminator, real_images, fake_images, random):
        raise UserError(
            "LeCam needs a model that keeps the averages of D's logits. Expected tf_gan.GAN or one"
            " of its variants with one discriminator"
        )

    def get_config(self):
        return super().get_config() | {"decay": self.decay, "start": self.start}
