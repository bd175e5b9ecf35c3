"""Inversion of linear generators, whose answers are known, and of a small trained one."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_gan
from tf_gan import inversion
from tf_gan.errors import UserError
from tf_gan.networks import mlp

A = np.random.default_rng(0).normal(size=(2, 5)).astype(np.float32)
X = np.random.default_rng(1).normal(size=(6, 5)).astype(np.float32)


def linear(prior="normal"):
    """G(z) = z A."""
    generator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(5, use_bias=False)])
    generator.set_weights([A])
    return tf_gan.GAN(
        generator,
        keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)]),
        latent_dim=2,
        prior=prior,
    )


def test_descent_finds_least_squares():
    found = inversion.optimize(linear(), X, steps=400, restarts=2)
    expected = X @ np.linalg.pinv(A)
    np.testing.assert_allclose(found.latents, expected, atol=2e-3)
    np.testing.assert_allclose(found.images, expected @ A, atol=5e-3)
    np.testing.assert_allclose(found.errors, np.mean((expected @ A - X) ** 2, axis=1), rtol=1e-4)


def test_descent_keeps_to_a_uniform_prior():
    """In a box the best point of this convex error is on the boundary where the free
    one lies outside; a fine grid finds it too.
    """
    found = inversion.optimize(linear(prior=(-0.5, 0.5)), X, steps=400, restarts=1)
    assert np.abs(found.latents).max() <= 0.5 < np.abs(X @ np.linalg.pinv(A)).max()
    axis = np.linspace(-0.5, 0.5, 401)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    best = np.mean((grid @ A - X[:, None]) ** 2, axis=2).min(axis=1)
    assert (found.errors <= best + 1e-4).all()


def test_regression_finds_the_inverse():
    """The images of G span a plane: a linear E that descends E[||z - E(G(z))||^2] ends
    where E(z A) = z.
    """
    encoder = keras.Sequential([keras.Input((5,)), keras.layers.Dense(2)])
    gan = linear()
    assert (
        inversion.train_encoder(gan, encoder, steps=1500, learning_rate=0.05, batch_size=64)
        is encoder
    )
    latents = np.random.default_rng(2).normal(size=(20, 2)).astype(np.float32)
    found = inversion.regress(gan, encoder, latents @ A)
    np.testing.assert_allclose(found.latents, latents, atol=2e-2)
    assert found.errors.max() < 1e-3


def test_each_step_has_new_samples():
    """One sample a step: of one alone, E would learn nothing of others."""
    encoder = keras.Sequential([keras.Input((5,)), keras.layers.Dense(2)])
    gan = linear()
    inversion.train_encoder(gan, encoder, steps=1500, learning_rate=0.02, batch_size=1)
    latents = np.random.default_rng(2).normal(size=(20, 2)).astype(np.float32)
    assert np.abs(inversion.regress(gan, encoder, latents @ A).latents - latents).max() < 0.2


def test_latents_of_an_encoder_are_kept_to_the_prior():
    encoder = keras.Sequential([keras.Input((5,)), keras.layers.Dense(2, use_bias=False)])
    encoder.set_weights([np.linalg.pinv(A)])
    found = inversion.regress(linear(prior=(-0.5, 0.5)), encoder, X)
    expected = np.clip(X @ np.linalg.pinv(A), -0.5, 0.5)
    np.testing.assert_allclose(found.latents, expected, atol=1e-5)
    np.testing.assert_allclose(found.images, expected @ A, atol=1e-5)


def test_codes_are_kept_to_their_ranges():
    """Of noise, a code of two categories and a continuous one."""
    model = types.SimpleNamespace(
        prior="normal", latent_dim=5, code_dim=3, categorical=(2,), continuous=1
    )
    latents = tf.constant([[-3.0, 3.0, -0.5, 2.0, -2.0], [-1.0, 0.0, 0.5, 0.2, 0.7]])
    np.testing.assert_allclose(
        inversion._clip(model, latents), [[-3, 3, 0, 1, -1], [-1, 0, 0.5, 0.2, 0.7]]
    )
    model.prior = (-1.0, 1.0)
    np.testing.assert_allclose(inversion._clip(model, latents)[0], [-1, 1, 0, 1, -1])


@pytest.mark.slow
def test_the_same_seed_gives_the_same_numbers():
    gan = linear()
    pairs = [
        [
            inversion.train_encoder(gan, steps=3, batch_size=8, seed=seed).get_weights()
            for seed in (4, 4, 5)
        ]
    ]
    pairs += [[inversion.optimize(gan, X, steps=3, restarts=2, seed=seed) for seed in (4, 4, 5)]]
    for first, second, other in pairs:
        for a, b in zip(first, second, strict=True):
            np.testing.assert_array_equal(a, b)
        assert np.abs(first[0] - other[0]).max() > 1e-3


def test_parts_of_a_batch_are_worked_on_alike():
    gan = linear()
    whole, parts = (
        inversion.optimize(gan, X, steps=20, restarts=3, batch_size=size) for size in (64, 4)
    )
    np.testing.assert_allclose(whole.latents, parts.latents, atol=1e-5)


def test_more_restarts_find_what_one_misses():
    """G(z) = (z^2 - 1)^2 + z / 2 has a valley on each side of 0; the one at z = -1.06
    is the deeper by far for x = -0.53.
    """
    latents = keras.Input((1,))
    generator = keras.Model(latents, (latents**2 - 1) ** 2 + latents / 2)
    gan = tf_gan.GAN(
        generator, keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]), latent_dim=1
    )
    target = np.full((32, 1), -0.53, np.float32)
    one, many = (
        inversion.optimize(gan, target, steps=300, restarts=restarts).errors for restarts in (1, 12)
    )
    assert 8 < np.sum(one > 0.1) < 24 and many.max() < 1e-3


def test_restarts_that_end_nowhere_do_not_count():
    """G(z) = sqrt(z) is NaN where the descent starts below 0."""
    latents = keras.Input((1,))
    gan = tf_gan.GAN(
        keras.Model(latents, keras.ops.sqrt(latents)),
        keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]),
        latent_dim=1,
    )
    target = np.full((8, 1), 1.0, np.float32)
    (one, many) = (
        inversion.optimize(gan, target, steps=200, restarts=restarts).errors for restarts in (1, 12)
    )
    assert np.isnan(one).any() and many.max() < 1e-3


def test_a_model_with_classes_is_inverted_under_its_labels():
    """G(z, y) = z A + y: with the label taken off the answer is least squares."""
    latents, labels = keras.Input((2,)), keras.Input((), dtype="int32")
    made = keras.layers.Dense(5, use_bias=False, name="a")(latents) + keras.ops.expand_dims(
        keras.ops.cast(labels, "float32"), 1
    )
    generator = keras.Model([latents, labels], made)
    generator.get_layer("a").set_weights([A])
    points, seen = keras.Input((5,)), keras.Input((), dtype="int32")
    joined = keras.layers.Concatenate()([points, keras.ops.one_hot(seen, 3)])
    gan = tf_gan.ConditionalGAN(
        generator, keras.Model([points, seen], keras.layers.Dense(1)(joined)), 2, 3
    )
    y = np.array([0, 2, 1, 1, 0, 2])
    found = inversion.optimize(gan, X, y, steps=800, restarts=1)
    np.testing.assert_allclose(found.latents, (X - y[:, None]) @ np.linalg.pinv(A), atol=5e-3)
    assert np.isfinite(
        inversion.regress(gan, inversion.train_encoder(gan, steps=2, batch_size=4), X, y).errors
    ).all()
    with pytest.raises(UserError, match="Expected labels from 0 to 2, 6 of them or one for all"):
        inversion.optimize(gan, X)


@pytest.mark.slow
def test_images_of_a_generator_are_found_again(tiny_gan):
    images = tiny_gan.generate(8, seed=1)
    regression = inversion.regress(
        tiny_gan, inversion.train_encoder(tiny_gan, steps=600, batch_size=64), images
    )
    descent = inversion.optimize(tiny_gan, images, steps=300)
    mean = np.mean((images - images.mean(axis=0)) ** 2)
    assert (
        descent.errors.max() < 1e-3
        and descent.errors.mean() < regression.errors.mean() < 0.5 * mean
    )
    np.testing.assert_allclose(
        descent.images, tiny_gan.average_generator(descent.latents), atol=1e-5
    )


def test_the_small_encoder_fits_any_shape():
    for shape in ((2,), (8, 12, 3)):
        encoder = inversion.build_encoder(shape, 7, units=(6, 4))
        assert encoder.input_shape == (None, *shape) and encoder.output_shape == (None, 7)
        assert encoder.count_params() == np.prod(shape) * 6 + 6 + 6 * 4 + 4 + 4 * 7 + 7
        activations = [layer.activation.__name__ for layer in encoder.layers[2:]]
        assert activations == ["relu", "relu", "linear"]


def test_each_layer_of_the_small_encoder_has_weights_of_its_own():
    first, second = inversion.build_encoder((4,), 1, units=(4, 4), seed=3).get_weights()[0:4:2]
    assert (first != second).any()


def test_rates_fall_to_0(monkeypatch):
    ramps, ramp = [], inversion.LinearRamp
    monkeypatch.setattr(inversion, "LinearRamp", lambda *args: ramps.append(args) or ramp(*args))
    inversion.train_encoder(linear(), steps=2, batch_size=4, learning_rate=0.3)
    inversion.optimize(linear(), X, steps=3, restarts=1, learning_rate=0.2)
    assert ramps == [(0.3, 0.0, 0, 2), (0.2, 0.0, 0, 3)]


def test_what_does_not_fit():
    gan = linear()
    with pytest.raises(
        UserError,
        match=(
            r"expected a model from \(None, 5\) to \(None, 2\)\. Received: from \(None, 5\) to"
            r" \(None, 3\)"
        ),
    ):
        inversion.train_encoder(gan, keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)]))
    with pytest.raises(UserError, match=r"Received: a Sequential without shapes"):
        inversion.train_encoder(gan, keras.Sequential([keras.layers.Dense(2)]))
    with pytest.raises(UserError, match=r"shape \(N, 5\)\. Received: shape \(6, 4\)"):
        inversion.optimize(gan, X[:, :4])
    with pytest.raises(UserError, match=r"Expected one image or more\. Received: shape \(0, 5\)"):
        inversion.optimize(gan, X[:0])
    with pytest.raises(UserError, match="restarts=0"):
        inversion.optimize(gan, X, restarts=0)
    with pytest.raises(UserError, match="steps=0"):
        inversion.train_encoder(gan, steps=0)
    for rate in (0.0, -0.1):
        with pytest.raises(UserError, match=f"a number > 0. Received: learning_rate={rate}"):
            inversion.optimize(gan, X, learning_rate=rate)
        with pytest.raises(UserError, match=f"a number > 0. Received: learning_rate={rate}"):
            inversion.train_encoder(gan, learning_rate=rate)
    with pytest.raises(UserError, match="This model has no classes"):
        inversion.optimize(gan, X, np.zeros(6, np.int32))
    network = mlp.build_discriminator((4, 4, 1), units=(4, 4))
    sigmoid = tf_gan.GAN(
        mlp.build_generator((4, 4, 1), 2, units=(4,), activation="sigmoid"), network, 2
    )
    with pytest.raises(UserError, match=r"Expected images in \[0, 1\]"):
        inversion.optimize(sigmoid, tf.fill([2, 4, 4, 1], -1.0).numpy())
    with pytest.raises(UserError, match="a Sequential, which has none"):
        inversion.train_encoder(keras.Sequential())
    upscale = keras.Sequential([keras.Input((None, None, 3)), keras.layers.UpSampling2D()])
    with pytest.raises(UserError, match="a Sequential, which has none"):
        inversion.regress(upscale, inversion.build_encoder((4, 4, 3), 2), np.zeros((1, 4, 4, 3)))
