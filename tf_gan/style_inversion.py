"""Find the styles of given images for a generator with a mapping and a synthesis.

The projector of Karras et al., Analyzing and Improving the Image Quality of StyleGAN
(2020), https://arxiv.org/abs/1912.04958, appendix D, with another distance of images:
theirs are features of a network that was trained on other data, LPIPS; here it is the
mean squared error, at full size and at each half of it, and on request that of features
of a network of yours.
"""

import math
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError, integer, non_negative, one_of, positive
from tf_gan.features import FeatureExtractor
from tf_gan.inversion import check_some
from tf_gan.layers import NoiseMap
from tf_gan.models.styles import Styles
from tf_gan.training import xla
from tf_gan.training.optimizers import adam_update
from tf_gan.training.rng import Fold, Stream

SPACES = ("w", "w+")
SAMPLES = 4096  # Of w, for its mean and deviation.


class Projection(NamedTuple):
    """Styles `(n, layers, style_dim)`, the noise maps of the synthesis, each `(n, h, w,
    1)`, what it makes of both, and the mean squared error of each image, `(n,)`.
    """

    styles: np.ndarray
    noises: list[np.ndarray]
    images: np.ndarray
    errors: np.ndarray


def project(
    model: Styles,
    images: np.ndarray,
    *,
    space: str = "w",
    steps: int = 500,
    learning_rate: float = 0.1,
    noise_weight: float = 100.0,
    features: FeatureExtractor | None = None,
    feature_weight: float = 1.0,
    seed: int = 0,
) -> Projection:
    """Searches the styles of images, one image after the other: from the mean of w, Adam
    descends the distance of G(w) and the image.

    In the first three quarters of the steps w is shaken by noise that falls to 0, so
    that it leaves bad valleys. The noise maps of G move too, under a penalty of the
    correlations between neighbouring numbers, at full size and at each half down to
    8x8, which keeps them from drawing the image, and are normalised after each step.

    Args:
        model: A model with styles, such as `tf_gan.StyleGAN2`; its averaged generator is
            taken, if it has one.
        images: Array in `model.data_range`, shape `(n, *image_shape)`.
        space: `"w"`: all layers take one w, which keeps to what G can make, and edits
            well; `"w+"`: each takes its own, which comes closer to the image.
        steps: Updates, >= 1. The rate rises in the first 5 % of them and falls in the
            last quarter.
        learning_rate: > 0.
        noise_weight: Weight of the penalty, >= 0; 0 leaves the noise maps as they are.
        features: A network F: adds feature_weight ||F(G(w)) - F(x)||^2 / ||F(x)||^2 to
            the distance. A Keras model of yours by `tf_gan.features.from_keras`, also
            one with the weights of LPIPS, whose output are its normalised and weighted
            maps, flattened; or `tf_gan.features.classifier`, `train_classifier` or
            `train_contrastive`. None for the mean squared errors alone.
        feature_weight: >= 0.
        seed: Fixes the samples of w and the noise on it.

    Raises:
        ValueError: for a model without styles, arguments out of these bounds, or images
            that do not fit the model or the features.

    Example:

    ```python
    found = tf_gan.style_inversion.project(gan, images[:1], space="w+")
    direction = tf_gan.directions.largest(gan)["direction 1"]
    edited = tf_gan.style_inversion.images_of(
        gan, found.styles + 2.0 * direction, found.noises
    )
    ```
    """
    if not isinstance(model, Styles):
        raise UserError(
            "Styles are sought for a model that has some, such as StyleGAN2. Received: a"
            f" {type(model).__name__}. Expected tf_gan.inversion for its latents"
        )
    one_of("space", space, SPACES)
    steps = integer("steps", steps)
    positive(learning_rate=learning_rate)
    non_negative(noise_weight=noise_weight, feature_weight=feature_weight)
    images = np.asarray(images)
    check_some(images)
    model.check_images(images)
    latents, labels = model.sample_inputs(SAMPLES, seed)
    w = model.styles_of(latents, labels)
    mean = w.mean(axis=0)
    deviation = math.sqrt(np.square(w - mean).sum(axis=1).mean())
    rows = model.style_layers if space == "w+" else 1
    start = np.broadcast_to(mean, (1, rows, len(mean))).astype(np.float32)
    data_range = model.data_range or (-1.0, 1.0)  # Models with styles have one.
    layers = noise_layers(model)
    moving = [layer.noise.value for layer in layers] if noise_weight else []

    def loss_of(shaken, noises, image):
        made = _synthesis(model, shaken, noises)
        distance = _distance(made, image)
        if features is not None:
            wanted = features.smooth_features(image, data_range)
            difference = features.smooth_features(made, data_range) - wanted
            size = tf.maximum(tf.reduce_sum(tf.square(wanted)), 1e-12)
            distance += feature_weight * tf.reduce_sum(tf.square(difference)) / size
        return distance + noise_weight * tf.add_n(
            [tf.constant(0.0), *(correlation(noise) for noise in noises)]
        )

    def descend(image, number):
        def update(step, values, means, squares):
            t = tf.cast(step, tf.float32) / steps
            shake = 0.05 * deviation * tf.square(tf.maximum(0.0, 1.0 - t / 0.75))
            noise = Stream(seed, Fold.INVERSION, number, step).normal([1, rows, len(mean)])
            with tf.GradientTape() as tape:
                tape.watch(values)
                loss = loss_of(values[0] + shake * noise, values[1:], image)
            gradients = tape.gradient(loss, values)
            ramp = tf.minimum((1.0 - t) / 0.25, 1.0)
            rate = learning_rate * (0.5 - 0.5 * tf.cos(math.pi * ramp)) * tf.minimum(1.0, t / 0.05)
            values, means, squares = adam_update(step, rate, values, gradients, means, squares)
            return step + 1, [values[0], *map(_normalized, values[1:])], means, squares

        values = [tf.constant(start), *moving]
        zeros = [tf.zeros_like(value) for value in values]
        return tf.while_loop(
            lambda step, *_: step < steps, update, [0, values, zeros, zeros], parallel_iterations=1
        )[1]

    descend = tf.function(descend, jit_compile=xla.should_use_xla(model), autograph=False)
    styles, noises = [], []
    for number, image in enumerate(images.astype(np.float32)):
        found = descend(tf.constant(image[None]), tf.constant(number))
        styles.append(np.repeat(found[0].numpy(), model.style_layers // rows, axis=1)[0])
        noises.append(
            [noise.numpy() for noise in found[1:] or [layer.noise.value for layer in layers]]
        )
    maps = [np.stack(maps) for maps in zip(*noises, strict=True)]
    made = images_of(model, np.stack(styles), maps)
    errors = np.square(made - images).reshape(len(images), -1).mean(axis=1)
    return Projection(np.stack(styles), maps, made, errors)


def images_of(model: Styles, styles, noises) -> np.ndarray:
    """Returns images of styles and noise maps, `(n, *image_shape)`.

    Args:
        model: As for `project`.
        styles: Shape `(n, layers, style_dim)`.
        noises: Arrays `(n, h, w, 1)`, those of `Projection.noises`.
    """
    styles = tf.convert_to_tensor(styles, tf.float32)
    return np.concatenate(
        [
            _synthesis(model, row[None], [tf.constant(noise[number]) for noise in noises]).numpy()
            for number, row in enumerate(styles)
        ]
    )


def noise_layers(model: Styles) -> list[NoiseMap]:
    """Returns the layers of the synthesis that add noise, in their order."""
    layers = model.sampler.get_layer("synthesis").layers
    return [layer for layer in layers if isinstance(layer, NoiseMap)]


def correlation(noise: tf.Tensor) -> tf.Tensor:
    """Returns the sum over sizes of the squared means of n[h, w] n[h, w + 1] and n[h, w]
    n[h + 1, w], a scalar; each next size has the means of 2x2 numbers, doubled, down to
    8 on the shorter side.

    Args:
        noise: Shape `(h, w, 1)`.
    """
    total, maps = tf.constant(0.0), noise[None]
    while True:
        for axis in (1, 2):
            total += tf.square(tf.reduce_mean(maps * tf.roll(maps, 1, axis)))
        if min(maps.shape[1:3]) <= 8:
            return total
        maps = 2.0 * tf.nn.avg_pool2d(maps, 2, 2, "VALID")


def _normalized(noise):
    deviation = tf.math.reduce_std(noise)
    return (noise - tf.reduce_mean(noise)) / tf.maximum(deviation, 1e-8)


def _synthesis(model, styles, noises):
    styles = tf.tile(styles, [1, model.style_layers // styles.shape[1], 1])
    variables = [layer.noise for layer in noise_layers(model)]
    pairs = list(zip(variables, noises, strict=True)) if noises else []
    with keras.StatelessScope(pairs):
        images = model.sampler.get_layer("synthesis")(styles, training=False)
    return tf.cast(images, tf.float32)


def _distance(images, targets):
    """Returns the mean of the mean squared errors at each half of the size, from the
    whole one down to 8 on the shorter side.
    """
    differences, errors = images - targets, []
    while True:
        errors.append(tf.reduce_mean(tf.square(differences)))
        if min(differences.shape[1:3]) < 16:
            return tf.add_n(errors) / len(errors)
        differences = tf.nn.avg_pool2d(differences, 2, 2, "VALID")
