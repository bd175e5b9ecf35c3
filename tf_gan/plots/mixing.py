"""For models with styles: coarse traits of the n samples on the left (5), fine ones of the
`columns` samples above (7): the first half of the layers takes the w of the row, the
others that of the column.
"""

import numpy as np

from tf_gan import models
from tf_gan.errors import UserError
from tf_gan.models.styles import Styles
from tf_gan.plots import render
from tf_gan.plots.options import PlotOptions
from tf_gan.plots.paths import drawn_labels
from tf_gan.training.rng import Fold, Stream

TAKES_TRUNCATION = True


def plot(model: models.GenerativeModel, options: PlotOptions) -> np.ndarray:
    if not isinstance(model, Styles):
        raise UserError(
            "--kind=mixing is for models with styles, such as StyleGAN2. Received: a run of a"
            f" {type(model).__name__}"
        )
    rows, columns = options.n or 5, options.columns or 7
    random = Stream(options.seed, Fold.GENERATION)
    styles = model.styles_of(
        model.sample_latents(rows + columns, random),
        drawn_labels(model, 1, random, each=rows + columns),
        truncation=options.truncation,
    )
    left, above = styles[:rows], styles[rows:]
    half, layers = model.style_layers // 2, model.style_layers
    mixed = np.concatenate(
        [
            np.broadcast_to(left[:, None, None], (rows, columns, half, left.shape[1])),
            np.broadcast_to(above[None, :, None], (rows, columns, layers - half, left.shape[1])),
        ],
        axis=2,
    )
    cells = model.images_from_styles(mixed.reshape(-1, layers, left.shape[1]))
    cells = cells.reshape(rows, columns, *model.image_shape)
    low = model.data_range[0] if model.data_range else cells.min()
    corner = np.full((1, *model.image_shape), low, np.float32)
    head = np.concatenate([corner, model.images_from_styles(above)])[None]
    body = np.concatenate([model.images_from_styles(left)[:, None], cells], axis=1)
    return render.grid(
        np.concatenate([head, body]).reshape(-1, *model.image_shape), columns + 1, model.data_range
    )
