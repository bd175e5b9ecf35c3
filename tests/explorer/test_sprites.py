"""Pages whose generator cannot run: sheets of pictures made before."""

import base64
import io
import json

import keras
import numpy as np
import pytest
from PIL import Image
from selenium.webdriver import ActionChains, Keys
from support.explored import text, until

import tf_gan
from tf_gan import explorer
from tf_gan.data.ranges import to_uint8
from tf_gan.explorer import page, sprites
from tf_gan.explorer.runtime import Unavailable
from tf_gan.networks import conditional_mlp, info_gan_mlp, pix2pix, srresnet


@pytest.fixture
def subject(tiny_gan, monkeypatch):
    def fetch(tarball):
        raise Unavailable("no <b>network</b>")

    monkeypatch.setattr(explorer, "fetch", fetch)
    return explorer.of_model(tiny_gan, "model", [])


def pixels(sheet):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(sheet["png"]))))


def test_sheets_hold_the_pictures(subject, tiny_gan):
    wall, plane, ways = sprites.sheets(subject, seed=3)
    latents = tiny_gan.sample_inputs(256, 3)[0].numpy()

    def grey(z):
        return np.rint(255 * (tiny_gan.images_from(z[None])[0, ..., 0] + 1) / 2)

    assert wall["tile"] == [8, 8] and pixels(wall).shape == (64, 64)
    assert np.abs(pixels(wall)[8:16, 24:32].astype(int) - grey(latents[11])).max() <= 1
    assert pixels(plane).shape == (72, 72)
    assert np.abs(pixels(plane)[:8, -8:].astype(int) - grey(latents[1])).max() <= 1
    assert ways["rows"] == 6 and ways["columns"] == 9
    assert ways["names"][0] == "direction 1, -5" and ways["names"][-1] == "direction 6, 5"
    moved = latents[0] + 5 * subject.directions["direction 2"]
    assert np.abs(pixels(ways)[8:16, -8:].astype(int) - grey(moved)).max() <= 1


def test_directions_go_as_far_as_the_prior(tiny_gan):
    uniform = tf_gan.GAN(tiny_gan.generator, tiny_gan.discriminator, 6, prior=(-1, 1))
    subject = explorer.of_model(uniform, "model", [])
    assert page.facts(subject, 0)["deviation"] == pytest.approx(3**-0.5)
    *_, ways = sprites.sheets(subject, 0)
    assert ways["names"][:9:8] == ["direction 1, -2.9", "direction 1, 2.9"]


def test_codes_have_a_sheet_and_are_no_noise():
    keras.utils.set_random_seed(0)
    model = tf_gan.InfoGAN(
        info_gan_mlp.build_generator((8, 8, 3), 10, units=(16,)),
        info_gan_mlp.build_discriminator((8, 8, 3), code_dim=6, units=(16,), code_units=8),
        latent_dim=10,
        categorical=(4,),
        continuous=2,
    )
    subject = explorer.of_model(model, "model", [])
    data = page.facts(subject, 0)
    assert data["codes"] == {"categorical": [4], "continuous": 2, "start": 4}
    assert not np.any([each["vector"][4:] for each in data["directions"]])
    _, plane, _, categories = sprites.sheets(subject, 0)
    assert categories["names"][8] == "category 1, picture 0" and categories["rows"] == 4
    latents = model.sample_inputs(256, 0)[0].numpy()
    middle = sprites.plane(latents[:4], sprites.PLANE, normal=True, noise=4)[4, 4]
    for sheet, row, column, z in (
        (plane, 4, 4, middle[None]),
        (categories, 2, 5, model.with_codes(latents[5:6], 2)),
    ):
        shown = pixels(sheet)[8 * row : 8 * row + 8, 8 * column : 8 * column + 8].astype(int)
        expected = to_uint8(model.images_from(z.astype(np.float32))[0], (-1, 1))
        assert np.abs(shown - expected).max() <= 1


def test_pictures_without_bounds_go_from_black_to_white(tiny_gan):
    layers = [keras.Input((6,)), keras.layers.Dense(64), keras.layers.Reshape((8, 8, 1))]
    unbounded = tf_gan.GAN(keras.Sequential(layers), tiny_gan.discriminator, 6)
    subject = explorer.of_model(unbounded, "model", [])
    assert not page.facts(subject, 0)["bounded"]
    wall, *_ = sprites.sheets(subject, 0)
    assert pixels(wall).min() == 0 and pixels(wall).max() == 255


def test_sources_of_any_size_are_enlarged_to_what_is_made_of_them():
    model = tf_gan.SRResNet(
        srresnet.build_generator((16, 16, 3), filters=4, blocks=1, scale=4), (16, 16, 3)
    )
    sources = np.random.default_rng(0).uniform(0, 1, (8, 4, 4, 3)).astype(np.float32)
    model.set_sources(sources)
    subject = explorer.of_model(model, "model", [])
    assert page.facts(subject, 0)["facts"].endswith("any size")
    (sheet,) = sprites.sheets(subject, 0)
    assert sheet["tile"] == [16, 16] and (sheet["rows"], sheet["columns"]) == (8, 2)
    first = to_uint8(model.sample_inputs(8, 0)[0].numpy()[0], (0, 1))
    np.testing.assert_array_equal(pixels(sheet)[:16:4, :16:4], first)


def test_classes_have_a_sheet(labelled_subject):
    wall, *_, classes = sprites.sheets(labelled_subject, 0)
    assert classes["title"] == "Classes" and classes["rows"] == 3
    assert classes["names"][:9:8] == ["class 0, picture 0", "class 1, picture 0"]
    model = labelled_subject.model
    z = model.sample_inputs(256, 0)[0].numpy()[5]
    expected = np.rint(255 * (model.images_from(z[None], [2])[0] + 1) / 2)
    assert np.abs(pixels(classes)[16:24, 40:48].astype(int) - expected).max() <= 1
    samples = to_uint8(model.generate(64, seed=0), (-1, 1))  # Each of its own class.
    tiles = pixels(wall).reshape(8, 8, 8, 8, 3).swapaxes(1, 2).reshape(64, 8, 8, 3)
    assert np.abs(tiles.astype(int) - samples).max() <= 1


def test_some_of_many_classes(labelled_subject):
    *_, few = sprites.sheets(labelled_subject, 0)
    *_, many = sprites.sheets(labelled(11), 0)
    assert few["help"] == "Each class, from the same latents."
    assert many["help"] == "The first 10 classes, from the same latents." and many["rows"] == 10


@pytest.fixture
def labelled_subject():
    return labelled(3)


def labelled(classes):
    keras.utils.set_random_seed(1)
    gan = tf_gan.ConditionalGAN(
        conditional_mlp.build_generator((8, 8, 3), 4, classes, units=(16,)),
        conditional_mlp.build_discriminator((8, 8, 3), classes, units=(16,)),
        latent_dim=4,
        num_classes=classes,
    )
    return explorer.of_model(gan, "model", [])


def test_the_middle_of_the_plane_is_as_long_as_its_corners():
    corners = 2.0 * np.eye(4)
    np.testing.assert_allclose(sprites.plane(corners, 3, normal=False)[1, 1], [0.5] * 4)
    np.testing.assert_allclose(sprites.plane(corners, 3, normal=True)[1, 1], [1.0] * 4)
    np.testing.assert_allclose(sprites.plane(corners, 3, normal=True)[2, 0], [0, 0, 2, 0])


def test_codes_of_the_plane_are_means():
    corners = np.hstack([2.0 * np.eye(4), np.ones((4, 1))])
    middle = sprites.plane(corners, 3, normal=True, noise=4)[1, 1]
    np.testing.assert_allclose(middle, [1.0] * 5)


def test_the_page_has_pictures_and_says_why(browser, subject, tiny_gan, tmp_path):
    report, reason = explorer.explore(subject, tmp_path / "e.html")
    assert reason == "no <b>network</b>" and "pictures made before" in str(report)
    assert (tmp_path / "e.html").stat().st_size < 100_000
    browser.open(tmp_path / "e.html")
    status = "return document.getElementById('status').textContent"
    until(browser, status, "no <b>network</b> The pictures below were made before.")
    assert text(browser, "figcaption") == "Wall: picture 0"
    board = browser.find("#sheet-0 .plane")[0]
    board.send_keys(Keys.ARROW_DOWN, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert text(browser, "figcaption") == "Wall: picture 10"
    drawn = browser.run(
        "const c = document.getElementById('picture');"
        "return Array.from(c.getContext('2d').getImageData(0, 0, 8, 8).data)"
    )
    expected = 255 * (tiny_gan.generate(256, seed=0)[10] + 1) / 2
    assert np.abs(np.reshape(drawn, (8, 8, 4))[..., :1] - expected).max() <= 1
    plane = browser.find("#sheet-1 .plane")[0]
    browser.run("arguments[0].scrollIntoView({block: 'center'})", plane)
    ActionChains(browser.driver).move_to_element(plane).click().perform()
    assert text(browser, "figcaption") == "Plane: down 0.50, right 0.50"
    assert browser.messages() == [] and len(browser.requests()) == 1


def test_the_pictures_are_those_of_the_seed(subject, tmp_path):
    explorer.explore(subject, tmp_path / "e.html", seed=3)
    _, after = (tmp_path / "e.html").read_text().split('type="application/json" id="data">')
    assert json.loads(after.split("</script>")[0])["sheets"] == sprites.sheets(subject, 3)


def test_a_page_without_pictures_says_why(browser, subject, tmp_path):
    model = tf_gan.Pix2Pix(
        pix2pix.build_generator((16, 16, 1), source_shape=(16, 16, 3), width=4),
        pix2pix.build_discriminator((16, 16, 1), source_shape=(16, 16, 3), width=4, stages=1),
    )
    explorer.explore(explorer.of_model(model, "model", []), tmp_path / "e.html")
    browser.open(tmp_path / "e.html")
    status = "return document.getElementById('status').textContent"
    reason = "no <b>network</b> There are no pictures in its place, for want of source images."
    until(browser, status, reason)
    assert browser.messages() == []


def test_sources_without_a_range_are_not_shown():
    shape = (16, 16, 3)
    model = tf_gan.Pix2Pix(
        keras.Sequential([keras.Input(shape), keras.layers.Conv2D(3, 1)]),
        pix2pix.build_discriminator(shape, source_shape=shape, width=4, stages=1),
    )
    model.set_sources(np.full((8, *shape), -0.5, np.float32))
    assert model.source_range is None
    subject = explorer.of_model(model, "model", [])
    assert page.facts(subject, 0)["examples"] == [] and sprites.sheets(subject, 0) == []


def test_large_networks_do_not_run_in_a_page(subject, tmp_path, monkeypatch):
    monkeypatch.setattr(explorer, "LIMIT", 1000)
    _, reason = explorer.explore(subject, tmp_path / "e.html")
    assert reason.startswith("The generator has 0 MB, too many for a page: at most 0 MB")
    assert "explorerParts[" not in (tmp_path / "e.html").read_text().split(page.script())[0]
