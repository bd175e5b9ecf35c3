"""Code purity, with a classifier that reads the class off the first pixel."""

import types

import keras
import numpy as np
import pytest

import tf_gan
from tf_gan import evaluation
from tf_gan.errors import UserError
from tf_gan.evaluation.samples import of_model
from tf_gan.evaluation.scores import code_purity
from tf_gan.networks import info_gan_mlp


class Reader(tf_gan.InfoGAN):
    """Paints (category mod 3) / 4 into every pixel, whatever the noise; for the odd
    samples of category 0 class 3.
    """

    def images_from(self, latents, labels=None, batch_size=256):
        self.noise = latents[:, :2]
        categories = latents[:, 2:7].argmax(axis=1)
        classes = np.where(
            (categories == 0) & (np.arange(len(latents)) % 2 == 1), 3, categories % 3
        )
        return np.ones((1, 4, 4, 1), np.float32) * (classes / 4.0)[:, None, None, None]


def model():
    generator = keras.Sequential(
        [keras.Input((7,)), keras.layers.Dense(16, "sigmoid"), keras.layers.Reshape((4, 4, 1))]
    )
    discriminator = info_gan_mlp.build_discriminator(
        (4, 4, 1), code_dim=5, units=(4,), code_units=4
    )
    return Reader(generator, discriminator, 7, categorical=(5,), continuous=0)


def reference():
    def probabilities(images, value_range):
        assert value_range == (0.0, 1.0)
        return np.eye(4)[np.rint(images[:, 0, 0, 0] * 4).astype(int)]

    return types.SimpleNamespace(
        extractor=types.SimpleNamespace(
            name="reader", probabilities=probabilities, describe=lambda: "reader", protocol=dict
        )
    )


def test_purity_is_the_share_of_the_commonest_class():
    # 20 samples a category; category 0 comes out as class 0 ten times and as class 3
    # ten times: (10 + 4 * 20) / 100.
    (score,) = evaluation.get("code_purity").score(of_model(model(), count=100), reference())
    assert score.name == "code_purity_reader_100"
    assert score.value == pytest.approx(0.9)
    assert score.details["classes"][1:] == [1, 2, 0, 1]


def test_the_seed_of_the_samples_fixes_the_noise():
    gan, noises = model(), []
    for seed in (0, 0, 1):
        evaluation.get("code_purity").score(of_model(gan, count=10, seed=seed), reference())
        noises.append(np.array(gan.noise))
    assert np.array_equal(noises[0], noises[1]) and not np.array_equal(noises[0], noises[2])


def test_contingency():
    counts = code_purity.contingency(np.array([0, 0, 1, 1, 1]), np.array([2, 2, 0, 1, 1]), 2, 3)
    np.testing.assert_array_equal(counts, [[0, 0, 2], [1, 2, 0]])


def test_models_without_encoder_and_data_without_labels():
    points = tf_gan.networks.get("points")
    plain = tf_gan.GAN(
        points.build_generator((2,), 2, units=(4,)), points.build_discriminator((2,), units=(4,)), 2
    )
    with pytest.raises(UserError, match="info_gan"):
        evaluation.get("code_purity").score(of_model(plain, count=10), reference())
    network = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten()])
    without = tf_gan.features.from_keras(network, "pixels", value_range=(0, 1))
    with pytest.raises(UserError, match="no class probabilities"):
        evaluation.get("code_purity").score(
            of_model(model(), count=10), types.SimpleNamespace(extractor=without)
        )
