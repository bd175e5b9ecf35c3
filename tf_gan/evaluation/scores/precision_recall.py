"""Precision and recall of features by balls to the 3rd neighbour: are samples like real
images, are all real images like samples.
"""

import numpy as np

from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.metrics import precision_recall_rows, standard_error

K = 3


def score(samples: Samples, reference: Reference) -> list[Score]:
    real, fake = reference.equal_features(samples, K + 1)
    protocol = (
        f"k = {K}; {len(fake):,} samples against {reference.describe()}; error: bootstrap over the"
        " samples (precision) or the images (recall), the other set held fixed"
    )
    marks = f"{reference.extractor.metric_name('')}_{thousands(len(fake))}"
    details = {"reference": reference.protocol}
    rows = precision_recall_rows(real, fake, k=K)
    return [
        Score(
            f"{name}{marks}", float(each.mean()), protocol, standard_error(np.mean, each), details
        )
        for name, each in zip(("precision", "recall"), rows, strict=True)
    ]
