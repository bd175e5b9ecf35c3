import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_gan
from tf_gan import style_inversion
from tf_gan.errors import UserError
from tf_gan.networks import stylegan2


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    widths = {"base_width": 64, "max_width": 8}
    model = tf_gan.StyleGAN2(
        stylegan2.build_generator((8, 8, 1), 4, style_dim=4, mapping_layers=2, **widths),
        stylegan2.build_discriminator((8, 8, 1), **widths),
        4,
    )
    for layer in style_inversion.noise_layers(model):
        layer.strength.assign(0.1)
    # Images within the range: a lower output.
    for name in ("colors_4", "colors_8"):
        kernel = model.generator.get_layer("synthesis").get_layer(name).kernel
        kernel.assign(0.3 * kernel)
    return model


@pytest.fixture(scope="module")
def images(model):
    return np.clip(model.generate(2, seed=1), -1, 1)


def test_w_of_the_generators_own_images(model, images):
    start = np.square(model.images_from_styles(mean_of(model)[None]) - images).mean(axis=(1, 2, 3))
    found = style_inversion.project(model, images, steps=150, noise_weight=0.0)
    assert found.styles.shape == (2, 4, 4)
    np.testing.assert_array_equal(found.styles, np.repeat(found.styles[:, :1], 4, axis=1))
    assert (found.errors < 0.1 * start).all()
    # Noise maps stay as they are: the images are those of the styles alone.
    np.testing.assert_allclose(found.images, model.images_from_styles(found.styles), atol=1e-5)
    np.testing.assert_allclose(
        found.errors, np.square(found.images - images).mean(axis=(1, 2, 3)), rtol=1e-4
    )


def mean_of(model):
    w = model.styles_of(*model.sample_inputs(4096, 0))
    return w.mean(axis=0)


def test_w_plus_and_noise(model, images):
    arguments = {"space": "w+", "steps": 60, "seed": 3}
    found = style_inversion.project(model, images[:1], noise_weight=10.0, **arguments)
    assert np.std(found.styles, axis=1).max() > 1e-3  # Layers take their own.
    layers = style_inversion.noise_layers(model)
    assert [noise.shape for noise in found.noises] == [(1, *layer.noise.shape) for layer in layers]
    for noise in found.noises:
        assert np.mean(noise) == pytest.approx(0.0, abs=1e-5)
        assert np.std(noise) == pytest.approx(1.0, abs=1e-4)
    np.testing.assert_allclose(
        style_inversion.images_of(model, found.styles, found.noises), found.images, atol=1e-6
    )
    again = style_inversion.project(model, images[:1], noise_weight=10.0, **arguments)
    np.testing.assert_array_equal(again.styles, found.styles)
    # The model is as it was.
    np.testing.assert_array_equal(np.clip(model.generate(2, seed=1), -1, 1), images)


def test_features_of_a_network_that_sees_the_left_half_alone(model, images):
    """With a large weight the left half counts."""
    left = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Cropping2D(((0, 0), (0, 4))), keras.layers.Flatten()]
    )
    features = tf_gan.features.from_keras(left, "left", value_range=(-1, 1))
    # The right half of another image: only one of both halves can be had.
    image = np.concatenate([images[:1, :, :4], images[1:, :, 4:]], axis=2)
    errors = []
    for given in ({}, {"features": features, "feature_weight": 100.0}):
        made = style_inversion.project(model, image, steps=25, noise_weight=0.0, **given).images
        errors.append(np.square(made - image)[:, :, :4].mean())
    assert errors[1] < 0.7 * errors[0]
    wrong = tf_gan.features.from_keras(
        keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten()]), "n", value_range=(0, 1)
    )
    with pytest.raises(UserError, match=r"takes images of shape \(None, 4, 4, 1\)"):
        style_inversion.project(model, image, steps=1, features=wrong)


def test_editing_along_a_direction_moves_the_image(model, images):
    found = style_inversion.project(model, images[:1], steps=5)
    direction = tf_gan.directions.largest(model)["direction 1"]
    edited = style_inversion.images_of(model, found.styles + direction, found.noises)
    assert np.abs(edited - found.images).max() > 1e-2


def test_correlation_of_noise():
    white = np.random.default_rng(0).normal(size=(32, 32, 1)).astype(np.float32)
    smooth = np.ones((32, 32, 1), np.float32)
    assert float(style_inversion.correlation(tf.constant(white))) < 0.1
    # Both products are 1 at 32x32, then 4 and 16: squares 1, 16, 256, twice each.
    assert float(style_inversion.correlation(tf.constant(smooth))) == pytest.approx(2 * 273)
    stripes = np.tile(np.float32([1, 1, -1, -1]), (8, 2))[..., None]  # Neighbours in a row: 0.
    assert float(style_inversion.correlation(tf.constant(stripes))) == pytest.approx(1)


def test_images_are_compared_at_each_half_of_their_size():
    """A checkerboard is gone at half of the size; the least shorter side is 8."""
    board = np.where(np.indices((32, 48)).sum(axis=0) % 2, 1.0, -1.0)[None, ..., None]
    for size, scales in ((8, 1), (15, 1), (16, 2), (32, 3)):
        images = tf.constant(board[:, :size], tf.float32)
        distance = style_inversion._distance(images, tf.zeros_like(images))
        assert float(distance) == pytest.approx(1 / scales)
        distance = style_inversion._distance(2.0 + 0 * images, tf.zeros_like(images))
        assert float(distance) == pytest.approx(4)


def test_the_rate_and_the_noise_on_w(model, images, monkeypatch):
    """Of 40 steps, in which the rate rises in the first two and falls in the last ten, and
    the noise has gone after 30.
    """
    rates, shaken = [], []
    update, synthesis = style_inversion.adam_update, style_inversion._synthesis

    def adam_update(step, rate, values, *rest):
        tf.py_function(lambda each: rates.append(float(each)), [rate], [])
        return update(step, 0.0 * rate, values, *rest)

    def recorded(model, styles, noises):
        if not tf.executing_eagerly():
            tf.py_function(lambda each: shaken.append(each.numpy()), [styles], [])
        return synthesis(model, styles, noises)

    monkeypatch.setattr(style_inversion, "adam_update", adam_update)
    monkeypatch.setattr(style_inversion, "_synthesis", recorded)
    style_inversion.project(model, images[:1], steps=40, learning_rate=0.2, noise_weight=0.0)
    t = np.arange(40) / 40
    falling = 0.5 - 0.5 * np.cos(np.pi * np.minimum(1, (1 - t) / 0.25))
    np.testing.assert_allclose(rates, 0.2 * falling * np.minimum(1, t / 0.05), atol=1e-6)
    w = model.styles_of(*model.sample_inputs(4096, 0))
    deviation = np.sqrt(np.square(w - mean_of(model)).sum(axis=1).mean())
    noise = (np.array(shaken)[:, 0, 0] - mean_of(model)) / (0.05 * deviation)
    np.testing.assert_allclose(noise[30:], 0, atol=1e-5)
    unit = noise[:30] / np.square(1 - t[:30, None] / 0.75)
    assert unit.std() == pytest.approx(1, abs=0.25) and abs(unit.mean()) < 0.3


def test_features_count_by_their_size(model, images, monkeypatch):
    """Ten times as large features are as far apart; images come in the model's range."""
    ranges = []

    def features(factor):
        def smooth_features(images, data_range):
            ranges.append(data_range)
            return factor * tf.reshape(images, [1, -1])[:, ::2]

        return types.SimpleNamespace(smooth_features=smooth_features)

    one, ten = (
        style_inversion.project(model, images[:1], steps=20, features=features(factor)).styles
        for factor in (1.0, 10.0)
    )
    np.testing.assert_allclose(one, ten, atol=1e-3)
    assert set(ranges) == {(-1.0, 1.0)}
    ranges.clear()
    monkeypatch.setattr(model, "data_range", (-2.0, 2.0))
    none, heavy = (
        style_inversion.project(
            model, images[:1], steps=3, features=features(1.0), feature_weight=weight
        ).styles
        for weight in (0.0, 1000.0)
    )
    plain = style_inversion.project(model, images[:1], steps=3).styles
    np.testing.assert_allclose(none, plain, atol=1e-5)
    assert np.abs(heavy - plain).max() > 1e-3
    assert set(ranges) == {(-2.0, 2.0)}


def test_the_penalty_of_noise_has_its_weight(model, images, monkeypatch):
    slopes = []

    def adam_update(step, rate, values, gradients, means, squares):
        tf.py_function(lambda each: slopes.append(each.numpy()), [gradients[1]], [])
        return values, means, squares

    monkeypatch.setattr(style_inversion, "correlation", tf.reduce_sum)
    monkeypatch.setattr(style_inversion, "adam_update", adam_update)
    for weight in (10.0, 30.0):
        style_inversion.project(model, images[:1], steps=1, noise_weight=weight)
    np.testing.assert_allclose(slopes[1] - slopes[0], 20.0, rtol=1e-4)


def test_wrong_arguments_are_refused(model, images):
    for wrong in (
        {"space": "z"},
        {"steps": 0},
        {"steps": True},
        {"learning_rate": -0.1},
        {"noise_weight": -1.0},
        {"feature_weight": -1.0},
    ):
        (name,) = wrong
        with pytest.raises(UserError, match=f"Invalid value for argument `{name}`"):
            style_inversion.project(model, images, **wrong)
    layers = [keras.Input((3,)), keras.layers.Dense(64), keras.layers.Reshape((8, 8, 1))]
    discriminator = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    gan = tf_gan.GAN(keras.Sequential(layers), discriminator, latent_dim=3)
    with pytest.raises(UserError, match=r"Expected tf_gan\.inversion"):
        style_inversion.project(gan, images)
