"""Noise-contrastive estimation: a discriminator against fixed noise that is a density
(section 2 of the paper names it as the nearest relative).
"""

import keras
import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.theory.mixture import Mixture
from tf_gan.training.rng import Stream


def density_from_logit(logits, other_density) -> np.ndarray:
    """Returns the density of the data that a discriminator implies: p(x) = q(x) exp(a(x)),
    where a is its logit and q the density of what it tells the data from.

    It is p_data where D is optimal: for a GAN q is p_g, which moves with G and is not
    known in general; for noise-contrastive estimation it is the noise's.

    Args:
        logits: Values of a, any shape.
        other_density: Values of q at the same points, >= 0.
    """
    return np.asarray(other_density, np.float64) * np.exp(np.asarray(logits, np.float64))


def train_noise_contrastive(
    log_model: keras.Model,
    points: np.ndarray,
    noise: Mixture,
    steps: int = 2000,
    *,
    batch_size: int = 256,
    learning_rate: float = 1e-2,
    seed: int = 0,
) -> np.ndarray:
    """Trains a network to be the logarithm of the density of points on the line.

    It descends -E_data[log D(x)] - E_noise[log(1 - D(x))], D = sigmoid(log p_m(x) - log
    q(x)), by Adam with a rate that falls to a hundredth by half a cosine. Nothing
    normalises p_m: at the optimum its integral is 1 by itself. Gutmann and Hyvarinen,
    Noise-contrastive estimation (2010), https://proceedings.mlr.press/v9/gutmann10a.html.

    Unlike a GAN's G, the noise q stands still and has a known density, so D itself
    becomes the model.

    Args:
        log_model: Keras model from points `(B, 1)` to log p_m, `(B, 1)`, such as
            `tf_gan.networks.points.build_discriminator((1,))`. It is changed.
        points: The data, `(N, 1)`.
        noise: q, a density that is above 0 where the data are.
        steps: Steps, >= 1.
        batch_size: Points of the data, and of the noise, in a step, >= 1.
        learning_rate: At the start, > 0.
        seed: Integer that fixes the noise and the order.

    Returns:
        float32 array of shape `(steps,)`: the loss of each step. Its smallest
        expectation is log 4 - 2 JSD(p_data, q).

    Raises:
        ValueError: if the points are not of shape `(N, 1)`, or a number is out of range.
    """
    points = np.asarray(points, np.float32)
    if points.ndim != 2 or points.shape[1] != 1 or not len(points):
        raise UserError(f"Expected points of shape (N, 1). Received: shape {points.shape}")
    if steps < 1 or batch_size < 1 or not learning_rate > 0:
        raise UserError(
            "Expected steps >= 1, batch_size >= 1 and learning_rate > 0. Received:"
            f" steps={steps}, batch_size={batch_size}, learning_rate={learning_rate}"
        )
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps, alpha=1e-2)
    optimizer = keras.optimizers.Adam(schedule)
    optimizer.build(log_model.trainable_variables)
    data = tf.constant(points)

    @tf.function
    def step(number):
        random = Stream(seed, number)
        rows = tf.cast(random.fold(0).uniform([batch_size]) * float(len(points)), tf.int32)
        real = tf.gather(data, tf.minimum(rows, len(points) - 1))
        other = draw(noise, batch_size, random.fold(1))
        with tf.GradientTape() as tape:
            log_real, log_other = (tf.cast(log_model(x), tf.float32) for x in (real, other))
            loss = tf.reduce_mean(tf.nn.softplus(log_density(noise, real) - log_real))
            loss += tf.reduce_mean(tf.nn.softplus(log_other - log_density(noise, other)))
        gradients = tape.gradient(loss, log_model.trainable_variables)
        optimizer.apply(gradients, log_model.trainable_variables)
        return loss

    return np.array([step(tf.constant(number)).numpy() for number in range(steps)], np.float32)


def draw(mixture: Mixture, n: int, random: Stream) -> tf.Tensor:
    """Draws `n` points from a mixture: float32 of shape `(n, 1)`."""
    ends = np.cumsum(mixture.weights)[:-1].astype(np.float32)
    component = tf.searchsorted(ends, random.fold(0).uniform([n]))
    means, deviations = (
        tf.gather(np.asarray(values, np.float32), component)
        for values in (mixture.means, mixture.deviations)
    )
    return (means + deviations * random.fold(1).normal([n]))[:, None]


def log_density(mixture: Mixture, points: tf.Tensor) -> tf.Tensor:
    """Returns the log density of a mixture at points `(n, 1)`, as TensorFlow's: float32 of
    the same shape.
    """
    means, deviations, weights = (
        np.asarray(values, np.float32)
        for values in (mixture.means, mixture.deviations, mixture.weights)
    )
    factors = np.log(weights / (deviations * np.sqrt(2 * np.pi, dtype=np.float32)))
    exponents = factors - 0.5 * tf.square((points - means) / deviations)  # (n, components)
    return tf.reduce_logsumexp(exponents, axis=1, keepdims=True)
