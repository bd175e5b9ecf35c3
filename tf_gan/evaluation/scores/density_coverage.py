"""Density and coverage of features by balls to the 5th neighbour: precision and recall
that outliers disturb less.
"""

from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.metrics import density_coverage


def score(samples: Samples, reference: Reference) -> list[Score]:
    result = density_coverage(reference.features[0], reference.features_of(samples)[0])
    protocol = f"k = 5; {samples.count:,} samples against {reference.describe()}"
    marks = f"{reference.extractor.metric_name('')}_{thousands(samples.count)}"
    details = {"reference": reference.protocol}
    return [
        Score(f"{name}{marks}", value, protocol, details=details)
        for name, value in zip(("density", "coverage"), result, strict=True)
    ]
