import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit as sigmoid
from support.networks import dtype_policy
from support.routine import check_forms, check_resume, check_trains, check_two_replicas
from support.small import linear_layer

import tf_gan
from tf_gan.errors import UserError
from tf_gan.models import Batch
from tf_gan.networks import ali_points, bigan_mlp
from tf_gan.training.rng import Fold, Stream

SHAPE = (8, 8, 1)
IMAGES = np.random.default_rng(0).uniform(0, 1, (96, *SHAPE)).astype(np.float32)
NAMES = {"discriminator_loss", "generator_loss", "V(D,G)", "D(x)", "D(G(z))"}


def stochastic_encoder(latent_dim=3, shape=SHAPE):
    images = keras.Input(shape)
    x = keras.layers.Dense(8, "tanh")(keras.layers.Flatten()(images))
    return keras.Model(
        images, [keras.layers.Dense(latent_dim, name=name)(x) for name in ("mean", "log_variance")]
    )


def small(arguments=None, *, stochastic=False, **compile_arguments):
    keras.utils.set_random_seed(0)
    generator, discriminator = (
        build(SHAPE, 3, units=(16, 8))
        for build in (bigan_mlp.build_generator, bigan_mlp.build_discriminator)
    )
    encoder = (
        stochastic_encoder() if stochastic else bigan_mlp.build_encoder(SHAPE, 3, units=(16, 8))
    )
    gan = tf_gan.BiGAN(
        generator, discriminator, encoder, 3, **({"prior": (-1, 1)} | (arguments or {}))
    )
    gan.compile(**({"updates": "simultaneous", "jit_compile": False} | compile_arguments))
    return gan


def adam(rate):
    return {
        f"{player}_optimizer": keras.optimizers.Adam(rate, 0.5)
        for player in ("generator", "discriminator")
    }


# === The model ===


def linear(stochastic=False, **compile_arguments):
    """Three pixels, two latents, linear players; returns the model and the weights of
    G, D on images, D on latents, and E.
    """

    dense = functools.partial(linear_layer, stddev=0.5)
    images, latents = keras.Input((3,)), keras.Input((2,))
    generator = keras.Model(latents, dense(3, 1)(latents))
    discriminator = keras.Model(
        [images, latents], dense(1, 2)(keras.layers.Concatenate()([images, latents]))
    )
    encoder = keras.Model(
        images, [dense(2, 3)(images), dense(2, 4)(images)] if stochastic else dense(2, 3)(images)
    )
    gan = tf_gan.BiGAN(generator, discriminator, encoder, 2, seed=5)
    gan.compile(
        keras.optimizers.SGD(0.3), keras.optimizers.SGD(0.2), jit_compile=False, **compile_arguments
    )
    return gan, [
        weight.astype(np.float64)
        for network in (generator, discriminator, encoder)
        for weight in network.get_weights()
    ]


X = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)


@pytest.mark.parametrize("updates", ["simultaneous", "alternating"])
def test_a_step_of_plain_descent_matches_the_formulas_of_the_papers(updates):
    """Recomputed in NumPy: D ascends V; G and E descend -log D(G(z), z) - log(1 - D(x,
    E(x))), from the same weights or against the moved D.
    """
    gan, (w_g, w_d, w_e) = linear(updates=updates)
    z_d, z_g = (
        gan.sample_latents(6, Stream(5, 0, draw).fold(1).fold(0)).numpy()
        for draw in (0, 0 if updates == "simultaneous" else 1)
    )
    logs = gan.train_on_batch(X, return_dict=True)
    pairs, fakes = np.concatenate([X, X @ w_e], axis=1), np.concatenate([z_d @ w_g, z_d], axis=1)
    a, b = pairs @ w_d, fakes @ w_d
    moved_d = w_d + 0.2 * (pairs.T @ (1 - sigmoid(a)) - fakes.T @ sigmoid(b)) / 6
    against = w_d if updates == "simultaneous" else moved_d
    a_g, b_g = pairs @ against, np.concatenate([z_g @ w_g, z_g], axis=1) @ against
    moved_g = w_g + 0.3 * z_g.T @ ((1 - sigmoid(b_g)) @ against[:3].T) / 6
    moved_e = w_e - 0.3 * X.T @ (sigmoid(a_g) @ against[3:].T) / 6
    for network, expected in (
        (gan.generator, moved_g),
        (gan.discriminator, moved_d),
        (gan.encoder, moved_e),
    ):
        np.testing.assert_allclose(network.get_weights()[0], expected, atol=1e-6)
    assert logs["V(D,G)"] == pytest.approx(
        np.mean(np.log(sigmoid(a))) + np.mean(np.log(1 - sigmoid(b))), abs=1e-5
    )
    assert logs["D(x)"] == pytest.approx(np.mean(sigmoid(a)), abs=1e-5)
    assert logs["D(G(z))"] == pytest.approx(np.mean(sigmoid(b)), abs=1e-5)
    assert logs["generator_loss"] == pytest.approx(
        -np.mean(np.log(sigmoid(b_g))) - np.mean(np.log(1 - sigmoid(a_g))), abs=1e-5
    )


def test_a_stochastic_encoder_is_moved_through_its_noise():
    """z = mu + sigma eps with mu = x W and log sigma^2 = x U: dz/dU = x^T (sigma eps /
    2).
    """
    gan, (_, w_d, w, u) = linear(stochastic=True, updates="simultaneous")
    noise = Stream(5, 0, 0).fold(1).fold(Fold.ENCODER).normal([6, 2]).numpy()
    spread = np.exp(0.5 * X @ u) * noise
    slopes = sigmoid(np.concatenate([X, X @ w + spread], axis=1) @ w_d) @ w_d[3:].T / 6
    gan.train_on_batch(X)
    np.testing.assert_allclose(gan.encoder.get_weights()[0], w - 0.3 * X.T @ slopes, atol=1e-6)
    np.testing.assert_allclose(
        gan.encoder.get_weights()[1], u - 0.3 * X.T @ (slopes * spread / 2), atol=1e-6
    )


def test_a_stochastic_encoder_draws_from_its_normal_distribution():
    gan, (_, _, w, u) = linear(stochastic=True)
    draws = gan.infer(np.tile(X[:1], (20_000, 1)), Stream(1)).numpy()
    mean, deviation = X[0] @ w, np.exp(0.5 * X[0] @ u)
    # Four standard errors.
    np.testing.assert_allclose(draws.mean(axis=0), mean, atol=0.03 * deviation.max())
    np.testing.assert_allclose(draws.std(axis=0), deviation, rtol=0.02)
    np.testing.assert_allclose(gan.encode(X), X @ w, atol=1e-5)  # Without noise.


def test_penalties_see_the_pair():
    """For a linear D the gradient with respect to the pair is its weights: R1 is half
    their squared norm, those of the latents included.
    """
    gan, (_, w_d, _) = linear(updates="simultaneous", penalties=tf_gan.penalties.R1(1.0))
    logs = gan.train_on_batch(X, return_dict=True)
    assert logs["gradient_penalty"] == pytest.approx(0.5 * np.sum(w_d**2), rel=1e-5)


def test_minimax_descends_v():
    gan, _ = linear(loss="minimax", updates="simultaneous")
    logs = gan.train_on_batch(X, return_dict=True)
    assert logs["generator_loss"] == pytest.approx(logs["V(D,G)"], abs=1e-5)


@pytest.mark.slow
def test_the_encoder_learns_to_invert_the_generator():
    """On two clusters of points: reconstructions come far nearer than the deviation of
    the data, which is 1 in the first coordinate.
    """
    data = np.random.default_rng(0).normal(0, 0.1, (2048, 2)).astype(np.float32) + np.repeat(
        [[-1.0, 0.0], [1.0, 0.0]], 1024, axis=0
    ).astype(np.float32)
    keras.utils.set_random_seed(0)
    units = {"units": (32, 32)}
    networks = (
        ali_points.build_generator(**units),
        ali_points.build_discriminator(**units, pieces=2),
        ali_points.build_encoder(**units),
    )
    gan = tf_gan.BiGAN(*networks, 2)
    gan.compile(**adam(2e-3), updates="simultaneous", steps_per_execution=32)
    gan.fit(data, batch_size=64, epochs=25, verbose=0)
    far = np.abs(gan.reconstruct(data) - data)[:, 0]
    assert np.sqrt(np.mean(np.square(far))) < 0.4
    assert np.mean(np.sign(gan.reconstruct(data)[:, 0]) == np.sign(data[:, 0])) > 0.97


# === What every model can do ===


def test_trains():
    check_trains(
        lambda: small(penalties="r1", updates="alternating", discriminator_steps=2, **adam(1e-3)),
        IMAGES,
        NAMES | {"gradient_penalty"},
    )


@pytest.mark.slow
def test_all_forms_agree():
    check_forms(lambda **form: small(stochastic=True, **form), IMAGES)


@pytest.mark.slow
def test_stopping_and_going_on_is_the_same_run(tmp_path):
    check_resume(
        lambda: small({"moving_average": 0.9, "seed": 3}, stochastic=True), IMAGES, tmp_path
    )


@pytest.mark.slow
def test_two_replicas_do_what_one_does(mirrored):
    """Without BatchNormalization, whose statistics are each replica's own."""

    def make(**form):
        keras.utils.set_random_seed(0)
        generator = keras.Sequential(
            [keras.Input((3,)), keras.layers.Dense(64, "sigmoid"), keras.layers.Reshape(SHAPE)]
        )
        images, latents = keras.Input(SHAPE), keras.Input((3,))
        joined = keras.layers.Concatenate()([keras.layers.Flatten()(images), latents])
        discriminator = keras.Model(
            [images, latents], keras.layers.Dense(1)(keras.layers.Dense(16, "tanh")(joined))
        )
        gan = tf_gan.BiGAN(generator, discriminator, stochastic_encoder(), 3)
        gan.compile(updates="simultaneous", **adam(1e-3), **form)
        return gan

    check_two_replicas(make, IMAGES, mirrored)


def test_float16():
    with dtype_policy("mixed_float16"):
        gan = small()
    assert isinstance(gan.generator_optimizer, keras.optimizers.LossScaleOptimizer)
    assert np.isfinite(list(gan.train_on_batch(IMAGES, return_dict=True).values())).all()


def test_evaluate_is_deterministic():
    gan = small(stochastic=True)
    first, second = (
        gan.evaluate(IMAGES, batch_size=32, verbose=0, return_dict=True) for _ in range(2)
    )
    assert first == second and set(first) == NAMES


def test_encode_and_reconstruct():
    gan = small({"moving_average": 0.9})
    gan.train_on_batch(IMAGES)
    codes = gan.encode(IMAGES[:5], batch_size=2)
    assert codes.shape == (5, 3) and codes.dtype == np.float32
    np.testing.assert_allclose(codes, gan.encoder(IMAGES[:5]), atol=1e-6)
    np.testing.assert_allclose(gan.reconstruct(IMAGES[:5]), gan.average_generator(codes), atol=1e-6)


@pytest.mark.slow
def test_exports_the_encoder(tmp_path):
    gan = small({"data_range": (-1, 3)}, stochastic=True)
    report = gan.export(tmp_path / "exported" / "1")
    assert sum(row["signature"] == "encode" for row in report.rows) == 2  # Proved by two loaders.
    encode = tf.saved_model.load(str(tmp_path / "exported" / "1")).signatures["encode"]
    np.testing.assert_allclose(
        encode(images=tf.constant(IMAGES))["latents"], gan.encode(4 * IMAGES - 1), atol=1e-5
    )
    for images, message in (
        (np.zeros((1, 8, 7, 1)), r"expected shape \(batch, 8, 8, 1\)"),
        (np.full((1, *SHAPE), np.nan), "expected finite numbers"),
        (2 * IMAGES, "expected from 0 to 1"),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            encode(images=tf.constant(images, tf.float32))


# === Errors ===


def test_networks_must_fit():
    generator, discriminator, encoder = (
        build(SHAPE, 3)
        for build in (
            bigan_mlp.build_generator,
            bigan_mlp.build_discriminator,
            bigan_mlp.build_encoder,
        )
    )
    with pytest.raises(
        UserError,
        match=(
            r"expected \[\(None, 3\)\] or \[\(None, 3\), \(None, 3\)\]\. Received: \[\(None, 2\)\]"
        ),
    ):
        tf_gan.BiGAN(generator, discriminator, bigan_mlp.build_encoder(SHAPE, 2), 3)
    with pytest.raises(UserError, match=r"Received: \[\(None, 2\), \(None, 2\)\]"):
        tf_gan.BiGAN(generator, discriminator, stochastic_encoder(2), 3)
    with pytest.raises(
        UserError,
        match=r"encoder does not take the images of the generator, of shape \(None, 8, 8, 1\)",
    ):
        tf_gan.BiGAN(generator, discriminator, bigan_mlp.build_encoder((4, 4, 1), 3), 3)
    with pytest.raises(
        UserError,
        match=(
            r"discriminator does not take the images of the generator, of shape \(None, 8, 8, 1\)"
            r" and \(None, 3\)"
        ),
    ):
        tf_gan.BiGAN(
            generator,
            keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(1)]),
            encoder,
            3,
        )
    with pytest.raises(UserError, match=r"`encoder`.*keras\.Model.*NoneType"):
        tf_gan.BiGAN(generator, discriminator, None, 3)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (IMAGES[:, :4], "8, 8, 1"),
        (2 * IMAGES - 1, r"Expected images in \[0, 1\]"),
        ((255 * IMAGES).astype(np.uint8), "float images"),
    ],
)
def test_images_to_encode_must_fit(images, message):
    for function in (small().encode, small().reconstruct):
        with pytest.raises(UserError, match=message):
            function(images)


def test_images_are_augmented_for_d_alone():
    gan, images = small(augment=lambda images, random: 1.0 - images), tf.constant(IMAGES[:4])
    pairs = gan.real_inputs(Batch(images), Stream(0))
    np.testing.assert_allclose(pairs[:, : gan.pixels], tf.reshape(1 - images, [4, -1]), atol=1e-6)
    latents = gan.encoder(images, training=True)
    np.testing.assert_allclose(pairs[:, gan.pixels :], latents, atol=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_dropout_of_the_encoder_acts_in_training_alone(training):
    whole, images = small(), keras.Input(SHAPE)
    latents = keras.layers.Dense(3)(keras.layers.Flatten()(images))
    encoder = keras.Model(images, keras.layers.Dropout(0.5)(latents))
    gan = tf_gan.BiGAN(whole.generator, whole.discriminator, encoder, 3)
    pairs = gan.real_inputs(Batch(tf.constant(IMAGES)), Stream(0), training)
    share = np.mean(pairs[:, gan.pixels :] == 0.0)
    assert share == pytest.approx(0.5 if training else 0.0, abs=0.15)
