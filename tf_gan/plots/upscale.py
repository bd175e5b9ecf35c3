"""--input, a picture or a folder of them, of any sizes, enlarged by a super-resolution
game; a folder gives a folder, with a file for each.

Grey pictures become RGB where the game makes RGB.
"""

import pathlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tf_gan import models
from tf_gan.data.sources.image_folder import picture_files, read_picture, read_pictures, upright
from tf_gan.plots import Request

PER_FILE = TAKES_INPUT = True


def draw(game: models.Game, request: Request) -> np.ndarray | Iterator[tuple[str, np.ndarray]]:
    if not hasattr(game, "upscale"):
        raise ValueError(
            f"A {type(game).__name__} does not enlarge images: expected a run of"
            " config.model.name='srgan' or 'srresnet'"
        )
    path = pathlib.Path(request.input)
    if not request.input or not path.exists():
        raise ValueError(
            "Expected --input to name a picture or a folder of them. Received:"
            f" --input={request.input}"
        )
    channels = game.image_shape[-1]
    if path.is_dir():
        _check_names(path)
        pictures = read_pictures(str(path), lambda picture: _pixels(picture, channels))
        return (
            (str(file.relative_to(path).with_suffix(".png")), _rgb(game.upscale(pixels)))
            for file, pixels in pictures
        )
    return _rgb(game.upscale(read_picture(path, lambda picture: _pixels(picture, channels))))


def _check_names(folder: pathlib.Path) -> None:
    named = {}
    for file in picture_files(folder):
        other = named.setdefault(file.relative_to(folder).with_suffix(".png"), file)
        if other is not file:
            raise ValueError(
                "Expected pictures that differ in more than the ending: both become one file."
                f" Received: {str(other)!r} and {str(file)!r}"
            )


def _pixels(picture: Image.Image, channels: int) -> np.ndarray:
    picture = upright(picture, channels)
    return np.asarray(picture, np.uint8).reshape(*picture.size[::-1], channels)


def _rgb(image: np.ndarray) -> np.ndarray:
    return np.broadcast_to(image, (*image.shape[:2], 3))
