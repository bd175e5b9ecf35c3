"""Inception score by a network's class probabilities: from 1 to the number of classes."""

from tf_gan.errors import UserError
from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.metrics import inception_score

SPLITS = 10


def score(samples: Samples, reference: Reference) -> list[Score]:
    extractor = reference.extractor
    probabilities = reference.probabilities_of(samples)
    if len(probabilities) < SPLITS:
        raise UserError(
            f"Expected at least {SPLITS} samples for the inception score, one for each split."
            f" Received: {len(probabilities)}"
        )
    result = inception_score(probabilities, splits=SPLITS)
    protocol = (
        f"{samples.count:,} samples, {SPLITS} splits; network: {extractor.describe()}; error:"
        " deviation between splits"
    )
    name = f"{extractor.metric_name('is')}_{thousands(samples.count)}"
    return [
        Score(name, result.mean, protocol, result.deviation, {"extractor": extractor.protocol()})
    ]
