"""Errors of a semi-supervised model's classifier on the test images, with their
binomial standard error.
"""

import numpy as np

from tf_gan.errors import UserError
from tf_gan.evaluation import Reference, Samples, Score, thousands

USES_MODEL = True


def score(samples: Samples, reference: Reference) -> list[Score]:
    model = samples.model
    if not hasattr(model, "classify"):
        raise UserError(
            "Needs a model that classifies: expected a run of"
            " config.model.name='semi_supervised_gan'. Leave the metric out"
        )
    test = reference.need("test")
    if test.labels is None:
        raise UserError(f"Expected test images with labels. Received: {test.name}, which has none")
    wrong = model.classify(test.arrays()).argmax(axis=1) != test.labels
    errors, n = int(wrong.sum()), len(test)
    by_class = np.bincount(test.labels[wrong], minlength=model.classes).tolist()
    protocol = (
        f"wrong classes among the {n:,} images of {test.name}; the error is binomial, for this"
        " one run"
    )
    return [
        Score(
            f"test_errors_{thousands(n)}",
            float(errors),
            protocol,
            float(np.sqrt(errors * (1 - errors / n))),
            {"errors_by_class": by_class},
        )
    ]
