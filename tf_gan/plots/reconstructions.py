"""Originals above, reconstructions below: n images (20), `columns` in a row; for models
with `reconstruct(images)`.

The images are random ones of the test split where the data set has one, otherwise of
the training data; or they are your own pictures, with --input.
"""

import numpy as np

from tf_gan import models
from tf_gan.errors import UserError
from tf_gan.plots import render
from tf_gan.plots.options import PlotOptions, chosen_images

TAKES_INPUT = True


def plot(model: models.GenerativeModel, options: PlotOptions) -> np.ndarray:
    if not hasattr(model, "reconstruct"):
        raise UserError(
            f"{type(model).__name__} cannot reconstruct images: expected a run of a model that has"
            " an encoder or an auto-encoder"
        )
    originals, _ = chosen_images(model, options, 20)
    columns = min(options.columns or 10, len(originals))
    return render.picture(
        in_pairs_of_rows(originals, model.reconstruct(originals), columns),
        model.data_range,
        columns,
    )


def in_pairs_of_rows(
    originals: np.ndarray, reconstructions: np.ndarray, columns: int
) -> np.ndarray:
    """Returns a row of originals, a row of their reconstructions, the next of
    originals, and so on; the last pair filled up with the lowest value.
    """
    pairs = np.stack([originals, reconstructions])  # (2, n, H, W, C)
    n, shape = pairs.shape[1], pairs.shape[2:]
    missing = -n % columns
    pairs = np.concatenate(
        [pairs, np.full((2, missing, *shape), originals.min(), pairs.dtype)], axis=1
    )
    return pairs.reshape(2, -1, columns, *shape).swapaxes(0, 1).reshape(-1, *shape)
