"""Sources, translations, and the targets of pairs or the way back of a CycleGAN, side by side: n sources (8), `columns` of them in a row (2).

They are drawn from the test split where the data set has one, otherwise from the training data; or they are your own pictures, with --input, which
have no targets.
"""

import pathlib

import numpy as np

from tf_gan import data, models, pictures
from tf_gan.data.image_folder import read_picture, to_array
from tf_gan.data.image_pairs import ImagePairs
from tf_gan.kinds import Request


def draw(game: models.Game, request: Request) -> np.ndarray:
    if not isinstance(game, models.Translation):
        raise ValueError(f"A {type(game).__name__} has nothing to translate: expected a run of a game such as config.model.name='pix2pix'")
    if request.input:
        sources, targets = own(request.input, game), None
        sources = sources[: request.n or len(sources)]
    else:
        pairs = request.held_out_examples()
        if request.n > min(len(pairs), len(pairs.sources)):
            raise ValueError(f"Expected --n to be at most the number of pairs, {min(len(pairs), len(pairs.sources))}. Received: --n={request.n}")
        sources, targets = chosen(pairs, request.n or 8, request.seed)
    translations = game.translate(sources)
    columns = [(sources, game.source_range), (translations, game.data_range)]
    if hasattr(game, "translate_back"):
        columns.append((game.translate_back(translations), game.source_range))
    if targets is not None:
        columns.append((targets, game.data_range))
    return pictures.picture(pictures.interleaved(*columns), (0.0, 1.0), len(columns) * (request.columns or 2))


def chosen(pairs: ImagePairs, n: int, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Returns n random sources, fewer where there are fewer, and their targets, None where they are not paired."""
    numbers = np.random.default_rng(seed).permutation(min(len(pairs), len(pairs.sources)))[:n]
    some = pairs[numbers]
    return some.source_arrays(), some.arrays() if pairs.paired else None


def own(path: str, game: models.Translation) -> np.ndarray:
    """Returns pictures of a file or a folder as sources of a game: cut to the central square and resized.

    Raises:
        ValueError: if there are none, or the sources are not squares.
    """
    height, width, channels = game.source_shape
    if height != width:
        raise ValueError(f"--input is for games whose sources are squares. Received: a run with sources of {height} x {width} pixels")
    if not pathlib.Path(path).is_file():
        images = data.image_folder(path, height, channels).images
    else:
        images = read_picture(path, lambda picture: to_array(picture, height, channels))[None]
    return data.scale(images, game.source_range or (0.0, 1.0))
