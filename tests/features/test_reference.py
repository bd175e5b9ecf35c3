"""Statistics of real images: computed once, kept apart by what they depend on."""

import keras
import numpy as np
import pytest

from tf_gan.data import Examples
from tf_gan.features import FeatureExtractor, cache, reference_protocol, reference_statistics

EXAMPLES = Examples(
    np.random.default_rng(0).integers(0, 256, (20, 4, 4, 1), np.uint8), name="mnist train[:20]"
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TF_GAN_CACHE", str(tmp_path))
    return tmp_path


def extractor(scale=1.0, name="pixels") -> FeatureExtractor:
    images = keras.Input((4, 4, 1))
    kernel = keras.initializers.Constant(scale)
    network = keras.Model(
        images, keras.layers.Dense(3, kernel_initializer=kernel)(keras.layers.Flatten()(images))
    )
    return FeatureExtractor(network, name, value_range=(0, 1))


def test_the_second_time_nothing_is_computed(folder):
    pixels = extractor()
    calls = []

    def compute():
        calls.append(1)
        features = pixels.features(EXAMPLES).astype(np.float64)
        return {
            "mean": features.mean(0),
            "covariance": np.cov(features, rowvar=False),
            "features": features[:5],
        }

    first = reference_statistics(reference_protocol(EXAMPLES, pixels, kept=5), compute)
    # Another object, the same network.
    second = reference_statistics(reference_protocol(EXAMPLES, extractor(), kept=5), compute)
    assert len(calls) == 1
    np.testing.assert_allclose(
        first["mean"], (EXAMPLES.images / 255).sum((1, 2, 3)).mean(), rtol=1e-5
    )
    for key, array in first.items():
        np.testing.assert_array_equal(second[key], array, strict=True)
    (file,) = folder.glob("reference/*.npz")
    assert file.name.startswith("mnist_train_20_20_pixels-")


def test_what_it_depends_on():
    pixels = extractor()
    changed = EXAMPLES.images.copy()
    changed[3, 0, 0, 0] ^= 1
    protocols = [
        reference_protocol(EXAMPLES, pixels),
        reference_protocol(EXAMPLES[:19], pixels),
        reference_protocol(Examples(changed, name=EXAMPLES.name), pixels),
        reference_protocol(Examples(EXAMPLES.images, name="mnist test"), pixels),
        reference_protocol(EXAMPLES, extractor(2.0)),
        reference_protocol(EXAMPLES, extractor(name="others")),
        reference_protocol(EXAMPLES, pixels, kept=5),
    ]
    assert len({cache.path("reference", "x", protocol) for protocol in protocols}) == len(protocols)
    assert reference_protocol(EXAMPLES, pixels) == reference_protocol(EXAMPLES, extractor())
