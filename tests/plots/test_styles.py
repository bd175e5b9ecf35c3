"""Plots of latent space: seeds, truncation, mixing, directions, videos, editing."""

import types

import keras
import numpy as np
import pytest
from PIL import Image
from support.small import style_gan

import tf_gan
from tf_gan import evaluation, plots
from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.networks import conditional_mlp
from tf_gan.plots import render
from tf_gan.plots.paths import interpolate
from tf_gan.training.rng import Fold, Stream

TILE = 34  # 8 pixels, 4 times as large, and a gap of 2.


@pytest.fixture(scope="module")
def styled():
    return style_gan()


@pytest.fixture(scope="module")
def plain():
    layers = keras.layers
    keras.utils.set_random_seed(0)
    generator = keras.Sequential(
        [keras.Input((3,)), layers.Dense(64, "tanh"), layers.Reshape((8, 8, 1))]
    )
    discriminator = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(1)])
    return tf_gan.GAN(generator, discriminator, latent_dim=3)


def draw(kind, model, **fields):
    return plots.get(kind).plot(model, plots.PlotOptions(default_config(), **fields))


def tile(picture, row, column):
    top, left = 2 + row * TILE, 2 + column * TILE
    return picture[top : top + 32, left : left + 32]


def shape_of(rows, columns):
    return (rows * TILE + 2, columns * TILE + 2, 3)


def as_tile(image):
    return tile(render.grid(image[None], 1, (-1, 1)), 0, 0)


def captioned(picture, rows, columns):
    """Returns the images of a grid with captions, `(rows, columns, 64, 64, 3)`."""
    down, right = (picture.shape[0] - 2) // rows, (picture.shape[1] - 2) // columns
    assert picture.shape == (rows * down + 2, columns * right + 2, 3)
    cells = picture[2:, 2:].reshape(rows, down, columns, right, 3).swapaxes(1, 2)
    return cells[:, :, -66:-2, :64]


def as_large_tile(image):
    return as_tile(image).repeat(2, axis=0).repeat(2, axis=1)


def test_a_sample_of_each_seed(plain):
    picture = draw("seeds", plain, n=3, columns=3, seed=5)
    expected = as_large_tile(plain.generate(1, seed=6)[0])
    np.testing.assert_array_equal(captioned(picture, 1, 3)[0, 1], expected)
    captioned(draw("seeds", plain, n=8), 1, 8)


def test_captions_stand_above_what_they_name(plain, monkeypatch):
    monkeypatch.setattr(render, "grid", lambda *_, captions: captions)
    assert draw("truncation", plain, n=2, columns=4) == 2 * ["0.25", "0.5", "0.75", "1"]
    captions = draw("directions", plain, n=2, columns=3)
    assert captions == ["direction 1", "", "", "direction 2", "", ""]


def test_truncations(plain, styled):
    for model in (plain, styled):
        picture = captioned(draw("truncation", model, n=2, columns=4), 2, 4)
        for column, bound in enumerate((0.25, 0.5, 0.75, 1.0)):
            expected = as_large_tile(model.generate(2, seed=0, truncation=bound)[1])
            np.testing.assert_array_equal(picture[1, column], expected)
        with pytest.raises(UserError, match=r"Expected a number > 0, or None\. Received: .*=0\.0"):
            draw("truncation", model, truncation=0.0)
    uniform = tf_gan.GAN(plain.generator, plain.discriminator, 3, prior=(-1, 1))
    with pytest.raises(UserError, match=r"--kind=truncation needs latents from N\(0, 1\)"):
        draw("truncation", uniform)


def test_ways_with_their_path_lengths(styled, plain, monkeypatch, capsys):
    pixels = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    extractor = tf_gan.features.from_keras(pixels, "pixels", value_range=(0, 1))
    kind = "perceptual_path_length"
    reference = types.SimpleNamespace(extractor=extractor)
    monkeypatch.setattr(plots.get(kind), "Reference", lambda *_, **__: reference)
    monkeypatch.setattr(evaluation.get(kind), "PAIRS", 20)
    picture = draw(kind, styled, n=2, columns=4, seed=3)
    printed = capsys.readouterr().out
    assert "path_length_z_pixels_20: " in printed and "path_length_w_pixels_20: " in printed
    assert "features F: pixels" in printed
    images = captioned(picture, 4, 4)
    # A row through z, then a row through w between the same two samples.
    for row in (0, 2):
        assert (images[row, 1] != images[row + 1, 1]).any()
        np.testing.assert_array_equal(images[row, 3], images[row + 1, 3])
    # Through normal latents along the sphere.
    start, end = np.split(styled.sample_latents(4, Stream(3, Fold.GENERATION)).numpy(), 2)
    far = [
        np.abs(images[0, 1] - as_large_tile(styled.images_from(way[:, 1])[0]).astype(int)).max()
        for way in (interpolate(start, end, 4, path) for path in ("spherical", "linear"))
    ]
    assert far[0] <= 1 < far[1]
    captioned(draw(kind, plain, n=2, columns=4), 2, 4)


def test_mixing(styled, plain):
    picture = draw("mixing", styled, n=2, columns=3)
    assert picture.shape == shape_of(3, 4)
    # With the styles of itself an image stays; the cells differ from both.
    cell, left, above = tile(picture, 1, 1), tile(picture, 1, 0), tile(picture, 0, 1)
    assert (cell != left).any() and (cell != above).any()
    assert (tile(picture, 0, 0) == 0).all()
    latents = styled.sample_latents(5, Stream(0, Fold.GENERATION))
    styles = np.repeat(styled.styles_of(latents)[:, None], styled.style_layers, axis=1)
    fine = styled.style_layers // 2
    styles[0, fine:] = styles[3, fine:]  # Coarse traits of the first row, fine of column 2.
    expected = as_tile(styled.images_from_styles(styles[:1])[0]).astype(int)
    assert np.abs(tile(picture, 1, 2) - expected).max() <= 1
    with pytest.raises(UserError, match="models with styles"):
        draw("mixing", plain)


def test_a_video_is_a_smooth_loop(plain):
    frames = draw("video", plain, n=4)
    assert len(frames) == 96 and frames[0].shape == shape_of(2, 2)
    steps = [
        np.abs(a.astype(int) - b).mean()
        for a, b in zip(frames, frames[1:] + frames[:1], strict=True)
    ]
    assert 0 < steps[-1] < 2 * np.max(steps[:-1])


def test_latents_of_a_video_have_the_distribution_of_the_prior(plain, monkeypatch):
    seen = []
    images = np.zeros((96 * 2000, 8, 8, 1), np.float32)
    monkeypatch.setattr(
        type(plain), "images_from", lambda self, z, *_, **__: seen.append(z) or images[: len(z)]
    )
    monkeypatch.setattr(render, "frames", lambda frames, data_range: list(frames))
    draw("video", plain, n=2000)
    latents = seen[0].reshape(96, 2000, 3)
    assert np.std(latents[17]) == pytest.approx(1.0, abs=0.03)
    uniform = tf_gan.GAN(plain.generator, plain.discriminator, 3, prior=(0.0, 2.0))
    draw("video", uniform, n=2000)
    values = seen[1][:6000]
    assert values.min() > 0 and values.max() < 2
    assert np.std(values) == pytest.approx(2 / 12**0.5, rel=0.03)


def test_animations_that_close_are_loops():
    assert [name for name in plots.names() if getattr(plots.get(name), "LOOPS", False)] == [
        "gif",
        "video",
    ]


def test_a_loop_does_not_stop_at_its_last_frame(tmp_path):
    frames = [np.full((8, 8, 3), value, np.uint8) for value in (0, 99, 200)]
    durations = []
    for hold in (True, False):
        render.save_animation(tmp_path / "a.webp", frames, 10.0, hold=hold)
        with Image.open(tmp_path / "a.webp") as image:
            image.seek(2)
            image.load()
            durations.append(image.info["duration"])
    assert durations == [400, 100]


def test_directions_and_their_file(plain, styled, tmp_path):
    for model, length in ((plain, 3), (styled, 4)):
        output = tmp_path / "directions.png"
        picture = draw("directions", model, n=2, columns=3, output=output)
        file = np.load(tmp_path / "directions.npz")
        assert list(file) == ["direction 1", "direction 2"]
        assert file["direction 1"].shape == (length,)
        # The sample itself stands in the middle.
        expected = as_large_tile(model.images_from(model.sample_inputs(256, 0)[0][:1])[0])
        middle = captioned(picture, 2, 3)[1, 1].astype(int)
        np.testing.assert_allclose(middle, expected.astype(int), atol=1)
        if model is plain:  # Three deviations behind it.
            codes, vector = model.sample_inputs(256, 0)[0].numpy(), file["direction 2"]
            moved = codes[:1] + 3 * np.std(codes @ vector) * vector
            expected = as_large_tile(model.images_from(moved.astype(np.float32))[0]).astype(int)
            np.testing.assert_allclose(captioned(picture, 2, 3)[1, 2], expected, atol=1)


def test_directions_of_labelled_seeds(plain, tmp_path):
    """The label says whether the first latent is positive."""
    latents = np.concatenate([plain.sample_inputs(1, seed)[0] for seed in range(40)])
    lines = [f"{seed},{'yes' if z[0] > 0 else 'no'}\n" for seed, z in enumerate(latents)]
    path = tmp_path / "labels.csv"
    path.write_text("".join(lines))
    draw("directions", plain, input=str(path), output=tmp_path / "picture.png")
    file = np.load(tmp_path / "picture.npz")
    assert list(file) == ["yes"]
    assert file["yes"][0] > 0.9
    path.write_text("".join(lines[:20]) + "".join(f"{seed},{seed % 3}\n" for seed in range(20, 40)))
    draw("directions", plain, n=2, input=str(path), output=tmp_path / "picture.png")
    assert list(np.load(tmp_path / "picture.npz")) == ["0", "1"]  # The first of five.
    path.write_text("one,yes\n")
    with pytest.raises(UserError, match="a line seed,label"):
        draw("directions", plain, input=str(path))
    for text in ("", "1,a\n2,a\n", "1,a\n1,b\n", "1,file\n2,b\n"):
        path.write_text(text)
        with pytest.raises(UserError, match="seeds once each, and two labels or more, none of"):
            draw("directions", plain, input=str(path))


def test_editing(plain, styled, monkeypatch):
    monkeypatch.setattr(plots.get("editing"), "ROWS", 2)
    images = plain.generate(2, seed=3)
    needed = []

    def chosen(*args, needs_labels):
        needed.append(needs_labels)
        return images, None

    monkeypatch.setattr(plots.get("editing"), "chosen_images", chosen)
    for model in (plain, styled):
        picture = draw("editing", model, columns=3)
        assert needed.pop() == (model is plain)  # Styles are found without labels.
        assert picture.shape == shape_of(4, 5)
        for row, image in ((1, images[0]), (3, images[1])):
            np.testing.assert_array_equal(tile(picture, row, 0), as_tile(image))
            # Moved by nothing it is what was found.
            found, middle = tile(picture, row, 1).astype(int), tile(picture, row, 3).astype(int)
            assert np.abs(found - middle).max() <= 1
            assert np.abs(found - tile(picture, row, 4)).max() > 1


def test_edited_images_keep_their_classes(monkeypatch):
    keras.utils.set_random_seed(0)
    gan = tf_gan.ConditionalGAN(
        conditional_mlp.build_generator((8, 8, 1), 3, 4, units=(16,)),
        conditional_mlp.build_discriminator((8, 8, 1), 4, units=(16,)),
        latent_dim=3,
        num_classes=4,
    )
    labels = np.array([0, 3])
    chosen = gan.generate(2, seed=0, labels=labels), labels
    monkeypatch.setattr(plots.get("editing"), "ROWS", 1)
    monkeypatch.setattr(plots.get("editing"), "chosen_images", lambda *_, **__: chosen)
    picture = draw("editing", gan, columns=3).astype(int)
    for row in (0, 1):
        assert np.abs(tile(picture, row, 1) - tile(picture, row, 3)).max() <= 1


KINDS = [name for name in plots.names() if plots.takes_truncation(name)]


@pytest.mark.parametrize("kind", [name for name in KINDS if name not in ("classes", "truncation")])
def test_each_kind_with_a_truncation_shows_it(plain, styled, kind):
    """Those of classes and of truncation itself have tests of their own."""
    model = styled if kind == "mixing" else plain
    drawn = [draw(kind, model, n=2, truncation=truncation) for truncation in (None, 0.1)]
    if kind == "images":
        drawn = [[pixels for _, pixels in pairs] for pairs in drawn]
    assert (np.asarray(drawn[0]) != np.asarray(drawn[1])).any()
