"""Images above, and below them what the generator makes of latents found for them: by regression, by descent, and by the game's own encoder.

n images (10), drawn from the test split where the data set has one, otherwise from the training data. See `tf_gan/inversion.py`. The mean squared
errors, for images scaled to [0, 1] where they have bounds, are printed.
"""

import numpy as np

from tf_gan import inversion, models, pictures
from tf_gan.kinds import Request


def draw(game: models.Game, request: Request) -> np.ndarray:
    n = request.n or 10
    examples = request.held_out_examples()
    if n > len(examples):
        raise ValueError(f"Expected --n to be at most the number of images, {len(examples)}. Received: --n={n}")
    chosen = examples[np.random.default_rng(request.seed).choice(len(examples), n, replace=False)]
    originals, labels = chosen.arrays(), chosen.labels if game.num_classes else None
    encoder = inversion.train_encoder(game, seed=request.seed)
    rows = {
        "regression": inversion.regress(game, encoder, originals, labels).images,
        "descent": inversion.optimize(game, originals, labels, seed=request.seed).images,
    }
    if hasattr(game, "encode"):
        rows["own encoder"] = game.reconstruct(originals)
    low, high = game.data_range or (0.0, 1.0)
    for name, images in rows.items():
        print(f"{name}: mean squared error {np.mean(np.square((images - originals) / (high - low))):.4f} over {n} images")
    return pictures.picture(np.concatenate([originals, *rows.values()]), game.data_range, n)
