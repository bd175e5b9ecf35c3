"""Distances of samples to the nearest training image, over those of held-out images:
about 1 for new images, towards 0 for copies.
"""

from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.metrics import memorization

# Samples and held-out images that are compared: enough for medians, and each of them
# meets the whole training set.
IMAGES = 2000


def score(samples: Samples, reference: Reference) -> list[Score]:
    test, train = reference.need("test"), reference.train_in_memory
    result = memorization(
        samples.images[:IMAGES], reference.unit(train), reference.unit(test, IMAGES)
    )
    counts = (
        f"{min(IMAGES, samples.count):,} samples and {min(IMAGES, len(test)):,} images of"
        f" {test.name}"
    )
    protocol = (
        f"median L2 distance in pixels to the nearest of {len(train):,} training images, {counts}"
    )
    details = {key: float(value) for key, value in result._asdict().items()}
    return [
        Score(
            f"nearest_neighbour_ratio_{thousands(min(IMAGES, samples.count))}",
            result.ratio,
            protocol,
            details=details,
        )
    ]
