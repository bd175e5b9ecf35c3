"""Keras files."""

import subprocess
import sys

import keras
import numpy as np
import pytest

import tf_gan
from tf_gan.networks import dcgan
from tf_gan.training.rng import Stream


def test_the_file_has_the_live_values(tiny_gan, tmp_path):
    report = tiny_gan.export(tmp_path / "g.keras", format="keras")
    assert report.rows[0]["format"] == "keras"
    model = keras.saving.load_model(tmp_path / "g.keras")
    latents = tiny_gan.sample_inputs(9, 5)[0].numpy()
    np.testing.assert_allclose(
        model.predict(latents, verbose=0), (tiny_gan.images_from(latents) + 1) / 2, atol=1e-5
    )
    assert [layer.name for layer in model.layers if not layer.__module__.startswith("keras")] == []


def test_labels_are_an_input(labelled, tmp_path):
    labelled.export(tmp_path / "g.keras", format="keras")
    latents, labels = (value.numpy() for value in labelled.sample_inputs(5, 3))
    images = keras.saving.load_model(tmp_path / "g.keras").predict([latents, labels], verbose=0)
    np.testing.assert_allclose(images, labelled.images_from(latents, labels), atol=1e-5)


@pytest.mark.slow
def test_a_dcgan_needs_nothing_but_keras(tmp_path):
    shape = (8, 8, 1)
    gan = tf_gan.GAN(
        dcgan.build_generator(shape, 4, width=8),
        dcgan.build_discriminator(shape, width=8),
        latent_dim=4,
    )
    gan.compile()
    gan.export(tmp_path / "dcgan.keras", "keras")
    np.save(tmp_path / "latents.npy", gan.sample_latents(3, Stream(0)))
    code = (
        "import sys, keras, numpy as np; network = keras.saving.load_model('dcgan.keras'); "
        "np.save('images.npy', network(np.load('latents.npy'))); assert 'tf_gan' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    latents = np.load(tmp_path / "latents.npy")
    np.testing.assert_allclose(
        np.load(tmp_path / "images.npy"), 0.5 * gan.generator(latents) + 0.5, atol=1e-5
    )
