"""Modes of a ring or grid of Gaussians that samples reach, and the share of samples
within 3 deviations of one.
"""

import inspect

from tf_gan.data.sources import grid, ring
from tf_gan.errors import UserError
from tf_gan.evaluation import Reference, Samples, Score, thousands
from tf_gan.metrics import mode_count

MEANS = {"ring": ring.ring_means, "grid": grid.grid_means}
TOYS = {"ring": ring.ring, "grid": grid.grid}


def score(samples: Samples, reference: Reference) -> list[Score]:
    name = reference.config.name
    if name not in MEANS:
        raise UserError(
            f"Modes are counted on data of {sorted(MEANS)}. Received: a run on {name}. Leave the"
            " metric out"
        )
    deviation = inspect.signature(TOYS[name]).parameters["deviation"].default
    means = MEANS[name]()
    result = mode_count(samples.images, means, deviation)
    protocol = (
        f"{samples.count:,} samples, {len(means)} modes, a mode counts if a sample lies within 3"
        " deviations"
    )
    details = {"kl_to_uniform": float(result.kl_to_uniform), "histogram": result.histogram.tolist()}
    marks = thousands(samples.count)
    return [
        Score(f"modes_{marks}", result.count, protocol, details=details),
        Score(f"good_share_{marks}", result.good_share, protocol),
    ]
