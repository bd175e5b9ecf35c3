"""One row per class, `columns` samples in it (10), the same latents in every row; of n
classes (all of them).
"""

import numpy as np

from tf_gan import models
from tf_gan.models.base import GENERATION
from tf_gan.plots import Request, render
from tf_gan.training.rng import Stream


def draw(game: models.Game, request: Request) -> np.ndarray:
    if not game.num_classes:
        raise ValueError(
            "--kind=classes needs a game with classes. Received: a run of"
            f" {request.config.model.name!r}, which has none"
        )
    rows, columns = min(request.n or game.num_classes, game.num_classes), request.columns or 10
    latents = game.sample_latents(columns, Stream(request.seed, GENERATION)).numpy()
    images = game.images_from(np.tile(latents, (rows, 1)), np.repeat(np.arange(rows), columns))
    return render.picture(images, game.data_range, columns)
