"""Every kind of picture is found by its name; the ones that need nothing but a
generator, on a tiny model.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tf_gan import GAN, plots, registry
from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.plots.options import chosen_images


def model():
    generator = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(64, activation="tanh"),
            keras.layers.Reshape((8, 8, 1)),
        ]
    )
    discriminator = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    return GAN(generator, discriminator, latent_dim=3, seed=1)


def options(**fields):
    return plots.PlotOptions(default_config(), **fields)


def test_names_are_modules_with_help():
    assert {"grid", "interpolation", "gif"} <= set(plots.names())
    helps = registry.summaries("plots", "plot")
    assert sorted(helps) == plots.names()
    for name in plots.names():
        assert callable(plots.get(name).plot)
        assert helps[name].endswith(".")
        assert plots.suffix(name) in (".png", ".gif", "")


def test_an_unknown_kind_is_named():
    with pytest.raises(UserError, match=r"Expected one of \[.*'grid'.*Received: 'gird'"):
        plots.get("gird")


def test_grid_and_interpolation_have_their_shape():
    # Tiles of 8 pixels are shown 4 times as large, with gaps of 2 around each.
    assert plots.get("grid").plot(model(), options(n=6, columns=3)).shape == (
        2 * 34 + 2,
        3 * 34 + 2,
        3,
    )
    assert plots.get("interpolation").plot(model(), options(n=2, columns=5)).shape == (
        2 * 34 + 2,
        5 * 34 + 2,
        3,
    )


def test_the_walk_moves_and_comes_back():
    frames = plots.get("gif").plot(model(), options(n=3))
    assert len(frames) == 3 * plots.get("gif").STEPS
    steps = [
        np.abs(a.astype(int) - b).mean()
        for a, b in zip(frames, frames[1:] + frames[:1], strict=True)
    ]
    # The step that closes the walk is not a jump.
    assert min(steps) > 0 and max(steps) < 4 * min(steps)


@pytest.mark.parametrize("kind", ["interpolation", "gif"])
def test_the_path_is_that_of_the_option(kind):
    gan = model()
    linear, round_ = (
        np.asarray(plots.get(kind).plot(gan, options(n=2, columns=3, path=path)))
        for path in ("linear", "spherical")
    )
    assert (linear != round_).any()
    if kind == "interpolation":  # Both ends are the same.
        np.testing.assert_array_equal(linear[:, :34], round_[:, :34])
        np.testing.assert_array_equal(linear[:, 70:], round_[:, 70:])


class Labelled(GAN):
    """A stand-in that draws its label into every pixel."""

    num_classes = 4

    def call(self, inputs, training=False):
        latents, labels = inputs
        return tf.ones([1, 8, 8, 1]) * (tf.cast(labels, tf.float32) / 4.0)[
            :, None, None, None
        ] + 0.0 * tf.reduce_sum(latents)


def labelled():
    base = model()
    return Labelled(base.generator, base.discriminator, latent_dim=3, seed=1)


def test_labels_reach_the_generator():
    images = labelled().generate(3, seed=0, labels=[0, 3, 1])
    np.testing.assert_allclose(images[:, 0, 0, 0], [0, 0.75, 0.25])
    np.testing.assert_allclose(labelled().generate(2, seed=0, labels=2), 0.5)


def test_labels_are_drawn_evenly_where_none_are_given():
    values = labelled().generate(4000, seed=0)[:, 0, 0, 0]
    counts = np.bincount((values * 4).astype(int), minlength=4)
    assert counts.min() > 900 and counts.sum() == 4000
    np.testing.assert_array_equal(values, labelled().generate(4000, seed=0)[:, 0, 0, 0])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 4], "from 0 to 3"),
        ([-1, 0], "from 0 to 3"),
        ([0], r"shape \(2,\)"),
        ([0.0, 1.0], "integer labels"),
        (["a", "b"], "integer labels"),
    ],
)
def test_labels_that_do_not_fit(labels, message):
    with pytest.raises(UserError, match=message):
        labelled().generate(2, labels=labels)


def test_a_model_without_classes_takes_no_labels():
    with pytest.raises(UserError, match="has no classes"):
        model().generate(2, labels=[0, 1])


def test_rows_of_an_interpolation_have_one_class():
    picture = plots.get("interpolation").plot(labelled(), options(n=3, columns=4))
    rows = picture[10::34, 10::34, 0][:3, :4]
    assert (rows == rows[:, :1]).all()
    drawn = labelled().sample_inputs(3, 0)[1].numpy()  # Those of `generate`.
    np.testing.assert_array_equal(rows[:, 0], np.rint(255 * (drawn / 4 + 1) / 2))


@pytest.mark.parametrize(("kind", "n", "side"), [("gif", 2, 4), ("video", 4, 2)])
def test_samples_of_an_animation_keep_their_classes(kind, n, side):
    frames = np.asarray(plots.get(kind).plot(labelled(), options(n=n)))
    shades = frames[:, 10::34, 10::34, 0][:, :side, :side]
    assert (shades == shades[:1]).all() and len(np.unique(shades)) > 1


def test_held_out_images_come_with_their_labels():
    chosen = options(n=5, seed=1)
    images, labels = chosen_images(labelled(), chosen, 9)
    examples = chosen.held_out_examples()
    numbers = np.random.default_rng(1).choice(len(examples), 5, replace=False)
    np.testing.assert_array_equal(images, examples[numbers].arrays())
    np.testing.assert_array_equal(labels, examples[numbers].labels)
    assert chosen_images(model(), chosen, 9)[1] is None


def test_own_pictures_are_normalized_as_the_data_are(tmp_path):
    Image.effect_noise((8, 8), 50).save(tmp_path / "a.png")
    chosen = options(input=str(tmp_path))
    with chosen.config.unlocked():
        chosen.config.data.contrast_normalization = 55.0
    images, _ = chosen_images(model(), chosen, 9)
    assert np.linalg.norm(images[0]) == pytest.approx(55, rel=1e-4)


def test_no_more_held_out_images_than_there_are():
    assert len(chosen_images(model(), options(), 5000)[0]) == 1797


def test_options_load_the_training_data():
    config = default_config()
    assert len(plots.PlotOptions(config).examples()) == 1797
