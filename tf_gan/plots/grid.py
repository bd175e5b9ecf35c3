"""Samples, fair random draws: n of them (64), `columns` in a row."""

import numpy as np

from tf_gan import models
from tf_gan.plots import Request, render


def draw(game: models.Game, request: Request) -> np.ndarray:
    return render.picture(
        game.generate(request.n or 64, seed=request.seed), game.data_range, request.columns or None
    )
