"""Sources, translations, the way back, targets: which stands where."""

import keras
import numpy as np
import pytest
from PIL import Image
from support.grids import tiles

import tf_gan
from tf_gan import evaluation, plots
from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.evaluation import Reference
from tf_gan.evaluation.samples import of_model
from tf_gan.evaluation.table import table
from tf_gan.plots import render

SHAPE = (32, 32, 1)


@keras.saving.register_keras_serializable("tests")
class Scaled(keras.layers.Layer):
    """Multiplies by a number: a generator whose translations are known."""

    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, inputs):
        return self.factor * inputs

    def get_config(self):
        return super().get_config() | {"factor": self.factor}


def scaled(factor):
    return keras.Sequential([keras.Input(SHAPE), Scaled(factor)])


def judge(count=1):
    inputs = [keras.Input(SHAPE) for _ in range(count)]
    x = inputs[0] if count == 1 else keras.layers.Concatenate()(inputs)
    return keras.Model(inputs if count > 1 else inputs[0], keras.layers.Conv2D(1, 1)(x))


def config_of(paired):
    config = default_config()
    with config.unlocked():
        config.data.update({"name": "digits_outlines", "paired": paired})
    return config


def pix2pix():
    return tf_gan.Pix2Pix(scaled(-1.0), judge(2), data_range=(-1.0, 1.0))


def cycle_gan():
    return tf_gan.CycleGAN(scaled(-1.0), judge(), scaled(0.5), judge(), data_range=(-1.0, 1.0))


@pytest.mark.slow
def test_pairs_end_with_their_target():
    options = plots.PlotOptions(config_of(True), n=6, seed=1)
    cut = tiles(plots.get("translations").plot(pix2pix(), options))
    assert cut.shape[:2] == (3, 6)
    cut = cut.reshape(6, 3, 32, 32)
    np.testing.assert_allclose(cut[:, 0] + cut[:, 1], 255, atol=1)  # The negative of the source.
    pairs = options.examples()
    for source, _, target in cut:
        number = np.flatnonzero((pairs.sources[..., 0] == source).all(axis=(1, 2)))
        assert any((pairs.images[i, ..., 0] == target).all() for i in number)


def test_a_cycle_gan_shows_the_way_back():
    options = plots.PlotOptions(config_of(False), n=4, columns=1)
    cut = tiles(plots.get("translations").plot(cycle_gan(), options))
    assert len(cut) == 4
    source, there, back = cut.swapaxes(0, 1)
    np.testing.assert_allclose(source + there, 255, atol=1)
    np.testing.assert_allclose(back - 127.5, 0.5 * (there - 127.5), atol=2)


def test_eight_sources_of_a_seed_two_in_a_row():
    options = [plots.PlotOptions(config_of(False), seed=seed) for seed in (0, 1)]
    first, second = (
        tiles(plots.get("translations").plot(cycle_gan(), each)).reshape(8, 3, 32, 32)[:, 0]
        for each in options
    )
    assert len({image.tobytes() for image in (*first, *second)}) > 8


def test_the_way_back_is_shown_in_the_range_of_the_sources(tmp_path):
    Image.new("L", (32, 32), 200).save(tmp_path / "a.png")
    ranges = {"data_range": (-1.0, 0.0), "source_range": (0.0, 1.0)}
    model = tf_gan.CycleGAN(scaled(-1.0), judge(), scaled(-1.0), judge(), **ranges)
    options = plots.PlotOptions(config_of(False), input=str(tmp_path / "a.png"), columns=1)
    cut = tiles(plots.get("translations").plot(model, options))
    assert cut[:, :, 5, 5].tolist() == [[200, 55, 200]]


def test_only_a_missing_split_leads_to_the_training_pairs(monkeypatch):
    def load(section, seed):
        if section.split == "test":
            raise error
        return "training pairs"

    monkeypatch.setattr(tf_gan.data, "load", load)
    error = tf_gan.data.UnknownSplitError("no test split")
    assert plots.PlotOptions(config_of(True)).held_out_examples() == "training pairs"
    error = ValueError("b.png cannot be used")
    with pytest.raises(ValueError, match="cannot be used"):
        plots.PlotOptions(config_of(True)).held_out_examples()


def test_pictures_of_your_own(tmp_path):
    for number, name in ((0, "a.png"), (200, "b.png")):
        Image.new("L", (50, 40), number).save(tmp_path / name)

    def drawn(path, columns=1, n=0):
        options = plots.PlotOptions(config_of(True), n=n, input=str(path), columns=columns)
        return tiles(plots.get("translations").plot(pix2pix(), options))

    cut = drawn(tmp_path)
    assert cut[:, :, 5, 5].tolist() == [[0, 255], [200, 55]]
    assert drawn(tmp_path, columns=0)[:, :, 5, 5].tolist() == [[0, 255, 200, 55]]
    assert drawn(tmp_path, n=1)[:, :, 5, 5].tolist() == [[0, 255]]
    cut = drawn(tmp_path / "b.png")
    assert cut[:, :, 5, 5].tolist() == [[200, 55]]
    (tmp_path / "c.png").write_bytes(b"no picture")
    with pytest.raises(
        UserError, match=r"c\.png cannot be used as a picture: UnidentifiedImageError"
    ):
        drawn(tmp_path / "c.png")


def test_models_that_cannot_be_drawn():
    layers = [keras.Input((3,)), keras.layers.Dense(64, "tanh"), keras.layers.Reshape((8, 8, 1))]
    gan = tf_gan.GAN(
        keras.Sequential(layers),
        keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]),
        3,
    )
    with pytest.raises(UserError, match="A GAN has nothing to translate"):
        plots.get("translations").plot(gan, plots.PlotOptions(config_of(True)))
    with pytest.raises(UserError, match=r"number of pairs, 1797\. Received: --n=2000"):
        plots.get("translations").plot(pix2pix(), plots.PlotOptions(config_of(True), n=2000))
    with pytest.raises(UserError, match="from images, not from latents"):
        plots.get("interpolation").plot(pix2pix(), plots.PlotOptions(config_of(True)))


def test_columns_of_grey_and_colour_stand_side_by_side():
    grey, colour = np.full((2, 4, 4, 1), 0.5), np.full((2, 4, 4, 3), -1.0)
    rows = render.interleaved((grey, (0.0, 1.0)), (colour, (-1.0, 1.0)))
    assert rows.shape == (4, 4, 4, 3)
    np.testing.assert_allclose(rows[:, 0, 0, 0], [0.5, 0, 0.5, 0], atol=0.003)


# === The error of translations ===


@pytest.mark.parametrize(("make", "paired"), [(pix2pix, True), (cycle_gan, False)])
@pytest.mark.slow
def test_the_error_is_that_of_the_pairs(make, paired):
    """Also for a model that has learnt without pairs."""
    model, reference = make(), Reference(config_of(paired).data, seed=0)
    scores = {
        score.name: score
        for score in evaluation.evaluate(
            of_model(model, count=50), reference, ["translation_error"]
        )
    }
    pairs = tf_gan.data.outlines(tf_gan.data.digits(), enlarge=4).spread(50)
    difference = np.abs(pairs.images / 255.0 - (1 - pairs.sources / 255.0))
    assert scores["translation_l1_50"].value == pytest.approx(difference.mean(), abs=1e-5)
    decibels = -10 * np.log10((difference**2).mean(axis=(1, 2, 3)))
    assert scores["translation_psnr_50"].value == pytest.approx(decibels.mean(), abs=1e-3)
    assert scores["translation_psnr_50"].error == pytest.approx(decibels.std() / 50**0.5, abs=1e-3)
    assert -1 < scores["translation_ssim_50"].value < 1
    assert table({"run": list(scores.values())})


def test_the_error_needs_pairs():
    config = default_config()
    with pytest.raises(UserError, match="Expected data with pairs"):
        evaluation.evaluate(
            of_model(pix2pix(), count=5), Reference(config.data, seed=0), ["translation_error"]
        )
    layers = [keras.Input((3,)), keras.layers.Dense(64, "tanh"), keras.layers.Reshape((8, 8, 1))]
    gan = tf_gan.GAN(
        keras.Sequential(layers),
        keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]),
        3,
    )
    with pytest.raises(UserError, match="A GAN does not translate images"):
        evaluation.evaluate(
            of_model(gan, count=5), Reference(config_of(True).data, seed=0), ["translation_error"]
        )
