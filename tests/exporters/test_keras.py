"""Keras files."""

import keras
import numpy as np


def test_the_file_has_the_live_values(tiny_gan, tmp_path):
    report = tiny_gan.export(tmp_path / "g.keras", format="keras")
    assert report.rows[0]["format"] == "keras"
    model = keras.saving.load_model(tmp_path / "g.keras")
    latents = tiny_gan.draw(9, 5)[0].numpy()
    np.testing.assert_allclose(model.predict(latents, verbose=0), (tiny_gan.images_from(latents) + 1) / 2, atol=1e-5)
    assert [layer.name for layer in model.layers if not layer.__module__.startswith("keras")] == []


def test_labels_are_an_input(labelled, tmp_path):
    labelled.export(tmp_path / "g.keras", format="keras")
    latents, labels = (value.numpy() for value in labelled.draw(5, 3))
    images = keras.saving.load_model(tmp_path / "g.keras").predict([latents, labels], verbose=0)
    np.testing.assert_allclose(images, labelled.images_from(latents, labels), atol=1e-5)
