"""Points between two latents, and those that cut a prior."""

import numpy as np
import pytest
from scipy.stats import norm

from tf_gan.errors import UserError
from tf_gan.plots.paths import interpolate, quantiles

A, B = np.random.default_rng(0).normal(size=(2, 3, 8))


@pytest.mark.parametrize("path", ["linear", "spherical"])
@pytest.mark.parametrize("steps", [2, 3, 10])
def test_both_ends_are_exact(path, steps):
    points = interpolate(A, B, steps, path)
    assert (points.shape, points.dtype) == ((3, steps, 8), np.float32)
    np.testing.assert_array_equal(points[:, 0], A.astype(np.float32))
    np.testing.assert_array_equal(points[:, -1], B.astype(np.float32))


def test_linear():
    np.testing.assert_allclose(interpolate(A, B, 3)[:, 1], (A + B) / 2, atol=1e-6)
    np.testing.assert_allclose(
        interpolate([0.0, 4.0], [8.0, 0.0], 5), [[0, 4], [2, 3], [4, 2], [6, 1], [8, 0]]
    )


def test_spherical_goes_along_the_circle_at_even_speed():
    points = interpolate([3.0, 0.0], [0.0, 3.0], 7, "spherical")
    angles = np.radians(15 * np.arange(7))
    np.testing.assert_allclose(points, 3 * np.stack([np.cos(angles), np.sin(angles)], 1), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 3, rtol=1e-6)
    # The chord cuts through the circle.
    assert np.linalg.norm(interpolate([3.0, 0.0], [0.0, 3.0], 7)[3]) == pytest.approx(3 / 2**0.5)


def test_spherical_of_unequal_lengths():
    """At half the angle w the weights are both sin(w / 2) / sin(w) = 1 / (2 cos(w /
    2)); here w = 60 degrees.
    """
    a, b = np.array([2.0, 0.0]), np.array([0.5, 0.75**0.5])
    np.testing.assert_allclose(interpolate(a, b, 3, "spherical")[1], (a + b) / 3**0.5, rtol=1e-6)


@pytest.mark.parametrize("factor", [1.0, 2.5, -1.0, 1 + 1e-9])
def test_spherical_of_parallel_latents_is_linear(factor):
    points = interpolate(A, factor * A, 5, "spherical")
    assert np.isfinite(points).all()
    np.testing.assert_allclose(points, interpolate(A, factor * A, 5), atol=1e-5)


def test_parallel_latents_do_not_change_the_others():
    a, b = np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[2.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(
        interpolate(a, b, 3, "spherical")[:, 1], [[1.5, 0], [0.5**0.5, 0.5**0.5]], rtol=1e-6
    )


@pytest.mark.parametrize("steps", [1, 0, -3])
def test_fewer_than_two_steps(steps):
    with pytest.raises(UserError, match=f"steps >= 2.*Received: steps={steps}"):
        interpolate(A, B, steps)


def test_quantiles_of_the_priors():
    np.testing.assert_allclose(quantiles("normal", 2), [-0.67449, 0.67449], atol=1e-5)
    np.testing.assert_allclose(quantiles("normal", 3), [-0.96742, 0, 0.96742], atol=1e-5)
    np.testing.assert_allclose(norm.cdf(quantiles("normal", 21)), (np.arange(21) + 0.5) / 21)
    np.testing.assert_allclose(quantiles((-1.0, 1.0), 4), [-0.75, -0.25, 0.25, 0.75])
