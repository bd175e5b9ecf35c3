"""--kind=upscale: a picture, a folder, and what cannot be enlarged."""

import keras
import numpy as np
import pytest
from PIL import Image

import tf_gan
from tf_gan import plots
from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.networks import srresnet


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return tf_gan.SRResNet(
        srresnet.build_generator((16, 16, 3), filters=4, blocks=1, scale=2), (16, 16, 3)
    )


def options(path):
    return plots.PlotOptions(default_config(), input=str(path))


def save(path, shape, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    Image.fromarray(pixels).save(path, **options)
    return pixels


def test_one_picture(model, tmp_path):
    pixels = save(tmp_path / "a.png", (5, 9, 3))
    drawn = plots.get("upscale").plot(model, options(tmp_path / "a.png"))
    assert drawn.shape == (10, 18, 3) and drawn.dtype == np.uint8
    np.testing.assert_array_equal(drawn, model.upscale(pixels))
    grey = save(tmp_path / "grey.png", (4, 4))
    np.testing.assert_array_equal(
        plots.get("upscale").plot(model, options(tmp_path / "grey.png")),
        model.upscale(np.repeat(grey[..., None], 3, axis=-1)),
    )


def test_rgba(tmp_path):
    network = srresnet.build_generator((16, 16, 4), filters=4, blocks=1, scale=2)
    pixels = save(tmp_path / "a.png", (5, 9, 4))
    drawn = plots.get("upscale").plot(
        tf_gan.SRResNet(network, (16, 16, 4)), options(tmp_path / "a.png")
    )
    assert drawn.shape == (10, 18, 4) and pixels.shape == (5, 9, 4)


def test_the_first_pictures_of_a_folder(model, tmp_path, caplog):
    for name in "ab":
        save(tmp_path / f"{name}.png", (4, 4, 3))
    (tmp_path / "c.png").write_bytes(b"no picture")  # Nobody reads it.
    drawn = plots.get("upscale").plot(
        model, plots.PlotOptions(default_config(), n=2, input=str(tmp_path))
    )
    assert [name for name, _ in drawn] == ["a.png", "b.png"]
    assert not caplog.messages


def test_a_folder(model, tmp_path, caplog):
    save(tmp_path / "in" / "a.png", (5, 9, 3))
    save(tmp_path / "in" / "deep" / "b.jpg", (4, 4, 3), quality=90)
    (tmp_path / "in" / "broken.png").write_bytes(b"no picture")
    drawn = dict(plots.get("upscale").plot(model, options(tmp_path / "in")))
    assert {name: picture.shape for name, picture in drawn.items()} == {
        "a.png": (10, 18, 3),
        "deep/b.png": (8, 8, 3),
    }
    assert "broken.png" in caplog.text
    assert (
        plots.suffix("upscale", str(tmp_path / "in")) == ""
        and plots.suffix("upscale", str(tmp_path / "in" / "a.png")) == ".png"
    )
    assert plots.suffix("grid", str(tmp_path / "in")) == ".png"


def test_pictures_that_would_become_one_file(model, tmp_path):
    save(tmp_path / "in" / "a.png", (5, 9, 3))
    save(tmp_path / "in" / "a.jpg", (5, 9, 3))
    with pytest.raises(UserError, match=r"a\.jpg' and '.*a\.png'"):
        plots.get("upscale").plot(model, options(tmp_path / "in"))


def test_what_cannot_be_enlarged(model, tiny_gan, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    for path, message in (
        ("", "Expected --input"),
        (tmp_path / "none", "Expected --input"),
        (tmp_path / "broken.png", "broken.png cannot be used"),
    ):
        with pytest.raises(UserError, match=message):
            plots.get("upscale").plot(model, options(path))
    with pytest.raises(UserError, match="A GAN does not enlarge images"):
        plots.get("upscale").plot(tiny_gan, options(tmp_path / "broken.png"))
