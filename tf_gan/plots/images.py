"""n samples (100), each as a PNG file, transparent ones with alpha, in a folder; with classes
in a sub-folder for each. They are those of `generate(n, seed)`, as in tf-gan-evaluate.
"""

import re
from collections.abc import Iterator

import numpy as np

from tf_gan import models
from tf_gan.data.ranges import to_uint8
from tf_gan.errors import UserError
from tf_gan.plots import render
from tf_gan.plots.options import PlotOptions

FOLDER = TAKES_TRUNCATION = True
TAKES_COLUMNS = False
BATCH = 256  # Images in memory.


def plot(model: models.GenerativeModel, options: PlotOptions) -> Iterator[tuple[str, np.ndarray]]:
    if model.data_range is None or model.image_shape[-1] not in render.CHANNELS:
        raise UserError(
            "PNG files hold images with 1, 3 or 4 channels and a range of values. Received: a run"
            f" on images of shape {model.image_shape}, data_range={model.data_range}"
        )
    inputs, labels = model.sample_inputs(options.n or 100, options.seed)
    folders = [""] * len(inputs)
    if labels is not None:
        folders = [f"{_folder(model.class_name(label), label)}/" for label in np.asarray(labels)]
    names = [f"{folder}{number:05d}.png" for number, folder in enumerate(folders)]
    if options.output:
        there = {str(file.relative_to(options.output)) for file in options.output.rglob("*.png")}
        if others := sorted(there - set(names)):
            raise UserError(
                f"{options.output} holds pictures that would mix with the samples, such as"
                f" {others[0]}. Expected a new folder: --output=DIR"
            )
    return _pictures(model, inputs, labels, names, options.truncation)


def _folder(name: str, label: int) -> str:
    """Returns the name of a class as that of a folder."""
    return re.sub(r"[/\\\0]", "_", name).strip(". ") or f"class {label}"


def _pictures(model, inputs, labels, names, truncation) -> Iterator[tuple[str, np.ndarray]]:
    for start in range(0, len(names), BATCH):
        part = slice(start, start + BATCH)
        some = None if labels is None else labels[part]
        images = model.images_from(inputs[part], some, BATCH, truncation=truncation)
        for name, pixels in zip(names[part], to_uint8(images, model.data_range), strict=True):
            yield name, pixels[..., 0] if pixels.shape[-1] == 1 else pixels
