"""Frechet distance of features (FID on the Inception network): 0 for equal means and
covariances.
"""

from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.metrics import Statistics, frechet_distance


def score(samples: Samples, reference: Reference) -> list[Score]:
    real, fake = reference.features[0], reference.features_of(samples)[0]
    value = frechet_distance(Statistics.of(real), Statistics.of(fake))
    name = f"{reference.extractor.metric_name('fid')}_{thousands(samples.count)}"
    protocol = f"{samples.count:,} samples against {reference.describe()}"
    if min(len(real), len(fake)) <= real.shape[1]:
        protocol += (
            f"; too large, for there are no more images than features ({real.shape[1]:,}): see the"
            " kernel distance"
        )
    return [Score(name, value, protocol, details={"reference": reference.protocol})]
