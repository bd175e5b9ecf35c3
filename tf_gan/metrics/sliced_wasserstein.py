"""Wasserstein distances along random directions, between sets of features and between
patches of images.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import convolve1d

from tf_gan.errors import UserError, integer
from tf_gan.metrics.arrays import images, pair

AT_ONCE = 2**24  # Projections sorted at once.
PATCH = 7


def sliced_wasserstein(
    real, fake, *, projections: int = 512, order: float = 2.0, seed: int = 0
) -> float:
    """Returns (mean over directions of W_p^p between the projections)^(1/p), the
    directions uniform on the sphere.

    In one dimension W_p^p is the integral of |F^-1 - G^-1|^p over the quantiles, which
    sorting gives exactly, for sets of different size too.

    Bonneel et al., Sliced and Radon Wasserstein Barycenters of Measures (2015),
    https://doi.org/10.1007/s10851-014-0506-3.

    Args:
        real: Features of shape `(N, D)`.
        fake: Features of shape `(M, D)`.
        projections: Directions, >= 1.
        order: p, >= 1 and finite.
        seed: Fixes the directions.

    Raises:
        ValueError: for empty sets, different widths, NaN or infinite features.
    """
    real, fake = pair(real=real, fake=fake)
    integer("projections", projections)
    if not 1 <= order < np.inf:
        raise UserError(f"Expected a finite order >= 1. Received: order={order}")
    directions = np.random.default_rng(seed).standard_normal((projections, real.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    directions = directions.astype(np.result_type(real, fake))
    # The quantile functions are steps at i / N and j / M: between two neighbours of i M
    # and j N (over N M) both are constant.
    n, m = len(real), len(fake)
    edges = np.union1d(np.arange(n + 1) * m, np.arange(m + 1) * n)
    weights, i, j = np.diff(edges) / (n * m), edges[:-1] // m, edges[:-1] // n
    total, step = 0.0, max(1, AT_ONCE // len(weights))
    for start in range(0, projections, step):
        part = directions[start : start + step]
        x, y = (np.sort(part @ features.T, axis=1) for features in (real, fake))
        difference = (x - y if n == m else x[:, i] - y[:, j]).astype(np.float64)
        total += float(np.sum(np.abs(difference) ** order @ weights))
    return (total / projections) ** (1 / order)


def patch_distances(
    real,
    fake,
    *,
    value_range=(0.0, 1.0),
    patches: int = 128,
    projections: int = 512,
    smallest: int = 16,
    seed: int = 0,
) -> dict[int, float]:
    """Returns the sliced Wasserstein distance between 7x7 patches on each level of the
    images' Laplacian pyramids.

    Each level of the pyramid (Burt and Adelson, 1983) holds what one halving of the
    size takes away, the last one the small image itself. Patches are drawn at random
    places; each channel of all patches of a set is brought to mean 0 and standard
    deviation 1, so that contrast alone makes no difference; then the distance is
    `sliced_wasserstein` with order 1. The finest level sees texture and noise, the
    coarsest one structure.

    Karras et al., Progressive Growing of GANs (2017), section 5,
    https://arxiv.org/abs/1710.10196: 16,384 images of each kind, 128 patches of each,
    512 directions; it prints the distances times 1,000.

    Args:
        real: Images of shape `(N, H, W, C)`.
        fake: Images of shape `(M, H, W, C)`.
        value_range: `(low, high)` of both.
        patches: Of each image and level, >= 1.
        projections: Directions, >= 1.
        smallest: Images are halved as long as their shorter side is at least twice this, so
            no level is smaller; >= 7.
        seed: Fixes places and directions.

    Returns:
        The distance by the height of its level, finest first.

    Raises:
        ValueError: for images of different size or smaller than `smallest`, NaN, or
            values outside of `value_range`.
    """
    real, fake = images("real", real, value_range), images("fake", fake, value_range)
    if real.shape[1:] != fake.shape[1:]:
        raise UserError(
            f"Expected real and fake images of one size. Received: {real.shape[1:]} and"
            f" {fake.shape[1:]}"
        )
    integer("patches", patches)
    if not PATCH <= smallest <= min(real.shape[1:3]):
        raise UserError(
            f"Expected images of at least `smallest` x `smallest` >= {PATCH} x {PATCH}. "
            f"Received: {real.shape[1]} x {real.shape[2]}, smallest={smallest}"
        )
    result = {}
    for level, (a, b) in enumerate(
        zip(_pyramid(real, smallest), _pyramid(fake, smallest), strict=True)
    ):
        descriptors = [
            _descriptors(side, patches, np.random.default_rng((seed, level, number)))
            for number, side in enumerate((a, b))
        ]
        result[a.shape[1]] = sliced_wasserstein(
            *descriptors, projections=projections, order=1.0, seed=seed
        )
    return result


def _pyramid(level: np.ndarray, smallest: int):
    """Yields the levels of the Laplacian pyramid, finest first."""
    while min(level.shape[1:3]) >= 2 * smallest:
        half = _blur(level)[:, ::2, ::2]
        zeros = np.zeros_like(level)
        zeros[:, ::2, ::2] = 4 * half
        yield level - _blur(zeros)
        level = half
    yield level


def _blur(x: np.ndarray) -> np.ndarray:
    kernel = np.array([1, 4, 6, 4, 1], np.float32) / 16
    return convolve1d(convolve1d(x, kernel, axis=1, mode="mirror"), kernel, axis=2, mode="mirror")


def _descriptors(level: np.ndarray, patches: int, generator) -> np.ndarray:
    # (N, places, places, C, 7, 7)
    windows = sliding_window_view(level, (PATCH, PATCH), axis=(1, 2))
    y, x = (
        generator.integers(size, size=len(level) * patches).reshape(-1, patches)
        for size in windows.shape[1:3]
    )
    # Without copies: of the paper's 16,384 RGB images they take 1.2 GB. Sums are
    # float64.
    chosen = np.empty((len(level), patches, *windows.shape[3:]), np.float32)
    for number in range(patches):
        chosen[:, number] = windows[np.arange(len(level)), y[:, number], x[:, number]]
    chosen = chosen.reshape(-1, *windows.shape[3:])  # (N * patches, C, 7, 7)
    chosen -= chosen.mean(axis=(0, 2, 3), keepdims=True, dtype=np.float64).astype(np.float32)
    squares = np.einsum("ncij,ncij->c", chosen, chosen, dtype=np.float64)
    chosen /= np.maximum(np.sqrt(squares * len(squares) / chosen.size), 1e-12).astype(np.float32)[
        :, None, None
    ]
    return chosen.reshape(len(chosen), -1)
