"""Vector arithmetic on latents, on a generator that shows its latent in every pixel."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_gan
from tf_gan import plots
from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.training.rng import Stream

arithmetic = plots.get("arithmetic")


def model():
    generator = keras.Sequential(
        [
            keras.Input((1,)),
            keras.layers.Dense(64, kernel_initializer="ones"),
            keras.layers.Reshape((8, 8, 1)),
        ]
    )
    discriminator = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    return tf_gan.GAN(
        generator, discriminator, latent_dim=1, prior=(0, 100), data_range=(0, 255), seed=1
    )


def draw(**fields):
    return arithmetic.plot(model(), plots.PlotOptions(default_config(), **fields))


def test_mean_minus_mean_plus_mean():
    bank = np.array([[0.0, 0], [1, 4], [2, 8], [9, 0], [3, 3]])
    rows = arithmetic.combine(bank, np.array([[0, 1], [2, 3], [4, 4]]), Stream(0))
    assert rows.shape == (4 * 3, 2)
    np.testing.assert_allclose(
        rows[:9], [[0, 0], [1, 4], [0.5, 2], [2, 8], [9, 0], [5.5, 4], [3, 3], [3, 3], [3, 3]]
    )
    np.testing.assert_allclose(rows[-1], [0.5 - 5.5 + 3, 2 - 4 + 3])
    noise = rows[9:11] - rows[-1]
    assert np.abs(noise).min() > 0 and np.abs(noise).max() <= 0.25 and (noise[0] != noise[1]).all()


def test_the_picture_shows_the_named_latents_and_the_result():
    bank = model().sample_latents(arithmetic.BANK, Stream(7, -2)).numpy()[:, 0]
    picture = draw(seed=7, latents="3,14,15;92,65,35;89,79,32")
    assert picture.shape == (4 * 34 + 2, 4 * 34 + 2, 3)
    tiles = picture[20::34, 20::34, 0][:4, :4].astype(int)
    concepts = bank[[[3, 14, 15], [92, 65, 35], [89, 79, 32]]]
    np.testing.assert_allclose(tiles[:3, :3], concepts, atol=0.51)
    np.testing.assert_allclose(tiles[:3, 3], concepts.mean(axis=1), atol=0.51)
    result = np.clip(concepts[0].mean() - concepts[1].mean() + concepts[2].mean(), 0, 255)
    np.testing.assert_allclose(tiles[3], result, atol=0.76)


def test_without_latents_the_samples_are_numbered():
    picture = draw(seed=7, n=6, columns=3)
    assert picture.shape == (2 * 80 + 2, 3 * 66 + 2, 3)
    bank = model().sample_latents(arithmetic.BANK, Stream(7, -2)).numpy()[:, 0]
    # Under the numbers the samples.
    np.testing.assert_allclose(
        picture[40::80, 40::66, 0][:2, :3], bank[:6].reshape(2, 3), atol=0.51
    )
    corners = [
        picture[2 + 80 * row : 16 + 80 * row, 2 + 66 * column : 60 + 66 * column]
        for row in range(2)
        for column in range(3)
    ]
    white = [corner.min(axis=-1) > 150 for corner in corners]
    assert all(mask.any() for mask in white)
    assert all((white[0] != mask).any() for mask in white[1:])
    assert draw(n=6, columns=6).shape == (80 + 2, 6 * 66 + 2, 3)
    assert draw(n=0).shape == (8 * 80 + 2, 8 * 66 + 2, 3)


@pytest.mark.parametrize(
    "text",
    ["1,2,3", "1,2;3,4", "1;2;x", "1,2;3;4", "1;2;1000", "-1;2;3", ";;", "1.5;2;3", "1;2;3;4"],
)
def test_bad_latents(text):
    with pytest.raises(
        UserError, match=r"three groups of equally many numbers from 0 to 999.*Received: '"
    ) as error:
        draw(latents=text)
    assert repr(text) in str(error.value)


@pytest.mark.parametrize(
    "fields", [{"n": 1001}, {"latents": "1;2;3", "n": 4}, {"latents": "1;2;3", "columns": 4}]
)
def test_numbers_that_do_not_go_together(fields):
    with pytest.raises(UserError, match="Expected --latents alone, or --n up to 1000 and"):
        draw(**fields)


def test_in_a_model_with_classes_all_images_are_of_one():
    class Labelled(tf_gan.GAN):
        num_classes = 4

        def call(self, inputs, training=False):
            latents, labels = inputs
            return tf.ones([1, 8, 8, 1]) * tf.cast(50 * (1 + labels), tf.float32)[
                :, None, None, None
            ] + 0.0 * tf.reduce_sum(latents)

    base = model()
    gan = Labelled(base.generator, base.discriminator, latent_dim=1, data_range=(0, 255))
    shades = set()
    for seed in range(6):
        picture = arithmetic.plot(
            gan, plots.PlotOptions(default_config(), seed=seed, latents="1;2;3")
        )
        tiles = picture[20::34, 20::34, 0][:4, :2]
        assert len(np.unique(tiles)) == 1
        shades.add(int(tiles[0, 0]))
    assert len(shades) > 1 and shades <= {50, 100, 150, 200}
