"""Standard errors of numbers that have no formula for theirs."""

from collections.abc import Callable

import numpy as np

from tf_gan.errors import UserError, integer


def standard_error(
    statistic: Callable[..., float], *sets, draws: int = 1000, seed: int = 0
) -> float:
    """Returns the bootstrap estimate of a statistic's standard error.

    sqrt(mean_b (s_b - mean s)^2), where s_b is the statistic of sets of the same sizes,
    drawn from the given ones with replacement. For a mean of n rows it is about
    std / sqrt(n). It cannot see what the sets lack: where all rows are equal it is 0.

    Efron, Bootstrap Methods: Another Look at the Jackknife (1979),
    https://doi.org/10.1214/aos/1176344552.

    Args:
        statistic: Function of as many arrays as there are sets.
        *sets: Arrays of shape `(N, ...)`, each with its own N >= 1. Give one number for
            each image, such as its distance to the nearest other: rows that are drawn
            twice would be each other's nearest neighbours.
        draws: How many, >= 2.
        seed: Fixes the draws.

    Raises:
        ValueError: for an empty set, or fewer than 2 draws.
    """
    integer("draws", draws, 2)
    arrays = [np.asarray(each) for each in sets]
    if not arrays or any(len(each) == 0 for each in arrays):
        raise UserError(
            f"Expected sets of at least one row. Received: {[each.shape for each in arrays]}"
        )
    generator = np.random.default_rng(seed)
    values = [
        statistic(*(each[generator.integers(len(each), size=len(each))] for each in arrays))
        for _ in range(draws)
    ]
    error = float(np.std(values))
    rounding = error <= 1e-12 * np.max(np.abs(values))  # False where a value is NaN.
    return 0.0 if rounding else error
