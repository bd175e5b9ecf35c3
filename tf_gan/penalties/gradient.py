"""Penalties on the gradient of the discriminator with respect to images."""

import keras
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.penalties.base import Penalty
from tf_gan.training.replicas import batch_mean, batch_size_of


def input_gradient(discriminator, images: tf.Tensor) -> tf.Tensor:
    """Returns the gradient of the sum of D's logits with respect to the images.

    The logits of one image may depend on the others only through batch statistics:
    without BatchNormalization in D, row `i` is the gradient of D at image `i`.

    Args:
        discriminator: Callable from images to logits.
        images: Float tensor of shape `(B, ...)`.

    Returns:
        float32 tensor of the images' shape.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(images)
        logits = tf.cast(discriminator(images), tf.float32)
    gradient = tape.gradient(logits, images)
    if gradient is None:
        raise UserError(
            "A gradient penalty needs a discriminator whose logits depend on the images. Received:"
            " one that ignores them"
        )
    return tf.cast(gradient, tf.float32)


def squared_norm(gradient: tf.Tensor) -> tf.Tensor:
    """Returns the squared Euclidean norm of each row, shape `(B,)`."""
    return tf.reduce_sum(tf.square(gradient), axis=list(range(1, len(gradient.shape))))


def _slope_penalty(discriminator, images, weight):
    # The epsilon stands inside the root: the derivative of sqrt at 0 is infinite.
    norm = tf.sqrt(squared_norm(input_gradient(discriminator, images)) + 1e-12)
    return weight * tf.reduce_mean(tf.square(norm - 1.0))


@keras.saving.register_keras_serializable("tf_gan")
class WassersteinGradientPenalty(Penalty):
    """The gradient penalty of WGAN-GP, on lines between real images and fakes.

    weight * E[(||grad D(u x + (1 - u) G(z))|| - 1)^2], u ~ U(0, 1), one u per pair.

    Gulrajani et al., Improved Training of Wasserstein GANs (2017),
    https://arxiv.org/abs/1704.00028. D must not have BatchNormalization.

    Args:
        weight: lambda of the paper, a number >= 0 or a schedule; 10 by default.

    Raises:
        ValueError: for another weight.
    """

    def __call__(self, discriminator, real_images, fake_images, random):
        u = random.uniform([batch_size_of(real_images)] + [1] * (len(real_images.shape) - 1))
        u = tf.cast(u, real_images.dtype)
        return _slope_penalty(discriminator, u * real_images + (1.0 - u) * fake_images, self.weight)


@keras.saving.register_keras_serializable("tf_gan")
class DRAGAN(Penalty):
    """The gradient penalty of DRAGAN, around the real images.

    weight * E[(||grad D(x + u n)|| - 1)^2] with n = std(x) r / 2, r ~ U(0, 1) per
    pixel, u ~ U(0, 1) per image; std(x) is taken over all pixels of the batch of all
    replicas.

    Kodali et al., On Convergence and Stability of GANs (2017),
    https://arxiv.org/abs/1705.07215; the noise is that of the authors' code.

    Args:
        weight: lambda of the paper, a number >= 0 or a schedule; 10 by default.

    Raises:
        ValueError: for another weight.
    """

    uses_global_batch = True

    def __call__(self, discriminator, real_images, fake_images, random):
        batch = batch_size_of(real_images)
        pixels = tf.cast(real_images, tf.float32)
        deviation = tf.sqrt(batch_mean(tf.square(pixels - batch_mean(pixels))))
        noise = 0.5 * deviation * random.fold(0).uniform([batch, *real_images.shape[1:]])
        u = random.fold(1).uniform([batch] + [1] * (len(real_images.shape) - 1))
        return _slope_penalty(
            discriminator, real_images + tf.cast(u * noise, real_images.dtype), self.weight
        )


@keras.saving.register_keras_serializable("tf_gan")
class R1(Penalty):
    """R1: weight / 2 * E[||grad D(x)||^2] on real images.

    Mescheder et al., Which Training Methods for GANs do actually Converge? (2018),
    https://arxiv.org/abs/1801.04406. The authors' code multiplies by the whole weight,
    without the half.

    Args:
        weight: gamma of the paper, a number >= 0 or a schedule; 10 by default.

    Raises:
        ValueError: for another weight.
    """

    def __call__(self, discriminator, real_images, fake_images, random):
        return (
            0.5
            * self.weight
            * tf.reduce_mean(squared_norm(input_gradient(discriminator, real_images)))
        )


@keras.saving.register_keras_serializable("tf_gan")
class R2(R1):
    """R2: weight / 2 * E[||grad D(G(z))||^2] on fakes; otherwise as `R1`.

    Args:
        weight: gamma of the paper, a number >= 0 or a schedule; 10 by default.
    """

    def __call__(self, discriminator, real_images, fake_images, random):
        return super().__call__(discriminator, fake_images, fake_images, random)
