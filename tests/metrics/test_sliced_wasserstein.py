"""Sliced Wasserstein distances: closed forms, scipy in one dimension, pyramids."""

import importlib
import tracemalloc

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from tf_gan import metrics
from tf_gan.errors import UserError

# Its function has the same name.
module = importlib.import_module("tf_gan.metrics.sliced_wasserstein")


def points(n, d=3, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


# === Points ===


@pytest.mark.parametrize(("n", "m"), [(50, 50), (50, 30), (7, 40), (1, 9)])
def test_one_dimension_against_scipy(n, m):
    """There the two directions, 1 and -1, give the same."""
    a, b = points(n, 1), 2 * points(m, 1, seed=1) + 1
    expected = wasserstein_distance(a[:, 0], b[:, 0])
    assert metrics.sliced_wasserstein(a, b, order=1, projections=3) == pytest.approx(
        expected, rel=1e-9
    )
    assert metrics.sliced_wasserstein(b, a, order=1, projections=3) == pytest.approx(
        expected, rel=1e-9
    )


def test_order_2_by_hand():
    """Sorted, (0, 1, 5) lies 1, 2 and 1 from (1, 3, 4): sqrt((1 + 4 + 1) / 3). Against
    (2, 2): sqrt((4 + 1 / 2 + 1 / 2 + 9) / 3).
    """
    a = [[5.0], [0.0], [1.0]]
    assert metrics.sliced_wasserstein(a, [[3.0], [4.0], [1.0]]) == pytest.approx(2**0.5)
    assert metrics.sliced_wasserstein(a, [[2.0], [2.0]]) == pytest.approx((14 / 3) ** 0.5)


def test_a_shift_in_many_dimensions():
    """E (theta . shift)^2 = ||shift||^2 / D."""
    a = points(200, 10)
    distance = metrics.sliced_wasserstein(a, a + 2, projections=4000)
    assert distance**2 == pytest.approx(4, rel=0.1)


def test_isotropic_gaussians():
    """Along every direction N(0, 1) and N(0, 9), at W_2 = 2."""
    assert metrics.sliced_wasserstein(
        points(20_000, 4), 3 * points(20_000, 4, seed=1), projections=50
    ) == pytest.approx(2, rel=0.03)


def test_seeds_and_memory(monkeypatch):
    a, b = points(60, 5), points(40, 5, seed=1)
    value = metrics.sliced_wasserstein(a, b, seed=3)
    assert metrics.sliced_wasserstein(a, a) == 0
    assert metrics.sliced_wasserstein(a, b, seed=4) != value
    monkeypatch.setattr(module, "AT_ONCE", 1)
    assert metrics.sliced_wasserstein(a, b, seed=3) == pytest.approx(value, rel=1e-9)


# === Images ===


def images(n, size=32, channels=1, seed=0):
    return np.random.default_rng(seed).uniform(size=(n, size, size, channels)).astype(np.float32)


def test_the_pyramid_can_be_undone():
    """What each level took away, added again, gives the image."""
    for size in (32, 33, 49):
        image = images(2, size, 3)
        fine, coarse = module._pyramid(image, 16)
        assert fine.shape == image.shape and coarse.shape == (2, -(-size // 2), -(-size // 2), 3)
        zeros = np.zeros_like(image)
        zeros[:, ::2, ::2] = 4 * coarse
        np.testing.assert_allclose(fine + module._blur(zeros), image, atol=1e-6)
        assert len(list(module._pyramid(image, 30))) == 1


def test_flat_images_have_all_in_the_last_level():
    fine, coarse = module._pyramid(np.full((1, 32, 32, 1), 0.7, np.float32), 16)
    np.testing.assert_allclose(coarse, 0.7, atol=1e-6)
    np.testing.assert_allclose(fine, 0, atol=1e-6)


def test_descriptors():
    """Each channel of all patches has mean 0 and deviation 1; each patch is a part of
    its image.
    """
    level = images(5, 16, 3)
    level[..., 1] *= 100
    descriptors = module._descriptors(level, 20, np.random.default_rng(0)).reshape(100, 3, 7, 7)
    np.testing.assert_allclose(descriptors.mean((0, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(descriptors.std((0, 2, 3)), 1, atol=1e-4)
    ramp = np.broadcast_to(
        np.arange(16.0)[:, None, None] * 16 + np.arange(16.0)[:, None], (3, 16, 16, 1)
    )
    patches = module._descriptors(ramp, 9, np.random.default_rng(0)).reshape(27, 7, 7)
    steps = np.diff(patches, axis=1), np.diff(patches, axis=2)
    np.testing.assert_allclose(steps[0] / steps[1].mean(), 16, rtol=1e-3)


def test_descriptors_need_little_memory():
    level = images(100, 16, 3)
    tracemalloc.start()
    descriptors = module._descriptors(level, 100, np.random.default_rng(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert descriptors.dtype == np.float32
    assert descriptors.nbytes == 100 * 100 * 3 * 49 * 4 < peak < 1.3 * descriptors.nbytes


def test_distances_tell_levels_apart():
    """Blurring by 2x2 blocks takes the finest level away and leaves the coarse one
    nearly as it was.
    """
    real, other = images(300, 32, seed=0), images(300, 32, seed=1)
    for x in (real, other):
        x[:] = (x + 3 * x.reshape(300, 4, 8, 4, 8, 1).mean((2, 4)).repeat(8, 1).repeat(8, 2)) / 4
    blurred = other.reshape(300, 16, 2, 16, 2, 1).mean((2, 4)).repeat(2, 1).repeat(2, 2)
    same, smooth = (
        metrics.patch_distances(real, x, patches=32, projections=64) for x in (other, blurred)
    )
    assert list(same) == [32, 16]
    assert smooth[32] > 4 * same[32]
    assert smooth[16] < smooth[32] / 2
    assert metrics.patch_distances(
        2 * real - 1, 2 * other - 1, value_range=(-1, 1), patches=32, projections=64
    ) == pytest.approx(same, rel=1e-2)


@pytest.mark.parametrize("seed", [0, 3])
def test_a_level_against_scipy(seed):
    real, fake = images(6, 16), images(4, 16, seed=1) ** 2
    a, b = (
        module._descriptors(side, 5, np.random.default_rng((seed, 0, number)))
        for number, side in enumerate((real, fake))
    )
    directions = np.random.default_rng(seed).standard_normal((8, 49))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    expected = np.mean([wasserstein_distance(a @ each, b @ each) for each in directions])
    found = metrics.patch_distances(real, fake, patches=5, projections=8, seed=seed)
    assert found == {16: pytest.approx(expected, rel=1e-5)}


def test_bad_input():
    with pytest.raises(UserError, match="real 3, fake 4"):
        metrics.sliced_wasserstein(points(5), points(5, 4))
    with pytest.raises(UserError, match="projections=0"):
        metrics.sliced_wasserstein(points(5), points(5), projections=0)
    with pytest.raises(UserError, match=r"an integer >= 1\. Received: patches=0"):
        metrics.patch_distances(images(2), images(2), patches=0)
    with pytest.raises(UserError, match=r"order=0.5"):
        metrics.sliced_wasserstein(points(5), points(5), order=0.5)
    with pytest.raises(UserError, match=r"order=inf"):
        metrics.sliced_wasserstein(points(5), points(5), order=np.inf)
    with pytest.raises(UserError, match="row of numbers in `fake`"):
        metrics.sliced_wasserstein(points(5), points(0))
    with pytest.raises(UserError, match="finite"):
        metrics.sliced_wasserstein(points(5), np.full((5, 3), np.inf))
    with pytest.raises(UserError, match=r"one size. Received: \(32, 32, 1\) and \(32, 32, 3\)"):
        metrics.patch_distances(images(2), images(2, channels=3))
    with pytest.raises(UserError, match=r"at least `smallest`.*Received: 12 x 12, smallest=16"):
        metrics.patch_distances(images(2, 12), images(2, 12))
    with pytest.raises(UserError, match="`fake` in"):
        metrics.patch_distances(images(2), 255 * images(2))
