"""Originals over inversions, of a generator that shows its latents, and what is printed
of their errors.
"""

import keras
import numpy as np
import pytest
from PIL import Image

import tf_gan
from tf_gan import inversion, plots
from tf_gan.config import default_config
from tf_gan.data import Examples
from tf_gan.errors import UserError
from tf_gan.plots.options import chosen_images


def model(kind=tf_gan.GAN):
    generator = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(64, kernel_initializer="ones"),
            keras.layers.Reshape((8, 8, 1)),
        ]
    )
    if kind is tf_gan.GAN:
        discriminator = keras.Sequential(
            [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
        )
        return tf_gan.GAN(generator, discriminator, 2, prior=(0, 50), data_range=(0, 100))
    encoder = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(2, kernel_initializer="zeros"),
        ]
    )
    images, latents = keras.Input((8, 8, 1)), keras.Input((2,))
    discriminator = keras.Model(
        [images, latents],
        keras.layers.Dense(1)(
            keras.layers.Concatenate()([keras.layers.Flatten()(images), latents])
        ),
    )
    return tf_gan.BiGAN(generator, discriminator, encoder, 2, prior=(0, 50), data_range=(0, 100))


class PlotOptions(plots.PlotOptions):
    def held_out_examples(self):
        """All pixels alike: G reaches them where the two latents add up to them."""
        return Examples(
            np.ones((5, 8, 8, 1), np.float32)
            * np.arange(10, 60, 10, dtype=np.float32)[:, None, None, None],
            None,
            (0.0, 100.0),
        )


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Fewer steps, at rates that fit latents up to 50."""
    train, optimize = inversion.train_encoder, inversion.optimize
    monkeypatch.setattr(
        inversion,
        "train_encoder",
        lambda model, seed: train(model, steps=3, batch_size=4, seed=seed),
    )
    monkeypatch.setattr(
        inversion,
        "optimize",
        lambda *args, seed: optimize(*args, seed=seed, steps=200, restarts=1, learning_rate=2.0),
    )


@pytest.mark.parametrize(("kind", "rows"), [(tf_gan.GAN, 3), (tf_gan.BiGAN, 4)])
@pytest.mark.slow
def test_rows_are_originals_and_inversions(kind, rows, capsys):
    picture = plots.get("inversion").plot(model(kind), PlotOptions(default_config(), n=4))
    assert picture.shape == (rows * 34 + 2, 4 * 34 + 2, 3)
    tiles = picture[10::34, 10::34, 0][:rows, :4].astype(int)
    originals = (
        PlotOptions(default_config())
        .held_out_examples()
        .images[np.random.default_rng(0).choice(5, 4, replace=False), 0, 0, 0]
    )
    np.testing.assert_allclose(tiles[0], 2.55 * originals, atol=0.51)
    # Descent finds them; three steps of regression do not.
    np.testing.assert_allclose(tiles[2], tiles[0], atol=1)
    assert np.abs(tiles[1] - tiles[0]).max() > 5
    lines = dict(
        line.split(": mean squared error ") for line in capsys.readouterr().out.splitlines()
    )
    errors = {name: float(text.removesuffix(" over 4 images")) for name, text in lines.items()}
    assert list(errors) == ["regression", "descent", "own encoder"][: rows - 1]
    assert errors["descent"] < 1e-3
    assert errors["regression"] == pytest.approx(
        np.mean(((tiles[1] - tiles[0]) / 255) ** 2), rel=0.2
    )
    # An encoder that says 0: the images are black, the error is the mean square of the
    # originals.
    if kind is tf_gan.BiGAN:
        assert (tiles[3] == 0).all() and errors["own encoder"] == pytest.approx(
            np.mean((originals / 100) ** 2), abs=1e-4
        )


@pytest.mark.slow
def test_pictures_of_your_own(tmp_path):
    for value in (51, 102):
        Image.new("L", (20, 12), value).save(tmp_path / f"{value}.png")
    for path, values in ((tmp_path, [102, 51]), (tmp_path / "51.png", [51])):
        picture = plots.get("inversion").plot(
            model(), PlotOptions(default_config(), input=str(path))
        )
        assert picture[10, 10::34, 0].tolist() == values
        np.testing.assert_allclose(picture[78, 10::34, 0].astype(int), values, atol=1)
    labelled = model()
    labelled.num_classes = 3
    with pytest.raises(UserError, match="needs the labels of images"):
        plots.get("inversion").plot(labelled, PlotOptions(default_config(), input=str(tmp_path)))


def test_as_many_images_as_there_are():
    assert plots.get("inversion").plot(model(), PlotOptions(default_config())).shape == (
        3 * 34 + 2,
        5 * 34 + 2,
        3,
    )


def test_ten_of_more_images(monkeypatch):
    class Many(plots.PlotOptions):
        def held_out_examples(self):
            return Examples(np.ones((12, 8, 8, 1), np.float32), None, (0.0, 100.0))

    monkeypatch.setattr(inversion, "compare", lambda *_, **__: {})
    picture = plots.get("inversion").plot(model(), Many(default_config()))
    assert picture.shape == (34 + 2, 10 * 34 + 2, 3)


def test_more_images_than_there_are():
    with pytest.raises(UserError, match=r"at most the number of images, 5\. Received: --n=6"):
        plots.get("inversion").plot(model(), PlotOptions(default_config(), n=6))


def test_own_pictures_of_a_contrast_normalised_run(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "mine.png")
    config = default_config()
    config.data.contrast_normalization = 55.0
    stand_in = model()
    stand_in.data_range = None
    chosen = plots.PlotOptions(config, input=str(tmp_path / "mine.png"))
    images, _ = chosen_images(stand_in, chosen, 1)
    centred = pixels - pixels.mean()
    expected = 55.0 * centred / np.linalg.norm(centred)
    np.testing.assert_allclose(images[0, ..., 0], expected, atol=1e-3)
    Image.fromarray(pixels).save(tmp_path / "other.png")
    folder = plots.PlotOptions(config, n=1, input=str(tmp_path))
    assert len(chosen_images(stand_in, folder, 1)[0]) == 1
