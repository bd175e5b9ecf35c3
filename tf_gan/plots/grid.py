"""n samples (64), not chosen, `columns` in a row."""

import numpy as np

from tf_gan import models
from tf_gan.plots import render
from tf_gan.plots.options import PlotOptions

TAKES_TRUNCATION = True
SHOWS_POINTS = True


def plot(model: models.GenerativeModel, options: PlotOptions) -> np.ndarray:
    return render.picture(
        model.generate(options.n or 64, seed=options.seed, truncation=options.truncation),
        model.data_range,
        options.columns or None,
    )
