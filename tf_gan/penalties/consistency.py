"""Consistency regularisation: D shall say the same of an image and of the image moved a
little.
"""

import keras
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.penalties.base import Penalty
from tf_gan.training.replicas import batch_size_of


@keras.saving.register_keras_serializable("tf_gan")
class Consistency(Penalty):
    """CR: weight * E[(D(x) - D(T(x)))^2] on real images, with `T` of `moved`.

    Zhang et al., Consistency Regularization for Generative Adversarial Networks (2019),
    https://arxiv.org/abs/1910.12027. On real images alone, T shows in the samples after
    long training: see `BalancedConsistency`. Log: `consistency`.

    Args:
        weight: lambda of the paper, a number >= 0 or a schedule; 10 by default.

    Raises:
        ValueError: for another weight.
    """

    log = "consistency"

    def __call__(self, discriminator, real_images, fake_images, random):
        return self.weight * _difference(discriminator, real_images, random.fold(0))


@keras.saving.register_keras_serializable("tf_gan")
class BalancedConsistency(Consistency):
    """bCR: weight * (E[(D(x) - D(T(x)))^2] + E[(D(G(z)) - D(T(G(z))))^2]).

    Zhao et al., Improved Consistency Regularization for GANs (2020),
    https://arxiv.org/abs/2002.04724. Log: `consistency`.

    Args:
        weight: Both lambdas of the paper, a number >= 0 or a schedule; 10 by default.
    """

    def __call__(self, discriminator, real_images, fake_images, random):
        return super().__call__(
            discriminator, real_images, fake_images, random
        ) + self.weight * _difference(discriminator, fake_images, random.fold(1))


def _difference(discriminator, images, random) -> tf.Tensor:
    logits = (tf.cast(discriminator(x), tf.float32) for x in (images, moved(images, random)))
    return tf.reduce_mean(tf.math.squared_difference(*logits))


def moved(images: tf.Tensor, random) -> tf.Tensor:
    """Returns images that are mirrored with probability 1/2 and moved by whole pixels,
    up to int(side / 8) on each axis; their mirror image comes in at the edges.

    Args:
        images: Shape `(B, H, W, C)`.
        random: `tf_gan.training.rng.Stream`.
    """
    if len(images.shape) != 4:
        raise UserError(
            "Consistency regularisation needs images, of shape (H, W, C). Received: data of shape"
            f" {tuple(images.shape[1:])}"
        )
    batch = batch_size_of(images)
    flip = random.fold(0).uniform([batch]) < 0.5
    images = tf.where(flip[:, None, None, None], tf.reverse(images, [2]), images)
    for axis in (1, 2):
        side = images.shape[axis]
        limit = side // 8
        by = random.fold(axis).integers([batch], 2 * limit + 1)
        place = tf.abs(tf.range(side) - by[:, None] + limit)
        place = side - 1 - tf.abs(side - 1 - place)
        images = tf.gather(images, place, axis=axis, batch_dims=1)
    return images
