"""Toy densities: where their modes are, how wide they are, how often each is drawn."""

import numpy as np
import pytest

from tf_gan.data import gaussians_1d, grid, ring
from tf_gan.data.sources.grid import grid_means
from tf_gan.data.sources.ring import ring_means
from tf_gan.errors import UserError

N = 20_000


@pytest.mark.parametrize(
    ("draw", "means", "deviation"),
    [
        (lambda seed: ring(N, seed=seed), ring_means(), 0.02),
        (
            lambda seed: ring(N, modes=5, radius=3.0, deviation=0.1, seed=seed),
            ring_means(5, 3.0),
            0.1,
        ),
        (lambda seed: grid(N, seed=seed), grid_means(), 0.05),
        (lambda seed: gaussians_1d(N, seed=seed), np.array([[0.0]]), 1.0),
        (
            lambda seed: gaussians_1d(N, means=(-3, 5), deviation=0.5, seed=seed),
            np.array([[-3.0], [5.0]]),
            0.5,
        ),
    ],
    ids=["ring", "wide ring", "grid", "normal", "two modes"],
)
def test_moments_of_each_mode(draw, means, deviation):
    examples = draw(0)
    modes, width = means.shape
    assert (examples.images.shape, examples.images.dtype, examples.value_range) == (
        (N, width),
        np.float32,
        None,
    )
    assert set(examples.labels) == set(range(modes))
    share = N / modes
    assert np.abs(np.bincount(examples.labels) - share).max() < 5 * np.sqrt(share)
    for mode in range(modes):
        points = examples.images[examples.labels == mode]
        # Five standard errors of a mean and of a deviation.
        np.testing.assert_allclose(
            points.mean(0), means[mode], atol=5 * deviation / np.sqrt(len(points))
        )
        np.testing.assert_allclose(points.std(0), deviation, rtol=5 / np.sqrt(2 * len(points)))
    np.testing.assert_array_equal(draw(0).images, examples.images)
    assert (draw(1).images != examples.images).mean() > 0.99


def test_the_two_coordinates_are_independent():
    points = ring(N, modes=1, deviation=0.5).images
    assert abs(np.corrcoef(points.T)[0, 1]) < 5 / np.sqrt(N)


def test_ring_means():
    np.testing.assert_allclose(ring_means(4, 2.0), [[2, 0], [0, 2], [-2, 0], [0, -2]], atol=1e-15)
    np.testing.assert_allclose(np.linalg.norm(ring_means(8), axis=1), 2.0)
    np.testing.assert_allclose(ring_means(8)[1], [2**0.5, 2**0.5])


def test_grid_means():
    means = {tuple(mean) for mean in grid_means()}
    assert means == {(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)}


def test_arguments():
    with pytest.raises(UserError, match="modes=0"):
        ring(10, modes=0)
    with pytest.raises(UserError, match=r"Expected n >= 1 points .*n=0, deviation=0\.05"):
        grid(0)
    with pytest.raises(UserError, match="n=5, deviation=0"):
        gaussians_1d(5, deviation=0)
