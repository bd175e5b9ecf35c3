"""Images above, and below them what the generator makes of latents found for them: by
regression, by descent, and by the game's own encoder.

n images (10), drawn from the test split where the data set has one, otherwise from the
training data, or your own render, with --input. See `tf_gan/inversion.py`. The mean
squared errors, for images scaled to [0, 1] where they have bounds, are printed.
"""

import numpy as np

from tf_gan import inversion, models
from tf_gan.plots import Request, chosen_images, render

TAKES_INPUT = True


def draw(game: models.Game, request: Request) -> np.ndarray:
    originals, labels = chosen_images(game, request, 10)
    n = len(originals)
    encoder = inversion.train_encoder(game, seed=request.seed)
    rows = {
        "regression": inversion.regress(game, encoder, originals, labels).images,
        "descent": inversion.optimize(game, originals, labels, seed=request.seed).images,
    }
    if hasattr(game, "encode"):
        rows["own encoder"] = game.reconstruct(originals)
    low, high = game.data_range or (0.0, 1.0)
    for name, images in rows.items():
        print(
            f"{name}: mean squared error"
            f" {np.mean(np.square((images - originals) / (high - low))):.4f} over {n} images"
        )
    return render.picture(np.concatenate([originals, *rows.values()]), game.data_range, n)
