"""Baselines: images that no network made, to measure beside samples."""

import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.evaluation.reference import Reference
from tf_gan.evaluation.samples import Samples
from tf_gan.metrics import Statistics

BLOCK = 4096  # Images of which moments are summed up at a time.
ITERATIONS = 3  # Of k-means; 6 of them change its likelihood by 0.6 nats.


def real(train: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Returns random training images."""
    return train[np.random.default_rng(seed).choice(len(train), n, replace=n > len(train))]


def kmeans(train: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Returns n centroids of the training images: Lloyd's iteration from random ones."""
    points = tf.constant(train.reshape(len(train), -1))
    centroids = tf.constant(real(train, n, seed).reshape(n, -1))
    for _ in range(ITERATIONS):
        half = tf.reduce_sum(tf.square(centroids), axis=1) / 2
        nearest = tf.concat(
            [
                tf.argmin(
                    half - tf.matmul(points[i : i + 2000], centroids, transpose_b=True), axis=1
                )
                for i in range(0, len(train), 2000)
            ],
            0,
        )
        counts = tf.math.unsorted_segment_sum(tf.ones(len(train)), nearest, n)[:, None]
        sums = tf.math.unsorted_segment_sum(points, nearest, n)
        centroids = tf.where(counts > 0, sums / tf.maximum(counts, 1), centroids)
    return centroids.numpy().reshape(n, *train.shape[1:])


def gaussian(train: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Returns samples of the Gaussian with the training images' mean and covariance; not
    clipped to [0, 1], so that of images only Parzen windows can measure them.
    """
    if len(train) < 2:
        raise UserError("Expected two training images or more, for their covariance. Received: one")
    statistics = Statistics()
    for start in range(0, len(train), BLOCK):  # They may take a quarter of the memory.
        part = train[start : start + BLOCK]
        statistics.update(part.reshape(len(part), -1))
    made = np.random.default_rng(seed).multivariate_normal(
        statistics.mean, statistics.covariance, n, check_valid="ignore", method="eigh"
    )
    return made.astype(np.float32).reshape(n, *train.shape[1:])


def mean(train: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Returns the mean training image, n times."""
    return np.repeat(
        train.mean(axis=0, keepdims=True, dtype=np.float64).astype(np.float32), n, axis=0
    )


BASELINES = {"real": real, "kmeans": kmeans, "gaussian": gaussian, "mean": mean}


def check(name: str) -> None:
    """Raises a UserError for an unknown name; the known ones are listed."""
    if name not in BASELINES:
        raise UserError(
            f"Unknown baseline. Expected some of {sorted(BASELINES)}. Received: {name!r}"
        )


def baseline(name: str, reference: Reference, count: int, seed: int = 0) -> Samples:
    """Returns the images of a baseline, made of the training images.

    Args:
        name: `"real"`, `"kmeans"`, `"gaussian"` or `"mean"`.
        reference: The `Reference` of the run.
        count: Number of images, >= 1.
        seed: Fixes which images.

    Raises:
        UserError: for an unknown name; the known ones are listed.
    """
    check(name)
    # None of them twice, which distances of distributions would notice.
    most = (lambda: len(reference.train_in_memory)) if name == "real" else None
    return Samples(
        name,
        lambda n: BASELINES[name](reference.unit(reference.train_in_memory), n, seed),
        count,
        most=most,
    )
