"""Each of n rows (8) goes along a direction, in `columns` steps (7) from three standard
deviations before a sample to three behind it; the vectors are written beside the picture,
as .npz.

The directions are those that the first layer stretches most; see
`tf_gan/directions.py`. With --input they separate samples that you have labelled: a text
file with a line `seed,label` for each, the seeds of --kind=seeds.
"""

import pathlib

import numpy as np

from tf_gan import directions, models
from tf_gan.errors import UserError
from tf_gan.io import atomic
from tf_gan.plots import render
from tf_gan.plots.options import PlotOptions

TAKES_INPUT = True
SPREAD = 3.0  # Standard deviations.


def plot(model: models.GenerativeModel, options: PlotOptions) -> np.ndarray:
    rows, columns = options.n or 8, options.columns or 7
    if options.input:
        found = directions.of_labels(*labelled(model, options.input))
    else:
        found = directions.largest(model, rows)
    found = dict(list(found.items())[:rows])
    if options.output is not None:
        atomic.savez(options.output.with_suffix(".npz"), **found)
    latents, labels = model.sample_inputs(256, options.seed)
    codes = directions.codes_of(model, latents, labels)
    images = [
        strip(model, codes, None if labels is None else labels.numpy(), vector, columns)
        for vector in found.values()
    ]
    captions = [text for name in found for text in (name, *[""] * (columns - 1))]
    return render.grid(np.concatenate(images), columns, model.data_range, captions=captions)


def strip(model, codes, labels, vector, columns: int) -> np.ndarray:
    """Returns images of the first code, moved along a direction as far as `SPREAD`
    standard deviations of all codes along it.
    """
    reach = SPREAD * np.std(codes @ vector)
    moved = codes[0] + np.linspace(-reach, reach, columns)[:, None] * vector
    return directions.images_of(
        model, moved, None if labels is None else labels[:1].repeat(columns)
    )


def labelled(model, path: str) -> tuple[np.ndarray, list[str]]:
    """Returns codes and labels of a file with lines `seed,label`."""
    try:
        lines = pathlib.Path(path).read_text(encoding="utf-8").split("\n")
        pairs = [line.split(",", 1) for line in lines if line.strip()]
        seeds = [int(seed) for seed, _ in pairs]
    except (OSError, ValueError) as error:
        raise UserError(
            f"Expected {path} to be a text file with a line seed,label for each sample, such as"
            f" 17,smiles. {error}"
        ) from error
    kinds = {label.strip() for _, label in pairs}
    if len(kinds) < 2 or "file" in kinds or len(set(seeds)) < len(seeds):
        raise UserError(
            f"Expected {path} to have seeds once each, and two labels or more, none of them 'file'."
            f" Received: {len(seeds)} lines with {len(set(seeds))} seeds and the labels"
            f" {sorted(kinds)}"
        )
    latents = np.concatenate([model.sample_inputs(1, seed)[0] for seed in seeds])
    labels = None
    if model.num_classes:
        labels = np.concatenate([model.sample_inputs(1, seed)[1] for seed in seeds])
    return directions.codes_of(model, latents, labels), [label.strip() for _, label in pairs]
