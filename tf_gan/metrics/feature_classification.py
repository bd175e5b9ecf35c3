"""How much a discriminator's features know of classes that it was never told."""

import keras
import numpy as np
import tensorflow as tf
from sklearn.model_selection import GridSearchCV
from sklearn.svm import LinearSVC

from tf_gan.errors import UserError, integer
from tf_gan.layers import EqualizedConv2D, MaxoutConv2D, ScaledLeakyReLU, UpsampleConv2D

CONVOLUTIONS = (
    keras.layers.Conv2D,
    keras.layers.Conv2DTranspose,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
    EqualizedConv2D,
    MaxoutConv2D,
    UpsampleConv2D,
)
POINTWISE = (
    keras.layers.Activation,
    keras.layers.BatchNormalization,
    keras.layers.ELU,
    keras.layers.GroupNormalization,
    keras.layers.LayerNormalization,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ReLU,
    ScaledLeakyReLU,
)
GRID = 4


def feature_classification(
    discriminator: keras.Model,
    images: np.ndarray,
    labels: np.ndarray,
    test_images: np.ndarray,
    test_labels: np.ndarray,
    *,
    labels_per_class: int | None = None,
    costs=(1e-4, 1e-3, 1e-2),
    seed: int = 0,
) -> float:
    """Returns the accuracy of a linear L2-SVM on a discriminator's features.

    Radford et al., DCGAN (2015), https://arxiv.org/abs/1511.06434, section 5: D is
    trained without labels; its features (see `features`) go to a linear support vector
    machine with the squared hinge loss, whose cost is chosen by threefold
    cross-validation on the labelled images. The paper's D, trained on ImageNet, reaches
    0.828 on CIFAR-10. BatchNormalization uses D's moving statistics, those of its
    images and fakes in training; the authors' code takes the statistics of the labelled
    set instead.

    Args:
        discriminator: Functional Keras model with convolutions, from images alone or
            with features that depend on images alone.
        images: Labelled images in D's range, shape `(N, H, W, C)`.
        labels: Their classes, integers of shape `(N,)`, at least three images of each.
        test_images: Images to classify.
        test_labels: Their classes.
        labels_per_class: How many images of each class to learn from, drawn at random, >=
            3; None for all.
        costs: Costs C to choose from, > 0.
        seed: Fixes the draw and the order in which the machine sees the features.

    Returns:
        Share of the test images whose class is found, in [0, 1].

    Raises:
        ValueError: if D has no such features, or labels do not fit.
    """
    labels, test_labels = np.asarray(labels), np.asarray(test_labels)
    for name, values, count in (
        ("labels", labels, len(images)),
        ("test_labels", test_labels, len(test_images)),
    ):
        if values.shape != (count,) or not np.issubdtype(values.dtype, np.integer):
            raise UserError(
                f"Expected `{name}` to be {count} integers. Received: dtype {values.dtype}, shape"
                f" {values.shape}"
            )
    if labels_per_class is not None:
        integer("labels_per_class", labels_per_class, 3)
    classes, counts = np.unique(labels, return_counts=True)
    wanted = max(3, labels_per_class or 0)
    if len(classes) < 2 or counts.min() < wanted:
        received = dict(zip(classes.tolist(), counts.tolist(), strict=True))
        raise UserError(
            f"Expected two classes or more with at least {wanted} images each. Received the numbers"
            f" of images: {received}"
        )
    if labels_per_class is not None:
        generator = np.random.default_rng(seed)
        chosen = np.concatenate(
            [
                generator.choice(np.flatnonzero(labels == each), labels_per_class, replace=False)
                for each in classes
            ]
        )
        images, labels = images[chosen], labels[chosen]
    machine = GridSearchCV(
        LinearSVC(loss="squared_hinge", dual=True, random_state=seed, max_iter=10_000),
        {"C": list(costs)},
        cv=3,
    )
    machine.fit(features(discriminator, images), labels)
    return float(machine.score(features(discriminator, test_images), test_labels))


def features(discriminator: keras.Model, images: np.ndarray, batch_size: int = 256) -> np.ndarray:
    """Returns a discriminator's features of images: the activations of each
    convolution, max-pooled to 4x4, flattened and joined.

    Args:
        discriminator: Functional Keras model with convolutions.
        images: Images in its range, shape `(N, H, W, C)`.
        batch_size: Images at a time.

    Returns:
        float32 array of shape `(N, 16 * channels)`, the channels of all convolutions
        together, where no map is smaller than 4x4.

    Raises:
        ValueError: if D has no convolutions, or they depend on more than the images.
    """
    try:
        model = keras.Model(discriminator.inputs[0], activations(discriminator))
    except (AttributeError, ValueError) as error:
        raise UserError(
            "Expected a functional discriminator whose convolutions depend on the images alone."
            f" {error}"
        ) from error

    @tf.function(reduce_retracing=True)
    def pooled(batch):
        maps = tf.nest.flatten(model(batch, training=False))
        return tf.concat(
            [tf.reshape(_pool(each), [tf.shape(batch)[0], -1]) for each in maps], axis=1
        )

    starts = range(0, len(images), batch_size)
    return np.concatenate(
        [
            pooled(tf.convert_to_tensor(images[start : start + batch_size], tf.float32)).numpy()
            for start in starts
        ]
    )


def activations(discriminator: keras.Model) -> list[keras.KerasTensor]:
    """Returns the symbolic output of each convolution of a functional model,
    normalisation and activation included.
    """
    outputs = []
    for layer in discriminator.layers:
        # Such as spectral normalisation of a convolution.
        inner = layer.layer if isinstance(layer, keras.layers.Wrapper) else layer
        if isinstance(inner, CONVOLUTIONS):
            outputs.append(layer.output)
        elif isinstance(layer, POINTWISE):  # Layers of another branch may stand between.
            outputs = [layer.output if layer.input is each else each for each in outputs]
    if not outputs:
        raise UserError("Received: one without convolutions among its own layers")
    return outputs


def _pool(maps: tf.Tensor) -> tf.Tensor:
    """Max-pools maps to 4x4; windows overlap by one where 4 does not divide the size.
    Smaller maps stay as they are.
    """
    # Keras' adaptive_max_pool fails on a CPU for maps of one row or column.
    for axis in (1, 2):
        size = maps.shape[axis]
        cells = min(GRID, size)
        windows = [range(i * size // cells, -(-(i + 1) * size // cells)) for i in range(cells)]
        parts = [
            tf.reduce_max(tf.gather(maps, list(window), axis=axis), axis=axis) for window in windows
        ]
        maps = tf.stack(parts, axis=axis)
    return tf.cast(maps, tf.float32)
