"""Extractors from small networks whose features are worked out by hand."""

import pathlib

import keras
import numpy as np
import pytest

from tf_gan.data import Examples, ImagePairs, RandomCrops
from tf_gan.errors import UserError
from tf_gan.features import FeatureExtractor, cache, from_keras
from tf_gan.features.classifier import as_bytes

IMAGES = np.random.default_rng(0).integers(0, 256, (7, 4, 4, 1), np.uint8)


def sums(channels=1, size=4) -> keras.Model:
    """Features: the sum of each channel."""
    images = keras.Input((size, size, channels))
    return keras.Model(images, keras.layers.GlobalAveragePooling2D()(images) * 16)


def two_inputs() -> keras.Model:
    inputs = [keras.Input((4, 4, 1)), keras.Input((3,))]
    return keras.Model(inputs, inputs[1])


def classifies(activation="softmax") -> keras.Model:
    """Features: two sums; probabilities: of three classes."""
    images = keras.Input((4, 4, 1))
    x = keras.layers.Flatten()(images)
    x = keras.layers.Dense(
        2, kernel_initializer=keras.initializers.GlorotUniform(1), name="hidden"
    )(x)
    return keras.Model(
        images,
        keras.layers.Dense(
            3, activation, kernel_initializer=keras.initializers.GlorotUniform(2), name="classes"
        )(x),
    )


def total(images) -> np.ndarray:
    return images.astype(np.float64).sum((1, 2))


def test_networks_with_the_same_weights_have_other_features():
    def network(pooling, name=None):
        keras.utils.set_random_seed(0)
        images = keras.Input((4, 4, 1))
        x = keras.layers.Conv2D(3, 3, activation="relu", name=name)(images)
        return from_keras(keras.Model(images, pooling()(x)), "mine", value_range=(0, 1))

    mean, most = keras.layers.GlobalAveragePooling2D, keras.layers.GlobalMaxPooling2D
    protocol = network(mean).protocol()
    assert protocol == network(mean, name="another_name").protocol()
    assert protocol != network(most).protocol()


def test_layers_without_a_config_have_a_protocol_too():
    class Own(keras.layers.Layer):
        def __init__(self, function):
            super().__init__()
            self.function = function

        def call(self, images):
            return self.function(images)

    def protocol(pooling):
        images = keras.Input((4, 4, 1))
        network = keras.Model(images, pooling()(Own(lambda x: 2.0 * x)(images)))
        return from_keras(network, "mine", value_range=(0, 1)).protocol()

    mean, most = keras.layers.GlobalAveragePooling2D, keras.layers.GlobalMaxPooling2D
    assert protocol(mean) == protocol(mean) != protocol(most)


# === Values ===


def test_pairs_and_photographs_are_seen_as_training_cuts_them():
    """Larger than the images of training: what is around the central window has no effect."""
    network = from_keras(sums(), "mine", value_range=(0, 255))
    large = np.pad(IMAGES, ((0, 0), (2, 2), (2, 2), (0, 0)), constant_values=255)
    pairs = ImagePairs(large, sources=large, crop=4)
    np.testing.assert_allclose(network.features(pairs), total(IMAGES), rtol=1e-6)
    assert cache.checksum(pairs) == cache.checksum(Examples(IMAGES))
    crops = RandomCrops.of([IMAGES[0], IMAGES[1]], 4, crops=2)
    assert np.array_equal(as_bytes(crops).images, crops[:].images)
    np.testing.assert_allclose(
        network.features(crops)[:, 0], total(IMAGES[:2])[[0, 1, 0, 1], 0], rtol=1e-6
    )


@pytest.mark.parametrize("batch_size", [1, 3, 7, 64])
def test_bytes_in_any_batches(batch_size):
    features = FeatureExtractor(sums(), "sums", value_range=(0, 255)).features(
        IMAGES, batch_size=batch_size
    )
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, total(IMAGES), rtol=1e-6)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1), (-3, 5)])
def test_the_range_that_the_network_takes(low, high):
    extractor = FeatureExtractor(sums(), "sums", value_range=(low, high))
    np.testing.assert_allclose(
        extractor.features(IMAGES),
        low * 16 + total(IMAGES) * (high - low) / 255,
        rtol=1e-5,
        atol=1e-4,
    )


@pytest.mark.parametrize("data_range", [(0.0, 1.0), (-1.0, 1.0)])
def test_floats_are_seen_as_bytes(data_range):
    """A generated image and the picture that it would be saved as have the same
    features.
    """
    extractor = FeatureExtractor(sums(), "sums", value_range=(0, 255))
    low, high = data_range
    exact = low + IMAGES * ((high - low) / 255)
    np.testing.assert_array_equal(extractor.features(exact, data_range), extractor.features(IMAGES))
    between = np.full((1, 4, 4, 1), low + 100.4 * (high - low) / 255)
    assert extractor.features(between, data_range).item() == 1600
    np.testing.assert_array_equal(
        extractor.features(Examples(exact, value_range=data_range)), extractor.features(IMAGES)
    )
    np.testing.assert_array_equal(
        extractor.features(Examples(IMAGES, value_range=data_range)), extractor.features(IMAGES)
    )


def test_grey_is_repeated_to_rgb():
    features = FeatureExtractor(sums(3), "sums", value_range=(0, 255)).features(IMAGES)
    np.testing.assert_allclose(features, np.repeat(total(IMAGES), 3, axis=1), rtol=1e-6)


def test_rgba_is_laid_on_white():
    extractor = FeatureExtractor(sums(3), "sums", value_range=(0, 255))
    images = np.repeat(IMAGES, 4, axis=-1)
    images[:4, ..., 3], images[4:, ..., 3] = 255, 0
    found = extractor.features(images)
    np.testing.assert_allclose(found[:4], np.repeat(total(IMAGES[:4]), 3, axis=1), rtol=1e-6)
    np.testing.assert_allclose(found[4:], 16 * 255, rtol=1e-6)


@pytest.mark.parametrize("data_range", [(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)])
@pytest.mark.parametrize("channels", [1, 3])
def test_smooth_features_are_those_without_rounding(data_range, channels):
    extractor = FeatureExtractor(sums(channels), "sums", value_range=(-2, 3))
    low, high = data_range
    exact = low + IMAGES * ((high - low) / 255)
    np.testing.assert_allclose(
        extractor.smooth_features(exact, data_range), extractor.features(IMAGES), atol=1e-4
    )
    between = np.full((1, 4, 4, 1), low + 100.4 * (high - low) / 255)
    np.testing.assert_allclose(
        extractor.smooth_features(between, data_range), 16 * (5 * 100.4 / 255 - 2), atol=1e-4
    )


def test_free_sizes():
    extractor = FeatureExtractor(sums(size=None), "sums", value_range=(0, 255))
    for size in (4, 6):
        np.testing.assert_allclose(extractor.features(np.full((2, size, size, 1), 3, np.uint8)), 48)


def test_features_and_probabilities_from_one_pass():
    model = classifies()
    arguments = {"value_range": (0, 1), "layer": "hidden"}
    extractor = from_keras(model, "mine", **arguments, probabilities="classes")
    assert extractor.protocol() != from_keras(model, "mine", **arguments).protocol()
    features, probabilities = extractor.outputs(IMAGES, batch_size=2)
    kernel, bias, last, last_bias = model.get_weights()
    hidden = (IMAGES / 255).reshape(7, 16) @ kernel + bias
    np.testing.assert_allclose(features, hidden, atol=1e-5)
    exponentials = np.exp(hidden @ last + last_bias)
    np.testing.assert_allclose(
        probabilities, exponentials / exponentials.sum(1, keepdims=True), atol=1e-5
    )
    np.testing.assert_array_equal(extractor.probabilities(IMAGES, batch_size=2), probabilities)
    assert (extractor.dimension, extractor.classes) == (2, 3)


def test_preprocessing_may_resize():
    shapes = []

    def preprocess(images):
        shapes.append(tuple(images.shape))
        return keras.ops.image.resize(images, (4, 4), "nearest") / 2

    extractor = from_keras(
        sums(), "sums", value_range=(0, 255), preprocess=preprocess, image_shape=(None, None, 1)
    )
    images = np.repeat(np.repeat(IMAGES, 2, axis=1), 2, axis=2)
    np.testing.assert_allclose(extractor.features(images), total(IMAGES) / 2, rtol=1e-6)
    assert shapes == [(None, None, None, 1)]


def test_dropout_is_off():
    images = keras.Input((4, 4, 1))
    network = keras.Model(images, keras.layers.Dropout(0.9)(keras.layers.Flatten()(images)))
    features = FeatureExtractor(network, "pixels", value_range=(0, 255)).features(IMAGES)
    np.testing.assert_array_equal(features, IMAGES.reshape(7, 16))


# === Protocol ===


def test_the_protocol_tells_networks_apart():
    model = classifies()
    extractors = [
        from_keras(model, "mine", value_range=(0, 1), layer="hidden"),
        from_keras(model, "mine", value_range=(-1, 1), layer="hidden"),
        from_keras(model, "mine", value_range=(0, 1)),
        from_keras(model, "mine", value_range=(0, 1), layer="hidden", preprocess=lambda x: x),
    ]
    model.set_weights([weights + 1 for weights in model.get_weights()])
    extractors.append(from_keras(model, "mine", value_range=(0, 1), layer="hidden"))
    protocols = [extractor.protocol() for extractor in extractors]
    assert all(a != b for number, a in enumerate(protocols) for b in protocols[:number])
    assert protocols[0]["extractor"] == "mine"


def test_metric_names():
    assert FeatureExtractor(sums(), "mine", value_range=(0, 1)).metric_name("fid") == "fid_mine"
    assert (
        FeatureExtractor(sums(), "inception", value_range=(0, 1), standard=True).metric_name("fid")
        == "fid"
    )


# === Files ===


def test_a_keras_file(tmp_path):
    model = classifies()
    model.save(tmp_path / "model.keras")
    for path in (tmp_path / "model.keras", str(tmp_path / "model.keras")):
        extractor = from_keras(
            path, "mine", value_range=(0, 1), layer="hidden", probabilities="classes"
        )
        expected = from_keras(
            model, "mine", value_range=(0, 1), layer="hidden", probabilities="classes"
        )
        assert extractor.protocol() == expected.protocol()
        np.testing.assert_array_equal(extractor.features(IMAGES), expected.features(IMAGES))


def test_a_file_that_holds_code_is_refused(tmp_path):
    images = keras.Input((4, 4, 1))
    keras.Model(images, keras.layers.Lambda(lambda x: x[:, 0, 0])(images)).save(
        tmp_path / "model.keras"
    )
    with pytest.raises(
        UserError, match=r"cannot be loaded as a Keras model in safe mode: .*[Ll]ambda"
    ):
        from_keras(tmp_path / "model.keras", "mine", value_range=(0, 1))


@pytest.mark.parametrize("content", [b"", b"text"])
def test_a_file_that_is_none(tmp_path, content):
    (tmp_path / "model.keras").write_bytes(content)
    for name in ("model.keras", "missing.keras"):
        with pytest.raises(UserError, match="cannot be loaded as a Keras model in safe mode"):
            from_keras(tmp_path / name, "mine", value_range=(0, 1))
    with pytest.raises(UserError, match=r"Expected a \.keras file.*Received: 'model\.h5'"):
        from_keras("model.h5", "mine", value_range=(0, 1))


# === Errors ===


@pytest.mark.parametrize(
    ("images", "data_range", "message"),
    [
        (np.zeros((0, 4, 4, 1), np.uint8), None, "Expected images .*Received: 0 images"),
        (
            IMAGES[..., 0],
            None,
            r"takes images of shape \(N, 4, 4, 1\)\. Received: shape \(7, 4, 4\)",
        ),
        (np.zeros((2, 5, 4, 1), np.uint8), None, r"Received: shape \(2, 5, 4, 1\)"),
        (np.zeros((2, 4, 4, 3), np.uint8), None, r"Received: shape \(2, 4, 4, 3\)"),
        (np.zeros((2, 4, 4, 1)), None, r"floats with their range: `data_range=\(-1, 1\)`"),
        (np.full((2, 4, 4, 1), 1.5), (-1, 1), r"Expected images in \[-1, 1\]"),
        (np.full((2, 4, 4, 1), np.nan), (-1, 1), "NaN or infinity in image 0"),
        (np.zeros((2, 4, 4, 1), np.int64), (-1, 1), "Expected float images"),
    ],
    ids=["none", "no channel", "height", "channels", "no range", "range", "nan", "integers"],
)
def test_images_that_cannot_be_taken(images, data_range, message):
    with pytest.raises(UserError, match=message):
        FeatureExtractor(sums(), "sums", value_range=(0, 255)).features(images, data_range)


def test_an_rgb_network_says_that_grey_is_fine():
    with pytest.raises(
        UserError, match=r"takes images of shape \(N, 4, 4, 3\) or with one or four channels"
    ):
        FeatureExtractor(sums(3), "sums", value_range=(0, 255)).features(
            np.zeros((2, 4, 4, 2), np.uint8)
        )


def test_the_number_of_a_bad_image():
    images = np.zeros((5, 4, 4, 1))
    images[3] = np.inf
    with pytest.raises(UserError, match="NaN or infinity in image 3"):
        FeatureExtractor(sums(), "sums", value_range=(0, 255)).features(
            images, (-1, 1), batch_size=2
        )


def test_no_probabilities():
    with pytest.raises(UserError, match="'sums' has features but no class probabilities"):
        FeatureExtractor(sums(), "sums", value_range=(0, 255)).probabilities(IMAGES)


def test_logits_are_no_probabilities():
    extractor = from_keras(
        classifies("linear"), "mine", value_range=(0, 1), layer="hidden", probabilities="classes"
    )
    with pytest.raises(UserError, match=r"rows sum to 1 .* add a Softmax"):
        extractor.outputs(IMAGES)


def test_features_that_are_not_finite():
    extractor = from_keras(sums(), "sums", value_range=(0, 1), preprocess=lambda images: images / 0)
    with pytest.raises(UserError, match="not finite"):
        extractor.features(IMAGES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "my model"}, "Expected a name of letters"),
        ({"value_range": (1, 0)}, "low < high"),
        ({"layer": "hiden"}, r"No such layer: hiden\..*hidden"),
        ({"model": "model"}, r"Expected a \.keras file"),
        ({"model": 3}, "Expected a keras.Model or the path"),
        ({"model": two_inputs()}, "Received: one with 2 inputs"),
        ({"model": keras.Sequential([keras.layers.Dense(2)])}, "Sequential one that is built"),
        (
            {"model": keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Dense(2)])},
            r"features of shape \(B, d\).*\(None, 4, 4, 2\)",
        ),
        (
            {"model": keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])},
            r"image_shape=\(height, width, channels\)",
        ),
    ],
    ids=["name", "range", "layer", "path", "type", "inputs", "not built", "maps", "no images"],
)
def test_settings_that_do_not_fit(arguments, message):
    arguments = {"model": classifies(), "name": "mine", "value_range": (0, 1)} | arguments
    with pytest.raises(ValueError, match=message):
        from_keras(arguments.pop("model"), arguments.pop("name"), **arguments)


def test_outputs_under_names_are_refused():
    network = classifies()
    named = {"a": network.get_layer("hidden").output, "b": network.output}
    with pytest.raises(UserError, match=r"or \[features, probabilities\].*Received: .*'a', 'b'"):
        FeatureExtractor(keras.Model(network.input, named), "mine", value_range=(0, 1))


def test_pathlib_and_text_are_the_same():
    with pytest.raises(UserError, match="'there'"):
        from_keras(pathlib.Path("there"), "mine", value_range=(0, 1))


def test_a_sentence_says_what_the_features_depend_on():
    details = {"resize": "299x299", "test_accuracy": 0.99166666, "layer": None, "preprocess": False}
    extractor = FeatureExtractor(sums(), "sums", value_range=(0, 1), details=details)
    assert (
        extractor.describe()
        == f"sums, weights {extractor.checksum[:8]}, resize 299x299, test_accuracy 0.9917"
    )
