"""One row per class, `columns` samples in it (10), the same latents in every row; of n classes (all of them)."""

import numpy as np

from tf_gan import models, pictures
from tf_gan.kinds import Request
from tf_gan.models.game import GENERATION
from tf_gan.random import Stream


def draw(game: models.Game, request: Request) -> np.ndarray:
    if not game.num_classes:
        raise ValueError(f"--kind=classes needs a game with classes. Received: a run of {request.config.model.name!r}, which has none")
    rows, columns = min(request.n or game.num_classes, game.num_classes), request.columns or 10
    latents = game.sample_latents(columns, Stream(request.seed, GENERATION)).numpy()
    images = game.images_from(np.tile(latents, (rows, 1)), np.repeat(np.arange(rows), columns))
    return pictures.picture(images, game.data_range, columns)
