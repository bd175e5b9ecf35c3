"""One row per class, `columns` samples in it (10), the same latents in every row; of n
classes (all of them).
"""

import numpy as np

from tf_gan import models
from tf_gan.errors import UserError
from tf_gan.plots import render
from tf_gan.plots.options import PlotOptions
from tf_gan.training.rng import Fold, Stream

TAKES_TRUNCATION = True


def plot(model: models.GenerativeModel, options: PlotOptions) -> np.ndarray:
    if not model.num_classes:
        raise UserError(
            "--kind=classes needs a model with classes. Received: a run of"
            f" {options.config.model.name!r}, which has none"
        )
    rows, columns = min(options.n or model.num_classes, model.num_classes), options.columns or 10
    latents = model.sample_latents(columns, Stream(options.seed, Fold.GENERATION)).numpy()
    images = model.images_from(
        np.tile(latents, (rows, 1)),
        np.repeat(np.arange(rows), columns),
        truncation=options.truncation,
    )
    names = [model.class_name(row) for row in range(rows)]
    captions = [name * (column == 0) for name in names for column in range(columns)]
    return render.picture(images, model.data_range, columns, captions)
