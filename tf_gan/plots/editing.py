"""Images, what the generator makes of the styles or latents found for them, and these moved
along directions: n images (1), random held-out ones or your own, with --input, and for
each three rows, a direction each, in `columns` steps (7).

The directions are those that the first layer stretches most; see
`tf_gan/directions.py`, `tf_gan/inversion.py` and `tf_gan/style_inversion.py`.
"""

import numpy as np

from tf_gan import directions, inversion, models, style_inversion
from tf_gan.models.styles import Styles
from tf_gan.plots import render
from tf_gan.plots.directions import SPREAD
from tf_gan.plots.options import PlotOptions, chosen_images

TAKES_INPUT = True
ROWS = 3


def plot(model: models.GenerativeModel, options: PlotOptions) -> np.ndarray:
    styled = isinstance(model, Styles)  # Whose styles are found without labels.
    originals, labels = chosen_images(model, options, 1, needs_labels=not styled)
    columns = options.columns or 7
    vectors = list(directions.largest(model, ROWS).values())
    codes = directions.codes_of(model, *model.sample_inputs(256, options.seed))
    if styled:
        found = style_inversion.project(model, originals, space="w+", seed=options.seed)

        def moved(number, changes):
            noises = [noise[number : number + 1].repeat(columns, axis=0) for noise in found.noises]
            return style_inversion.images_of(model, found.styles[number] + changes[:, None], noises)

        rebuilt = found.images
    else:
        inverted = inversion.optimize(model, originals, labels, seed=options.seed)

        def moved(number, changes):
            own = None if labels is None else labels[number : number + 1].repeat(columns)
            return model.images_from(inverted.latents[number] + changes, own)

        rebuilt = inverted.images
    rows = []
    for number, pair in enumerate(zip(originals, rebuilt, strict=True)):
        for vector in vectors:
            reach = SPREAD * np.std(codes @ vector)
            changes = (np.linspace(-reach, reach, columns)[:, None] * vector).astype(np.float32)
            rows += [np.stack(pair), moved(number, changes)]
    return render.grid(np.concatenate(rows), 2 + columns, model.data_range)
