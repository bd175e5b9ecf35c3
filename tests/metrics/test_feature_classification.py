"""Features of a discriminator: which they are, how they are pooled, and what a linear
machine makes of them.
"""

import importlib

import keras
import numpy as np
import pytest
from sklearn.svm import LinearSVC

from tf_gan import networks
from tf_gan.errors import UserError
from tf_gan.layers import ScaledLeakyReLU
from tf_gan.metrics.feature_classification import activations, feature_classification, features

# Its function has the same name.
module = importlib.import_module("tf_gan.metrics.feature_classification")
dcgan, conditional = networks.get("dcgan"), networks.get("conditional_dcgan")
stylegan2 = networks.get("stylegan2")


def identity(size, channels=1):
    """A discriminator whose only feature map is the image."""
    images = keras.Input((size, size, channels))
    maps = keras.layers.Conv2D(
        channels,
        1,
        use_bias=False,
        kernel_initializer=lambda shape, dtype=None: np.eye(channels)[None, None],
    )(images)
    return keras.Model(images, keras.layers.Dense(1)(keras.layers.Flatten()(maps)))


def test_maps_are_max_pooled_to_4x4():
    image = np.arange(64, dtype=np.float32).reshape(1, 8, 8, 1)
    expected = [[9, 11, 13, 15], [25, 27, 29, 31], [41, 43, 45, 47], [57, 59, 61, 63]]
    np.testing.assert_array_equal(features(identity(8), image)[0].reshape(4, 4), expected)


def test_windows_cover_sizes_that_4_does_not_divide():
    image = np.arange(49, dtype=np.float32).reshape(1, 7, 7, 1)
    ends = np.array([1, 3, 5, 6])  # Rows 0-1, 1-3, 3-5, 5-6 of seven.
    np.testing.assert_array_equal(
        features(identity(7), image)[0].reshape(4, 4), 7 * ends[:, None] + ends
    )
    for size in (1, 3):
        small = np.arange(size**2, dtype=np.float32).reshape(1, size, size, 1)
        np.testing.assert_array_equal(features(identity(size), small)[0], small.ravel())


def test_features_of_all_convolutions_after_their_activation():
    keras.utils.set_random_seed(0)
    discriminator = dcgan.build_discriminator((16, 16, 3), width=4)
    outputs = activations(discriminator)
    assert [type(output._keras_history.operation).__name__ for output in outputs] == [
        "LeakyReLU",
        "LeakyReLU",
    ]
    images = np.random.default_rng(0).normal(size=(5, 16, 16, 3)).astype(np.float32)
    values = features(discriminator, images)
    assert values.shape == (5, 16 * (4 + 8)) and values.dtype == np.float32
    np.testing.assert_allclose(features(discriminator, images, batch_size=2), values, atol=1e-6)
    maps = keras.Model(discriminator.inputs[0], outputs[1])(images).numpy()  # 4x4 already.
    np.testing.assert_allclose(values[:, 16 * 4 :], maps.reshape(5, -1), atol=1e-6)


def test_discriminators_of_stylegan2():
    discriminator = stylegan2.build_discriminator((16, 16, 3), base_width=64)
    maps = activations(discriminator)
    # The other two are those of the skip connections.
    layers = [each for each in discriminator.layers if isinstance(each, ScaledLeakyReLU)]
    activated = {id(layer.output) for layer in layers}
    assert sum(id(each) in activated for each in maps) == 6 and len(maps) == 8
    assert features(discriminator, np.zeros((2, 16, 16, 3), np.float32)).shape[0] == 2


def test_number_of_features_at_64x64():
    discriminator = dcgan.build_discriminator((64, 64, 3), width=2)
    assert features(discriminator, np.zeros((1, 64, 64, 3))).shape == (1, 16 * (2 + 4 + 8 + 16))


@pytest.mark.parametrize("condition", ["projection", "classifier"])
def test_conditional_discriminators_whose_maps_do_not_see_the_label(condition):
    discriminator = conditional.build_discriminator(
        (8, 8, 1), 3, filters=4, units=8, condition=condition
    )
    assert features(discriminator, np.zeros((2, 8, 8, 1))).shape == (2, 16 * 4 + 2 * 2 * 8)


def test_svm_finds_classes_in_features():
    generator = np.random.default_rng(0)
    labels = np.arange(120) % 3
    images = generator.normal(size=(120, 8, 8, 1)).astype(np.float32) * 0.1
    images[np.arange(120), 2 * labels, 4] += 3.0  # A bright pixel in another row for each class.
    shuffled = generator.permutation(labels)
    arguments = {"costs": (1e-3, 1e-1), "labels_per_class": 10}
    discriminator = identity(8)
    assert (
        feature_classification(
            discriminator, images[:60], labels[:60], images[60:], labels[60:], **arguments
        )
        == 1.0
    )
    assert feature_classification(
        discriminator, images[:60], labels[:60], images[60:], shuffled[60:], **arguments
    ) == pytest.approx(1 / 3, abs=0.15)


@pytest.mark.parametrize("cost", [1e-2, 1e-1])
def test_the_machine_is_that_of_scikit_learn(cost):
    """Of classes that overlap, whose features are the pixels."""
    labels = np.arange(1060) % 3
    images = np.random.default_rng(0).normal(size=(1060, 4, 4, 1)).astype(np.float32)
    images[np.arange(1060), labels, 0] += 1.0
    pixels = images.reshape(1060, 16)
    machine = LinearSVC(loss="squared_hinge", dual=True, C=cost, random_state=0, max_iter=10_000)
    expected = machine.fit(pixels[:60], labels[:60]).score(pixels[60:], labels[60:])
    sets = images[:60], labels[:60], images[60:], labels[60:]
    for count in (None, 20):  # All of each class, in another order.
        accuracy = feature_classification(identity(4), *sets, costs=(cost,), labels_per_class=count)
        assert accuracy == pytest.approx(expected, abs=0.002)


def test_labelled_images_are_drawn_at_random(monkeypatch):
    """Of each class as many as asked for, none twice, by the seed."""
    images = np.arange(60, dtype=np.float32).reshape(60, 1, 1, 1)
    labels = np.repeat(np.arange(2), 30)
    seen = []

    def pixels(discriminator, images):
        seen.append(images.ravel().astype(int).tolist())
        return images.reshape(-1, 1)

    monkeypatch.setattr(module, "features", pixels)
    for seed in (0, 0, 1):
        sets = images, labels, images, labels
        feature_classification(None, *sets, labels_per_class=8, costs=(1e-3,), seed=seed)
    first, again, other = seen[::2]  # Between them are the test images.
    assert first == again != other
    for chosen in (first, other):
        assert len(set(chosen)) == 16 and sum(number < 30 for number in chosen) == 8
        assert set(chosen[:8]) != set(range(8))


def test_three_images_of_each_class_are_enough():
    labels = np.arange(6) % 2
    images = np.broadcast_to(labels[:, None, None, None], (6, 4, 4, 1)).astype(np.float32)
    assert feature_classification(identity(4), images, labels, images, labels) == 1


def test_what_cannot_be_used_is_refused():
    images, labels = np.zeros((6, 8, 8, 1), np.float32), np.arange(6) % 2
    dense = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    with pytest.raises(UserError, match="without convolutions"):
        features(dense, images)
    with pytest.raises(UserError, match="depend on the images alone"):
        features(conditional.build_discriminator((8, 8, 1), 3, filters=4, units=8), images)
    with pytest.raises(UserError, match=r"`labels` to be 6 integers. Received: dtype float64"):
        feature_classification(identity(8), images, labels / 2, images, labels)
    with pytest.raises(UserError, match=r"`test_labels` to be 6 integers.*\(5,\)"):
        feature_classification(identity(8), images, labels, images, labels[:5])
    with pytest.raises(
        UserError, match=r"at least 4 images each. Received the numbers of images: \{0: 3, 1: 3\}"
    ):
        feature_classification(identity(8), images, labels, images, labels, labels_per_class=4)
    for count in (0, -1, 2):
        with pytest.raises(UserError, match=r"labels_per_class.* >= 3"):
            feature_classification(
                identity(8), images, labels, images, labels, labels_per_class=count
            )
    with pytest.raises(UserError, match="two classes or more"):
        feature_classification(identity(8), images, 0 * labels, images, labels)
