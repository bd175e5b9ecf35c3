"""The 2014 protocol: against scipy in float64, by hand, and on MNIST."""

import numpy as np
import pytest
import tensorflow_datasets as tfds
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

from tf_gan import data, metrics
from tf_gan.errors import UserError
from tf_gan.metrics import parzen


def twin(images, samples, sigma):
    """The formula as it stands, in float64."""
    squares = cdist(images.astype(np.float64), samples.astype(np.float64), "sqeuclidean")
    return (
        logsumexp(-squares / (2 * sigma**2), axis=1)
        - np.log(len(samples))
        - images.shape[1] * np.log(sigma * np.sqrt(2 * np.pi))
    )


def digit_like(n, seed, width=64):
    """Images in [0, 1] with values at both ends, float32."""
    return np.random.default_rng(seed).normal(0.3, 0.5, (n, width)).clip(0, 1).astype(np.float32)


# === The density ===


def test_one_window_is_a_gaussian():
    """D = 2, sigma = 1/2, distance 1: -1 / (2 / 4) - 2 log(sqrt(2 pi) / 2)."""
    value = metrics.parzen_log_densities([[1.0, 0.0]], [[0.0, 0.0]], [0.5])
    assert value.shape == (1, 1) and value[0, 0] == pytest.approx(
        -2 - np.log(2 * np.pi / 4), abs=1e-6
    )


def test_two_windows_in_one_dimension():
    """Between two samples at distance 1 each, and on one of two samples at distance 2."""
    middle, on_one = metrics.parzen_log_densities([[0.0], [1.0]], [[-1.0], [1.0]], [1.0])[0]
    assert middle == pytest.approx(-0.5 - np.log(2 * np.pi) / 2, abs=1e-6)
    assert on_one == pytest.approx(np.log((1 + np.exp(-2)) / 2) - np.log(2 * np.pi) / 2, abs=1e-6)


@pytest.mark.parametrize("at_once", [7, 5000])
def test_against_float64(monkeypatch, at_once):
    """At the smallest width of the grid exponents reach -2,000, and all terms but the
    nearest are 0 in float32.
    """
    monkeypatch.setattr(parzen, "SAMPLES_AT_ONCE", at_once)
    images, samples = digit_like(50, 0), digit_like(300, 1)
    values = metrics.parzen_log_densities(images, samples, parzen.SIGMAS)
    assert (values.shape, values.dtype) == ((10, 50), np.float64)
    for sigma, row in zip(parzen.SIGMAS, values, strict=True):
        # Float32 distances of about 40 over 2 sigma^2 = 0.02.
        np.testing.assert_allclose(row, twin(images, samples, sigma), atol=2e-3)
        assert abs(row.mean() - twin(images, samples, sigma).mean()) < 2e-4


def test_data_far_from_zero_lose_nothing():
    images, samples = (digit_like(n, n, 16).astype(np.float64) + 1000 for n in (20, 30))
    np.testing.assert_allclose(
        metrics.parzen_log_densities(images, samples, [0.3])[0],
        twin(images, samples, 0.3),
        atol=1e-3,
    )


def test_a_far_sample_or_a_small_width_loses_nothing():
    """In float32 the exponents, and so the densities, would be wrong by up to 400 nats
    and by 0.3.
    """
    images, samples = digit_like(30, 0), digit_like(40, 1)
    far = np.concatenate([samples, np.full((1, 64), 1e4, np.float32)])
    np.testing.assert_allclose(
        metrics.parzen_log_densities(images, far, [0.2])[0], twin(images, far, 0.2), atol=1e-4
    )
    np.testing.assert_allclose(
        metrics.parzen_log_densities(images, samples, [0.005])[0],
        twin(images, samples, 0.005),
        rtol=1e-9,
    )


def test_mnist_like_images_stay_in_float32():
    """Its digits' exponents are rounded by 2e-3 at the smallest width."""
    samples = np.random.default_rng(0).uniform(size=(50, 784)).astype(np.float32) ** 2
    assert parzen._Windows(samples, parzen.SIGMAS).m.dtype == np.float32
    assert parzen._Windows(10 * samples, parzen.SIGMAS).m.dtype == np.float64


def test_values_do_not_depend_on_the_batch_size():
    images, samples = digit_like(100, 0), digit_like(400, 1)
    whole = metrics.parzen_log_densities(images, samples, [0.1, 0.2], batch_size=100)
    for batch_size in (1, 7, 33, 1000):
        np.testing.assert_allclose(
            metrics.parzen_log_densities(images, samples, [0.1, 0.2], batch_size), whole, atol=1e-3
        )


# === The protocol ===


def test_the_grid():
    np.testing.assert_allclose(
        parzen.SIGMAS,
        [0.1, 0.1292, 0.1668, 0.2154, 0.2783, 0.3594, 0.4642, 0.5995, 0.7743, 1],
        atol=5e-5,
    )


def test_protocol_against_its_twin():
    samples, validation, test = digit_like(200, 0), digit_like(60, 1), digit_like(70, 2)
    means = [twin(validation[:40], samples, sigma).mean() for sigma in parzen.SIGMAS]
    sigma = parzen.SIGMAS[int(np.argmax(means))]
    assert sigma not in (0.1, 1.0)  # The choice is one within the grid.
    values = twin(test, samples, sigma)
    result = metrics.parzen_log_likelihood(samples, validation, test, validation_images=40)
    assert result.sigma == sigma
    assert result.log_likelihood == pytest.approx(values.mean(), abs=1e-3)
    assert result.standard_error == pytest.approx(values.std() / np.sqrt(70), rel=1e-3)


def test_only_the_first_validation_images_choose_the_width():
    """The first ten validation images are the samples, the others are far from them."""
    samples, test = digit_like(50, 0), digit_like(20, 1)
    validation = np.concatenate([samples[:10], 1 - samples[10:50]])
    assert (
        metrics.parzen_log_likelihood(samples, validation, test, validation_images=10).sigma == 0.1
    )
    assert (
        metrics.parzen_log_likelihood(samples, validation, test, validation_images=None).sigma > 0.3
    )


def test_images_in_another_range_are_brought_to_0_1():
    sets = [digit_like(n, n).reshape(n, 8, 8, 1) for n in (200, 60, 70)]
    expected = metrics.parzen_log_likelihood(*sets, validation_images=60)
    scaled = metrics.parzen_log_likelihood(
        *(2 * x - 1 for x in sets), validation_images=60, value_range=(-1, 1)
    )
    assert scaled.sigma == expected.sigma
    np.testing.assert_allclose(scaled[:2], expected[:2], rtol=1e-5)


def test_folds():
    folds = [
        (digit_like(100, seed), digit_like(30, seed + 10), digit_like(40, seed + 20) ** (1 + seed))
        for seed in range(3)
    ]
    result = metrics.parzen_folds(iter(folds))
    expected = [metrics.parzen_log_likelihood(*fold, validation_images=None) for fold in folds]
    assert result.folds == tuple(expected)
    means = np.array([fold.log_likelihood for fold in expected])
    assert result.log_likelihood == pytest.approx(means.mean())
    assert result.standard_error == pytest.approx(np.sqrt(np.mean((means - means.mean()) ** 2) / 3))
    with pytest.raises(UserError, match="two folds"):
        metrics.parzen_folds(folds[:1])
    with pytest.raises(UserError, match=r"\(samples, validation, test\). Received: one of 2"):
        metrics.parzen_folds([folds[0][:2]])


def test_metric_streams():
    images, samples = digit_like(60, 0), digit_like(100, 1)
    metric = metrics.ParzenLogLikelihood(samples, 0.2)
    for part in (images[:7], images[7:40], images[40:]):
        metric.update_state(part)
    assert float(metric.result()) == pytest.approx(twin(images, samples, 0.2).mean(), abs=1e-3)
    with pytest.raises(NotImplementedError, match=r"ParzenLogLikelihood\(samples, sigma\)"):
        metric.get_config()
    with pytest.raises(UserError, match="finite numbers in `images`"):
        metric.update_state(np.nan * images)
    with pytest.raises(UserError, match="images 60, samples 64"):
        metric.update_state(images[:, :60])
    with pytest.raises(UserError, match="widths > 0"):
        metrics.ParzenLogLikelihood(samples, 0.0)


def test_metric_centres_its_samples_once(monkeypatch):
    metric = metrics.ParzenLogLikelihood(digit_like(100, 1), 0.2)
    monkeypatch.setattr(parzen, "_Windows", None)
    metric.update_state(digit_like(5, 0))
    assert np.isfinite(metric.result())


# === Bad input ===


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"validation": digit_like(9, 1)}, "at least 10 validation images.*Received: 9"),
        ({"validation": None}, "`validation` images, by which sigma is chosen. Received: None"),
        (
            {"validation_images": 5.0},
            "an integer >= 1. Received: validation_images=5.0",
        ),
        ({"samples": digit_like(9, 0, 60)}, "Received: samples 60, validation 64, test 64"),
        ({"samples": digit_like(0, 0)}, "row of numbers in `samples`"),
        ({"test": np.full((3, 64), np.nan)}, "finite numbers in `test`. Received: 3 of 3"),
        (
            {"samples": 2 * digit_like(9, 0) - 1},
            r"`samples` in \[0, 1\].*Received: values from -1 to 1",
        ),
        ({"test": 255 * digit_like(9, 0)}, r"`test` in \[0, 1\].*255"),
        ({"sigmas": [0.1, 0.0]}, "widths > 0"),
        ({"sigmas": []}, "widths > 0"),
        ({"batch_size": 0}, "batch_size"),
    ],
)
def test_bad_input(arguments, message):
    good = {
        "samples": digit_like(9, 0),
        "validation": digit_like(10, 1),
        "test": digit_like(11, 2),
        "validation_images": 10,
    }
    metrics.parzen_log_likelihood(**good)
    with pytest.raises(UserError, match=message):
        metrics.parzen_log_likelihood(**good | arguments)


# === MNIST ===


@pytest.fixture(scope="module")
def mnist():
    """10,000 training images, validation and test images; tensorflow-datasets has
    shuffled them, so that the first ones are a random choice.
    """
    if not tfds.builder("mnist").is_prepared():
        pytest.skip("mnist is not prepared; set TFDS_DATA_DIR to where it is")
    splits = ("train[:10000]", "train[50000:51000]", "test")
    return [
        data.catalog("mnist", split, value_range=(0.0, 1.0)).arrays().reshape(-1, 784)
        for split in splits
    ]


def test_real_images_as_samples(mnist):
    """243.6 for one choice of 10,000 images in the order of the original files; six
    other choices gave 241.1 to 244.7.
    """
    result = metrics.parzen_log_likelihood(*mnist)
    assert result.log_likelihood == pytest.approx(243.6, abs=3)
    assert result.standard_error == pytest.approx(2.1, abs=0.1)
    assert result.sigma == pytest.approx(0.1668, abs=1e-4)


def test_a_gaussian_fit_and_the_mean_image(mnist):
    """-32.8 and -59.1 with moments of 50,000 images."""
    train, validation, test = mnist
    mean, covariance = (
        train.mean(axis=0, dtype=np.float64),
        np.cov(train, rowvar=False, dtype=np.float64),
    )
    assert metrics.parzen_log_likelihood(
        mean[None], validation, test
    ).log_likelihood == pytest.approx(-59.1, abs=1)
    eigenvalues, vectors = np.linalg.eigh(covariance)
    noise = np.random.default_rng(0).standard_normal((10_000, 784))
    samples = mean + (noise * np.sqrt(np.maximum(eigenvalues, 0))) @ vectors.T
    result = metrics.parzen_log_likelihood(samples, validation, test, value_range=None)
    assert result.log_likelihood == pytest.approx(-32.8, abs=2)
    assert result.sigma == pytest.approx(0.2783, abs=1e-4)
