"""What the codes of an InfoGAN do: a row for each category, n columns (10) of other
noise, then n for each continuous code, going from -2 to 2.

In the columns of a continuous code all else is fixed, the noise included. In training
these codes lie between -1 and 1; the paper's pictures (Chen et al., 2016, figure 2) go
twice as far. A model without categorical codes gets ten rows of other noise.
"""

import numpy as np

from tf_gan import models
from tf_gan.errors import UserError
from tf_gan.plots import render
from tf_gan.plots.options import PlotOptions
from tf_gan.training.rng import Fold, Stream

LIMIT = 2.0


def plot(model: models.GenerativeModel, options: PlotOptions) -> np.ndarray:
    if not hasattr(model, "with_codes"):
        raise UserError(
            f"{type(model).__name__} has no codes: expected a run of config.model.name='info_gan'"
        )
    steps = options.n or options.columns or 10
    rows = model.categorical[0] if model.categorical else 10
    latents = model.sample_latents(max(steps, rows), Stream(options.seed, Fold.GENERATION)).numpy()
    categories = np.arange(rows).repeat(steps) if model.categorical else None
    same = (
        np.tile(latents[0], (rows * steps, 1))
        if model.categorical
        else latents[:rows].repeat(steps, axis=0)
    )
    blocks = (
        [model.with_codes(np.tile(latents[:steps], (rows, 1)), categories)]
        if model.categorical
        else []
    )
    for number in range(model.continuous):
        blocks.append(
            model.with_codes(
                same, categories, {number: np.tile(np.linspace(-LIMIT, LIMIT, steps), rows)}
            )
        )
    images = [model.images_from(block).reshape(rows, steps, *model.image_shape) for block in blocks]
    columns = len(blocks) * steps
    return render.picture(
        np.concatenate(images, axis=1).reshape(rows * columns, *model.image_shape),
        model.data_range,
        columns,
    )
