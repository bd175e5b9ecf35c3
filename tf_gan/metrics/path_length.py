"""Perceptual path length (Karras et al., 2019), and the ways that it goes along."""

from collections.abc import Callable

import numpy as np

from tf_gan.errors import UserError
from tf_gan.metrics.arrays import pair


def linear(start, end, t) -> np.ndarray:
    """Returns (1 - t) a + t b in float64, for the arguments of `spherical`."""
    a, b = np.asarray(start, np.float64), np.asarray(end, np.float64)
    return (1 - t) * a + t * b


def spherical(start, end, t) -> np.ndarray:
    """Returns sin((1 - t) w) / sin(w) a + sin(t w) / sin(w) b in float64, w the angle
    between a and b (Shoemake, 1985): between Gaussian latents it keeps to the lengths
    that the generator was trained on.

    Args:
        start: a, shape `(..., d)`.
        end: b, shape `(..., d)`.
        t: Where on the way, in [0, 1]: a number, or an array of a shape that fits.
    """
    a, b, t = (np.asarray(x, np.float64) for x in (start, end, t))
    norms = np.linalg.norm(a, axis=-1, keepdims=True) * np.linalg.norm(b, axis=-1, keepdims=True)
    angle = np.arccos(np.clip((a * b).sum(-1, keepdims=True) / np.maximum(norms, 1e-12), -1, 1))
    straight = np.sin(angle) < 1e-6
    sine = np.where(straight, 1, np.sin(angle))
    return (
        np.where(straight, 1 - t, np.sin((1 - t) * angle) / sine) * a
        + np.where(straight, t, np.sin(t * angle) / sine) * b
    )


WAYS = {"linear": linear, "spherical": spherical}


def perceptual_path_lengths(
    features: Callable[[np.ndarray], np.ndarray],
    start,
    end,
    t,
    *,
    path: str = "spherical",
    epsilon: float = 1e-4,
) -> np.ndarray:
    """Returns how far the features of images move on a short piece of the way from one
    latent to another: their mean is the perceptual path length.

    l_i = ||F(G(p_i(t_i + epsilon))) - F(G(p_i(t_i)))||^2 / epsilon^2

    p_i goes from a_i to b_i: spherical for normal z, linear for w. Low is smooth. Karras
    et al., A Style-Based Generator Architecture for Generative Adversarial Networks
    (2019), https://arxiv.org/abs/1812.04948, section 4.1; their F is the network of
    LPIPS. Values of different F cannot be compared.

    Args:
        features: F(G(p)): function from float32 points `(n, d)` to features `(n, k)`.
            Images must not be rounded to bytes on the way: epsilon moves them by less.
        start: a, shape `(n, d)`.
        end: b, shape `(n, d)`.
        t: Shape `(n,)`, in [0, 1]: uniform draws for the full way, zeros for its ends.
        path: `"spherical"` or `"linear"`.
        epsilon: Length of the piece, > 0.

    Returns:
        l, float64 of shape `(n,)`.

    Raises:
        ValueError: for another path, arrays that do not fit each other, are empty or not
            finite, t outside of [0, 1], or epsilon <= 0.
    """
    start, end, t = np.asarray(start), np.asarray(end), np.asarray(t, np.float64)
    if path not in WAYS or not epsilon > 0:
        raise UserError(
            f"Expected a path out of {tuple(WAYS)} and epsilon > 0. Received: path={path!r},"
            f" epsilon={epsilon}"
        )
    if start.ndim != 2 or start.shape != end.shape or t.shape != start.shape[:1]:
        raise UserError(
            "Expected start and end of the same shape (n, d), and t of shape (n,). Received:"
            f" {start.shape}, {end.shape} and {t.shape}"
        )
    pair(start=start, end=end)  # Not empty, finite.
    if not ((t >= 0) & (t <= 1)).all():
        raise UserError(f"Expected t in [0, 1]. Received: values from {t.min():g} to {t.max():g}")
    here, there = (
        np.asarray(features(WAYS[path](start, end, where).astype(np.float32)), np.float64)
        for where in (t[:, None], t[:, None] + epsilon)
    )
    return np.square(there - here).sum(axis=1) / epsilon**2
