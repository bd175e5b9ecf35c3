"""One sample of each of n seeds (24), from --seed on, `columns` in a row, with the number
of its seed: `generate(1, seed=NUMBER)` is its image.
"""

import numpy as np

from tf_gan import models
from tf_gan.plots import render
from tf_gan.plots.options import PlotOptions

TAKES_TRUNCATION = True


def plot(model: models.GenerativeModel, options: PlotOptions) -> np.ndarray:
    seeds = range(options.seed, options.seed + (options.n or 24))
    images = [model.generate(1, seed=seed, truncation=options.truncation) for seed in seeds]
    return render.grid(
        np.concatenate(images), options.columns or 8, model.data_range, captions=list(seeds)
    )
