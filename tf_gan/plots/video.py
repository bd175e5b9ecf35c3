"""A smooth loop, animated: n samples (9) move through latent space without corners, and
come back to where they began.

Each number of the latents is a sum of three waves, sum_k (a_k cos 2 pi k t + b_k sin 2 pi
k t) / sqrt(3) with a_k, b_k ~ N(0, 1): it has the distribution of the prior at all times.
"""

import numpy as np
from scipy.special import ndtr

from tf_gan import models
from tf_gan.errors import UserError
from tf_gan.plots import render
from tf_gan.plots.options import PlotOptions
from tf_gan.plots.paths import drawn_labels
from tf_gan.training.rng import Fold, Stream

SUFFIX = ".gif"
LOOPS = TAKES_TRUNCATION = True
TAKES_COLUMNS = False
SHOWS_POINTS = True
FRAMES, WAVES = 96, 3


def plot(model: models.GenerativeModel, options: PlotOptions) -> list[np.ndarray]:
    if model.latent_dim is None:
        model.sample_latents(1, Stream(0))  # Says which kinds there are.
    if not model.latents_are_alike:
        raise UserError(
            "--kind=video moves latents that are all normal, or all uniform. Received: a run of a"
            f" {type(model).__name__}. Expected --kind=gif"
        )
    n, size = options.n or 9, model.latent_dim
    random = Stream(options.seed, Fold.GENERATION)
    waves = random.normal([WAVES * 2, n * size]).numpy().reshape(WAVES, 2, n * size)
    angles = 2 * np.pi * np.arange(1, WAVES + 1) * np.arange(FRAMES)[:, None] / FRAMES
    latents = (np.cos(angles) @ waves[:, 0] + np.sin(angles) @ waves[:, 1]) / WAVES**0.5
    if model.prior != "normal":
        low, high = model.prior
        latents = low + (high - low) * ndtr(latents)
    labels = drawn_labels(model, n, random, times=FRAMES)
    images = model.images_from(
        latents.reshape(-1, size).astype(np.float32), labels, truncation=options.truncation
    )
    return render.frames(images.reshape(FRAMES, n, *images.shape[1:]), model.data_range)
