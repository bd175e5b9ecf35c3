"""Ways between n pairs of samples (3) in `columns` steps (8): through z, and below it, for
models with styles, through w; the perceptual path lengths of both are printed.

For the lengths see `docs/metrics.md`; the features are those that `tf-gan-evaluate` takes by
default, a network that is trained once where there is none.
"""

import numpy as np

from tf_gan import models
from tf_gan.evaluation import Reference
from tf_gan.evaluation.samples import of_model
from tf_gan.evaluation.scores import perceptual_path_length
from tf_gan.models.styles import Styles
from tf_gan.plots import render
from tf_gan.plots.options import PlotOptions
from tf_gan.plots.paths import drawn_labels, interpolate
from tf_gan.training.rng import Fold, Stream


def plot(model: models.GenerativeModel, options: PlotOptions) -> np.ndarray:
    reference = Reference(options.config.data, seed=options.config.seed)
    scores = perceptual_path_length.score(of_model(model, seed=options.seed), reference)
    for score in scores:
        print(f"{score.name}: {score.value:.5g} +- {score.error:.2g}")
    print(scores[0].protocol)
    rows, steps = options.n or 3, options.columns or 8
    random = Stream(options.seed, Fold.GENERATION)
    start, end = np.split(model.sample_latents(2 * rows, random).numpy(), 2)
    labels = drawn_labels(model, rows, random)
    path = "spherical" if model.prior == "normal" else "linear"
    points = interpolate(start, end, steps, path)
    repeated = None if labels is None else labels.repeat(steps)
    images = [model.images_from(points.reshape(rows * steps, -1), repeated)]
    if isinstance(model, Styles):
        w = interpolate(model.styles_of(start, labels), model.styles_of(end, labels), steps)
        images.append(model.images_from_styles(w.reshape(rows * steps, -1)))
    # A row of z, then the row of w between the same two samples.
    strips = np.stack([each.reshape(rows, steps, *model.image_shape) for each in images], axis=1)
    names = [name for _ in range(rows) for name in ("z", "w")[: len(images)]]
    captions = [name if step == 0 else "" for name in names for step in range(steps)]
    return render.grid(
        strips.reshape(-1, *model.image_shape), steps, model.data_range, captions=captions
    )
