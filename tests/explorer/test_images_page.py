"""The page of models that make images from images, in a browser."""

import keras
import numpy as np
import pytest
from support.explored import opened, text, until

import tf_gan
from tf_gan import explorer
from tf_gan.networks import pix2pix, srresnet
from tf_gan.plots import render

FLOATS = "const t = explorer.translated(); return [Array.from(t.made.values), t.made.shape]"


@pytest.fixture(scope="module")
def translation(web_runtime, tmp_path_factory):
    """A pix2pix from 16x16 RGB to grey pictures that remembers sources, and its page."""
    keras.utils.set_random_seed(0)
    model = tf_gan.Pix2Pix(
        pix2pix.build_generator((16, 16, 1), source_shape=(16, 16, 3), width=4),
        pix2pix.build_discriminator((16, 16, 1), source_shape=(16, 16, 3), width=4, stages=1),
    )
    random = np.random.default_rng(0)
    model.set_sources(random.integers(0, 256, (8, 16, 16, 3)).astype(np.float32) / 127.5 - 1)
    path = tmp_path_factory.mktemp("translation") / "explorer.html"
    assert explorer.explore(explorer.of_model(model, "model", []), path)[1] == ""
    return model, path


def test_a_source_and_a_file_are_translated(browser, translation, tmp_path):
    model, path = translation
    window = opened(browser, path)
    sources = model.sample_inputs(8, 0)[0].numpy()
    made, shape = window.run(FLOATS)
    expected = (model.translate(sources[:1])[0] + 1) / 2
    assert shape == [16, 16, 1] and np.ptp(expected) > 5e-3
    np.testing.assert_allclose(made, expected.ravel(), atol=1e-4)
    picture = np.random.default_rng(1).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    render.save_png(tmp_path / "mine.png", picture)
    window.find("input[type=file]")[0].send_keys(str(tmp_path / "mine.png"))
    caption = "return document.querySelector('#translate .caption').textContent"
    until(window, caption, "mine.png: 16 x 16 to 16 x 16 pixels")
    expected = (model.translate(picture[None] / np.float32(127.5) - 1)[0] + 1) / 2
    np.testing.assert_allclose(window.run(FLOATS)[0], expected.ravel(), atol=1e-4)
    (tmp_path / "words.png").write_text("no picture")
    window.find("input[type=file]")[0].send_keys(str(tmp_path / "words.png"))
    until(
        window,
        "return document.getElementById('status').textContent",
        "words.png is no picture that this browser can read.",
    )
    assert window.messages() == []


def test_the_divider_shows_what_was_before(browser, translation):
    window = opened(browser, translation[1])
    cut = "return document.querySelector('.stack').style.getPropertyValue('--cut')"
    divider = window.find("#divider")[0]
    divider.send_keys("\ue010")  # The key End.
    until(window, cut, "100%")
    stack = window.find(".stack")[0]
    stack.click()  # Its centre.
    until(window, cut, "50%")
    assert text(window, "#translate output") == "50"


@pytest.mark.slow
def test_pictures_are_enlarged(browser, web_runtime, tmp_path):
    keras.utils.set_random_seed(0)
    shape = (16, 16, 3)
    model = tf_gan.SRResNet(
        srresnet.build_generator(shape, filters=4, blocks=1, scale=2), image_shape=shape
    )
    explorer.explore(explorer.of_model(model, "model", []), tmp_path / "explorer.html")
    window = opened(browser, tmp_path / "explorer.html")
    picture = np.random.default_rng(1).integers(0, 256, (9, 12, 3)).astype(np.uint8)
    render.save_png(tmp_path / "mine.png", picture)
    window.find("input[type=file]")[0].send_keys(str(tmp_path / "mine.png"))
    caption = "return document.querySelector('#translate .caption').textContent"
    until(window, caption, "mine.png: 12 x 9 to 24 x 18 pixels")
    made, made_shape = window.run(FLOATS)
    assert made_shape == [18, 24, 3]
    expected = model.upscale(picture.astype(np.float32) / 255)
    np.testing.assert_allclose(made, expected.ravel(), atol=1e-4)
    large = np.zeros((300, 100, 3), np.uint8)
    render.save_png(tmp_path / "large.png", large)
    window.find("input[type=file]")[0].send_keys(str(tmp_path / "large.png"))
    until(window, caption, "large.png: 85 x 256 to 170 x 512 pixels")
