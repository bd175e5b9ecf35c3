"""Modes of a ring or grid of Gaussians that samples reach, and the share of samples
within 3 deviations of one; of stacked_mnist the modes out of 1,000, by a classifier of
digits, and the KL divergence of their histogram from the uniform one.
"""

import numpy as np

from tf_gan import features
from tf_gan.data.sources import gaussians_1d, grid, ring, stacked_mnist
from tf_gan.errors import UserError
from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.metrics import kl_to_uniform, mode_count

# The means, shape `(M, D)`, and the deviation of the Gaussians that a data source draws from.
MIXTURES = {
    "ring": (ring.ring_means(), ring.DEVIATION),
    "grid": (grid.grid_means(), grid.DEVIATION),
    "gaussians_1d": (np.reshape(gaussians_1d.MEANS, (-1, 1)), gaussians_1d.DEVIATION),
}
COUNTED = ("grid", "ring", "stacked_mnist")


def score(samples: Samples, reference: Reference) -> list[Score]:
    name = reference.config.name
    if name == "stacked_mnist":
        return of_digits(samples)
    if name not in COUNTED:
        raise UserError(
            f"Modes are counted on data of {list(COUNTED)}. Received: a run on {name}. Leave the"
            " metric out"
        )
    means, deviation = MIXTURES[name]
    result = mode_count(samples.images, means, deviation)
    protocol = (
        f"{samples.count:,} samples, {len(means)} modes, a mode counts if a sample lies within 3"
        " deviations"
    )
    details = {"kl_to_uniform": float(result.kl_to_uniform), "histogram": result.histogram.tolist()}
    marks = thousands(samples.count)
    return [
        Score(f"modes_{marks}", result.count, protocol, details=details),
        Score(f"good_share_{marks}", result.good_share, protocol),
    ]


def mixture(name: str) -> tuple[np.ndarray, float] | None:
    """Returns the means, shape `(M, D)`, and the deviation of the Gaussians that a data
    source draws from; None for one that draws from others.
    """
    return MIXTURES.get(name)


def of_digits(samples: Samples) -> list[Score]:
    """Returns how many of the 1,000 triples of digits samples have, and how evenly.

    Papers count with 25,600 samples; of fewer than some 10,000 even ones some modes are
    missing by chance.
    """
    extractor, border = features.classifier("mnist"), stacked_mnist.BORDER
    images = samples.images[:, border:-border, border:-border]
    digits = [
        extractor.probabilities(images[..., channel : channel + 1], (0.0, 1.0)).argmax(axis=1)
        for channel in range(3)
    ]
    numbers = np.stack(digits, axis=-1) @ stacked_mnist.PLACES
    histogram = np.bincount(numbers, minlength=stacked_mnist.MODES)
    protocol = (
        f"{samples.count:,} samples, {stacked_mnist.MODES:,} modes, the digit of each channel by"
        f" {extractor.describe()}"
    )
    details = {"extractor": extractor.protocol(), "histogram": histogram.tolist()}
    marks = thousands(samples.count)
    return [
        Score(f"modes_{marks}", int(np.count_nonzero(histogram)), protocol, details=details),
        Score(f"kl_to_uniform_{marks}", kl_to_uniform(histogram), protocol),
    ]
