"""Scores that ask which features lie in balls around others."""

from collections.abc import Callable

import numpy as np

from tf_gan.evaluation.reference import Reference
from tf_gan.evaluation.samples import Samples
from tf_gan.evaluation.score import Score, thousands
from tf_gan.metrics import standard_error


def ball_scores(
    samples: Samples, reference: Reference, names: tuple[str, str], rows: Callable, k: int
) -> list[Score]:
    """Returns two scores, the first a mean over the samples, the second over the images.

    Args:
        samples: The images that are measured.
        reference: Those that they are compared with.
        names: Of the two scores.
        rows: Function of real and fake features, and k, that returns the values of the two.
        k: Each ball goes as far as the k-th neighbour.
    """
    real, fake = reference.equal_features(samples, k + 1)
    protocol = (
        f"k = {k}; {len(fake):,} samples against {reference.describe()}; error: bootstrap over the"
        f" samples ({names[0]}) or the images ({names[1]}), the other set held fixed"
    )
    marks = f"{reference.extractor.metric_name('')}_{thousands(len(fake))}"
    details = {"reference": reference.protocol}
    return [
        Score(
            f"{name}{marks}", float(each.mean()), protocol, standard_error(np.mean, each), details
        )
        for name, each in zip(names, rows(real, fake, k=k), strict=True)
    ]
