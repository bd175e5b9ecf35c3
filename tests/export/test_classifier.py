"""The classifier of a semi-supervised model out of Python: the signature `classify`,
and files of it alone.
"""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

import tf_gan
from tf_gan.errors import UserError
from tf_gan.export import export_target, tflite
from tf_gan.networks import semi_supervised_mlp

SHAPE = (4, 4, 1)


@pytest.fixture(scope="module")
def model():
    """After a few steps, with averaged weights that are not the live ones; images in
    [-1, 1].
    """
    keras.utils.set_random_seed(0)
    generator = semi_supervised_mlp.build_generator(SHAPE, 5, units=(8,), activation="tanh")
    discriminator = semi_supervised_mlp.build_discriminator(SHAPE, 4, units=(16, 8))
    gan = tf_gan.SemiSupervisedGAN(generator, discriminator, 5, 3, classifier_average=0.9)
    gan.compile(*(keras.optimizers.Adam(0.05) for _ in range(2)), jit_compile=False)
    random = np.random.default_rng(0)
    gan.fit(
        random.uniform(-1, 1, (60, *SHAPE)).astype(np.float32),
        random.integers(-1, 3, 60),
        batch_size=20,
        verbose=0,
    )
    return gan


@pytest.fixture(scope="module")
def images():
    """In [0, 1]."""
    return np.random.default_rng(1).uniform(0, 1, (40, *SHAPE)).astype(np.float32)


def test_saved_model_of_the_model_classifies_beside_generating(model, images, tmp_path):
    report = model.export(tmp_path / "exported")
    assert {row["signature"] for row in report.rows} == {
        "serving_default",
        "generate",
        "generate_png",
        "classify",
    }
    classify = tf.saved_model.load(str(tmp_path / "exported/1")).signatures["classify"]
    probabilities = classify(images=tf.constant(images))["probabilities"]
    np.testing.assert_allclose(probabilities, model.classify(2 * images - 1), atol=1e-6)
    # Not the live weights.
    assert (
        np.abs(probabilities - tf.nn.softmax(model.discriminator(2 * images - 1)[0][:, :3])).max()
        > 1e-3
    )
    for wrong, message in (
        (2 * images - 1, "expected from 0 to 1"),
        (images + np.nan, "expected finite numbers"),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            classify(images=tf.constant(wrong))


def test_tflite_of_the_classifier_alone(model, images, tmp_path):
    report = model.export(tmp_path / "classifier.tflite", "tflite", network="classifier")
    runner = Interpreter(str(tmp_path / "classifier.tflite")).get_signature_runner(
        "serving_default"
    )
    assert list(runner.get_input_details()) == ["images"] and list(runner.get_output_details()) == [
        "probabilities"
    ]
    for n in (1, 40):
        np.testing.assert_allclose(
            runner(images=images[:n])["probabilities"],
            model.classify(2 * images[:n] - 1),
            atol=1e-5,
        )
    card = json.loads(tflite.read_model_card(tmp_path / "classifier.tflite"))
    assert card["model"]["name"] == "classifier of a SemiSupervisedGAN"
    assert card["model"]["weights"] == "moving average of the discriminator"
    assert card["network"] == "classifier"
    # v, b and g of 16 -> 16 -> 8 -> 4.
    assert card["model"]["parameters"] == (16 * 16 + 32) + (16 * 8 + 16) + (8 * 4 + 8)
    assert card["images"]["range"] == [0.0, 1.0]
    assert float(report.rows[0]["difference from the live model"]) < 1e-5


def test_the_cards_of_models_without_averages_and_ranges():
    networks = (
        semi_supervised_mlp.build_generator(SHAPE, 5, units=(8,), activation="linear"),
        semi_supervised_mlp.build_discriminator(SHAPE, 4, units=(16, 8)),
    )
    plain = tf_gan.SemiSupervisedGAN(*networks, 5, 3)
    card = export_target(plain, "classifier").model_card()
    assert card["model"]["weights"] == "discriminator" and card["images"]["range"] is None
    assert export_target(plain).model_card()["model"]["weights"] == "generator"


def test_quantised(model, tmp_path):
    model.export(tmp_path / "int8.tflite", "tflite", network="classifier", quantize="int8")
    assert (tmp_path / "int8.tflite").exists()


def test_keras_file_of_the_classifier_alone(model, images, tmp_path):
    model.export(tmp_path / "classifier.keras", "keras", network="classifier")
    loaded = keras.saving.load_model(tmp_path / "classifier.keras")
    np.testing.assert_allclose(loaded(images), model.classify(2 * images - 1), atol=1e-6)


def test_unknown_networks_are_named(model, tiny_gan, tmp_path):
    with pytest.raises(
        UserError, match=r"one of \['generator', 'classifier'\]. Received: network='encoder'"
    ):
        model.export(tmp_path / "x", network="encoder")
    with pytest.raises(UserError, match=r"one of \['generator'\]. Received: network='classifier'"):
        tiny_gan.export(tmp_path / "x", network="classifier")
