"""Kinds of pictures for models with codes, with an encoder, or with two latents."""

import keras
import numpy as np
import pytest
from support.grids import tiles

import tf_gan
from tf_gan import plots
from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.networks import info_gan_mlp, vae_mlp
from tf_gan.plots import reconstructions, render
from tf_gan.training.rng import Stream

SHAPE = (8, 8, 1)
TILE, GAP = 32, 2  # 8 pixels are shown 4 times as large.


def options(**fields):
    return plots.PlotOptions(default_config(), **fields)


class Plane(tf_gan.VAE):
    """A stand-in that paints its first latent into the left half and its second one
    into the right.
    """

    def call(self, inputs, training=False):
        x, y = (keras.ops.reshape(inputs[:, number], (-1, 1, 1, 1)) for number in (0, 1))
        left = keras.ops.ones((1, 8, 4, 1))
        return keras.ops.sigmoid(keras.ops.concatenate([x * left, y * left], axis=2))


def plane(latent_dim=2):
    return Plane(
        vae_mlp.build_encoder(SHAPE, latent_dim, units=(8,)),
        vae_mlp.build_generator(SHAPE, latent_dim, units=(8,)),
        latent_dim,
    )


def test_a_manifold_goes_right_and_up():
    cut = tiles(plots.get("manifold").plot(plane(), options(n=3)))
    assert cut.shape[:2] == (3, 3)
    expected = np.rint(255 / (1 + np.exp([0.96742, 0, -0.96742])))
    # The first latent, from left to right.
    np.testing.assert_allclose(cut[0, :, 0, 0], expected, atol=1)
    # The second one, from bottom to top.
    np.testing.assert_allclose(cut[:, 0, 0, -1], expected[::-1], atol=1)
    assert tiles(plots.get("manifold").plot(plane(), options(n=3, columns=2))).shape[:2] == (3, 2)


def test_a_manifold_needs_two_latents():
    with pytest.raises(UserError, match=r"config\.model\.latent_dim=2\. Received: a Plane"):
        plots.get("manifold").plot(plane(3), options())


def test_originals_stand_above_reconstructions():
    originals, copies = (
        np.arange(5.0).reshape(5, 1, 1, 1),
        np.arange(10.0, 15.0).reshape(5, 1, 1, 1),
    )
    rows = reconstructions.in_pairs_of_rows(originals, copies, 3).reshape(4, 3)
    np.testing.assert_array_equal(rows, [[0, 1, 2], [10, 11, 12], [3, 4, 0], [13, 14, 0]])
    rows = reconstructions.in_pairs_of_rows(originals - 9, copies, 3).reshape(4, 3)
    assert rows[2:, 2].tolist() == [-9, -9]


class Inverse(tf_gan.VAE):
    def reconstruct(self, images, batch_size=256):
        return 1.0 - images


def test_reconstructions_are_of_images_of_the_data():
    config = default_config()
    with config.unlocked():
        config.data.value_range = (0.0, 1.0)
    model = Inverse(
        vae_mlp.build_encoder(SHAPE, 2, units=(8,)),
        vae_mlp.build_generator(SHAPE, 2, units=(8,)),
        2,
    )
    picture = plots.get("reconstructions").plot(
        model, plots.PlotOptions(config, n=6, columns=3, seed=1)
    )
    cut = tiles(picture)
    assert cut.shape[:2] == (4, 3)
    np.testing.assert_allclose(cut[[0, 2]] + cut[[1, 3]], 255, atol=1)
    digits = tf_gan.data.digits((0.0, 1.0)).arrays()
    shown = [render.grid(image[None], 1, (0.0, 1.0))[GAP:-GAP, GAP:-GAP, 0] for image in digits]
    assert all(
        any((tile == image).all() for image in shown) for tile in cut[[0, 2]].reshape(6, TILE, TILE)
    )
    other = plots.get("reconstructions").plot(
        model, plots.PlotOptions(config, n=6, columns=3, seed=2)
    )
    assert (picture != other).any()
    few = plots.get("reconstructions").plot(model, plots.PlotOptions(config, n=4))
    assert tiles(few).shape[:2] == (2, 4)  # No empty columns.
    assert tiles(plots.get("reconstructions").plot(model, options())).shape[:2] == (4, 10)


def test_more_reconstructions_than_images():
    with pytest.raises(UserError, match=r"at most the number of images, 1797\. Received: --n=2000"):
        plots.get("reconstructions").plot(plane(), options(n=2000))


def info_gan(**arguments):
    keras.utils.set_random_seed(0)
    layers = keras.layers
    generator = keras.Sequential(
        [keras.Input((8,)), layers.Dense(64, "tanh"), layers.Reshape(SHAPE)]
    )
    code_dim = sum(arguments["categorical"]) + arguments["continuous"]
    return tf_gan.InfoGAN(
        generator,
        info_gan_mlp.build_discriminator(SHAPE, code_dim=code_dim, units=(8,), code_units=4),
        8,
        **arguments,
    )


def test_codes_vary_one_thing_at_a_time():
    model = info_gan(categorical=(3,), continuous=2)
    drawn = plots.get("codes").plot(model, options(n=5))
    cut = tiles(drawn)
    assert cut.shape[:2] == (3, 15)  # Noise, first code, second code.
    # The generator is monotone in each code: what is drawn from the same latents by
    # hand.
    latents = model.sample_latents(5, Stream(0, -2)).numpy()
    for row, column, codes in (
        (2, 4, model.with_codes(latents[4:5], 2)),
        (1, 5, model.with_codes(latents[:1], 1, {0: -2.0})),
        (0, 14, model.with_codes(latents[:1], 0, {1: 2.0})),
        (1, 12, model.with_codes(latents[:1], 1, {1: 0.0})),
    ):
        expected = render.grid(model.images_from(codes), 1, (-1.0, 1.0))[GAP:-GAP, GAP:-GAP, 0]
        np.testing.assert_array_equal(cut[row, column], expected)


def test_codes_of_models_with_one_kind_of_them():
    assert tiles(
        plots.get("codes").plot(info_gan(categorical=(4,), continuous=0), options(n=3))
    ).shape[:2] == (4, 3)
    assert tiles(
        plots.get("codes").plot(info_gan(categorical=(), continuous=1), options(columns=3))
    ).shape[:2] == (10, 3)


def test_models_that_lack_what_a_kind_needs():
    with pytest.raises(UserError, match="has no codes"):
        plots.get("codes").plot(plane(), options())
    with pytest.raises(UserError, match="InfoGAN cannot reconstruct images"):
        plots.get("reconstructions").plot(info_gan(categorical=(4,), continuous=0), options())
