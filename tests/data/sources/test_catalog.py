"""Image sets of tensorflow-datasets: real ones where they are prepared, the others as
tensorflow-datasets itself mocks them.
"""

import logging
import re
import sys
import types

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from tf_gan.config import default_config
from tf_gan.data import StoredImages, catalog, keep
from tf_gan.data.sources.catalog import central, load
from tf_gan.errors import UserError

CLOTHES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


# === Real data ===


@pytest.mark.parametrize(
    ("name", "class_names", "counts", "mean", "deviation"),
    [
        (
            "mnist",
            tuple("0123456789"),
            [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
            0.1325,
            0.3105,
        ),
        ("fashion_mnist", CLOTHES, [1000] * 10, 0.2868, 0.3524),
    ],
)
@pytest.mark.slow
def test_real_data(name, class_names, counts, mean, deviation):
    if not tfds.builder(name).is_prepared():
        pytest.skip(f"{name} is not prepared; set TFDS_DATA_DIR to where it is")
    examples = catalog(name, "test", value_range=(0.0, 1.0))
    assert (examples.images.shape, examples.images.dtype) == ((10_000, 28, 28, 1), np.uint8)
    assert np.bincount(examples.labels).tolist() == counts
    assert (examples.class_names, examples.value_range, examples.name) == (
        class_names,
        (0.0, 1.0),
        f"{name} test",
    )
    np.testing.assert_allclose(
        [examples.arrays().mean(), examples.arrays().std()], [mean, deviation], atol=1e-4
    )

    part = catalog(name, "test[10:13]", image_size=14)
    np.testing.assert_array_equal(part.labels, examples.labels[10:13])  # The same order each time.
    blocks = examples.images[10:13].reshape(3, 14, 2, 14, 2, 1).mean((2, 4))
    assert np.corrcoef(blocks.ravel(), part.images.ravel())[0, 1] > 0.98

    with pytest.raises(
        UserError, match=rf"'{name}' has no split 'validation'. Its splits are \['test', 'train'\]"
    ):
        catalog(name, "validation")


# === Mocked data ===


@pytest.fixture
def mocked():
    with tfds.testing.mock_data(num_examples=5):
        yield


def test_images_and_labels():
    images, labels = (
        np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), np.uint8),
        np.array([7, 0, 9, 3, 3]),
    )

    def as_dataset(self, split, shuffle_files, **kwargs):
        assert not shuffle_files  # The same order each time.
        return tf.data.Dataset.from_tensor_slices(
            {"id": list("abcde"), "image": images, "label": labels}
        )

    with tfds.testing.mock_data(as_dataset_fn=as_dataset):
        examples = catalog("cifar10", "train[:50%]", value_range=(0.0, 1.0))
    np.testing.assert_array_equal(examples.images, images)
    np.testing.assert_array_equal(examples.labels, labels)
    assert (examples.images.dtype, examples.value_range, examples.name) == (
        np.uint8,
        (0.0, 1.0),
        "cifar10 train[:50%]",
    )
    assert len(examples.class_names) == 10


def test_images_of_different_sizes_are_resized(mocked):
    assert tfds.builder("tf_flowers").info.features["image"].shape == (None, None, 3)
    examples = catalog("tf_flowers", image_size=12)
    assert (examples.images.shape, examples.images.dtype) == ((5, 12, 12, 3), np.uint8)
    assert set(examples.labels) <= set(range(5))
    assert examples.class_names == ("dandelion", "daisy", "tulips", "sunflowers", "roses")
    with pytest.raises(
        UserError, match=r"'tf_flowers' have different sizes.*config\.data\.image_size"
    ):
        catalog("tf_flowers")


def test_a_set_without_labels(mocked):
    examples = catalog("dsprites")
    assert (examples.images.shape, examples.labels, examples.class_names) == (
        (5, 64, 64, 1),
        None,
        None,
    )
    assert examples.name == "dsprites train"


def test_a_set_with_nested_features(mocked):
    """CelebA's images come with two dictionaries, of attributes and of landmarks."""
    examples = catalog("celeb_a", image_size=8)
    assert (examples.images.shape, examples.labels) == ((5, 8, 8, 3), None)


@pytest.mark.parametrize("name", ["lfw", "chexpert"])
def test_labels_that_are_no_classes(mocked, name):
    """The names of people; a list of findings."""
    section = default_config().data
    section.update({"name": name, "image_size": 8})
    assert load(section, "train", 0).labels is None
    section.labels = True
    with pytest.raises(UserError, match=f"'{name}', which has no feature `label` that is one int"):
        load(section, "train", 0)


def test_more_than_memory_holds(mocked, monkeypatch, tmp_path):
    memory = catalog("cifar10", image_size=33)
    monkeypatch.setattr(keep, "memory_limit", lambda: 5 * 33 * 33 * 3 - 1)
    assert isinstance(catalog("cifar10").images, np.ndarray)
    disk = catalog("cifar10", image_size=33, cache=str(tmp_path))
    assert isinstance(disk.images, StoredImages)
    np.testing.assert_array_equal(disk.images, memory.images)
    np.testing.assert_array_equal(disk.labels, memory.labels)


def test_a_cache_is_that_of_its_set_and_split(monkeypatch, tmp_path):
    def as_dataset(self, split, **kwargs):
        number = ["train[:5]", "train[5:]", "test"].index(split) + len(self.info.full_name)
        return tf.data.Dataset.from_tensor_slices(
            {"image": np.full((1, 32, 32, 3), number, np.uint8), "label": [0]}
        )

    monkeypatch.setattr(keep, "memory_limit", lambda: 0)
    with tfds.testing.mock_data(as_dataset_fn=as_dataset):
        splits = ("train[:5]", "train[5:]", "test")
        first = [catalog("cifar10", split, cache=str(tmp_path)) for split in splits]
        assert [np.asarray(each.images).max() for each in first] == [13, 14, 15]
        name = property(lambda self: "cifar10/10.0.0")
        monkeypatch.setattr(tfds.core.DatasetInfo, "full_name", name)
        later = catalog("cifar10", "test", cache=str(tmp_path))
        assert np.asarray(later.images).max() == 16


def test_a_set_without_images():
    with pytest.raises(
        UserError, match=r"a feature `image`. 'imdb_reviews' has \['label', 'text'\]"
    ):
        catalog("imdb_reviews")


# === The central square ===


@pytest.mark.parametrize("shape", [(8, 24, 3), (24, 8, 3), (9, 8, 3)])
def test_central_square(shape):
    height, width, _ = shape
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    image = np.zeros(shape, np.uint8)
    image[top : top + edge, left : left + edge] = 200
    for square in (
        central(tf.constant(image), 4, 4),
        next(iter(tf.data.Dataset.from_tensors(image).map(lambda x: central(x, 4, 4)))),
    ):
        assert (square.shape, square.dtype) == ((4, 4, 3), tf.uint8)
        assert (square.numpy() == 200).all()


@pytest.mark.parametrize("shape", [(8, 24, 3), (24, 12, 3), (8, 12, 3)])
def test_the_centre_of_other_proportions(shape):
    image = np.zeros(shape, np.uint8)
    top, left = (shape[0] - 8) // 2, (shape[1] - 12) // 2
    image[top : top + 8, left : left + 12] = 200
    cut = central(tf.constant(image), 4, 6).numpy()
    assert cut.shape == (4, 6, 3) and (cut == 200).all()


@pytest.mark.parametrize("shape", [(30, 1, 3), (1, 30, 3)])
def test_the_centre_of_thin_images(shape):
    image = tf.constant(np.full(shape, 200, np.uint8))
    for size in ((2, 4), (4, 2)):
        assert (central(image, *size).numpy() == np.full((*size, 3), 200)).all()


def test_central_square_is_antialiased_and_rounded():
    stripes = np.zeros((64, 64, 1), np.uint8)
    stripes[:, ::4] = 240
    small = central(tf.constant(stripes), 8, 8).numpy()
    # A quarter of them. Without antialiasing: 120.
    assert np.abs(small[:, 1:-1].astype(int) - 60).max() <= 1
    large = central(tf.constant([[[0], [3]], [[0], [3]]], tf.uint8), 4, 4).numpy()
    assert large[0, :, 0].tolist() == [0, 1, 2, 3]  # 0, 0.75, 2.25, 3.


# === Failures ===


@pytest.mark.parametrize(
    ("name", "meant"), [("minst", "mnist"), ("cifar-10", "cifar10"), ("celeba", "celeb_a")]
)
def test_an_unknown_name_suggests_close_ones(name, meant):
    with pytest.raises(
        UserError, match=rf"Unknown data set '{name}'.*Did you mean one of \[.*'{meant}'"
    ):
        catalog(name)


def test_an_unknown_name_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(
        UserError, match=r"No data set 'digitz' in tf_gan, which has \[.*'digits'.*not installed"
    ):
        catalog("digitz")


def test_an_unknown_name_like_no_other():
    with pytest.raises(
        UserError,
        match=(
            r"Unknown data set 'qqqqqqqq': neither one of tf_gan's nor one of"
            r" tensorflow-datasets\.$"
        ),
    ):
        catalog("qqqqqqqq")


def test_a_split_that_cannot_be_read(monkeypatch):
    def fail(self, split, **kwargs):
        raise ValueError("no such slice")

    monkeypatch.setattr(tfds.core.DatasetInfo, "splits", {"train": None})
    message = r"The split 'train\[:x\]' of 'cifar10' cannot be read\. no such slice"
    with (
        tfds.testing.mock_data(as_dataset_fn=fail),
        pytest.raises(UserError, match=message),
    ):
        catalog("cifar10", "train[:x]")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionError("no route to host\nmore"), "ConnectionError: no route to host"),
        (ConnectionError("x" * 300 + " the end"), "x the end"),
        (TimeoutError(), "TimeoutError: no reason given"),
    ],
)
def test_a_failed_download(monkeypatch, error, reason):
    def fail(self, *args, **kwargs):
        raise error

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    folder = tfds.builder("cifar10").data_dir.removesuffix("/cifar10/3.0.2")
    message = rf"'cifar10' is not prepared in {folder}, .*TFDS_DATA_DIR.*=digits, or .*{reason}$"
    with pytest.raises(UserError, match=message) as raised:
        catalog("cifar10")
    assert raised.value.__cause__ is error


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("size", [0, 3])
def test_a_download_of_which_nothing_came_leaves_no_folder(monkeypatch, tmp_path, there, size):
    """Nor does it remove what was there, or what has come."""
    root = tmp_path / "data"
    if there:
        (root / "other").mkdir(parents=True)
    builder = tfds.builder("cifar10", data_dir=root)

    def fail(self, *args, **kwargs):
        (root / "downloads").mkdir(parents=True)
        (root / "downloads" / "a.tmp").write_bytes(bytes(size))
        raise OSError("no network")

    monkeypatch.setattr(tfds, "builder", lambda name: builder)
    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    with pytest.raises(UserError, match=f"is not prepared in {root}, "):
        catalog("cifar10")
    assert root.exists() == (there or size > 0)
    assert (root / "other").exists() == there


def test_a_download_is_tried_three_times(monkeypatch):
    from tensorflow_datasets.core.download import downloader

    before, during = downloader.MAX_RETRIES, []

    def fail(self, *args, **kwargs):
        during.append(downloader.MAX_RETRIES)
        raise OSError("no network")

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    with pytest.raises(UserError, match="no network"):
        catalog("cifar10")
    assert (during, downloader.MAX_RETRIES) == ([3], before)


def test_without_the_setting_for_retries_prepared_data_are_read(mocked, monkeypatch):
    from tensorflow_datasets.core.download import downloader

    monkeypatch.delattr(downloader, "MAX_RETRIES")
    assert len(catalog("cifar10")) == 5
    monkeypatch.setitem(sys.modules, "tensorflow_datasets.core.download", None)
    assert len(catalog("cifar10")) == 5


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        *(((4, 4, 1), np.uint16), ((4, 4, 1), np.float32)),
        *(((4, 4, None), np.uint8), ((4, 4), np.uint8), ((9, 4, 4, 3), np.uint8)),
    ],
)
def test_images_that_would_wrap_are_refused(mocked, monkeypatch, shape, dtype):
    builder = tfds.builder("cifar10")
    feature = types.SimpleNamespace(shape=shape, np_dtype=dtype)
    fake = types.SimpleNamespace(
        name="deep", info=types.SimpleNamespace(features=dict(builder.info.features, image=feature))
    )
    monkeypatch.setattr(tfds, "builder", lambda name: fake)
    message = f"images of 'deep' are {np.dtype(dtype)} of shape {shape}"
    with pytest.raises(UserError, match=f"{re.escape(message)}.*config.data.name=npz"):
        catalog("deep")


def test_what_tensorflow_datasets_warns_itself_of_is_left_out(monkeypatch):
    logger, messages, handler = logging.getLogger("absl"), [], logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    logger.addHandler(handler)
    own = "`FeatureConnector.dtype` is deprecated. Please change your code"

    def warn(*args):
        logger.warning(own)
        logger.warning("the disk is full")

    monkeypatch.setitem(catalog.__globals__, "_catalog", warn)
    try:
        catalog("mnist")
        assert messages == ["the disk is full"]
        logger.warning(own)
        assert messages == ["the disk is full", own]
    finally:
        logger.removeHandler(handler)
