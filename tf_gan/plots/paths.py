"""Ways through latent space."""

import numpy as np

from tf_gan.choices import PATHS
from tf_gan.errors import UserError


def interpolate(start: np.ndarray, end: np.ndarray, steps: int, path: str = "linear") -> np.ndarray:
    """Returns points from `start` to `end`, both included.

    linear: (1 - t) a + t b. spherical: sin((1 - t) w) / sin(w) a + sin(t w) / sin(w) b,
    w the angle between a and b (Shoemake, 1985); between Gaussian latents it keeps to
    the lengths that the generator was trained on.

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
    a, b = np.asarray(start, np.float64)[..., None, :], np.asarray(end, np.float64)[..., None, :]
    t = np.linspace(0, 1, steps)[:, None]
    if path == "linear":
        return ((1 - t) * a + t * b).astype(np.float32)
    norms = np.linalg.norm(a, axis=-1, keepdims=True) * np.linalg.norm(b, axis=-1, keepdims=True)
    angle = np.arccos(np.clip((a * b).sum(-1, keepdims=True) / np.maximum(norms, 1e-12), -1, 1))
    straight = np.sin(angle) < 1e-6
    sine = np.where(straight, 1, np.sin(angle))
    weights = (
        np.where(straight, 1 - t, np.sin((1 - t) * angle) / sine),
        np.where(straight, t, np.sin(t * angle) / sine),
    )
    return (weights[0] * a + weights[1] * b).astype(np.float32)
