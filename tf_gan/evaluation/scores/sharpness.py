"""Variance of the Laplacian of samples over that of real images: below 1 is blur, above
it noise.
"""

from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.metrics import sharpness, standard_error
from tf_gan.metrics.sharpness import ratio


def score(samples: Samples, reference: Reference) -> list[Score]:
    reference.need_pictures()
    ours, theirs = sharpness(samples.images), sharpness(reference.images)
    value = ratio(ours, theirs)
    error = standard_error(lambda fake, real: fake.mean() / (real.mean() or 1), ours, theirs)
    protocol = (
        f"mean of {samples.count:,} samples over that of {reference.describe_images()}; error:"
        " bootstrap over both"
    )
    details = {"samples": float(ours.mean()), "images": float(theirs.mean())}
    return [Score(f"sharpness_{thousands(samples.count)}", value, protocol, error, details)]
