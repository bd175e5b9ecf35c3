"""Vector arithmetic: without --latents, n numbered samples (64); with
--latents="1,2,3;4,5,6;7,8,9", mean of the first three - second + third.

Radford et al. (2015), https://arxiv.org/abs/1511.06434, section 6.3.2: single samples
are unstable, means of three are not. Each of the first three rows shows the samples of
a concept and, last, the image of the mean of their latents; the last row shows the
result at its end and, before it, the result with uniform noise of +-0.25 added, as the
paper does. In a model with classes, all images are of one class, which the seed draws.
"""

import numpy as np

from tf_gan import models
from tf_gan.errors import UserError
from tf_gan.plots import render
from tf_gan.plots.options import PlotOptions
from tf_gan.plots.paths import drawn_labels
from tf_gan.training.rng import Fold, Stream

BANK = 1000  # Latents that can be named.
NOISE = 0.25


def plot(model: models.GenerativeModel, options: PlotOptions) -> np.ndarray:
    random = Stream(options.seed, Fold.GENERATION)
    bank = model.sample_latents(BANK, random).numpy()
    if options.n > BANK or (options.latents and (options.n or options.columns)):
        raise UserError(
            f"Expected --latents alone, or --n up to {BANK} and --columns. Received:"
            f" --latents={options.latents!r}, --n={options.n}, --columns={options.columns}"
        )
    if options.latents:
        concepts = parse(options.latents)
        columns = concepts.shape[1] + 1
        rows, numbers = combine(bank, concepts, random.fold(1)), None
    else:
        rows, columns = bank[: options.n or 64], options.columns or None
        numbers = range(len(rows))
    labels = drawn_labels(model, 1, random, each=len(rows))
    return render.picture(
        model.images_from(rows, labels), model.data_range, columns, captions=numbers
    )


def combine(bank: np.ndarray, concepts: np.ndarray, random: Stream) -> np.ndarray:
    """Returns the latents of the picture, row by row.

    Args:
        bank: Latents, shape `(N, latent_dim)`.
        concepts: Their numbers, shape `(3, k)`: the result is mean(first) -
            mean(second) + mean(third).
        random: Source of the noise around the result.

    Returns:
        Latents of shape `(4 * (k + 1), latent_dim)`: k and their mean for each concept,
        k noisy results and the result.
    """
    chosen = bank[concepts]  # (3, k, latent_dim)
    means = chosen.mean(axis=1, keepdims=True)
    result = means[0] - means[1] + means[2]
    around = result + random.uniform([chosen.shape[1], bank.shape[1]], -NOISE, NOISE).numpy()
    return np.concatenate(
        [np.concatenate([chosen, means], axis=1).reshape(-1, bank.shape[1]), around, result]
    )


def parse(text: str) -> np.ndarray:
    """Returns the numbers of `"1,2,3;4,5,6;7,8,9"` as an array of shape `(3, k)`.

    Raises:
        ValueError: for another form, or numbers outside the bank.
    """
    try:
        concepts = np.array(
            [[int(number) for number in group.split(",")] for group in text.split(";")]
        )
    except ValueError:
        concepts = np.empty(0)
    if concepts.ndim != 2 or len(concepts) != 3 or concepts.min() < 0 or concepts.max() >= BANK:
        raise UserError(
            f"Expected --latents to be three groups of equally many numbers from 0 to {BANK - 1},"
            " as in --latents='12,40,7;3,9,51;22,23,24'; --kind=arithmetic without --latents shows"
            f" the numbered samples. Received: {text!r}"
        )
    return concepts
