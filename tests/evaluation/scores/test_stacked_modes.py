"""Modes of StackedMNIST: with a classifier that reads the digit off the grey, and with
MNIST and its own.
"""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from tf_gan import data, evaluation, features
from tf_gan.config import default_config
from tf_gan.evaluation import Reference, Samples


class Reader:
    """Images of grey d / 9 are of digit d."""

    def probabilities(self, images, value_range):
        assert images.shape[1:] == (28, 28, 1) and value_range == (0.0, 1.0)
        assert (images == images[:, :1, :1]).all()  # The border is cut off.
        return np.eye(10)[np.rint(9 * images[:, 0, 0, 0]).astype(int)]

    def describe(self):
        return "reader"

    def protocol(self):
        return {"extractor": "reader"}


def stacked(numbers) -> Samples:
    """Images of the digits of numbers up to 999, with a border of another grey."""
    digits = np.array([[n // 100, n // 10 % 10, n % 10] for n in numbers], np.float32) / 9
    images = np.full((len(numbers), 32, 32, 3), 0.5, np.float32)
    images[:, 2:-2, 2:-2] = digits[:, None, None]
    return Samples("stacked", lambda n: images[:n], len(numbers))


@pytest.fixture
def reference():
    config = default_config()
    config.data.name = "stacked_mnist"
    return Reference(config.data, seed=0)


@pytest.mark.parametrize(
    ("numbers", "modes", "divergence"),
    [
        (np.arange(2000) % 1000, 1000, 0.0),
        (np.arange(2000) % 250, 250, np.log(4)),
        (np.repeat([123], 500), 1, np.log(1000)),
        # Two modes, three quarters in one of them.
        (np.array([7, 7, 7, 990]), 2, 0.75 * np.log(750) + 0.25 * np.log(250)),
    ],
    ids=["all", "a quarter", "one", "two"],
)
def test_exact_images(reference, monkeypatch, numbers, modes, divergence):
    monkeypatch.setattr(features, "classifier", lambda name: {"mnist": Reader()}[name])
    count, kl = evaluation.get("modes").score(stacked(numbers), reference)
    marks = evaluation.thousands(len(numbers))
    assert (count.name, count.value) == (f"modes_{marks}", modes)
    assert kl.name == f"kl_to_uniform_{marks}"
    assert kl.value == pytest.approx(divergence, abs=1e-9)
    assert count.protocol == (
        f"{len(numbers):,} samples, 1,000 modes, the digit of each channel by reader"
    )
    np.testing.assert_array_equal(count.details["histogram"], np.bincount(numbers, minlength=1000))


@pytest.mark.slow
def test_real_digits(reference):
    """The data have all modes, and 25,600 images the KL of as many even draws: about
    0.0195, and what MNIST's uneven digits and the classifier's errors add.
    """
    if not tfds.builder("mnist").is_prepared():
        pytest.skip("mnist is not prepared; set TFDS_DATA_DIR to where it is")
    images = data.stacked_mnist(25_600, split="test", value_range=(0.0, 1.0))
    samples = Samples("real", lambda n: images[:n].arrays(), 25_600)
    count, kl = evaluation.get("modes").score(samples, reference)
    print(f"25,600 images of the test split: {count.value} modes, KL {kl.value:.4f}")
    assert count.value == 1000
    assert 0.019 < kl.value < 0.05
    few = images[np.flatnonzero(images.labels < 100)]  # The red channel is a 0.
    count, kl = evaluation.get("modes").score(
        Samples("few", lambda n: few[:n].arrays(), len(few)), reference
    )
    print(f"{len(few):,} images of 100 modes: {count.value} modes, KL {kl.value:.4f}")
    # The classifier takes about one zero of 200 for another digit.
    assert 100 <= count.value < 125
    assert kl.value == pytest.approx(np.log(10), abs=0.1)
