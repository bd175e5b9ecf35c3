"""Errors of a semi-supervised model's classifier on the test images, with their
binomial standard error.
"""

import numpy as np

from tf_gan.errors import UserError
from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.evaluation.reference import labelled

USES_MODEL = True


def score(samples: Samples, reference: Reference) -> list[Score]:
    model = samples.model
    if not hasattr(model, "classify"):
        raise UserError(
            "Needs a model that classifies: expected a run of"
            " config.model.name='semi_supervised_gan'. Leave the metric out"
        )
    test, labels = labelled(reference.need("test"))
    wrong = model.classify(test.arrays()).argmax(axis=1) != labels
    errors, n = int(wrong.sum()), len(test)
    by_class = np.bincount(labels[wrong], minlength=model.classes).tolist()
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
