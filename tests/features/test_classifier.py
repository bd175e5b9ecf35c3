"""The small classifier: what it learns, that it is trained once, and what it says of
itself.
"""

import logging

import keras
import numpy as np
import pytest
import tensorflow_datasets as tfds

from tf_gan.data import Examples, digits
from tf_gan.errors import UserError
from tf_gan.features import cache, classifier, train_classifier
from tf_gan.features.classifier import RECIPE, build_classifier


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TF_GAN_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def quick(folder, monkeypatch):
    monkeypatch.setitem(RECIPE, "least_steps", 30)
    return folder


def stripes(n: int, seed: int) -> Examples:
    """Two classes: horizontal and vertical stripes, and noise."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, n).astype(np.int32)
    pattern = np.where(np.arange(8) % 4 < 2, 60, 180)[:, None] * np.ones(8)
    images = np.where(labels[:, None, None] == 1, pattern, pattern.T) + random.integers(
        -50, 50, (n, 8, 8)
    )
    return Examples(images.astype(np.uint8)[..., None], labels, name="stripes")


# === The network ===


@pytest.mark.parametrize(
    ("image_shape", "parameters"),
    [
        # 3x3 convolutions with bias, then what is left of the image x 128, then 128 x
        # 10.
        ((8, 8, 1), 320 + 18_496 + (2 * 2 * 64 + 1) * 128 + 1290),
        ((28, 28, 1), 320 + 18_496 + (7 * 7 * 64 + 1) * 128 + 1290),
        ((64, 48, 3), 896 + 18_496 + 73_856 + (8 * 6 * 128 + 1) * 128 + 1290),
        ((2, 3, 1), 320 + 18_496 + (1 * 1 * 64 + 1) * 128 + 1290),
    ],
)
def test_size(image_shape, parameters):
    network = build_classifier(image_shape, 10)
    assert network.count_params() == parameters
    assert [output.shape for output in network.outputs] == [(None, 128), (None, 10)]


# === Training ===


def test_training_is_cached_and_repeatable(quick, capsys, caplog):
    train, test = stripes(256, 0), stripes(100, 1)
    first = train_classifier(train, test, "stripes")
    text = capsys.readouterr().out
    assert "Training a classifier of stripes on 256 images" in text
    assert "is right for 100.00% of 100 test images" in text
    features, probabilities = first.outputs(test)
    assert (features.shape, probabilities.shape, features.min()) == ((100, 128), (100, 2), 0)
    np.testing.assert_array_equal(probabilities.argmax(1), test.labels)
    assert (first.name, first.metric_name("fid")) == (
        "stripes_classifier",
        "fid_stripes_classifier",
    )
    assert (first.protocol()["test_accuracy"], first.protocol()["test_images"]) == (1.0, 100)

    second = train_classifier(train, test, "stripes")
    assert capsys.readouterr().out == ""
    np.testing.assert_array_equal(second.features(test), features)
    assert second.protocol() == first.protocol()

    (file,) = quick.glob("classifiers/stripes_classifier-*.npz")
    file.write_bytes(file.read_bytes()[:1000])
    with caplog.at_level(logging.WARNING):
        # The same weights, bit for bit.
        assert train_classifier(train, test, "stripes").protocol() == first.protocol()
    assert f"{file} in the cache cannot be used" in caplog.text
    assert capsys.readouterr().out.count("Training") == 1


@pytest.mark.parametrize(("least", "expected"), [(30, 30), (3, 10)])
def test_five_epochs_or_the_least_number_of_steps(quick, monkeypatch, least, expected):
    """Of 300 images in batches of 128: two batches an epoch."""
    monkeypatch.setitem(RECIPE, "least_steps", least)
    taken = []

    def fit(model, batches, steps_per_epoch, epochs, **_):
        images, _ = next(iter(batches))
        assert images.shape == (128, 8, 8, 1)
        assert float(images.numpy().min()) >= 0 and 0.5 < float(images.numpy().max()) <= 1
        taken.append(steps_per_epoch * epochs)

    monkeypatch.setattr(keras.Model, "fit", fit)
    extractor = train_classifier(stripes(300, 0), stripes(20, 1), "stripes")
    assert (taken, extractor.value_range) == ([expected], (0, 1))


def test_the_accuracy_is_measured_on_the_test_images(quick):
    wrong = stripes(100, 1)
    wrong = Examples(
        wrong.images, np.where(np.arange(100) < 30, 1 - wrong.labels, wrong.labels), name="stripes"
    )
    assert train_classifier(stripes(256, 0), wrong, "stripes").protocol()[
        "test_accuracy"
    ] == pytest.approx(0.7)


def test_floats_and_bytes_make_the_same_classifier(quick):
    def floats(examples):
        return Examples(examples.images / 127.5 - 1, examples.labels, name="stripes")

    train = stripes(256, 0)
    assert cache.checksum(train) != cache.checksum(floats(train))
    expected = train_classifier(stripes(256, 0), stripes(50, 1), "stripes").protocol()
    assert (
        train_classifier(floats(stripes(256, 0)), floats(stripes(50, 1)), "stripes").protocol()
        == expected
    )
    assert len(list(quick.glob("classifiers/*"))) == 2


def test_fewer_images_than_a_batch(quick):
    assert train_classifier(stripes(20, 0), stripes(20, 1), "few").protocol()["test_accuracy"] > 0.9


def test_another_recipe_is_another_file(quick, monkeypatch):
    before = cache.path("classifiers", "x", {"recipe": RECIPE})
    monkeypatch.setitem(RECIPE, "version", 2)
    assert cache.path("classifiers", "x", {"recipe": RECIPE}) != before


# === Known sets ===


@pytest.mark.slow
def test_digits(folder, capsys):
    extractor = classifier("digits")
    assert extractor.protocol()["test_images"] == 360
    assert extractor.protocol()["test_accuracy"] >= 0.98
    assert (extractor.name, extractor.classes, extractor.image_shape) == (
        "digits_classifier",
        10,
        (8, 8, 1),
    )
    examples = digits()[::5]
    found = extractor.probabilities(examples).argmax(1)
    assert np.mean(found == examples.labels) == pytest.approx(extractor.protocol()["test_accuracy"])
    capsys.readouterr()
    assert classifier("digits").protocol() == extractor.protocol()
    assert capsys.readouterr().out == ""


@pytest.mark.slow
@pytest.mark.parametrize(("name", "accuracy"), [("mnist", 0.99), ("fashion_mnist", 0.9)])
def test_real_data(folder, name, accuracy):
    if not tfds.builder(name).is_prepared():
        pytest.skip(f"{name} is not prepared; set TFDS_DATA_DIR to where it is")
    assert classifier(name).protocol()["test_accuracy"] >= accuracy


# === Errors ===


def test_an_unknown_name():
    with pytest.raises(
        UserError, match=r"one of \['digits', 'fashion_mnist', 'mnist'\]\. Received: 'cifar10'"
    ):
        classifier("cifar10")


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        (
            Examples(np.zeros((4, 8, 8, 1), np.uint8)),
            stripes(5, 0),
            r"labels 0, 1, 2, \.\.\. in `train`",
        ),
        (
            stripes(5, 0),
            Examples(np.zeros((4, 8, 8, 1), np.uint8), np.full(4, -1)),
            r"labels 0, 1, 2, \.\.\. in `test`",
        ),
        (
            stripes(5, 0)[:0],
            stripes(5, 0),
            r"Expected images of shape \(N, H, W, C\) in `train`\. Received: shape \(0,",
        ),
        (stripes(5, 0), Examples(np.zeros((4, 9, 8, 1), np.uint8), np.arange(4) % 2), "one shape"),
        (
            stripes(5, 0),
            Examples(np.zeros((4, 8, 8, 1), np.uint8), np.arange(4)),
            "labels up to 1 and 3",
        ),
        (
            Examples(np.zeros((4, 8, 8, 1), np.uint8), np.zeros(4, int)),
            Examples(np.zeros((4, 8, 8, 1), np.uint8), np.zeros(4, int)),
            "at least 2",
        ),
    ],
    ids=["no labels", "negative", "empty", "shapes", "classes", "one class"],
)
def test_examples_that_do_not_fit(folder, train, test, message):
    with pytest.raises(UserError, match=message):
        train_classifier(train, test, "stripes")
    assert not list(folder.iterdir())


def test_a_name_that_is_none(folder):
    with pytest.raises(UserError, match="Expected a name of letters"):
        train_classifier(stripes(5, 0), stripes(5, 1), "two words")
    assert not list(folder.iterdir())
