"""Density and coverage of features by balls to the 5th neighbour: precision and recall
that outliers disturb less.
"""

import numpy as np

from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.metrics import density_coverage_rows, standard_error

K = 5


def score(samples: Samples, reference: Reference) -> list[Score]:
    real, fake = reference.equal_features(samples, K + 1)
    protocol = (
        f"k = {K}; {len(fake):,} samples against {reference.describe()}; error: bootstrap over the"
        " samples (density) or the images (coverage), the other set held fixed"
    )
    marks = f"{reference.extractor.metric_name('')}_{thousands(len(fake))}"
    details = {"reference": reference.protocol}
    rows = density_coverage_rows(real, fake, k=K)
    return [
        Score(
            f"{name}{marks}", float(each.mean()), protocol, standard_error(np.mean, each), details
        )
        for name, each in zip(("density", "coverage"), rows, strict=True)
    ]
