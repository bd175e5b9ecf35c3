"""MS-SSIM: against TensorFlow's own five scales, fewer of them for small images,
diversity.
"""

import numpy as np
import pytest
import tensorflow as tf

from tf_gan import metrics
from tf_gan.errors import UserError
from tf_gan.metrics.ms_ssim import WEIGHTS, scales


def images(n, size, channels=1, seed=0):
    """Smooth ones: noise, enlarged."""
    coarse = np.random.default_rng(seed).uniform(size=(n, 8, 8, channels))
    return np.clip(tf.image.resize(coarse, (size, size), "bicubic").numpy(), 0, 1)


@pytest.mark.parametrize(
    ("edge", "count"),
    [
        (11, 1),
        (20, 1),
        (21, 2),
        (28, 2),
        (32, 2),
        (40, 2),
        (41, 3),
        (81, 4),
        (160, 4),
        (161, 5),
        (512, 5),
    ],
)
def test_scales(edge, count):
    assert scales(edge, 600) == scales(600, edge) == count
    # TensorFlow agrees that there is room for as many and for no more.
    noise = np.random.default_rng(0).uniform(size=(1, edge, edge, 1)).astype(np.float32)
    assert np.isfinite(tf.image.ssim_multiscale(noise, noise, 1.0, [1 / count] * count)).all()
    if count < 5:
        with pytest.raises(tf.errors.InvalidArgumentError):
            tf.image.ssim_multiscale(noise, noise, 1.0, [1 / (count + 1)] * (count + 1))


def test_large_images_have_the_five_scales_of_the_paper():
    a, b = images(3, 176, 3), images(3, 176, 3, seed=1)
    ours = metrics.ms_ssim(a, b)
    # Its weights sum to 1.0001.
    np.testing.assert_allclose(ours, tf.image.ssim_multiscale(a, b, 1.0).numpy(), atol=1e-4)
    assert (ours.shape, ours.dtype) == ((3,), np.float64)
    np.testing.assert_allclose(
        metrics.ms_ssim(255 * a, 255 * b, value_range=(0, 255)), ours, atol=1e-5
    )


def test_one_scale_is_ssim():
    a, b = (
        images(5, 16),
        np.clip(
            images(5, 16) + 0.05 * np.random.default_rng(1).standard_normal((5, 16, 16, 1)), 0, 1
        ).astype(np.float32),
    )
    np.testing.assert_allclose(metrics.ms_ssim(a, b), tf.image.ssim(a, b, 1.0).numpy(), atol=1e-5)


def test_weights_of_fewer_scales_sum_to_1():
    a, b = images(4, 28), images(4, 28, seed=1)
    weights = np.array(WEIGHTS[:2]) / sum(WEIGHTS[:2])
    np.testing.assert_allclose(
        metrics.ms_ssim(a, b),
        tf.image.ssim_multiscale(a, b, 1.0, weights.tolist()).numpy(),
        atol=1e-6,
    )


def test_equal_images_and_damage():
    a = images(300, 28)  # More than one batch.
    np.testing.assert_allclose(metrics.ms_ssim(a, a), 1, atol=1e-6)
    noise = np.random.default_rng(1).standard_normal(a.shape)
    values = [
        metrics.ms_ssim(a, np.clip(a + scale * noise, 0, 1)).mean() for scale in (0, 0.05, 0.2)
    ]
    assert values[0] > values[1] > values[2]


def test_more_pairs_than_a_batch():
    a, b = images(300, 16), images(300, 16, seed=1)
    values = metrics.ms_ssim(a, b)
    assert values.shape == (300,)
    np.testing.assert_allclose(values[250:], metrics.ms_ssim(a[250:], b[250:]), atol=1e-6)


def test_diversity():
    samples = images(12, 28)
    mean, error, count = metrics.ms_ssim_diversity(samples, pairs=300)
    assert count == 2 and error > 0
    assert metrics.ms_ssim_diversity(samples, pairs=300) == (mean, error, count)
    assert metrics.ms_ssim_diversity(samples, pairs=300, seed=1).ms_ssim == pytest.approx(
        mean, abs=5 * error
    )
    every = [
        metrics.ms_ssim(np.repeat(samples[i : i + 1], 11, 0), np.delete(samples, i, 0)).mean()
        for i in range(12)
    ]
    assert mean == pytest.approx(np.mean(every), abs=4 * error)
    collapsed = np.repeat(samples[:1], 12, axis=0)
    assert metrics.ms_ssim_diversity(collapsed, pairs=50).ms_ssim == pytest.approx(1, abs=1e-6)
    assert metrics.ms_ssim_diversity(
        255 * samples, pairs=300, value_range=(0, 255)
    ).ms_ssim == pytest.approx(mean, abs=1e-5)


def test_the_standard_error_is_that_of_the_mean_over_pairs():
    samples = images(5, 28)
    generator = np.random.default_rng(3)
    first = generator.integers(5, size=9)
    second = (first + generator.integers(1, 5, size=9)) % 5
    values = metrics.ms_ssim(samples[first], samples[second])
    result = metrics.ms_ssim_diversity(samples, pairs=9, seed=3)
    assert result.ms_ssim == pytest.approx(values.mean(), rel=1e-6)
    assert result.standard_error == pytest.approx(
        np.sqrt(np.mean(np.square(values - values.mean())) / 9), rel=1e-5
    )


def test_pairs_are_of_different_images():
    """Of two images, one black and one white, each pair is both."""
    two = np.stack([np.zeros((28, 28, 1)), np.ones((28, 28, 1))])
    assert metrics.ms_ssim_diversity(two, pairs=50).ms_ssim < 0.1


def test_bad_input():
    with pytest.raises(UserError, match=r"at least 11 x 11. Received: 10 x 28"):
        metrics.ms_ssim(np.zeros((1, 10, 28, 1)), np.zeros((1, 10, 28, 1)))
    with pytest.raises(UserError, match="pairs of images of one size"):
        metrics.ms_ssim(images(2, 28), images(3, 28))
    with pytest.raises(UserError, match=r"`second` in \[0, 1\]"):
        metrics.ms_ssim(images(2, 28), 2 * images(2, 28) - 1)
    with pytest.raises(UserError, match="at least two images"):
        metrics.ms_ssim_diversity(images(1, 28))
    with pytest.raises(UserError, match="finite"):
        metrics.ms_ssim_diversity(images(2, 28) * np.nan)
