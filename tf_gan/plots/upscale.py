"""--input, a picture or a folder of them, of any sizes, enlarged by a super-resolution
model; a folder gives a folder, with a file for each, or for the first n.

Grey pictures become RGB where the model makes RGB.
"""

import pathlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tf_gan import models
from tf_gan.data.pictures import files_by_name, read_picture, read_pictures, upright
from tf_gan.errors import UserError
from tf_gan.plots.options import PlotOptions

PER_FILE = TAKES_INPUT = True
TAKES_COLUMNS = False


def plot(
    model: models.GenerativeModel, options: PlotOptions
) -> np.ndarray | Iterator[tuple[str, np.ndarray]]:
    if not hasattr(model, "upscale"):
        raise UserError(
            f"A {type(model).__name__} does not enlarge images: expected a run of"
            " config.model.name='srgan', 'esrgan' or 'srresnet'"
        )
    path = pathlib.Path(options.input)
    if not options.input or not path.exists():
        raise UserError(
            "Expected --input to name a picture or a folder of them. Received:"
            f" --input={options.input}"
        )
    channels = model.image_shape[-1]
    if path.is_dir():
        files_by_name(str(path))  # Two of a name would become one file.
        pictures = read_pictures(
            str(path), lambda picture: _pixels(picture, channels), options.n or None
        )
        return (
            (str(file.relative_to(path).with_suffix(".png")), _rgb(model.upscale(pixels)))
            for file, pixels in pictures
        )
    return _rgb(model.upscale(read_picture(path, lambda picture: _pixels(picture, channels))))


def _pixels(picture: Image.Image, channels: int) -> np.ndarray:
    picture = upright(picture, channels)
    return np.asarray(picture, np.uint8).reshape(*picture.size[::-1], channels)


def _rgb(image: np.ndarray) -> np.ndarray:
    return image if image.shape[-1] == 4 else np.broadcast_to(image, (*image.shape[:2], 3))
