"""What the codes of an InfoGAN do: a row for each category, n columns (10) of other
noise, then n for each continuous code, going from -2 to 2.

In the columns of a continuous code all else is fixed, the noise included. In training
these codes lie between -1 and 1; the paper's pictures (Chen et al., 2016, figure 2) go
twice as far. A game without categorical codes gets ten rows of other noise.
"""

import numpy as np

from tf_gan import models
from tf_gan.models.base import GENERATION
from tf_gan.plots import Request, render
from tf_gan.training.rng import Stream

LIMIT = 2.0


def draw(game: models.Game, request: Request) -> np.ndarray:
    if not hasattr(game, "with_codes"):
        raise ValueError(
            f"{type(game).__name__} has no codes: expected a run of config.model.name='info_gan'"
        )
    steps = request.n or request.columns or 10
    rows = game.categorical[0] if game.categorical else 10
    latents = game.sample_latents(max(steps, rows), Stream(request.seed, GENERATION)).numpy()
    categories = np.arange(rows).repeat(steps) if game.categorical else None
    same = (
        np.tile(latents[0], (rows * steps, 1))
        if game.categorical
        else latents[:rows].repeat(steps, axis=0)
    )
    blocks = (
        [game.with_codes(np.tile(latents[:steps], (rows, 1)), categories)]
        if game.categorical
        else []
    )
    for number in range(game.continuous):
        blocks.append(
            game.with_codes(
                same, categories, {number: np.tile(np.linspace(-LIMIT, LIMIT, steps), rows)}
            )
        )
    images = [game.images_from(block).reshape(rows, steps, *game.image_shape) for block in blocks]
    columns = len(blocks) * steps
    return render.picture(
        np.concatenate(images, axis=1).reshape(rows * columns, *game.image_shape),
        game.data_range,
        columns,
    )
