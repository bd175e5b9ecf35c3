"""The picture during training: samples, or sources beside the images made from them."""

import keras
import numpy as np
import pytest

import tf_gan
from tf_gan.data import bicubic
from tf_gan.networks import pix2pix, srresnet
from tf_gan.plots import render
from tf_gan.plots.training_picture import training_picture


def test_samples_are_those_of_generate(tiny_gan):
    picture = training_picture(tiny_gan, 6, 3, columns=2)
    expected = render.picture(tiny_gan.generate(6, seed=3), (-1.0, 1.0), 2)
    np.testing.assert_array_equal(picture, expected)
    assert training_picture(tiny_gan, 9, 3).shape == (3 * 34 + 2, 3 * 34 + 2, 3)


def test_sources_stand_beside_translations():
    keras.utils.set_random_seed(0)
    build = {"width": 2, "normalization": "instance"}
    model = tf_gan.Pix2Pix(
        pix2pix.build_generator((8, 8, 1), **build),
        pix2pix.build_discriminator((8, 8, 1), stages=1, **build),
    )
    model.set_sources(np.random.default_rng(0).uniform(-1, 1, (5, 8, 8, 1)).astype(np.float32))
    picture = training_picture(model, 8, seed=0)
    # Three columns would part sources from their translations.
    assert picture.shape == (2 * 34 + 2, 4 * 34 + 2, 3)
    np.testing.assert_array_equal(training_picture(model, 8, 0, columns=3), picture)
    assert training_picture(model, 1, 0).shape == (34 + 2, 2 * 34 + 2, 3)
    sources = model.sample_inputs(4, 0)[0].numpy()
    for column, tile in ((0, sources[:1]), (1, model.translate(sources[:1]))):
        shown = render.grid(tile, 1, (-1.0, 1.0))[2:-2, 2:-2]
        np.testing.assert_array_equal(picture[2:34, 2 + 34 * column : 34 + 34 * column], shown)


def test_enlarged_images_stand_beside_bicubic_ones():
    keras.utils.set_random_seed(0)
    generator = srresnet.build_generator((16, 16, 3), scale=2, filters=4, blocks=1)
    model = tf_gan.SRResNet(generator, (16, 16, 3))
    model.set_sources(np.random.default_rng(0).uniform(0, 1, (5, 8, 8, 3)).astype(np.float32))
    picture = training_picture(model, 6, 0, 2)
    assert picture.shape == (3 * 34 + 2, 2 * 34 + 2, 3)  # Tiles of 16 pixels, twice as large.
    source = model.sample_inputs(3, 0)[0].numpy()[0]
    plain = np.rint(255 * bicubic.resize(source, 16, 16).clip(0, 1))
    assert np.abs(picture[2:34:2, 2:34:2] - plain).max() <= 1
    made = np.rint(255 * model.upscale(source))
    assert np.abs(picture[2:34:2, 36:68:2] - made).max() <= 1


def test_other_models_register_a_function(tiny_gan):
    with pytest.raises(TypeError, match=r"Expected a GenerativeModel\. Received: str"):
        training_picture("model", 4, 0)

    class Black:
        pass

    training_picture.register(Black, lambda model, n, seed, columns=None: np.zeros((n, n, 3)))
    assert training_picture(Black(), 4, 0).shape == (4, 4, 3)
