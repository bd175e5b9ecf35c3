"""Samples, fair random draws: n of them (64), `columns` in a row."""

import numpy as np

from tf_gan import models, pictures
from tf_gan.kinds import Request


def draw(game: models.Game, request: Request) -> np.ndarray:
    return pictures.picture(game.generate(request.n or 64, seed=request.seed), game.data_range, request.columns or None)
