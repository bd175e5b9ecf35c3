"""Mean MS-SSIM of pairs of samples: a value above that of real images shows a lack of
variety.
"""

from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.metrics import ms_ssim_diversity


def score(samples: Samples, reference: Reference) -> list[Score]:
    reference.need_pictures()
    result, real = ms_ssim_diversity(samples.images), ms_ssim_diversity(reference.images)
    protocol = (
        f"1,000 random pairs out of {samples.count:,} samples, {result.scales} scales; beside it in"
        f" the details that of {reference.describe_images()}; error: standard error over pairs"
    )
    return [
        Score(
            f"ms_ssim_{thousands(samples.count)}",
            result.ms_ssim,
            protocol,
            result.standard_error,
            {"real": real.ms_ssim},
        )
    ]
