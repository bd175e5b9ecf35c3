"""Each of n training images (8), and beside it what D sees of it: `columns` - 1 pictures
(7) with the run's augmentation, each with other random numbers.

The probability is that of the last step: with ADA the one that the controller has found,
with a schedule its value there. It stands above the pictures. Values beyond the range of
the data, which D sees, are shown as black and white.
"""

import math

import numpy as np
from PIL import Image, ImageDraw

from tf_gan import models
from tf_gan.errors import UserError
from tf_gan.plots import render
from tf_gan.plots.options import PlotOptions
from tf_gan.training.rng import Fold, Stream

GAP, LINE = 2, 14  # Pixels between the images, and of the line of text.


def plot(model: models.GenerativeModel, options: PlotOptions) -> np.ndarray:
    if getattr(model, "augmentation", None) is None:
        raise UserError(
            "The discriminator of this run sees the images as they are. Expected a run with an"
            " augmentation, such as --config.objective.augment=color,translation,cutout, or ada"
        )
    examples, columns = options.examples(), max(2, options.columns or 8)
    n = min(options.n or 8, len(examples))
    random = np.random.default_rng(options.seed)
    images = examples[np.sort(random.choice(len(examples), n, replace=False))].arrays()
    seen = [
        np.asarray(model.augmented(images, Fold.REAL, Stream(options.seed, column)))
        for column in range(1, columns)
    ]
    tiles = render.interleaved(*((part, model.data_range) for part in (images, *seen)))
    pictures = render.grid(tiles, columns, (0.0, 1.0), GAP)
    width = (pictures.shape[1] - GAP) // columns  # Of an image and the gap before it.
    return titled(pictures, {0: "image", width: f"what D sees, p = {float(model.augment_p()):.3g}"})


def titled(picture: np.ndarray, texts: dict[int, str]) -> np.ndarray:
    """Returns a picture under a line of text, wide enough for both.

    Args:
        picture: uint8 of shape `(height, width, 3)`.
        texts: What to write, by the column of pixels where it begins.

    Returns:
        uint8 array of shape `(height + LINE, width or more, 3)`.
    """
    length = ImageDraw.Draw(Image.new("RGB", (1, 1))).textlength
    end = max(x + 2 * GAP + math.ceil(length(text)) for x, text in texts.items())
    missing = max(0, end - picture.shape[1])
    image = Image.fromarray(np.pad(picture, ((LINE, 0), (0, missing), (0, 0)), constant_values=64))
    for x, text in texts.items():
        ImageDraw.Draw(image).text((x + GAP, 1), text, fill=(255, 255, 255))
    return np.asarray(image)
