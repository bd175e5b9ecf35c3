"""Sources, translations, and the targets of pairs or the way back of a CycleGAN, side
by side: n sources (8), `columns` of them in a row (2).

They are drawn from the test split where the data set has one, otherwise from the
training data; or they are your own render, with --input, which have no targets.
"""

import numpy as np

from tf_gan import models, plots
from tf_gan.data.sources.image_pairs import ImagePairs
from tf_gan.plots import Request, render

TAKES_INPUT = True


def draw(game: models.Game, request: Request) -> np.ndarray:
    if not isinstance(game, models.Translation):
        raise ValueError(
            f"A {type(game).__name__} has nothing to translate: expected a run of a game such as"
            " config.model.name='pix2pix'"
        )
    if request.input:
        sources, targets = (
            plots.own_pictures(request.input, game.source_shape, game.source_range),
            None,
        )
        sources = sources[: request.n or len(sources)]
    else:
        pairs = request.held_out_examples()
        if request.n > min(len(pairs), len(pairs.sources)):
            raise ValueError(
                "Expected --n to be at most the number of pairs,"
                f" {min(len(pairs), len(pairs.sources))}. Received: --n={request.n}"
            )
        sources, targets = chosen(pairs, request.n or 8, request.seed)
    translations = game.translate(sources)
    columns = [(sources, game.source_range), (translations, game.data_range)]
    if hasattr(game, "translate_back"):
        columns.append((game.translate_back(translations), game.source_range))
    if targets is not None:
        columns.append((targets, game.data_range))
    return render.picture(
        render.interleaved(*columns), (0.0, 1.0), len(columns) * (request.columns or 2)
    )


def chosen(pairs: ImagePairs, n: int, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Returns n random sources, fewer where there are fewer, and their targets, None
    where they are not paired.
    """
    numbers = np.random.default_rng(seed).permutation(min(len(pairs), len(pairs.sources)))[:n]
    some = pairs[numbers]
    return some.source_arrays(), some.arrays() if pairs.paired else None
