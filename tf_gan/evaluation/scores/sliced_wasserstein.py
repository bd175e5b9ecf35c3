"""Sliced Wasserstein distance of the pixels or points themselves; no network, so it
works for any data.
"""

from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.metrics import sliced_wasserstein


def score(samples: Samples, reference: Reference) -> list[Score]:
    real = reference.images
    value = sliced_wasserstein(
        real.reshape(len(real), -1), samples.images.reshape(samples.count, -1)
    )
    protocol = (
        f"512 projections of all entries; {samples.count:,} samples against"
        f" {reference.describe_images()}"
    )
    return [Score(f"sliced_wasserstein_{thousands(samples.count)}", value, protocol)]
