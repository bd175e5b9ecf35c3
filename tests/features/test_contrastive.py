"""The network that is trained on the pictures of a run without labels."""

import logging

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.ndimage import gaussian_filter
from support.networks import dtype_policy

from tf_gan.data import Examples, RandomCrops, digits
from tf_gan.errors import UserError
from tf_gan.features import contrastive, train_contrastive
from tf_gan.features.contrastive import RECIPE, build_contrastive, contrastive_loss
from tf_gan.metrics import nearest_neighbour_accuracy, squared_mmd


@pytest.fixture
def quick(tmp_path, monkeypatch):
    monkeypatch.setenv("TF_GAN_CACHE", str(tmp_path))
    monkeypatch.setitem(RECIPE, "steps", 15)
    monkeypatch.setitem(RECIPE, "batch_size", 32)
    return tmp_path


def pictures(n: int, seed: int, channels: int = 1, size: int = 16) -> Examples:
    """Noise that is smoothed, as far in each picture as its label says."""
    random = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    noise = random.normal(size=(n, size, size, channels))
    smooth = np.stack(
        [
            gaussian_filter(image, (0.5 + label, 0.5 + label, 0), mode="wrap")
            for image, label in zip(noise, labels, strict=True)
        ]
    )
    smooth /= smooth.std(axis=(1, 2, 3), keepdims=True)
    images = np.clip(128 + 40 * smooth + random.normal(0, 20, (n, 1, 1, 1)), 0, 255)
    return Examples(images.astype(np.uint8), labels.astype(np.int32), name="textures")


# === The network and its loss ===


@pytest.mark.parametrize(
    ("image_shape", "parameters"),
    [
        # 3x3 convolutions and four numbers a channel, what is left of the image x 128 and
        # its four numbers, then 128 x 64 and a bias.
        ((8, 8, 1), 288 + 128 + 18_432 + 256 + (2 * 2 * 64 + 4) * 128 + 8256),
        ((32, 24, 3), 864 + 128 + 18_432 + 256 + 73_728 + 512 + (4 * 3 * 128 + 4) * 128 + 8256),
    ],
)
def test_size(image_shape, parameters):
    network = build_contrastive(image_shape)
    assert network.count_params() == parameters
    assert [output.shape for output in network.outputs] == [(None, 128), (None, 64)]


def test_the_loss_against_loops():
    random = np.random.default_rng(0)
    first, second = random.normal(size=(2, 5, 7)).astype(np.float32)
    rows = [row / np.linalg.norm(row) for row in [*first, *second]]
    losses = []
    for i in range(10):
        scores = [np.exp(rows[i] @ rows[k] / RECIPE["temperature"]) for k in range(10)]
        losses.append(-np.log(scores[(i + 5) % 10] / (sum(scores) - scores[i])))
    assert float(contrastive_loss(first, second)) == pytest.approx(np.mean(losses), rel=1e-5)


def test_the_loss_by_hand():
    """Two pictures at right angles: e^5 for the other crop, 1 for each of the two others."""
    rows = tf.constant([[2.0, 0.0], [0.0, 1.0]])
    assert float(contrastive_loss(rows, 3 * rows)) == pytest.approx(np.log(1 + 2 * np.exp(-5)))


# === Training ===


@pytest.mark.slow
def test_training_is_cached_and_repeatable(quick, capsys, caplog):
    train, test = pictures(60, 0, channels=3), pictures(30, 1, channels=3)
    first = train_contrastive(train, test)
    text = capsys.readouterr().out
    assert "Training a network on 60 images of textures, without labels" in text
    assert "of 30 images lies nearest to another crop of the same image" in text
    features, probabilities = first.outputs(test)
    assert (features.shape, features.min(), probabilities) == ((30, 128), 0, None)
    assert first.metric_name("kid") == "kid_contrastive"
    description = first.describe()
    assert "trained on the 60 training images without labels, seed 0" in description
    assert "retrieval among 30 held-out images 0" in description

    again = train_contrastive(Examples(train.images), Examples(test.images))
    assert capsys.readouterr().out == ""  # Labels and names have no effect.
    assert np.array_equal(again.features(test), features) and again.protocol() == first.protocol()

    (file,) = quick.glob("contrastive/contrastive-*.npz")
    file.write_bytes(file.read_bytes()[:1000])
    with caplog.at_level(logging.WARNING):
        assert train_contrastive(train, test).protocol() == first.protocol()  # Bit for bit.
    assert f"{file} in the cache cannot be used" in caplog.text


def test_features_see_blur_and_noise(quick, monkeypatch):
    monkeypatch.setitem(RECIPE, "steps", 40)
    train, test, new = (pictures(90, seed) for seed in range(3))
    extractor = train_contrastive(train, test)
    real = extractor.features(test)

    def distance(images):
        return squared_mmd(real, extractor.features(np.clip(images, 0, 255).astype(np.uint8)))

    blurred = gaussian_filter(new.images.astype(float), (0, 1, 1, 0))
    noisy = new.images + np.random.default_rng(0).normal(0, 25, new.images.shape)
    fair = abs(distance(new.images))
    (name,) = [name for name in extractor.details if name.startswith("retrieval")]
    assert extractor.details[name] > 10 / 90  # By chance 1/90.
    assert distance(blurred) > 10 * fair and distance(noisy) > 10 * fair


def test_digits_without_their_labels(tmp_path, monkeypatch):
    """Nine in ten by the nearest neighbour's features, though most crops lack a part."""
    monkeypatch.setenv("TF_GAN_CACHE", str(tmp_path))
    monkeypatch.setitem(RECIPE, "steps", 60)
    examples, numbers = digits(), np.arange(len(digits()))
    train, test = examples[numbers % 5 > 0], examples[numbers % 5 == 0]
    extractor = train_contrastive(train, test)
    found = nearest_neighbour_accuracy(
        extractor.features(train), train.labels, extractor.features(test), test.labels
    )
    assert found > 0.85


def test_large_pictures_are_made_smaller_by_means(quick, monkeypatch):
    monkeypatch.setitem(RECIPE, "largest", 8)
    train = pictures(20, 0)
    extractor = train_contrastive(train, pictures(8, 1))
    assert extractor.image_shape == (16, 16, 1)
    means = train.images.reshape(20, 8, 2, 8, 2, 1).mean(axis=(2, 4)) / 255
    core = extractor.network.get_layer("contrastive")
    np.testing.assert_allclose(
        core.predict(means, verbose=0)[0], extractor.features(train), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize(
    ("size", "smaller"), [((16, 8), (16, 8)), ((20, 12), (10, 6)), ((33, 48), (11, 16))]
)
def test_no_side_is_larger_than_the_largest(monkeypatch, size, smaller):
    monkeypatch.setitem(RECIPE, "largest", 16)
    images = np.ones((2, *size, 3), np.float32)
    assert contrastive._smaller(images).shape == (2, *smaller, 3)


def test_a_picture_is_sought_among_1000_at_most(quick, monkeypatch):
    monkeypatch.setattr(contrastive, "RETRIEVED", 10)
    monkeypatch.setitem(RECIPE, "steps", 1)
    extractor = train_contrastive(pictures(20, 0), pictures(25, 1))
    assert "retrieval among 10 held-out images" in extractor.describe()


def test_of_a_large_set_it_sees_pictures_in_equal_steps(quick, monkeypatch):
    train = pictures(30, 0)
    expected = train_contrastive(train[::3], train[:5])
    monkeypatch.setattr(contrastive, "MOST", 10)
    extractor = train_contrastive(train, train[:5])
    assert extractor.checksum == expected.checksum
    assert "trained on 10 of the 30 training images" in extractor.describe()


@pytest.mark.parametrize("images", ["eight", "one colour", "two"])
@pytest.mark.slow
def test_few_pictures_and_pictures_of_one_colour(quick, images):
    train, test = pictures(8, 0, 3), pictures(2, 1, 3)
    if images == "one colour":
        train, test = (Examples(np.full((n, 16, 16, 3), 90, np.uint8)) for n in (8, 2))
    if images == "two":
        train = train[:2]
    features = train_contrastive(train, test).features(test)
    assert features.shape == (2, 128) and np.isfinite(features).all()


@pytest.mark.slow
def test_floats_are_bytes_and_a_mixed_precision_policy_changes_nothing(quick):
    train = pictures(20, 0)
    extractor = train_contrastive(train)
    expected = extractor.protocol()
    assert "retrieval among 20 training images" in extractor.describe()
    floats = Examples(train.images / np.float32(127.5) - 1)
    assert train_contrastive(floats).protocol() == expected
    (file,) = quick.glob("contrastive/*")
    file.unlink()
    with dtype_policy("mixed_float16"):
        assert train_contrastive(train).protocol() == expected


@pytest.mark.parametrize(
    ("train", "held_out", "message"),
    [
        (pictures(1, 0), None, r"at least 2 training pictures.*Received: shapes \(1, 16, 16, 1\)"),
        (  # Their pixels are one row in memory; each of them is a picture.
            RandomCrops.of(list(pictures(1, 0).images), 8, crops=1),
            None,
            r"at least 2 training pictures.*Received: shapes \(1, 8, 8, 1\)",
        ),
        (pictures(9, 0), pictures(9, 0, 3), r"Received: shapes .* and \(9, 16, 16, 3\)"),
        (pictures(9, 0), pictures(9, 0)[:0], r"Received: shapes .* and \(0, 16, 16, 1\)"),
        (Examples(np.zeros((9, 2), np.float32)), None, r"\(N, H, W, C\) with a range in `train`"),
        (
            pictures(9, 0),
            Examples(np.zeros((9, 16, 16, 1), np.float32), value_range=None),
            r"with a range in `held_out`",
        ),
    ],
)
def test_pictures_that_do_not_fit(quick, train, held_out, message):
    with pytest.raises(UserError, match=message):
        train_contrastive(train, held_out)
    assert not list(quick.iterdir())


def test_retrieval_by_hand():
    """A network whose features are the mean brightness finds the pictures of one colour
    again, and by chance one in four of equal ones.
    """
    images = keras.Input((16, 16, 1))
    mean = keras.layers.GlobalAveragePooling2D()(images)
    network = keras.Model(images, [mean, mean])
    levels = np.array([-9, -3, 3, 9], np.float32)  # Further apart than the brightness varies.
    apart = np.broadcast_to(levels[:, None, None, None], (4, 16, 16, 1))
    assert contrastive.retrieval(network, apart) == 1
    assert contrastive.retrieval(network, np.zeros((40, 16, 16, 1), np.float32)) < 0.5
