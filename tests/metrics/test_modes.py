"""Modes of a mixture: counted by hand, and on the toy densities."""

import numpy as np
import pytest

from tf_gan import data, metrics
from tf_gan.data.sources.grid import grid_means
from tf_gan.data.sources.ring import ring_means
from tf_gan.errors import UserError


@pytest.mark.parametrize(
    ("draw", "means", "deviation"),
    [(data.ring, ring_means(), 0.02), (data.grid, grid_means(), 0.05)],
)
def test_the_density_itself(draw, means, deviation):
    """In the plane 1 - exp(-9/2) of a Gaussian lies within three deviations."""
    modes = metrics.mode_count(draw(20_000).images, means, deviation)
    assert modes.count == len(means)
    assert modes.good_share == pytest.approx(1 - np.exp(-4.5), abs=5 * np.sqrt(0.0111 / 20_000))
    assert 0 <= modes.kl_to_uniform < len(means) / 20_000  # About (M - 1) / 2N.
    assert modes.histogram.sum() == 20_000


def test_by_hand():
    """Means at 0, 10 and 20: three good samples at the first, a bad one at the second,
    none at the third.
    """
    modes = metrics.mode_count([[0.0], [2.9], [-3.0], [13.1]], [[0.0], [10.0], [20.0]], 1.0)
    assert (modes.count, modes.good_share, modes.histogram.tolist()) == (1, 0.75, [3, 1, 0])
    assert modes.kl_to_uniform == pytest.approx(0.75 * np.log(0.75 * 3) + 0.25 * np.log(0.25 * 3))
    assert (
        metrics.mode_count(
            [[0.0], [2.9], [-3.0], [13.1]], [[0.0], [10.0], [20.0]], 1.0, radius=3.2
        ).count
        == 2
    )


def test_collapse():
    """All samples on one of eight modes."""
    modes = metrics.mode_count(np.tile(ring_means()[3], (50, 1)), ring_means(), 0.02)
    assert (modes.count, modes.good_share) == (1, 1)
    assert modes.kl_to_uniform == pytest.approx(np.log(8))


def test_samples_on_no_mode():
    modes = metrics.mode_count(np.zeros((10, 2)) + 0.01, ring_means(), 0.02)
    assert (modes.count, modes.good_share) == (0, 0)


def test_bad_input():
    with pytest.raises(UserError, match="samples 3, means 2"):
        metrics.mode_count(np.zeros((4, 3)), ring_means(), 0.02)
    with pytest.raises(UserError, match="deviation=0"):
        metrics.mode_count(np.zeros((4, 2)), ring_means(), 0)
    with pytest.raises(UserError, match="finite"):
        metrics.mode_count(np.full((4, 2), np.nan), ring_means(), 0.02)
    with pytest.raises(UserError, match="row of numbers in `samples`"):
        metrics.mode_count(np.zeros((0, 2)), ring_means(), 0.02)


def test_kl_to_uniform_of_a_histogram():
    assert metrics.kl_to_uniform([7, 7, 7, 7]) == pytest.approx(0, abs=1e-12)
    assert metrics.kl_to_uniform([0, 0, 9, 0]) == pytest.approx(np.log(4))
    assert metrics.kl_to_uniform([3, 1]) == pytest.approx(
        0.75 * np.log(0.75 / 0.5) + 0.25 * np.log(0.25 / 0.5)
    )
    # Its mean for N even samples is about (M - 1) / 2N, with the deviation of a
    # chi-squared number over 2N.
    draws = np.random.default_rng(0).integers(1000, size=25_600)
    assert metrics.kl_to_uniform(np.bincount(draws, minlength=1000)) == pytest.approx(
        999 / 51_200, abs=5 * np.sqrt(2 * 999) / 51_200
    )
    for wrong in ([], [0, 0], [1, -1], [[1, 2]], [np.inf, 1]):
        with pytest.raises(UserError, match="number of samples of each mode"):
            metrics.kl_to_uniform(wrong)
