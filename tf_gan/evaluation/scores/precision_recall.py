"""Precision and recall of features by balls to the 3rd neighbour: are samples like real
images, are all real images like samples.
"""

from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.metrics import precision_recall


def score(samples: Samples, reference: Reference) -> list[Score]:
    result = precision_recall(reference.features[0], reference.features_of(samples)[0])
    protocol = f"k = 3; {samples.count:,} samples against {reference.describe()}"
    marks = f"{reference.extractor.metric_name('')}_{thousands(samples.count)}"
    details = {"reference": reference.protocol}
    return [
        Score(f"{name}{marks}", value, protocol, details=details)
        for name, value in zip(("precision", "recall"), result, strict=True)
    ]
