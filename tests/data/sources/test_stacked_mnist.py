"""StackedMNIST: what its images and labels are made of."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from tf_gan import data
from tf_gan.config import default_config
from tf_gan.data import StoredImages, keep
from tf_gan.data.sources.stacked_mnist import stacked_mnist
from tf_gan.errors import UserError

N = 30  # Digits of the stand-in for MNIST: digit i is i mod 10, all its pixels 8 i.


@pytest.fixture
def mnist():
    def as_dataset(self, split, **kwargs):
        first = 0 if split == "train" else 1  # Other digits in the test split.
        numbers = np.arange(N)
        images = np.zeros((N, 28, 28, 1), np.uint8) + (8 * numbers + first)[
            :, None, None, None
        ].astype(np.uint8)
        return tf.data.Dataset.from_tensor_slices({"image": images, "label": numbers % 10})

    with tfds.testing.mock_data(as_dataset_fn=as_dataset):
        yield


def test_channels_are_the_digits_of_the_label(mnist):
    examples = stacked_mnist(5000)
    assert (examples.images.shape, examples.images.dtype) == ((5000, 32, 32, 3), np.uint8)
    digits = examples.images[:, 16, 16] // 8 % 10
    np.testing.assert_array_equal(digits @ [100, 10, 1], examples.labels)
    assert examples.class_names[7] == "007" and len(examples.class_names) == 1000
    # A border of two pixels, and the digit in the whole rest.
    inner = examples.images[:, 2:-2, 2:-2]
    assert (inner == inner[:, :1, :1]).all()
    assert examples.images.sum(dtype=np.int64) == inner.sum(dtype=np.int64)
    # Channels are drawn each for itself: five standard errors of a correlation.
    correlations = np.corrcoef(examples.images[:, 16, 16].T.astype(float))
    assert np.abs(correlations - np.eye(3)).max() < 5 / np.sqrt(5000)
    # 1,000 modes of a mean of 5 images: e^-5 of them are expected to be missing.
    assert 970 < len(np.unique(examples.labels)) <= 1000


def test_draws_follow_from_the_seed_and_the_split(mnist):
    def section(**fields):
        section = default_config().data
        section.update({"name": "stacked_mnist", "points": 40, **fields})
        return section

    first = data.load(section(), seed=3)
    assert (len(first), first.name) == (40, "stacked_mnist train")
    np.testing.assert_array_equal(data.load(section(), seed=3).images, first.images)
    assert (data.load(section(), seed=4).labels != first.labels).mean() > 0.9
    test = data.load(section(split="test"), seed=3)
    assert (test.labels != first.labels).mean() > 0.9
    assert (test.images[:, 16, 16] % 8 == 1).all()  # Of the digits of that split.
    assert data.load(section(value_range=(0.0, 1.0)), seed=3).arrays().min() == 0
    with pytest.raises(data.UnknownSplitError, match=r"\['train', 'test'\]"):
        data.load(section(split="validation"))
    with pytest.raises(UserError, match="n=0"):
        stacked_mnist(0)


def test_more_than_memory_holds(mnist, monkeypatch, tmp_path):
    memory = stacked_mnist(40)
    monkeypatch.setattr(keep, "memory_limit", lambda: 40 * 32 * 32 * 3 - 1)
    disk = stacked_mnist(40, cache=str(tmp_path))
    assert isinstance(disk.images, StoredImages)
    np.testing.assert_array_equal(disk.images, memory.images)
    np.testing.assert_array_equal(disk.labels, memory.labels)
    # Other draws are another cache.
    assert (stacked_mnist(40, seed=1, cache=str(tmp_path)).labels != memory.labels).any()


@pytest.mark.slow
def test_real_data():
    if not tfds.builder("mnist").is_prepared():
        pytest.skip("mnist is not prepared; set TFDS_DATA_DIR to where it is")
    examples, digits = stacked_mnist(200, split="test"), data.catalog("mnist", "test")
    own = {
        image.tobytes(): label for image, label in zip(digits.images, digits.labels, strict=True)
    }
    for image, label in zip(examples.images[:, 2:-2, 2:-2], examples.labels, strict=True):
        channels = [own[image[..., c : c + 1].tobytes()] for c in range(3)]
        assert channels == [int(digit) for digit in examples.class_names[label]]
