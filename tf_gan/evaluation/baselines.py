"""Baselines: images that no network made, to measure beside samples."""

import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.evaluation.reference import Reference
from tf_gan.evaluation.samples import Samples

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
    points = train.reshape(len(train), -1).astype(np.float64)
    if len(points) < 2:
        raise UserError("Expected two training images or more, for their covariance. Received: one")
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(points.T)))
    noise = np.random.default_rng(seed).standard_normal((n, len(values))) * np.sqrt(
        np.maximum(values, 0)
    )
    return (points.mean(axis=0) + noise @ vectors.T).astype(np.float32).reshape(n, *train.shape[1:])


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
    return Samples(
        name, lambda n: BASELINES[name](reference.unit(reference.train_in_memory), n, seed), count
    )
