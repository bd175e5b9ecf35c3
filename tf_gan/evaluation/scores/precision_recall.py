"""Precision and recall of features by balls to the 3rd neighbour: are samples like real
images, are all real images like samples.
"""

from tf_gan.evaluation import Reference, Samples, Score
from tf_gan.evaluation.balls import ball_scores
from tf_gan.metrics import precision_recall_rows


def score(samples: Samples, reference: Reference) -> list[Score]:
    return ball_scores(samples, reference, ("precision", "recall"), precision_recall_rows, k=3)
