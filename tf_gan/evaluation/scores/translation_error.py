"""How far translations are from the truth, for sources whose targets are known: mean
absolute difference, PSNR and SSIM of pairs.

The pairs are those of the test split where the data set has one, otherwise the training
pairs. A model that has learnt without pairs is measured on pairs all the same, where
the data set has some.
"""

import numpy as np

from tf_gan import models
from tf_gan.data.ranges import to_unit
from tf_gan.data.sources.image_pairs import ImagePairs
from tf_gan.errors import UserError
from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.metrics import psnr, ssim
from tf_gan.metrics.image_quality import WINDOW

USES_MODEL = True
BATCH = 256  # Pairs that are in memory as floats at a time.
HIGHEST = 100.0  # What equal images, of infinite PSNR, count.
TEXTS = {
    "l1": "mean absolute difference",
    "psnr": "mean PSNR in dB of the luma",
    "ssim": "mean SSIM of the luma",
}


def score(samples: Samples, reference: Reference) -> list[Score]:
    model = samples.model
    if not isinstance(model, models.Translation):
        raise UserError(
            f"A {type(model).__name__} does not translate images of pairs: expected a"
            " run of a model such as config.model.name='pix2pix'"
        )
    pairs = reference.pairs.spread(samples.count)
    if not isinstance(pairs, ImagePairs) or not pairs.paired:
        raise UserError(
            "The error of translations needs pairs. Expected data with pairs, such as image_pairs."
            " Leave the metric out"
        )
    errors: dict[str, list[np.ndarray]] = {"l1": [], "psnr": []}
    if min(pairs.image_shape[:2]) >= WINDOW:
        errors["ssim"] = []
    unit = (0.0, 1.0)
    for start in range(0, len(pairs), BATCH):
        part = pairs[start : start + BATCH]
        real, fake = (
            reference.unit(part),
            to_unit(model.translate(part.source_arrays()), model.data_range),
        )
        errors["l1"].append(np.abs(real - fake).mean(axis=(1, 2, 3)))
        errors["psnr"].append(
            np.minimum(psnr(real, fake, border=0, value_range=unit).numpy(), HIGHEST)
        )
        if "ssim" in errors:
            errors["ssim"].append(ssim(real, fake, border=0, value_range=unit).numpy())
    protocol = f"{len(pairs):,} pairs of {pairs.name}, images in [0, 1]"
    scores = []
    for name, parts in errors.items():
        values = np.concatenate(parts)
        error = float(values.std() / len(values) ** 0.5)
        scores.append(
            Score(
                f"translation_{name}_{thousands(len(pairs))}",
                float(values.mean()),
                f"{TEXTS[name]}; {protocol}",
                error,
            )
        )
    return scores
