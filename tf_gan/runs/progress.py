"""Does a run still get better?"""

import pathlib

import numpy as np

from tf_gan.callbacks import metrics_log

LOG = "distance(samples)"
LEAST = 6  # Values without which nothing is said.


def verdict(workdir) -> str:
    """Returns a sentence that says whether the samples of a run still come nearer to the
    training images, or nothing where the run has no such log or too few values.

    The last third of the values is compared with the third before: a fall of more than
    two standard errors of the difference counts.

    Args:
        workdir: Run directory.
    """
    lines = metrics_log.read(pathlib.Path(workdir, "metrics.jsonl"))
    values = np.array([line[LOG] for line in lines if LOG in line], float)  # NaN for null.
    third = len(values) // 3
    if len(values) < LEAST or not np.isfinite(values).all():
        return ""
    before, last = values[-2 * third : -third], values[-third:]
    error = np.sqrt((before.var(ddof=1) + last.var(ddof=1)) / third)
    fall = before.mean() - last.mean()
    compared = f"{LOG} {last.mean():.3g} in the last third, {before.mean():.3g} in the third before"
    if fall > 2 * error:
        return f"Still improving: {compared}."
    if fall < -2 * error:
        return (
            f"Getting worse: {compared}. An earlier checkpoint may be better: see"
            " --config.keep_best."
        )
    return f"No longer improving by this number: {compared}. Look at the samples."
