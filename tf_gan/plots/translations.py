"""Sources, translations, and the targets of pairs or the way back of a CycleGAN, side
by side: n sources (8), `columns` of them in a row (2); of a StarGAN each source and its
translations into all domains, one source in a row.

The sources are random ones of the test split where the data set has one, otherwise of
the training data; or they are your own pictures, with --input, which have no targets.
"""

import numpy as np

from tf_gan import models
from tf_gan.data.sources.image_pairs import ImagePairs
from tf_gan.errors import UserError
from tf_gan.models.star_gan import StarGAN
from tf_gan.plots import render
from tf_gan.plots.options import PlotOptions, chosen_images, own_pictures
from tf_gan.plots.training_picture import in_all_domains

TAKES_INPUT = True


def plot(model: models.GenerativeModel, options: PlotOptions) -> np.ndarray:
    if isinstance(model, StarGAN):
        sources, _ = chosen_images(model, options, 8, needs_labels=False)
        return in_all_domains(model, sources, options.columns)
    if not isinstance(model, models.Translation):
        raise UserError(
            f"A {type(model).__name__} has nothing to translate: expected a run of a model such as"
            " config.model.name='pix2pix'"
        )
    if options.input:
        sources = own_pictures(options.input, model.source_shape, model.source_range)
        targets = None
        sources = sources[: options.n or len(sources)]
    else:
        pairs = options.held_out_examples()
        assert isinstance(pairs, ImagePairs), "the model was trained on pairs"
        if options.n > min(len(pairs), len(pairs.sources)):
            raise UserError(
                "Expected --n to be at most the number of pairs,"
                f" {min(len(pairs), len(pairs.sources))}. Received: --n={options.n}"
            )
        sources, targets = chosen(pairs, options.n or 8, options.seed)
    translations = model.translate(sources)
    columns = [(sources, model.source_range), (translations, model.data_range)]
    if hasattr(model, "translate_back"):
        columns.append((model.translate_back(translations), model.source_range))
    if targets is not None:
        columns.append((targets, model.data_range))
    return render.picture(
        render.interleaved(*columns), (0.0, 1.0), len(columns) * (options.columns or 2)
    )


def chosen(pairs: ImagePairs, n: int, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Returns n random sources, fewer where there are fewer, and their targets, None
    where they are not paired.
    """
    numbers = np.random.default_rng(seed).permutation(min(len(pairs), len(pairs.sources)))[:n]
    some = pairs[numbers]
    return some.source_arrays(), some.arrays() if pairs.paired else None
