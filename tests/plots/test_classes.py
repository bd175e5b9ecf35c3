"""One row per class, on a stand-in that draws its label and its latents."""

import keras
import numpy as np
import pytest

import tf_gan
from tf_gan import plots
from tf_gan.config import default_config
from tf_gan.errors import UserError

CLASSES = 4


def model():
    """Left half of an image: a quarter of the label; right half: a number that depends
    on the latents alone.
    """
    latents, labels = keras.Input((3,)), keras.Input((), dtype="int32")
    left = keras.layers.Dense(
        32,
        kernel_initializer=lambda shape, dtype=None: np.tile(
            np.arange(CLASSES)[:, None] / CLASSES, (1, 32)
        ).astype("float32"),
    )(keras.ops.one_hot(labels, CLASSES))
    right = keras.layers.RepeatVector(32)(
        keras.layers.Dense(1, "sigmoid", kernel_initializer="ones")(latents)
    )
    halves = [keras.layers.Reshape((8, 4, 1))(half) for half in (left, right)]
    generator = keras.Model([latents, labels], keras.layers.Concatenate(axis=2)(halves))
    images, labels = keras.Input((8, 8, 1)), keras.Input((), dtype="int32")
    joined = keras.layers.Concatenate()(
        [keras.layers.Flatten()(images), keras.ops.one_hot(labels, CLASSES)]
    )
    return tf_gan.ConditionalGAN(
        generator,
        keras.Model([images, labels], keras.layers.Dense(1)(joined)),
        3,
        CLASSES,
        data_range=(0, 1),
    )


def draw(**fields):
    return plots.get("classes").plot(model(), plots.PlotOptions(default_config(), **fields))


def test_rows_are_classes_and_columns_latents():
    picture = draw(columns=6)
    assert picture.shape == (CLASSES * 80 + 2, 6 * 66 + 2, 3)
    left, right = picture[40::80, 10::66, 0][:CLASSES, :6], picture[40::80, 60::66, 0][:CLASSES, :6]
    np.testing.assert_array_equal(left, np.tile(np.rint(np.arange(4)[:, None] / 4 * 255), (1, 6)))
    assert (right == right[:1]).all() and len(np.unique(right[0])) == 6


def test_fewer_classes_other_seeds_and_the_default_columns():
    assert draw(n=2).shape == (2 * 80 + 2, 10 * 66 + 2, 3)
    assert draw(n=9).shape[0] == CLASSES * 80 + 2
    assert (draw(seed=1) != draw(seed=2)).any() and (draw(seed=1) == draw(seed=1)).all()


def test_truncated_latents_are_alike():
    picture = draw(columns=6, truncation=1e-3)
    np.testing.assert_allclose(picture[40::80, 60::66, 0][:CLASSES, :6], 127.5, atol=1)


def test_a_model_without_classes_is_refused():
    points = tf_gan.networks.get("points")
    gan = tf_gan.GAN(
        points.build_generator((2,), 2, units=(4,)), points.build_discriminator((2,), units=(4,)), 2
    )
    with pytest.raises(
        UserError, match=r"needs a model with classes. Received: a run of 'gan', which has none"
    ):
        plots.get("classes").plot(gan, plots.PlotOptions(default_config()))


def test_classes_have_the_names_of_the_data(monkeypatch):
    captions = []
    monkeypatch.setattr(
        plots.get("classes").render, "picture", lambda *arguments: captions.extend(arguments[-1])
    )
    gan = model()
    gan.class_names = ("cat", "3")
    plots.get("classes").plot(gan, plots.PlotOptions(default_config(), columns=2))
    assert captions[::2] == ["cat", "class 3", "class 2", "class 3"]


def test_images_are_files_in_a_folder_for_each_class(tmp_path):
    gan = model()
    gan.class_names = ("T-shirt/top", "bag", "2", "..")  # None leads out of the folder.
    options = plots.PlotOptions(default_config(), n=300, seed=5, output=tmp_path)
    files = dict(plots.get("images").plot(gan, options))
    labels = np.asarray(gan.sample_inputs(300, 5)[1])
    folders = ["T-shirt_top", "bag", "class 2", "class 3"]
    assert list(files) == [f"{folders[label]}/{n:05d}.png" for n, label in enumerate(labels)]
    expected = np.rint(255 * gan.generate(300, seed=5))[..., 0]
    np.testing.assert_array_equal(list(files.values()), expected)


def test_images_do_not_mix_with_others(tmp_path):
    (tmp_path / "bag").mkdir()
    (tmp_path / "bag" / "00999.png").touch()
    with pytest.raises(UserError, match="would mix with the samples, such as bag/00999"):
        plots.get("images").plot(model(), plots.PlotOptions(default_config(), output=tmp_path))


def test_images_of_the_same_names_are_written_again(tmp_path):
    options = plots.PlotOptions(default_config(), n=3, output=tmp_path)
    names = [name for name, _ in plots.get("images").plot(model(), options)]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [name for name, _ in plots.get("images").plot(model(), options)] == names
