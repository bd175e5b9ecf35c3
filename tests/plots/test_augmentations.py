"""The picture of what D sees: images beside themselves, changed."""

import keras
import numpy as np
import pytest
from support.command import command
from support.configs import small_config

import tf_gan
from tf_gan import plots
from tf_gan.augment import ADA, DiffAugment
from tf_gan.config import default_config
from tf_gan.data import Examples
from tf_gan.errors import UserError
from tf_gan.plots import augmentations, render
from tf_gan.schedules import LinearRamp

GAP, TILE, LINE = augmentations.GAP, 32, augmentations.LINE
STEP = TILE + GAP


class Options:
    """A stand-in for `PlotOptions` with training images of its own."""

    def __init__(self, images, n=0, columns=0, seed=0):
        self.images, self.n, self.columns, self.seed = images, n, columns, seed

    def examples(self):
        return Examples(self.images, value_range=(-1.0, 1.0))


def images(n=20, channels=1, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 8, 8, channels)).astype(np.uint8)


def model(augment, channels=1):
    keras.utils.set_random_seed(0)
    shape = (8, 8, channels)
    mlp = tf_gan.networks.get("mlp")
    gan = tf_gan.GAN(
        mlp.build_generator(shape, 4, units=(4,)), mlp.build_discriminator(shape, units=(4,)), 4
    )
    gan.compile(augment=augment)
    return gan


def tile(picture, row, column):
    """The pixels of an image: 8 are shown 4 times as large."""
    top, left = LINE + GAP + row * STEP, GAP + column * STEP
    return picture[top : top + TILE : 4, left : left + TILE : 4]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_the_first_column_is_the_images(channels):
    training = images(channels=channels)
    picture = augmentations.plot(model("color,translation", channels), Options(training))
    assert picture.dtype == np.uint8
    assert picture.shape == (LINE + 8 * STEP + GAP, 8 * STEP + GAP, 3)
    chosen = np.sort(np.random.default_rng(0).choice(20, 8, replace=False))
    expected = render.opaque(training[chosen])
    for row in range(8):
        own = np.broadcast_to(expected[row], (8, 8, 3))
        np.testing.assert_array_equal(tile(picture, row, 0), own)
        others = [tile(picture, row, column) for column in range(1, 8)]
        assert all((other != own).any() for other in others)
        assert len({other.tobytes() for other in others}) == 7  # Fresh draws in each.


@pytest.mark.parametrize("value", [0, 255], ids=["black", "white"])
def test_the_images_are_augmented_as_the_discriminator_sees_them(value):
    """Half of all flips change an image whose left half is dark; nothing else does."""
    halves = np.full((4, 8, 8, 1), value, np.uint8)
    halves[:, :, :4] = 128
    picture = augmentations.plot(model("flip"), Options(halves, n=4, columns=12))
    seen = np.array([[tile(picture, r, c)[..., 0] for c in range(1, 12)] for r in range(4)])
    flipped = (seen[..., 0] == value).all(axis=-1)
    np.testing.assert_array_equal(
        seen[~flipped], np.broadcast_to(halves[0, ..., 0], seen[~flipped].shape)
    )
    np.testing.assert_array_equal(
        seen[flipped], np.broadcast_to(halves[0, :, ::-1, 0], seen[flipped].shape)
    )
    assert 10 < flipped.sum() < 34  # Of 44: within four deviations of 22.


def test_the_seed_draws_what_becomes_of_an_image():
    gan, one = model("translation"), images(1)
    first, again, other = (augmentations.plot(gan, Options(one, seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_the_probability_is_that_of_the_last_step():
    """With p = 0 D sees the images themselves; the controller's p and a schedule's are
    read from the model.
    """

    def changed(gan):
        picture = augmentations.plot(gan, Options(images(), n=6, columns=6))
        own = [tile(picture, row, 0) for row in range(6)]
        return sum(
            (tile(picture, row, column) != own[row]).any()
            for row in range(6)
            for column in range(1, 6)
        )

    adaptive, ramp = model(ADA()), model(DiffAugment("color", p=LinearRamp(0.0, 1.0, 0, 10)))
    assert changed(adaptive) == changed(ramp) == 0
    adaptive.augmentation_p.assign(1.0)
    ramp.step.assign(10)
    assert changed(adaptive) == changed(ramp) == 30


def test_the_text_says_p_and_has_room(monkeypatch):
    texts = []
    titled = augmentations.titled
    monkeypatch.setattr(
        augmentations,
        "titled",
        lambda picture, given: texts.append(given) or titled(picture, given),
    )
    picture = augmentations.plot(model(DiffAugment("color", p=0.25)), Options(images(2), columns=1))
    assert texts == [{0: "image", STEP: "what D sees, p = 0.25"}]
    assert picture.shape[0] == LINE + 2 * STEP + GAP  # All there are, in two columns at least.
    written = (picture[:LINE] > 150).all(axis=-1).any(axis=0)
    assert written[:STEP].any() and written[STEP:].any()
    assert picture.shape[1] > 2 * STEP + GAP and not written[-GAP:].any()


def test_a_run_without_augmentation_is_told_the_setting():
    with pytest.raises(UserError, match=r"--config.objective.augment=color,translation,cutout"):
        augmentations.plot(model(None), Options(images()))
    with pytest.raises(UserError, match="as they are"):  # A model without D.
        augmentations.plot(object(), plots.PlotOptions(default_config()))


@pytest.mark.slow
def test_of_a_run(tmp_path):
    tf_gan.train(small_config(**{"objective.augment": "color,cutout"}), tmp_path / "run")
    output = tmp_path / "picture.png"
    result = command(
        "sample", f"--workdir={tmp_path / 'run'}", "--kind=augmentations", f"--output={output}"
    )
    assert result.returncode == 0, result.stderr
    assert render.load(output).shape == (LINE + 8 * STEP + GAP, 8 * STEP + GAP, 3)
