"""How well the first categorical code of an InfoGAN says the class: the share of
samples in the commonest class of their category.

The class of a sample is the one that a classifier, trained on the labels of the data,
gives it: 1 means that each category makes one class only. It takes no account of two
categories that make the same class; the details list the classes.
"""

import numpy as np

from tf_gan.data.ranges import to_unit
from tf_gan.errors import UserError
from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.training.rng import Fold, Stream

USES_MODEL = True


def score(samples: Samples, reference: Reference) -> list[Score]:
    model = samples.model
    if not getattr(model, "categorical", ()):
        raise UserError(
            "Code purity is a property of a model with a categorical code: expected a run of"
            " config.model.name='info_gan'"
        )
    categories = np.arange(samples.count) % model.categorical[0]
    latents = model.with_codes(
        model.sample_latents(samples.count, Stream(samples.seed, Fold.GENERATION)), categories
    )
    probabilities = reference.extractor.probabilities(
        to_unit(model.images_from(latents), model.data_range), (0.0, 1.0)
    )
    counts = contingency(
        categories, probabilities.argmax(axis=1), model.categorical[0], probabilities.shape[1]
    )
    protocol = (
        f"{samples.count:,} samples, the categories in equal parts; classes by"
        f" {reference.extractor.describe()}"
    )
    name = f"code_purity_{reference.extractor.name}_{thousands(samples.count)}"
    details = {
        "classes": counts.argmax(axis=1).tolist(),
        "extractor": reference.extractor.protocol(),
    }
    return [Score(name, float(counts.max(axis=1).sum() / counts.sum()), protocol, details=details)]


def contingency(categories: np.ndarray, classes: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Returns how many of each category (rows) are of each class (columns)."""
    return np.bincount(categories * columns + classes, minlength=rows * columns).reshape(
        rows, columns
    )
