"""The variance of the Laplacian."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, laplace

from tf_gan import metrics
from tf_gan.errors import UserError


def images(n=6, channels=1, seed=0):
    return np.random.default_rng(seed).uniform(size=(n, 20, 18, channels)).astype(np.float32)


def test_against_scipy():
    x = images(channels=3)
    expected = [
        np.stack([laplace(image[..., c].astype(np.float64)) for c in range(3)], -1)[
            1:-1, 1:-1
        ].var()
        for image in x
    ]
    np.testing.assert_allclose(metrics.sharpness(x), expected, rtol=1e-5)


def test_by_hand():
    """One bright pixel in the middle of 5x5: the Laplacian is -4, four times 1, four
    times 0.
    """
    image = np.zeros((1, 5, 5, 1))
    image[0, 2, 2, 0] = 1
    assert metrics.sharpness(image)[0] == pytest.approx(20 / 9)
    ramp = np.broadcast_to(np.arange(9.0)[:, None], (1, 9, 9))[..., None]
    assert metrics.sharpness(ramp)[0] == 0


def test_blur_lowers_it_and_noise_raises_it():
    real = np.stack([gaussian_filter(image, (1, 1, 0)) for image in images()])
    blurred = np.stack([gaussian_filter(image, (1, 1, 0)) for image in real])
    assert metrics.relative_sharpness(real, real) == 1
    assert metrics.relative_sharpness(blurred, real) < 0.5
    assert metrics.relative_sharpness(real + 0.1 * images(seed=1), real) > 1
    assert metrics.relative_sharpness(2 * real, real) == pytest.approx(4, rel=1e-5)


def test_bad_input():
    with pytest.raises(UserError, match=r"at least 3 x 3. Received: 2 x 18"):
        metrics.sharpness(images()[:, :2])
    with pytest.raises(UserError, match=r"\(N, H, W, C\). Received: shape \(6, 20, 18\)"):
        metrics.sharpness(images()[..., 0])
    with pytest.raises(UserError, match=r"one size. Received: \(20, 18, 1\) and \(20, 18, 3\)"):
        metrics.relative_sharpness(images(), images(channels=3))
    with pytest.raises(UserError, match="reference with edges"):
        metrics.relative_sharpness(images(), np.ones((2, 20, 18, 1)))
    with pytest.raises(UserError, match="finite"):
        metrics.sharpness(images() * np.nan)
