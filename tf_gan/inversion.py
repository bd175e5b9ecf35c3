"""Invert a generator: find latents whose images match given ones, by regression and by
descent.

Section 7 of Generative Adversarial Nets (2014), https://arxiv.org/abs/1406.2661, names
a network that predicts z from x, trained once G is done, as one of the extensions of
its framework. G stays as it is. Both loops are XLA programs, and the same seed gives
the same numbers.
"""

from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError, integers, positive
from tf_gan.models.base import GenerativeModel
from tf_gan.training.optimizers import LinearRamp, adam_update
from tf_gan.training.rng import Fold, Stream


class Inversion(NamedTuple):
    """Latents `(n, latent_dim)`, what the generator makes of them, and the mean squared
    error over the pixels of each image, `(n,)`.
    """

    latents: np.ndarray
    images: np.ndarray
    errors: np.ndarray


def build_encoder(
    image_shape: tuple[int, ...], latent_dim: int, *, units=(512, 512), seed: int = 0
) -> keras.Model:
    """Image -> 512 ReLU -> 512 ReLU -> latents.

    Args:
        image_shape: Shape of one image.
        latent_dim: Length of the latent vector.
        units: Sizes of the hidden layers.
        seed: Fixes the initial weights.

    Returns:
        Model from `(B, *image_shape)` to `(B, latent_dim)`.
    """
    images = keras.Input(image_shape, name="images")
    x = keras.layers.Flatten()(images)
    for number, size in enumerate((*units, latent_dim)):
        activation = "relu" if number < len(units) else None
        initializer = keras.initializers.GlorotUniform(seed + number)
        x = keras.layers.Dense(size, activation=activation, kernel_initializer=initializer)(x)
    return keras.Model(images, x, name="encoder")


def train_encoder(
    model: GenerativeModel,
    encoder: keras.Model | None = None,
    *,
    steps: int = 2000,
    batch_size: int = 128,
    learning_rate: float = 1e-3,
    seed: int = 0,
) -> keras.Model:
    """Trains an encoder on samples of a model, whose latents are known: it descends
    the mean over z of ||z - encoder(G(z))||^2.

    Args:
        model: A model that makes images from latents; its averaged generator is taken,
            if it has one.
        encoder: Keras model from images to latents, trained in place; None for a small
            one that fits.
        steps: Updates of Adam, >= 1; the learning rate falls linearly to 0 on the way.
        batch_size: Samples in a minibatch, >= 1.
        learning_rate: Where it starts, > 0.
        seed: Fixes the samples, and the weights of the encoder that is made here.

    Returns:
        The encoder.

    Raises:
        ValueError: for a model without latents, or an encoder that does not fit it.
    """
    _check(model, steps=steps, batch_size=batch_size)
    positive(learning_rate=learning_rate)
    encoder = encoder or build_encoder(model.image_shape, model.latent_dim, seed=seed)
    taken, made = (getattr(encoder, f"{side}_shape", None) for side in ("input", "output"))
    if made != (None, model.latent_dim) or taken != (None, *model.image_shape):
        received = f"from {taken} to {made}"
        if made is None:  # Not built, or a subclass of keras.Model.
            received = f"a {type(encoder).__name__} without shapes"
        raise UserError(
            "The encoder does not fit the generator: expected a model from (None,"
            f" {', '.join(map(str, model.image_shape))}) to {(None, model.latent_dim)}. Received:"
            f" {received}"
        )
    optimizer = keras.optimizers.Adam(LinearRamp(learning_rate, 0.0, 0, steps))
    optimizer.build(encoder.trainable_variables)

    def update(step):
        stream = Stream(seed, Fold.INVERSION, step)
        latents = model.sample_latents(batch_size, stream)
        images = _images(
            model,
            latents,
            model.sample_labels(batch_size, stream.fold(0)) if model.num_classes else None,
        )
        with tf.GradientTape() as tape:
            errors = tf.square(latents - tf.cast(encoder(images, training=True), tf.float32))
            loss = tf.reduce_mean(tf.reduce_sum(errors, axis=1))
        variables = encoder.trainable_variables
        optimizer.apply(tape.gradient(loss, [variable.value for variable in variables]), variables)
        return [step + 1]

    @tf.function(jit_compile=True, autograph=False)
    def train():
        tf.while_loop(lambda step: step < steps, update, [0], parallel_iterations=1)

    train()
    return encoder


def regress(
    model: GenerativeModel, encoder: keras.Model, images: np.ndarray, labels=None
) -> Inversion:
    """Returns what an encoder says of images, kept to the range of a uniform prior.

    Args:
        model: The model.
        encoder: What `train_encoder` returned.
        images: Array in `model.data_range`, shape `(n, *image_shape)`.
        labels: Their labels, `(n,)`, for a model with classes.

    Raises:
        ValueError: for a model without latents, and if the images or labels do not fit.
    """
    _check(model)
    images, labels = _checked(model, images, labels)
    return _inversion(model, encoder.predict(images, verbose=0), images, labels)


def optimize(
    model: GenerativeModel,
    images: np.ndarray,
    labels=None,
    *,
    steps: int = 500,
    restarts: int = 4,
    learning_rate: float = 0.1,
    batch_size: int = 64,
    seed: int = 0,
) -> Inversion:
    """Searches the latents of images: for each image, Adam descends the mean of
    (G(z) - x)^2 over the pixels from several draws of the prior, and the best end counts.

    Where the prior is uniform, z is clipped to its range after each step, and the codes
    of an InfoGAN to theirs.

    Args:
        model: A model that makes images from latents; its averaged generator is taken,
            if it has one.
        images: Array in `model.data_range`, shape `(n, *image_shape)`.
        labels: Their labels, `(n,)`, for a model with classes.
        steps: Updates, >= 1; the learning rate falls linearly to 0 on the way.
        restarts: Draws to start from, >= 1.
        learning_rate: Where it starts, > 0.
        batch_size: Images to work on at a time, >= 1; the latents do not depend on it
            but for rounding.
        seed: Fixes the draws.

    Raises:
        ValueError: for a model without latents, and if the images or labels do not fit.
    """
    _check(model, steps=steps, restarts=restarts, batch_size=batch_size)
    positive(learning_rate=learning_rate)
    images, labels = _checked(model, images, labels)
    n = len(images)
    starts = tf.reshape(
        model.sample_latents(n * restarts, Stream(seed, Fold.INVERSION)),
        [restarts, n, model.latent_dim],
    )
    rate = LinearRamp(learning_rate, 0.0, 0, steps)

    def errors_of(latents, targets, labels):
        errors = tf.square(_images(model, latents, labels) - targets)
        return tf.reduce_mean(tf.reshape(errors, [latents.shape[0], -1]), axis=1)

    @tf.function(jit_compile=True, autograph=False)
    def descend(latents, targets, labels):
        def update(step, latents, mean, square):
            with tf.GradientTape() as tape:
                tape.watch(latents)
                # Each row has its own error: the gradient of the sum is that of each.
                loss = tf.reduce_sum(errors_of(latents, targets, labels))
            gradient = tape.gradient(loss, latents)
            (latents,), (mean,), (square,) = adam_update(
                step, rate(step), [latents], [gradient], [mean], [square]
            )
            return step + 1, _clip(model, latents), mean, square

        zeros = tf.zeros_like(latents)
        _, latents, _, _ = tf.while_loop(
            lambda step, *_: step < steps, update, [0, latents, zeros, zeros], parallel_iterations=1
        )
        return latents, errors_of(latents, targets, labels)

    best = []
    for first in range(0, n, batch_size):
        part = slice(first, first + batch_size)
        repeated = [
            None if each is None else tf.constant(np.concatenate([each[part]] * restarts))
            for each in (images, labels)
        ]
        latents, errors = descend(tf.reshape(starts[:, part], [-1, model.latent_dim]), *repeated)
        errors = np.reshape(errors, (restarts, -1))
        rows = np.reshape(latents, (*errors.shape, model.latent_dim))
        errors = np.where(np.isnan(errors), np.inf, errors)
        best.append(rows[errors.argmin(axis=0), np.arange(errors.shape[1])])
    return _inversion(model, np.concatenate(best), images, labels)


def compare(
    model: GenerativeModel, images: np.ndarray, labels=None, *, seed: int = 0
) -> dict[str, np.ndarray]:
    """Returns the images that a generator makes of latents found for given ones: by
    regression, by descent, and by the model's own encoder, if it has one.

    Args:
        model: A model that makes images from latents.
        images: Array in `model.data_range`, shape `(n, *image_shape)`.
        labels: Their labels, `(n,)`, for a model with classes.
        seed: Fixes the encoder that is trained for the regression, and the draws that
            the descent starts from.

    Returns:
        Arrays of shape `(n, *image_shape)` in `model.data_range`, under `"regression"`,
        `"descent"` and perhaps `"own encoder"`.

    Raises:
        ValueError: for a model without latents, and if the images or labels do not fit.
    """
    encoder = train_encoder(model, seed=seed)
    found = {
        "regression": regress(model, encoder, images, labels).images,
        "descent": optimize(model, images, labels, seed=seed).images,
    }
    if hasattr(model, "encode"):
        found["own encoder"] = model.reconstruct(images)
    return found


def _check(model, **counts) -> None:
    if not isinstance(getattr(model, "latent_dim", None), int) or model.prior is None:
        raise UserError(
            "Inversion needs a model that makes images from latents. Received: a"
            f" {type(model).__name__}, which has none"
        )
    integers(**counts)


def check_some(images: np.ndarray) -> None:
    """Raises a ValueError if there are no images."""
    if not len(images):
        raise UserError(f"Expected one image or more. Received: shape {images.shape}")


def _checked(model, images, labels):
    images = np.asarray(images)
    check_some(images)
    model.check_images(images)
    return images.astype(np.float32), model.needed_labels(labels, len(images))


def _images(model, latents, labels):
    return tf.cast(
        model(latents if labels is None else [latents, labels], training=False), tf.float32
    )


def _clip(model, latents):
    """Returns latents in the range of a uniform prior; an InfoGAN's codes in theirs."""
    prior, codes = model.prior, getattr(model, "code_dim", 0)
    noise, code = latents[:, : model.latent_dim - codes], latents[:, model.latent_dim - codes :]
    noise = noise if prior == "normal" else tf.clip_by_value(noise, *prior)
    if not codes:
        return noise
    low = tf.constant([0.0] * sum(model.categorical) + [-1.0] * model.continuous)
    return tf.concat([noise, tf.clip_by_value(code, low, 1.0)], 1)


def _inversion(model, latents, images, labels) -> Inversion:
    latents = np.asarray(_clip(model, tf.cast(latents, tf.float32)))
    made = model.images_from(latents, labels)
    return Inversion(latents, made, np.square(made - images).reshape(len(images), -1).mean(axis=1))
