"""Density and coverage of features by balls to the 5th neighbour: precision and recall
that outliers disturb less.
"""

from tf_gan.evaluation import Reference, Samples, Score
from tf_gan.evaluation.balls import ball_scores
from tf_gan.metrics import density_coverage_rows


def score(samples: Samples, reference: Reference) -> list[Score]:
    return ball_scores(samples, reference, ("density", "coverage"), density_coverage_rows, k=5)
