"""Kernel distance of features (KID on the Inception network): unbiased, so around 0 for
equal distributions.
"""

import numpy as np

from tf_gan.errors import UserError
from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.metrics import kernel_distance, squared_mmd, squared_mmd_error

SUBSET = 1000  # That of the paper.
# Images of a side that are compared as a whole: all pairs of them. Subsets of fewer would
# hold nearly the same images, and their deviation would say nothing.
MOST = 2000
LEAST = 10


def score(samples: Samples, reference: Reference) -> list[Score]:
    real, fake = reference.features[0], reference.features_of(samples)[0]
    if min(len(real), len(fake)) < LEAST:
        raise UserError(
            f"Expected at least {LEAST} samples and as many images, for a distance that says"
            f" something. Received: {len(fake)} and {len(real)}"
        )
    name = reference.extractor.metric_name("kid")
    details = {"reference": reference.protocol}
    if min(len(real), len(fake)) >= MOST:
        result = kernel_distance(real, fake, subset_size=SUBSET)
        protocol = (
            f"{samples.count:,} samples against {reference.describe()}; 100 subsets of {SUBSET:,};"
            " error: deviation between them"
        )
        name = f"{name}_{thousands(samples.count)}"
        return [Score(name, result.mean, protocol, result.deviation, details)]
    part = f", {MOST:,} of them, evenly spaced" if len(real) > MOST else ""
    real, fake = (
        features[np.arange(MOST) * len(features) // MOST] if len(features) > MOST else features
        for features in (real, fake)
    )
    protocol = (
        f"{len(fake):,} samples against {reference.describe()}{part}; all pairs; error: standard"
        " error by leaving out one image after the other"
    )
    name = f"{name}_{thousands(len(fake))}_vs_{thousands(len(real))}"
    value = squared_mmd(real, fake)
    return [Score(name, value, protocol, squared_mmd_error(real, fake), details)]
