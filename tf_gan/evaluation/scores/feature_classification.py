"""Accuracy of a linear SVM on the discriminator's convolutional features, which it
learnt without labels (the protocol of DCGAN).
"""

from tf_gan.errors import UserError
from tf_gan.evaluation import Reference, Samples, Score
from tf_gan.evaluation.reference import labelled
from tf_gan.metrics.feature_classification import feature_classification

USES_MODEL = True
PER_CLASS = 100  # Labelled images of each class, as the paper takes of SVHN.


def score(samples: Samples, reference: Reference) -> list[Score]:
    if "discriminator" not in samples.model.roles:
        raise UserError(
            "Needs a discriminator: expected a model that has one. Received:"
            f" {type(samples.model).__name__}. Leave the metric out"
        )
    test, test_labels = labelled(reference.need("test"))
    train, train_labels = labelled(reference.train_in_memory)
    arrays = [train.arrays(), train_labels, test.arrays(), test_labels]
    value = feature_classification(samples.model.discriminator, *arrays, labels_per_class=PER_CLASS)
    protocol = (
        f"features of all convolutions pooled to 4x4, L2-SVM on {PER_CLASS} labels of each class,"
        f" {len(test):,} images of {test.name}"
    )
    return [Score(f"feature_classification_{PER_CLASS}", value, protocol)]
