"""Nearest neighbours: whether samples are copies of training images, and what a feature
space knows of labels.
"""

from typing import NamedTuple

import numpy as np

from tf_gan.errors import UserError
from tf_gan.metrics.arrays import BLOCK, pair, squared_distances
from tf_gan.metrics.bootstrap import standard_error


class Neighbours(NamedTuple):
    """Index of the nearest training row of each query, and the Euclidean distance to
    it.
    """

    index: np.ndarray  # type: ignore[assignment]  # Hides tuple.index.
    distance: np.ndarray


class Memorization(NamedTuple):
    """Distances to the nearest training image, of samples and of held-out images.

    Attributes:
        sample_median: Median over samples.
        held_out_median: Median over held-out images.
        ratio: The first over the second: about 1 for a generator as far from the
            training set as new data are, towards 0 for copies.
        share_below_first_percentile: Share of samples nearer than all but 1% of
            held-out images: 0.01 for new data. NaN for fewer than 100 held-out images.
        share_nearer: Probability that a sample is nearer than a held-out image, ties
            halved: 0.5 for new data, 1 for copies.
        copies: Samples at distance 0 up to rounding (1e-6 of the held-out median).
        ratio_error: Standard error of the ratio, by the bootstrap over samples and over
            held-out images; the training images stay.
        share_nearer_error: The same of `share_nearer`.
    """

    sample_median: float
    held_out_median: float
    ratio: float
    share_below_first_percentile: float
    share_nearer: float
    copies: int
    ratio_error: float
    share_nearer_error: float


def nearest_neighbours(queries, training) -> Neighbours:
    """Returns the nearest training row of each query, by Euclidean distance, up to
    the rounding of float64.

    Args:
        queries: Images or features of shape `(N, ...)`.
        training: Images or features of shape `(M, ...)`, in the unit of the queries.

    Raises:
        ValueError: for empty sets, different widths, NaN or infinite values.
    """
    queries, training = pair(queries=queries, training=training)
    index = np.empty(len(queries), np.int64)
    for part, distances in squared_distances(queries, training):
        index[part] = distances.argmin(axis=1)
    # From the difference itself: a copy is at 0, not at the rounding of two norms.
    distance = np.empty(len(queries))
    step = max(1, BLOCK // queries.shape[1])
    for start in range(0, len(queries), step):
        part = slice(start, start + step)
        distance[part] = np.linalg.norm(
            queries[part].astype(np.float64) - training[index[part]], axis=1
        )
    return Neighbours(index, distance)


def memorization(samples, training, held_out, *, mirror: bool = False) -> Memorization:
    """Compares how near samples are to the training set with how near held-out images
    are.

    A generator that has learnt the distribution is as far from the training images as
    new images are. Smooth or blurred samples are nearer to everything in pixel space: a
    ratio below 1 is a question to the pictures (`tf-gan-sample --kind=neighbours`), not
    an answer.

    Args:
        samples: Images of the generator, shape `(N, ...)`.
        training: What it was trained on, shape `(M, ...)`.
        held_out: Images that it has not seen, shape `(K, ...)`.
        mirror: Whether mirrored training images, `(M, H, W, C)`, count as training images.

    Raises:
        ValueError: for empty sets, different widths, NaN or infinite values, and for
            `mirror` where the samples are no images.
    """
    pair(samples=samples, training=training, held_out=held_out)
    if mirror and min(np.ndim(samples), np.ndim(held_out)) < 3:
        raise UserError(
            "Expected images of shape (N, H, W, C) for mirror=True. Received: shapes"
            f" {np.shape(samples)} and {np.shape(held_out)}"
        )
    distances = []
    for images in (samples, held_out):
        nearest = nearest_neighbours(images, training).distance
        if mirror:  # A sample is as far from a mirrored image as its own mirror image from it.
            mirrored = nearest_neighbours(np.asarray(images)[:, :, ::-1], training).distance
            nearest = np.minimum(nearest, mirrored)
        distances.append(nearest)
    ours, new = distances
    return Memorization(
        float(np.median(ours)),
        float(np.median(new)),
        _ratio(ours, new),
        float(np.mean(ours < np.percentile(new, 1))) if len(new) >= 100 else float("nan"),
        _share_nearer(ours, new),
        int(np.count_nonzero(ours <= 1e-6 * np.median(new))),
        standard_error(_ratio, ours, new),
        standard_error(_share_nearer, ours, new),
    )


def _ratio(ours: np.ndarray, new: np.ndarray) -> float:
    median = float(np.median(new))
    return float(np.median(ours)) / median if median else float("nan")


def _share_nearer(ours: np.ndarray, new: np.ndarray) -> float:
    new = np.sort(new)
    before = (np.searchsorted(new, ours, "left") + np.searchsorted(new, ours, "right")) / 2
    return float(1 - before.mean() / len(new))


def nearest_neighbour_accuracy(training, training_labels, test, test_labels) -> float:
    """Returns the share of test rows whose nearest training row has their label: 1-NN
    classification.

    Args:
        training: Features of shape `(M, ...)`.
        training_labels: Shape `(M,)`.
        test: Features of shape `(N, ...)`.
        test_labels: Shape `(N,)`.

    Raises:
        ValueError: for empty sets, different widths, NaN or infinite values, and for
            labels of another number.
    """
    training_labels, test_labels = np.asarray(training_labels), np.asarray(test_labels)
    for name, features, labels in (
        ("training", training, training_labels),
        ("test", test, test_labels),
    ):
        if labels.shape != (len(features),):
            raise UserError(
                f"Expected one label for each row of `{name}`. Received: {len(features)} rows,"
                f" labels of shape {labels.shape}"
            )
    return float(np.mean(training_labels[nearest_neighbours(test, training).index] == test_labels))
