import keras
import numpy as np
import pytest
import tensorflow as tf
from support.networks import dtype_policy

import tf_gan
from tf_gan import theory
from tf_gan.errors import UserError
from tf_gan.networks import points
from tf_gan.theory import noise_contrastive
from tf_gan.training.rng import Stream

DATA = theory.Mixture((-1.5, 1.0), (0.5, 0.7), (0.4, 0.6))
NOISE = theory.Mixture(0.0, 2.0)
X = np.linspace(-3.0, 3.0, 601)


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(0)
    model = points.build_discriminator((1,), units=(32, 32))
    data = noise_contrastive.draw(DATA, 20_000, Stream(7)).numpy()
    losses = theory.train_noise_contrastive(model, data, NOISE, 800, batch_size=256)
    return model, losses


def test_the_model_becomes_the_density(trained):
    model, losses = trained
    estimate = np.exp(model(X[:, None].astype(np.float32)).numpy()[:, 0])
    error = np.abs(estimate - DATA.density(X))
    assert error.max() < 0.05 and error.mean() < 0.012  # The largest density is 0.34.
    # Nothing normalised it.
    assert estimate.sum() * (X[1] - X[0]) == pytest.approx(1.0, abs=0.03)
    # The last losses are those of the optimal D.
    assert losses[-200:].mean() == pytest.approx(-theory.criterion(DATA, NOISE), abs=0.02)


def test_mixed_precision():
    with dtype_policy("mixed_bfloat16"):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    losses = theory.train_noise_contrastive(model, np.zeros((5, 1)), NOISE, 2)
    assert losses.dtype == np.float32 and np.isfinite(losses).all()


def test_the_rate_falls_to_a_hundredth_by_half_a_cosine(monkeypatch):
    rates = []

    def adam(rate):
        rates.extend(float(rate(step)) for step in (0, 1, 2))
        return keras.optimizers.SGD(0.0)

    monkeypatch.setattr(keras.optimizers, "Adam", adam)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    theory.train_noise_contrastive(model, np.zeros((5, 1)), NOISE, 2, learning_rate=0.5)
    assert rates == pytest.approx([0.5, 0.5 * 1.01 / 2, 0.005])


def test_the_seed_fixes_the_noise():
    def losses(seed):
        model = keras.Sequential(
            [keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")]
        )
        return theory.train_noise_contrastive(model, np.zeros((5, 1)), NOISE, 2, seed=seed)

    first, again, other = (losses(seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_before_training_it_is_not_the_density():
    keras.utils.set_random_seed(0)
    model = points.build_discriminator((1,), units=(32, 32))
    estimate = np.exp(model(X[:, None].astype(np.float32)).numpy()[:, 0])
    assert np.abs(estimate - DATA.density(X)).max() > 0.5


def test_an_optimal_discriminator_implies_the_density():
    logits = theory.optimal_logit(DATA, NOISE, X)
    np.testing.assert_allclose(
        theory.density_from_logit(logits, NOISE.density(X)), DATA.density(X), rtol=1e-9
    )


@pytest.mark.slow
def test_a_gan_with_a_fixed_generator_is_the_same_estimate():
    """D of a GAN whose G is held at N(0, 2^2): p_g exp(logit) is the density of the data."""
    keras.utils.set_random_seed(0)
    generator = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    generator.set_weights([np.array([[2.0]]), np.array([0.0])])
    gan = tf_gan.GAN(generator, points.build_discriminator((1,), units=(32, 32)), latent_dim=1)
    gan.compile()
    data = noise_contrastive.draw(DATA, 20_000, Stream(7)).numpy()
    theory.train_alone(gan, tf_gan.data.Examples(data, None), "discriminator", 600, 256)
    logits = gan.discriminator(X[:, None].astype(np.float32)).numpy()[:, 0]
    error = np.abs(theory.density_from_logit(logits, NOISE.density(X)) - DATA.density(X))
    assert error.max() < 0.1 and error.mean() < 0.035  # 0.08 before.


def test_draws_and_densities_are_those_of_the_mixture():
    draws = noise_contrastive.draw(DATA, 50_000, Stream(1)).numpy()[:, 0]
    counts, edges = np.histogram(draws, 40, (-3, 3))
    centres = (edges[1:] + edges[:-1]) / 2
    np.testing.assert_allclose(counts / 50_000 / (6 / 40), DATA.density(centres), atol=0.02)
    log_density = noise_contrastive.log_density(DATA, tf.constant(X[:, None], tf.float32))
    np.testing.assert_allclose(log_density[:, 0], DATA.log_density(X), atol=1e-4)


@pytest.mark.parametrize(
    ("points_given", "arguments", "message"),
    [
        (np.zeros(5), {}, r"points of shape \(N, 1\)\. Received: shape \(5,\)"),
        (np.zeros((5, 2)), {}, r"Received: shape \(5, 2\)"),
        (np.zeros((5, 1)), {"steps": 0}, "steps=0"),
        (np.zeros((5, 1)), {"batch_size": 0}, "batch_size=0"),
        (np.zeros((5, 1)), {"learning_rate": 0.0}, "learning_rate=0.0"),
    ],
)
def test_bad_arguments(points_given, arguments, message):
    with pytest.raises(UserError, match=message):
        theory.train_noise_contrastive(
            points.build_discriminator((1,), units=(4,)), points_given, NOISE, **arguments
        )
