"""n samples (6), a row each, under `columns` truncations (6), evenly spaced up to
--truncation (1); each says its own.
"""

import numpy as np

from tf_gan import models
from tf_gan.errors import UserError
from tf_gan.plots import render
from tf_gan.plots.options import PlotOptions

TAKES_TRUNCATION = True


def plot(model: models.GenerativeModel, options: PlotOptions) -> np.ndarray:
    if not model.truncates:
        raise UserError(
            "--kind=truncation needs latents from N(0, 1), and a generator that sees their length."
            f" Received: a run of a {type(model).__name__} without these. Expected --kind=grid"
        )
    rows, columns = options.n or 6, options.columns or 6
    model.check_truncation(options.truncation)
    bounds = (
        (1.0 if options.truncation is None else options.truncation)
        * np.arange(1, columns + 1)
        / columns
    )
    images = [model.generate(rows, seed=options.seed, truncation=float(bound)) for bound in bounds]
    return render.grid(
        np.stack(images, axis=1).reshape(-1, *model.image_shape),
        columns,
        model.data_range,
        captions=[f"{bound:.2g}" for bound in bounds] * rows,
    )
