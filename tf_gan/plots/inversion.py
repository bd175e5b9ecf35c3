"""Images above, and below them what the generator makes of latents found for them: by
regression, by descent, and by the model's own encoder.

n images (10), random ones of the test split where the data set has one, otherwise of the
training data, or your own pictures, with --input. See `tf_gan/inversion.py`. The mean
squared errors, for images scaled to [0, 1] where they have bounds, are printed.
"""

import numpy as np

from tf_gan import inversion, models
from tf_gan.plots import render
from tf_gan.plots.options import PlotOptions, chosen_images

TAKES_INPUT = True
TAKES_COLUMNS = False


def plot(model: models.GenerativeModel, options: PlotOptions) -> np.ndarray:
    originals, labels = chosen_images(model, options, 10)
    n = len(originals)
    rows = inversion.compare(model, originals, labels, seed=options.seed)
    low, high = model.data_range or (0.0, 1.0)
    for name, images in rows.items():
        print(
            f"{name}: mean squared error"
            f" {np.mean(np.square((images - originals) / (high - low))):.4f} over {n} images"
        )
    return render.picture(np.concatenate([originals, *rows.values()]), model.data_range, n)
