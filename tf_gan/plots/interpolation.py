"""Each of n rows (8) goes from one latent to another, in `columns` steps (10)."""

import numpy as np

from tf_gan import models
from tf_gan.plots import render
from tf_gan.plots.options import PlotOptions
from tf_gan.plots.paths import drawn_labels, interpolate
from tf_gan.training.rng import Fold, Stream

TAKES_TRUNCATION = True
SHOWS_POINTS = True


def plot(model: models.GenerativeModel, options: PlotOptions) -> np.ndarray:
    rows, steps = options.n or 8, options.columns or 10
    random = Stream(options.seed, Fold.GENERATION)
    latents = model.sample_latents(2 * rows, random).numpy()
    # (rows, steps, latent_dim)
    points = interpolate(latents[:rows], latents[rows:], steps, options.path)
    labels = drawn_labels(model, rows, random, each=steps)  # One class a row.
    return render.picture(
        model.images_from(points.reshape(rows * steps, -1), labels, truncation=options.truncation),
        model.data_range,
        steps,
    )
