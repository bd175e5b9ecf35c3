"""Share of a conditional model's samples that a classifier gives the label that was
asked for.
"""

import numpy as np

from tf_gan.errors import UserError
from tf_gan.evaluation import Reference, Samples, Score, thousands

USES_MODEL = True


def score(samples: Samples, reference: Reference) -> list[Score]:
    if not samples.model.num_classes:
        raise UserError(
            "Needs a model with classes: expected a conditional run. Leave the metric out"
        )
    probabilities = reference.probabilities_of(samples)
    if probabilities.shape[1] != samples.model.num_classes:
        raise UserError(
            f"Expected an extractor with probabilities of the {samples.model.num_classes} classes,"
            f" such as --extractor=classifier. Received: {reference.extractor.name!r}, with"
            f" {probabilities.shape[1]}"
        )
    labels = samples.model.sample_inputs(samples.count, samples.seed)[1].numpy()
    agreement = float(np.mean(probabilities.argmax(axis=1) == labels))
    protocol = (
        f"{samples.count:,} samples with labels drawn evenly; classes by"
        f" {reference.extractor.describe()}"
    )
    name = f"label_agreement_{reference.extractor.name}_{thousands(samples.count)}"
    return [Score(name, agreement, protocol, details={"extractor": reference.extractor.protocol()})]
