import functools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.networks import dtype_policy
from support.routine import check_resume, check_trains, check_two_replicas
from support.small import linear_layer

import tf_gan
from tf_gan.errors import UserError
from tf_gan.likelihoods import Gaussian
from tf_gan.models import Batch
from tf_gan.models.vae import kl_divergence
from tf_gan.networks import vae_mlp
from tf_gan.training.rng import Stream

SHAPE = (8, 8, 1)
IMAGES = np.random.default_rng(0).uniform(0, 1, (96, *SHAPE)).astype(np.float32)
NAMES = ("elbo", "reconstruction", "kl")


def small(arguments=None, **compile_arguments):
    keras.utils.set_random_seed(0)
    encoder = vae_mlp.build_encoder(SHAPE, 3, units=(16,))
    vae = tf_gan.VAE(
        encoder, vae_mlp.build_generator(SHAPE, 3, units=(16,)), 3, **(arguments or {})
    )
    vae.compile(**compile_arguments)
    return vae


# === The bound ===


def test_kl_divergence():
    zero, one = tf.zeros((2, 3)), tf.ones((2, 3))
    np.testing.assert_allclose(kl_divergence(zero, zero), [0, 0])
    np.testing.assert_allclose(kl_divergence(one, zero), [1.5, 1.5])  # 1/2 a dimension.
    # Variance e: (e - 1 - 1) / 2 a dimension.
    np.testing.assert_allclose(kl_divergence(zero, one), [1.5 * (math.e - 2)] * 2, rtol=1e-6)
    # By quadrature, N(0.7, 0.3^2) against N(0, 1).
    x = np.linspace(-3, 4, 100_001)
    q = np.exp(-0.5 * ((x - 0.7) / 0.3) ** 2) / (0.3 * (2 * np.pi) ** 0.5)
    p = np.exp(-0.5 * x**2) / (2 * np.pi) ** 0.5
    expected = np.sum(q * np.log(np.maximum(q, 1e-300) / p)) * (x[1] - x[0])
    np.testing.assert_allclose(
        kl_divergence(tf.constant([[0.7]]), tf.constant([[2 * math.log(0.3)]])),
        [expected],
        atol=1e-5,
    )


def linear(likelihood, data_range=None, seed=5):
    """Three pixels and two latents; q(z|x) has a linear mean and log variance."""
    images, latents = keras.Input((3,)), keras.Input((2,))

    dense = functools.partial(linear_layer, stddev=0.5)
    encoder = keras.Model(images, [dense(2, 1)(images), dense(2, 2)(images)])
    generator = keras.Model(
        latents,
        keras.layers.Activation("sigmoid" if likelihood == "bernoulli" else "linear")(
            dense(3, 3)(latents)
        ),
    )
    return tf_gan.VAE(
        encoder, generator, 2, likelihood=likelihood, seed=seed, data_range=data_range
    )


@pytest.mark.parametrize(
    "likelihood",
    ["bernoulli", Gaussian(0.5), Gaussian(0.5, learned=True)],
    ids=["bernoulli", "gaussian", "learned"],
)
def test_a_step_matches_the_formulas_of_the_paper(likelihood):
    """The bound recomputed in NumPy; the weights after a step of plain descent are
    those that its central differences give.
    """
    vae = linear(likelihood)
    vae.compile(keras.optimizers.SGD(0.1))
    x = np.random.default_rng(0).uniform(0, 1, (6, 3)).astype(np.float32)
    noise = vae.sample_latents(6, Stream(5, 0, 0).fold(1)).numpy().astype(np.float64)
    weights = [np.array(variable.numpy(), np.float64) for variable in vae.objectives[0].variables]

    start = math.log(0.5)

    def terms(w_mean, w_log_variance, w_decoder, log_variance=start):
        mean, spread = x @ w_mean, x @ w_log_variance
        output = (mean + np.exp(0.5 * spread) * noise) @ w_decoder
        if likelihood == "bernoulli":
            reconstruction = np.sum(x * output - np.logaddexp(0, output), axis=1)
        else:
            reconstruction = -0.5 * np.sum(
                (x - output) ** 2 / np.exp(log_variance) + log_variance + math.log(2 * math.pi),
                axis=1,
            )
        kl = 0.5 * np.sum(mean**2 + np.exp(spread) - 1 - spread, axis=1)
        return reconstruction.mean(), kl.mean()

    logs = vae.train_on_batch(x, return_dict=True)
    reconstruction, kl = terms(*weights)
    assert logs["reconstruction"] == pytest.approx(reconstruction, abs=1e-4)
    assert logs["kl"] == pytest.approx(kl, abs=1e-5)
    assert logs["elbo"] == pytest.approx(reconstruction - kl, abs=1e-4)
    assert len(weights) == (4 if isinstance(likelihood, Gaussian) and likelihood.learned else 3)
    for number, (weight, variable) in enumerate(
        zip(weights, vae.objectives[0].variables, strict=True)
    ):
        for place in np.ndindex(weight.shape):
            values = []
            for step in (1e-5, -1e-5):
                changed = [np.array(w) for w in weights]
                changed[number][place] += step
                values.append(np.subtract(*terms(*changed)))
            assert variable.numpy()[place] == pytest.approx(
                weight[place] + 0.1 * (values[0] - values[1]) / 2e-5, abs=1e-4
            )


def test_a_linear_vae_finds_the_likelihood_of_gaussian_data():
    """For a linear decoder the bound can be tight: -E[ELBO] is then the entropy of the
    data, 1/2 log(2 pi e 4) for N(0, 4).
    """
    keras.utils.set_random_seed(0)
    images, latents = keras.Input((1,)), keras.Input((1,))
    encoder = keras.Model(images, [keras.layers.Dense(1)(images), keras.layers.Dense(1)(images)])
    vae = tf_gan.VAE(
        encoder,
        keras.Model(latents, keras.layers.Dense(1)(latents)),
        1,
        likelihood="learned_gaussian",
    )
    vae.compile(keras.optimizers.Adam(1e-2), steps_per_execution=32)
    x = 2.0 * np.random.default_rng(0).normal(size=(4096, 1)).astype(np.float32)
    vae.fit(x, batch_size=128, epochs=40, verbose=0)
    entropy = 0.5 * math.log(2 * math.pi * math.e * np.var(x))
    assert vae.evaluate(x, batch_size=4096, verbose=0, return_dict=True)["elbo"] == pytest.approx(
        -entropy, abs=0.06
    )
    assert vae.generate(20_000, seed=0).std() <= 2.0  # Means only, without the noise of p(x|z).


@pytest.mark.parametrize("training", [True, False])
def test_dropout_acts_in_training_alone(training):
    """Of both networks. The variance is 1: the divergence is half the square of the mean."""
    images, latents = keras.Input((3,)), keras.Input((3,))
    log_variance = keras.layers.Dense(3, kernel_initializer="zeros")(images)
    encoder = keras.Model(images, [keras.layers.Dropout(0.5)(images), log_variance])
    dropped = keras.layers.Dropout(0.5)(latents)
    vae = tf_gan.VAE(encoder, keras.Model(latents, keras.layers.Activation("sigmoid")(dropped)), 3)
    x = IMAGES.reshape(-1, 3)
    forward = vae.forward(Batch(tf.constant(x)), Stream(0), training=training)
    for share in (np.mean(forward.mean == 0.0), np.mean(forward.images == 0.5)):
        assert share == pytest.approx(0.5 if training else 0.0, abs=0.05)
    logs = vae.evaluation_logs(Batch(tf.constant(x)), Stream(0))
    assert float(logs["kl"]) == pytest.approx(0.5 * np.square(x).sum(axis=1).mean(), rel=1e-5)


# === What every model can do ===


def test_trains():
    check_trains(lambda: small({"likelihood": "learned_gaussian"}), IMAGES, NAMES)


def test_stopping_and_going_on_is_the_same_run(tmp_path):
    check_resume(
        lambda: small(
            {"likelihood": Gaussian(0.3, learned=True), "moving_average": 0.9, "seed": 3}
        ),
        IMAGES,
        tmp_path,
    )


def test_two_replicas_do_what_one_does(mirrored):
    check_two_replicas(
        lambda **form: small({"likelihood": "learned_gaussian"}, **form),
        IMAGES,
        mirrored,
        tolerance=3e-5,  # On CPUs without AVX-512 rounding makes 1.2e-5.
    )


def test_float16():
    with dtype_policy("mixed_float16"):
        vae = small()
    assert isinstance(vae.elbo_optimizer, keras.optimizers.LossScaleOptimizer)
    assert np.isfinite(
        list(vae.fit(IMAGES, batch_size=32, epochs=2, verbose=0).history.values())
    ).all()


def test_generate_encode_and_reconstruct():
    vae = small()
    vae.fit(IMAGES, batch_size=32, epochs=1, verbose=0)
    codes = vae.encode(IMAGES[:5], batch_size=2)
    np.testing.assert_allclose(codes, vae.encoder(IMAGES[:5])[0], atol=1e-6)
    np.testing.assert_allclose(vae.reconstruct(IMAGES[:5]), vae.generator(codes), atol=1e-6)
    latents = vae.sample_latents(4, Stream(3, -2))
    np.testing.assert_allclose(vae.generate(4, seed=3), vae.generator(latents), atol=1e-6)
    assert vae.reconstruct(IMAGES[:5]).dtype == np.float32


@pytest.mark.slow
def test_exports_the_decoder_and_the_encoder(tmp_path):
    vae = small()
    vae.export(tmp_path / "exported" / "1")
    latents = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)
    exported = tf.saved_model.load(str(tmp_path / "exported" / "1")).signatures["serving_default"]
    low, high = vae.data_range
    np.testing.assert_allclose(
        exported(latents=tf.constant(latents))["images"],
        (vae.images_from(latents) - low) / (high - low),
        atol=1e-5,
    )
    encode = tf.saved_model.load(str(tmp_path / "exported" / "1")).signatures["encode"]
    np.testing.assert_allclose(
        encode(images=tf.constant(IMAGES[:4]))["latents"], vae.encode(IMAGES[:4]), atol=1e-5
    )


def test_evaluate_is_deterministic():
    vae = small()
    first, second = (
        vae.evaluate(IMAGES, batch_size=32, verbose=0, return_dict=True) for _ in range(2)
    )
    assert first == second and set(first) == set(NAMES)
    assert first["elbo"] == pytest.approx(first["reconstruction"] - first["kl"], abs=1e-4)


# === Errors ===


def test_networks_must_fit():
    encoder, generator = vae_mlp.build_encoder(SHAPE, 3), vae_mlp.build_generator(SHAPE, 3)
    with pytest.raises(
        UserError, match=r"generator does not take the latents, of shape \(None, 4\)"
    ):
        tf_gan.VAE(encoder, generator, 4)
    with pytest.raises(
        UserError,
        match=r"encoder does not take the images of the generator, of shape \(None, 8, 8, 1\)",
    ):
        tf_gan.VAE(vae_mlp.build_encoder((4, 4, 1), 3), generator, 3)
    with pytest.raises(
        UserError,
        match=r"expected \[\(None, 3\), \(None, 3\)\]\. Received: \[\(None, 2\), \(None, 2\)\]",
    ):
        tf_gan.VAE(vae_mlp.build_encoder(SHAPE, 2), generator, 3)
    with pytest.raises(UserError, match=r"Received: \[\(None, 8, 8, 1\)\]"):
        tf_gan.VAE(
            keras.Sequential([keras.Input(SHAPE), keras.layers.Activation("relu")]), generator, 3
        )
    with pytest.raises(UserError, match=r"`encoder`.*keras\.Model.*str"):
        tf_gan.VAE("encoder", generator, 3)
    with pytest.raises(UserError, match="latent_dim=0"):
        tf_gan.VAE(encoder, generator, 0)


def test_bernoulli_is_for_images_from_0_to_1():
    with pytest.raises(
        UserError, match=r"likelihood='gaussian'\. Received: data_range=\(-1\.0, 1\.0\)"
    ):
        tf_gan.VAE(
            vae_mlp.build_encoder(SHAPE, 3), vae_mlp.build_generator(SHAPE, 3, activation="tanh"), 3
        )
    with pytest.raises(UserError, match=r"Expected images in \[0, 1\]"):
        small().fit(IMAGES * 2 - 1, batch_size=32, verbose=0)


def test_images_to_encode_must_fit():
    with pytest.raises(UserError, match="8, 8, 1"):
        small().encode(IMAGES[:, :4])
