"""The plane of a two-dimensional latent space: n rows (20) and columns, evenly spaced
in the prior's probability.

A point of the grid is the inverse of the prior's distribution function at (i + 1/2) / n
in each direction, as in figure 4 of Kingma and Welling, Auto-Encoding Variational
Bayes (2013), https://arxiv.org/abs/1312.6114.
"""

import numpy as np

from tf_gan import models
from tf_gan.errors import UserError
from tf_gan.plots import render
from tf_gan.plots.options import PlotOptions
from tf_gan.plots.paths import drawn_labels, quantiles
from tf_gan.training.rng import Fold, Stream

SHOWS_POINTS = True


def plot(model: models.GenerativeModel, options: PlotOptions) -> np.ndarray:
    if model.latent_dim != 2 or model.prior is None:
        raise UserError(
            "A manifold is drawn for two latents: expected a run with config.model.latent_dim=2."
            f" Received: a {type(model).__name__} with latent_dim={model.latent_dim}"
        )
    rows = options.n or 20
    columns = options.columns or rows
    # (rows, columns, 2)
    points = np.stack(
        np.meshgrid(quantiles(model.prior, columns), quantiles(model.prior, rows)[::-1]), axis=-1
    )
    random = Stream(options.seed, Fold.GENERATION)
    labels = drawn_labels(model, 1, random, each=rows * columns)  # One class for all.
    return render.picture(
        model.images_from(points.reshape(-1, 2).astype(np.float32), labels),
        model.data_range,
        columns,
    )
