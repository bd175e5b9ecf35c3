"""Each of n rows (4): `columns` samples (5), not chosen, and beyond the yellow line the
training image nearest to the last one.

The layout of figure 2 of Generative Adversarial Nets (2014),
https://arxiv.org/abs/1406.2661: samples that merely repeat a training image would find
it beside them.
"""

import numpy as np

from tf_gan import data, models
from tf_gan.errors import UserError
from tf_gan.metrics.neighbours import nearest_neighbours
from tf_gan.plots import render
from tf_gan.plots.options import PlotOptions

TAKES_TRUNCATION = True
BLOCK = 4096  # Training images that are in memory as floats at a time.
LINE = np.full((1, 4, 3), (255, 210, 0), np.uint8)


def plot(model: models.GenerativeModel, options: PlotOptions) -> np.ndarray:
    rows, columns = options.n or 4, options.columns or 5
    samples = model.generate(rows * columns, seed=options.seed, truncation=options.truncation)
    return beside_nearest(model, samples, options.examples(), columns)


def beside_nearest(
    model: models.GenerativeModel, samples: np.ndarray, examples: data.Examples, columns: int
) -> np.ndarray:
    """Returns the picture of samples, `columns` in a row, beside the training images that
    are nearest to the last of each row.
    """
    found = nearest(samples[columns - 1 :: columns], examples)
    # Both in one range, so that the same grey is the same grey; without bounds, that of
    # the training images.
    value_range = model.data_range or (float(found.min()), float(found.max()))
    left, right = render.grid(samples, columns, value_range), render.grid(found, 1, value_range)
    return np.hstack([left, LINE.repeat(len(left), axis=0), right])


def nearest(samples: np.ndarray, examples: data.Examples) -> np.ndarray:
    """Returns the training image with the smallest Euclidean distance, over all pixels,
    to each sample; the first of equals. Where training mirrors images, it may be a mirror
    image.

    Args:
        samples: Array of shape `(M, ...)`, in the examples' range.
        examples: The training images, of the same shape each.

    Returns:
        float32 array of the shape of the samples.

    Raises:
        ValueError: if the shapes differ.
    """
    if samples.shape[1:] != examples.image_shape:
        raise UserError(
            f"Expected samples like the training images, of shape {examples.image_shape}. Received:"
            f" shape {samples.shape[1:]}"
        )
    best, images = np.full(len(samples), np.inf), np.zeros(samples.shape, np.float32)
    for start in range(0, len(examples), BLOCK):
        block = examples[start : start + BLOCK].arrays()
        for candidates in [block, block[:, :, ::-1]] if examples.mirror else [block]:
            found = nearest_neighbours(samples, candidates)
            nearer = found.distance < best
            best[nearer], images[nearer] = found.distance[nearer], candidates[found.index[nearer]]
    return images
