"""Frechet distance of features (FID on the Inception network): 0 for equal means and
covariances.
"""

from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.metrics import Statistics, frechet_distance


def score(samples: Samples, reference: Reference) -> list[Score]:
    value = frechet_distance(
        Statistics.of(reference.features[0]), Statistics.of(reference.features_of(samples)[0])
    )
    name = f"{reference.extractor.metric_name('fid')}_{thousands(samples.count)}"
    return [
        Score(
            name,
            value,
            f"{samples.count:,} samples against {reference.describe()}",
            details={"reference": reference.protocol},
        )
    ]
