"""A closed walk, animated: sixteen latents go from station to station, n of them (8),
and come back to the first.
"""

import numpy as np

from tf_gan import models
from tf_gan.plots import render
from tf_gan.plots.options import PlotOptions
from tf_gan.plots.paths import drawn_labels, interpolate
from tf_gan.training.rng import Fold, Stream

SUFFIX = ".gif"
LOOPS = True
TAKES_COLUMNS = False
TAKES_TRUNCATION = True
SHOWS_POINTS = True
SAMPLES, STEPS = 16, 12  # In a frame; from one station to the next.


def plot(model: models.GenerativeModel, options: PlotOptions) -> list[np.ndarray]:
    stations = options.n or 8
    random = Stream(options.seed, Fold.GENERATION)
    latents = (
        model.sample_latents(SAMPLES * stations, random).numpy().reshape(stations, SAMPLES, -1)
    )
    legs = [
        interpolate(latents[i], latents[(i + 1) % stations], STEPS + 1, options.path)[:, :-1]
        for i in range(stations)
    ]
    frames = np.concatenate(legs, axis=1).swapaxes(0, 1)  # (stations * STEPS, SAMPLES, latent_dim)
    labels = drawn_labels(model, SAMPLES, random, times=len(frames))
    samples = model.images_from(
        frames.reshape(-1, frames.shape[-1]), labels, truncation=options.truncation
    )
    samples = samples.reshape(len(frames), SAMPLES, *samples.shape[1:])
    return render.frames(samples, model.data_range, 4)
