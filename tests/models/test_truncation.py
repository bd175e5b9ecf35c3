"""Samples of a truncated prior."""

import keras
import numpy as np
import pytest
from scipy import stats

import tf_gan
from tf_gan.errors import UserError
from tf_gan.models.sampling import truncate_normal
from tf_gan.networks import mlp


@pytest.mark.parametrize("bound", [0.1, 1.0, 2.0, 50.0])
def test_draws_become_those_of_the_truncated_normal(bound):
    normal = np.random.default_rng(0).standard_normal(20_000).astype(np.float32)
    moved = truncate_normal(normal, bound).numpy()
    assert np.abs(moved).max() <= bound
    assert (np.diff(moved[np.argsort(normal)]) >= 0.0).all()
    assert stats.kstest(moved, stats.truncnorm(-bound, bound).cdf).pvalue > 0.01


def test_no_draw_moves_outwards_however_far_out_it_is():
    far = np.float32([-12.0, -6.0, 0.0, 6.0, 12.0])
    np.testing.assert_array_equal(truncate_normal(far, 50.0), far)
    assert np.isfinite(truncate_normal(far, 2.0)).all()
    np.testing.assert_allclose(truncate_normal(far, 2.0), np.clip(far, -2, 2), atol=1e-5)


def test_generate_truncates_the_latents(tiny_gan):
    latents, _ = tiny_gan.sample_inputs(5, 3)
    expected = tiny_gan.images_from(truncate_normal(latents, 0.5))
    truncated = tiny_gan.generate(5, seed=3, truncation=0.5)
    np.testing.assert_allclose(truncated, expected, atol=1e-6)
    assert np.abs(truncated - tiny_gan.generate(5, seed=3)).max() > 1e-3
    nearly = tiny_gan.generate(5, seed=3, truncation=1e6)
    np.testing.assert_allclose(nearly, tiny_gan.generate(5, seed=3), atol=1e-4)


def test_codes_are_not_truncated():
    generator = mlp.build_generator((4, 4, 1), 7, units=(4,))
    inputs = keras.Input((4, 4, 1))
    features = keras.layers.Flatten()(inputs)
    outputs = [keras.layers.Dense(1)(features), keras.layers.Dense(5)(features)]
    gan = tf_gan.InfoGAN(
        generator, keras.Model(inputs, outputs), latent_dim=7, categorical=(3,), continuous=2
    )
    latents = gan.sample_inputs(6, 0)[0].numpy()
    moved = gan.truncated(latents, 0.1).numpy()
    assert np.abs(moved[:, :2]).max() <= 0.1
    np.testing.assert_array_equal(moved[:, 2:], latents[:, 2:])


@pytest.mark.parametrize("truncation", [0.0, -1.0, float("nan"), float("inf")])
def test_other_bounds_are_refused(tiny_gan, truncation):
    with pytest.raises(UserError, match="Expected a number > 0, or None"):
        tiny_gan.generate(1, truncation=truncation)


def test_a_uniform_prior_is_not_truncated():
    networks = mlp.build_generator((4, 4, 1), 3, units=(4,)), mlp.build_discriminator((4, 4, 1))
    gan = tf_gan.GAN(*networks, latent_dim=3, prior=(-1, 1))
    with pytest.raises(UserError, match=r"needs latents from N\(0, 1\)"):
        gan.generate(1, truncation=0.5)
