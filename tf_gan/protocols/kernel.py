"""Kernel distance of features (KID on the Inception network): unbiased, so around 0 for equal distributions."""

from tf_gan.metrics import kernel_distance
from tf_gan.protocols import Reference, Samples, Score, thousands


def measure(samples: Samples, reference: Reference) -> list[Score]:
    real, fake = reference.features[0], reference.features_of(samples)[0]
    size = min(1000, len(real), len(fake))
    result = kernel_distance(real, fake, subset_size=size)
    protocol = f"{samples.count:,} samples against {reference.describe()}; 100 subsets of {size:,}; error: deviation between them"
    return [Score(f"{reference.extractor.metric_name('kid')}_{thousands(samples.count)}", result.mean, protocol, result.deviation)]
