"""Pictures, files and runs of a GAN that grows."""

import keras
import numpy as np
import pytest
from ml_collections import ConfigDict
from support.growing import IMAGES, small

import tf_gan
from tf_gan.config import default_config
from tf_gan.runs import build


@pytest.fixture(scope="module")
def trained():
    """A model in the first of three stages, another one in a fade."""
    models = [small(shape=(16, 16, 1), stable_steps=steps, fade_steps=8) for steps in (9, 1)]
    images = IMAGES[:32].repeat(2, axis=1).repeat(2, axis=2)
    for model in models:
        model.fit(images, batch_size=16, epochs=1, verbose=0)
    return models


def test_images_are_of_the_full_size(trained):
    for model, size in zip(trained, (4, 8), strict=True):
        images = model.generate(3, seed=0)
        assert images.shape == (3, 16, 16, 1)
        factor = 16 // size
        small_ones = images[:, ::factor, ::factor]
        np.testing.assert_array_equal(
            images, small_ones.repeat(factor, axis=1).repeat(factor, axis=2)
        )
        whole = model.average_generator(model.sample_inputs(3, 0)[0])
        np.testing.assert_array_equal(images, whole)
    assert trained[0].sampler.count_params() < trained[1].sampler.count_params()
    assert trained[1].sampler.count_params() < trained[1].generator.count_params()


def test_a_model_that_is_loaded_in_a_fade(trained, tmp_path):
    trained[1].save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    np.testing.assert_array_equal(loaded.generate(3, seed=0), trained[1].generate(3, seed=0))
    assert len(loaded.weights) == len(trained[1].weights)


def test_an_export_has_the_present_stage(trained, tmp_path):
    trained[1].export(tmp_path / "stage.keras", "keras")
    loaded = keras.saving.load_model(tmp_path / "stage.keras", compile=False)
    assert loaded.count_params() == trained[1].sampler.count_params()


@pytest.mark.slow
@pytest.mark.parametrize("format", ["saved_model", "tflite", "onnx"])
def test_exports(trained, format, tmp_path):
    trained[1].export(tmp_path / f"exported.{format}", format)  # Compared with the model.


@pytest.mark.slow
def test_a_run_goes_on_and_starts_another(tmp_path):
    config = default_config()
    with config.unlocked():
        config.model.name, config.networks.name = "progressive_gan", "progressive"
        config.model.latent_dim = 4
        config.model.arguments = ConfigDict({"fade_steps": 2, "stable_steps": 1})
        config.networks.generator = ConfigDict({"width": 4})
        config.networks.discriminator = ConfigDict({"width": 4})
        config.objective.loss, config.objective.penalties = "wasserstein", "wgan_gp"
        config.objective.penalty_weight = 10.0
        config.update({"batch_size": 512, "epochs": 1, "samples": 4, "steps_per_execution": 2})
    tf_gan.train(config, tmp_path / "run")
    config.epochs = 2
    model = tf_gan.train(config, tmp_path / "run")
    assert int(model.step) == 6
    loaded, _ = build.load(tmp_path / "run")
    np.testing.assert_array_equal(loaded.generate(2, seed=0), model.generate(2, seed=0))
    config.init_from, config.epochs = str(tmp_path / "run"), 1
    other = tf_gan.train(config, tmp_path / "other")
    assert int(other.step) == 3 and float(other.alpha(1, 3)) == 1.0
