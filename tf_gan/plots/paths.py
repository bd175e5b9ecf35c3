"""Points of latent space, ways through it, and the classes that are shown along them."""

import numpy as np
from scipy.special import ndtri

from tf_gan import models
from tf_gan.choices import PATHS
from tf_gan.errors import UserError
from tf_gan.metrics.path_length import WAYS
from tf_gan.training.rng import Stream


def drawn_labels(
    model: models.GenerativeModel, n: int, random: Stream, *, each: int = 1, times: int = 1
) -> np.ndarray | None:
    """Returns n labels, as `generate` draws them, each of them `each` times in a row, and
    all of this `times` times; None for a model without classes.
    """
    if not model.num_classes:
        return None
    return np.tile(model.sample_labels(n, random.fold(0)).numpy().repeat(each), times)


def quantiles(prior, n: int) -> np.ndarray:
    """Returns the n points that cut a prior, `"normal"` or `(low, high)`, into parts of
    equal probability, in the middle of each.
    """
    probabilities = (np.arange(n) + 0.5) / n
    if prior == "normal":
        return ndtri(probabilities)
    low, high = prior
    return low + (high - low) * probabilities


def interpolate(start: np.ndarray, end: np.ndarray, steps: int, path: str = "linear") -> np.ndarray:
    """Returns points from `start` to `end`, both included.

    For the formulas see `linear` and `spherical` in `tf_gan.metrics.path_length`.

    Args:
        start: Latents of shape `(..., latent_dim)`.
        end: Latents of shape `(..., latent_dim)`, as many as `start` has.
        steps: Number of points, >= 2.
        path: `"linear"` or `"spherical"`.

    Returns:
        Array of shape `(..., steps, latent_dim)`.
    """
    if steps < 2 or path not in PATHS:
        raise UserError(
            f"Expected steps >= 2 and a path out of {PATHS}. Received: steps={steps}, path={path!r}"
        )
    a, b = np.asarray(start)[..., None, :], np.asarray(end)[..., None, :]
    return WAYS[path](a, b, np.linspace(0, 1, steps)[:, None]).astype(np.float32)
