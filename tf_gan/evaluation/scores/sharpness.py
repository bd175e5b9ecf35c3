"""Variance of the Laplacian of samples over that of real images: below 1 is blur, above
it noise.
"""

from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.metrics import relative_sharpness


def score(samples: Samples, reference: Reference) -> list[Score]:
    examples = reference.held_out_or_train
    value = relative_sharpness(samples.images, reference.unit(examples, reference.count))
    protocol = f"{samples.count:,} samples over {reference.describe_images()}"
    return [Score(f"sharpness_{thousands(samples.count)}", value, protocol)]
