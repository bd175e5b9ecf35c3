"""Each of n rows (8) goes from one latent to another, in `columns` steps (10)."""

import numpy as np

from tf_gan import models
from tf_gan.models.base import GENERATION
from tf_gan.plots import Request, render
from tf_gan.plots.paths import interpolate
from tf_gan.training.rng import Stream


def draw(game: models.Game, request: Request) -> np.ndarray:
    rows, steps = request.n or 8, request.columns or 10
    random = Stream(request.seed, GENERATION)
    latents = game.sample_latents(2 * rows, random).numpy()
    # (rows, steps, latent_dim)
    points = interpolate(latents[:rows], latents[rows:], steps, request.path)
    labels = None
    if game.num_classes:  # One class a row.
        labels = game.sample_labels(rows, random.fold(0)).numpy().repeat(steps)
    return render.picture(
        game.images_from(points.reshape(rows * steps, -1), labels), game.data_range, steps
    )
