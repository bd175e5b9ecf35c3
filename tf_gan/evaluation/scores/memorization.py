"""Distances of samples to the nearest training image, over those of held-out images:
about 1 for new images, towards 0 for copies.
"""

from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.metrics import memorization

# Samples and held-out images that are compared: enough for medians, and each of them
# meets the whole training set.
IMAGES = 2000


def score(samples: Samples, reference: Reference) -> list[Score]:
    test, train = reference.need("test"), reference.unit(reference.train_in_memory)
    nearest = f"L2 distance in pixels to the nearest of {len(train):,} training images"
    mirror = reference.config.mirror and train.ndim == 4  # A mirrored copy is a copy.
    nearest += " and their mirror images" if mirror else ""
    images, new = samples.images[:IMAGES], reference.unit(test, IMAGES)
    result = memorization(images, train, new, mirror=mirror)
    counts = (
        f"{min(IMAGES, samples.count):,} samples and {min(IMAGES, len(test)):,} images of"
        f" {test.name}"
    )
    error = "error: bootstrap over both"
    details = {key: float(value) for key, value in result._asdict().items()}
    marks = thousands(min(IMAGES, samples.count))
    return [
        Score(
            f"nearest_neighbour_ratio_{marks}",
            result.ratio,
            f"median {nearest}, {counts}; {error}; 1 for new images, 0 for copies",
            result.ratio_error,
            details,
        ),
        Score(
            f"nearer_than_held_out_{marks}",
            result.share_nearer,
            f"share of pairs of a sample and a held-out image in which the sample has the smaller"
            f" {nearest}, {counts}; {error}; 0.5 for new images, 1 for copies",
            result.share_nearer_error,
            details,
        ),
    ]
