"""Generators with styles out of Python: the whole, the mapping and the synthesis."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

import tf_gan
from tf_gan.export import export_target, tflite
from tf_gan.networks import stylegan2


def make(classes=None):
    keras.utils.set_random_seed(0)
    widths = {"base_width": 32, "max_width": 4}
    networks = (
        stylegan2.build_generator((8, 8, 1), 3, classes, style_dim=5, mapping_layers=1, **widths),
        stylegan2.build_discriminator((8, 8, 1), classes, **widths),
    )
    if classes:
        model = tf_gan.ConditionalStyleGAN2(*networks, 3, classes, moving_average=0.9)
    else:
        model = tf_gan.StyleGAN2(*networks, 3, moving_average=0.9)
    for weight in model.average_generator.weights:  # Not the live ones; noise is not 0.
        if weight.dtype == "float32":
            moved = np.random.default_rng(1).normal(size=weight.shape)
            weight.assign(weight.numpy() + 0.2 * moved)
    return model


@pytest.fixture(scope="module")
def model():
    return make()


def unit(images):
    return np.clip((images + 1) / 2, 0, 1)


@pytest.mark.slow
def test_saved_model_has_both_halves(model, tmp_path):
    report = model.export(tmp_path / "exported")
    assert {row["signature"] for row in report.rows} == {
        *("serving_default", "generate", "generate_truncated", "generate_png"),
        *("mapping", "synthesis"),
    }
    signatures = tf.saved_model.load(str(tmp_path / "exported/1")).signatures
    latents = np.random.default_rng(0).normal(size=(3, 3)).astype(np.float32)
    psi = np.full(3, 0.5, np.float32)
    styles = signatures["mapping"](latents=latents, truncation_psi=psi)["styles"]
    assert styles.shape == (3, 4, 5)
    images = signatures["synthesis"](styles=styles)["images"]
    np.testing.assert_allclose(images, unit(model.images_from(latents, truncation=0.5)), atol=1e-5)
    made = signatures["generate_truncated"](
        num=tf.constant(2), seed=tf.constant(4, tf.int64), truncation=tf.constant(0.5)
    )
    np.testing.assert_allclose(
        made["images"], unit(model.generate(2, seed=4, truncation=0.5)), atol=1e-5
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match="a number for each of the latents"):
        signatures["mapping"](latents=latents, truncation_psi=tf.constant([0.5]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected finite numbers"):
        signatures["synthesis"](styles=styles + np.nan)


@pytest.mark.parametrize("network", ["mapping", "synthesis", "generator"])
def test_tflite(model, network, tmp_path):
    path = tmp_path / f"{network}.tflite"
    report = model.export(path, "tflite", network=network)
    assert float(report.rows[0]["difference from the live model"]) < 1e-4
    card = json.loads(tflite.read_model_card(path))
    assert card["model"]["weights"] == "moving average of the generator"
    runner = Interpreter(str(path)).get_signature_runner("serving_default")
    if network == "mapping":
        latents = np.ones((2, 3), np.float32)
        styles = runner(latents=latents, truncation_psi=np.array([0.25, 1], np.float32))["styles"]
        w = model.styles_of(latents)[0]
        np.testing.assert_allclose(styles[1, 2], w, atol=1e-5)
        mean = model.mean_style
        np.testing.assert_allclose(styles[0, 3], mean + 0.25 * (w - mean), atol=1e-5)
        assert card["model"]["name"] == "mapping of a StyleGAN2"
        assert card["images"]["text"].startswith("none: styles")
    if network == "synthesis":
        styles = np.random.default_rng(0).normal(size=(2, 4, 5)).astype(np.float32)
        np.testing.assert_allclose(
            runner(styles=styles)["images"], unit(model.images_from_styles(styles)), atol=1e-4
        )


def test_each_of_the_latents_has_a_truncation(model):
    mapping = export_target(model, "mapping").signatures(8, False)["serving_default"].graph()
    latents = tf.ones([3, 3])
    assert mapping(latents=latents, truncation_psi=tf.ones([3]))["styles"].shape == (3, 4, 5)
    for psi in (tf.ones([1]), tf.ones([2]), tf.constant([1.0, np.nan, 1.0])):
        with pytest.raises(tf.errors.InvalidArgumentError, match="a number for each of the lat"):
            mapping(latents=latents, truncation_psi=psi)


@pytest.mark.slow
@pytest.mark.parametrize("network", ["mapping", "synthesis", "generator"])
def test_onnx(model, network, tmp_path):
    path = tmp_path / f"{network}.onnx"
    report = model.export(path, "onnx", network=network)
    assert float(report.rows[0]["difference from the live model"]) < 1e-4


@pytest.mark.parametrize("network", ["mapping", "synthesis"])
def test_keras_files(model, network, tmp_path):
    model.export(tmp_path / "half.keras", "keras", network=network)
    assert (tmp_path / "half.keras").exists()


@pytest.mark.slow
def test_classes(tmp_path):
    model = make(classes=3)
    report = model.export(tmp_path / "exported")
    assert {"mapping", "synthesis"} <= {row["signature"] for row in report.rows}
    mapping = tf.saved_model.load(str(tmp_path / "exported/1")).signatures["mapping"]
    latents = np.ones((2, 3), np.float32)
    styles = mapping(
        latents=latents, truncation_psi=np.ones(2, np.float32), labels=np.array([0, 2], np.int32)
    )["styles"]
    np.testing.assert_allclose(styles[:, 0], model.styles_of(latents, [0, 2]), atol=1e-5)
    model.export(tmp_path / "mapping.tflite", "tflite", network="mapping")
