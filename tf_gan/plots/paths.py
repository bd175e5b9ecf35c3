"""Ways through latent space."""

import numpy as np

from tf_gan.choices import PATHS
from tf_gan.errors import UserError
from tf_gan.metrics.path_length import WAYS


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
