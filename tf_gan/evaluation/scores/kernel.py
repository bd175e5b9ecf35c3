"""Kernel distance of features (KID on the Inception network): unbiased, so around 0 for
equal distributions.
"""

from tf_gan.errors import UserError
from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.metrics import kernel_distance

SUBSET = 1000  # That of the paper; another one stands in the name.
LEAST = 100


def score(samples: Samples, reference: Reference) -> list[Score]:
    real, fake = reference.features[0], reference.features_of(samples)[0]
    size = min(SUBSET, len(real), len(fake))
    if size < LEAST:
        raise UserError(
            f"Expected at least {LEAST} samples and as many images, for subsets that say something."
            f" Received: {len(fake)} and {len(real)}"
        )
    result = kernel_distance(real, fake, subset_size=size)
    protocol = (
        f"{samples.count:,} samples against {reference.describe()}; 100 subsets of {size:,}; error:"
        " deviation between them"
    )
    name = f"{reference.extractor.metric_name('kid')}_{thousands(samples.count)}" + (
        "" if size == SUBSET else f"_subsets_{size}"
    )
    return [Score(name, result.mean, protocol, result.deviation, {"reference": reference.protocol})]
