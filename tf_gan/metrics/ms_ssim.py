"""Multi-scale structural similarity, of pairs of images and as a measure of diversity."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError, integer
from tf_gan.metrics.arrays import images

# Of the five scales, finest first (Wang et al., 2003).
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
WINDOW = 11
BATCH = 256


class Diversity(NamedTuple):
    """Mean MS-SSIM of random pairs (1: all alike), its standard error, and the number
    of scales that the images have room for.
    """

    ms_ssim: float
    standard_error: float
    scales: int


def scales(height: int, width: int) -> int:
    """Returns how many of the five scales an image has room for: each halves it, and
    the last must hold the 11x11 window.

    All five from 161 pixels on, four from 81, three from 41, two from 21, one from 11.

    Raises:
        ValueError: for images smaller than the window.
    """
    edge, count = min(height, width), 0
    while edge >= WINDOW and count < len(WEIGHTS):
        edge, count = -(-edge // 2), count + 1
    if not count:
        raise UserError(
            f"Expected images of at least {WINDOW} x {WINDOW}. Received: {height} x {width}"
        )
    return count


def ms_ssim(first, second, *, value_range=(0.0, 1.0)) -> np.ndarray:
    """Returns the MS-SSIM of each pair of images, in [0, 1]; 1 only for equal images.

    prod_s (contrast-structure at scale s)^w_s times (luminance at the last)^w, as
    `tf.image.ssim_multiscale` has it, colour channels averaged. Images with fewer than
    161 pixels on an edge have fewer than five scales (`scales`); the weights of those
    that remain are divided by their sum. Such values are not comparable with those of
    larger images.

    Wang, Simoncelli and Bovik, Multiscale structural similarity (2003),
    https://doi.org/10.1109/ACSSC.2003.1292216.

    Args:
        first: Images of shape `(N, H, W, C)`, H and W >= 11.
        second: Images of that shape: the partners of the first.
        value_range: `(low, high)` of both.

    Returns:
        float64 array of shape `(N,)`.

    Raises:
        ValueError: for sets of different shape, images that are too small, NaN, or
            values outside of `value_range`.
    """
    first, second = images("first", first, value_range), images("second", second, value_range)
    if first.shape != second.shape:
        raise UserError(
            f"Expected pairs of images of one size. Received: shapes {first.shape} and"
            f" {second.shape}"
        )
    weights = np.array(WEIGHTS[: scales(*first.shape[1:3])])
    weights /= weights.sum()
    parts = [
        tf.image.ssim_multiscale(
            first[start : start + BATCH],
            second[start : start + BATCH],
            1.0,
            power_factors=weights.tolist(),
        ).numpy()
        for start in range(0, len(first), BATCH)
    ]
    return np.concatenate(parts).astype(np.float64)


def ms_ssim_diversity(
    samples, *, pairs: int = 1000, value_range=(0.0, 1.0), seed: int = 0
) -> Diversity:
    """Returns the mean MS-SSIM of random pairs of different images of one set: high
    where they look alike.

    Compare it with the value of real images of the same size and class; a collapsed
    generator lies above it. Noise lies below it, so it says nothing about quality.
    Odena et al., Conditional Image Synthesis with Auxiliary Classifier GANs (2016),
    https://arxiv.org/abs/1610.09585: 100 pairs for each class.

    Args:
        samples: Images of shape `(N, H, W, C)`, N >= 2, H and W >= 11.
        pairs: How many to draw, >= 1.
        value_range: `(low, high)` of the images.
        seed: Fixes the pairs.

    Raises:
        ValueError: for fewer than two images, and as `ms_ssim`.
    """
    samples = images("samples", samples, value_range)
    integer("pairs", pairs)
    if len(samples) < 2:
        raise UserError(f"Expected at least two images. Received: {len(samples)}")
    generator = np.random.default_rng(seed)
    first = generator.integers(len(samples), size=pairs)
    second = (first + generator.integers(1, len(samples), size=pairs)) % len(samples)
    blocks = [slice(start, start + BATCH) for start in range(0, pairs, BATCH)]
    values = np.concatenate(
        [ms_ssim(samples[first[block]], samples[second[block]]) for block in blocks]
    )
    return Diversity(
        float(values.mean()), float(values.std() / np.sqrt(pairs)), scales(*samples.shape[1:3])
    )
