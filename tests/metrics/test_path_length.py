"""Perceptual path length: a linear G has it in closed form."""

import numpy as np
import pytest

from tf_gan.errors import UserError
from tf_gan.metrics import perceptual_path_lengths
from tf_gan.metrics.path_length import linear, spherical

RANDOM = np.random.default_rng(0)
MATRIX = RANDOM.normal(size=(5, 7))
A, B = RANDOM.normal(size=(2, 6, 5)).astype(np.float32)
T = RANDOM.uniform(size=6)


def linear_network(points):
    assert points.dtype == np.float32
    return points @ MATRIX


def test_the_linear_way_of_a_linear_network():
    """F(G(p)) = p M: l = ||(b - a) M||^2 everywhere."""
    values = perceptual_path_lengths(linear_network, A, B, T, path="linear")
    np.testing.assert_allclose(values, np.square((B - A) @ MATRIX).sum(axis=1), rtol=5e-3)
    ends = perceptual_path_lengths(linear_network, A, B, np.zeros(6), path="linear")
    np.testing.assert_allclose(ends, values, rtol=5e-3)


def test_the_spherical_way_of_a_linear_network():
    """l = ||p'(t) M||^2, p' = w / sin w (cos(t w) b - cos((1 - t) w) a)."""
    values = perceptual_path_lengths(linear_network, A, B, T)
    cosine = (A * B).sum(1) / np.linalg.norm(A, axis=1) / np.linalg.norm(B, axis=1)
    w = np.arccos(cosine.astype(np.float64))[:, None]
    t = T[:, None]
    slope = w / np.sin(w) * (np.cos(t * w) * B - np.cos((1 - t) * w) * A)
    np.testing.assert_allclose(values, np.square(slope @ MATRIX).sum(axis=1), rtol=5e-3)


def test_on_the_sphere_the_speed_is_the_angle():
    a, b = np.array([[1.0, 0, 0]]), np.array([[0, 1.0, 0]])
    for t in (0.0, 0.3, 0.9):
        (value,) = perceptual_path_lengths(lambda p: p, a, b, np.array([t]), epsilon=1e-2)
        assert value == pytest.approx((np.pi / 2) ** 2, rel=1e-3)
        assert np.linalg.norm(spherical(a, b, t)) == pytest.approx(1)
    np.testing.assert_allclose(spherical(a, a, 0.3), a)
    np.testing.assert_allclose(linear(a, b, 0.25), [[0.75, 0.25, 0]])


def test_what_does_not_fit():
    with pytest.raises(UserError, match="a path out of"):
        perceptual_path_lengths(linear_network, A, B, T, path="w")
    with pytest.raises(UserError, match="epsilon=0"):
        perceptual_path_lengths(linear_network, A, B, T, epsilon=0)
    with pytest.raises(UserError, match=r"of the same shape .*\(6, 5\), \(5, 5\)"):
        perceptual_path_lengths(linear_network, A, B[:5], T)
    with pytest.raises(UserError, match="row of numbers in `start`"):
        perceptual_path_lengths(linear_network, A[:0], B[:0], T[:0])
    with pytest.raises(UserError, match="finite numbers in `end`"):
        perceptual_path_lengths(linear_network, A, np.full_like(B, np.nan), T)
    for t in (7.0, -0.1, np.nan):
        with pytest.raises(UserError, match=r"t in \[0, 1\]"):
            perceptual_path_lengths(linear_network, A, B, np.full(6, t))
