"""Perceptual path length of models whose images are linear in their latents."""

import types

import keras
import numpy as np
import pytest
from support.networks import dtype_policy

import tf_gan
from tf_gan import evaluation
from tf_gan.errors import UserError
from tf_gan.evaluation.samples import of_model
from tf_gan.evaluation.scores import perceptual_path_length
from tf_gan.features import FeatureExtractor
from tf_gan.networks import stylegan2

SHAPE = (4, 4, 1)


def reference(shape=SHAPE):
    """Features are the pixels, in [0, 1]."""
    layers = [keras.Input(shape), keras.layers.Flatten()]
    extractor = FeatureExtractor(keras.Sequential(layers), "pixels", value_range=(0, 1))
    return types.SimpleNamespace(extractor=extractor)


def linear_gan(**arguments):
    keras.utils.set_random_seed(0)
    generator = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(16), keras.layers.Reshape(SHAPE)]
    )
    discriminator = keras.Sequential(
        [keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    return tf_gan.GAN(generator, discriminator, 3, data_range=(-1, 1), **arguments)


def test_a_linear_generator_of_uniform_latents():
    """E ||(b - a) M / 2||^2 = 2 / 3 sum M^2 / 4: pixels in [0, 1], z uniform in [-1, 1]."""
    model = linear_gan(prior=(-1, 1))
    (score,) = perceptual_path_length.score(of_model(model, count=1000), reference())
    matrix = model.generator.layers[0].kernel.numpy()
    assert abs(score.value - np.square(matrix).sum() / 6) < 4 * score.error
    assert score.name == "path_length_z_pixels_1k"
    assert "linear way" in score.protocol and "features F: pixels" in score.protocol


def test_normal_latents_go_along_spheres():
    (score,) = perceptual_path_length.score(of_model(linear_gan(), count=70), reference())
    assert "70 pairs of z, spherical way" in score.protocol and score.value > 0


def test_models_with_styles_have_two():
    keras.utils.set_random_seed(0)
    widths = {"base_width": 16, "max_width": 4}
    model = tf_gan.ConditionalStyleGAN2(
        stylegan2.build_generator(
            (8, 8, 1), 4, num_classes=3, style_dim=4, mapping_layers=1, **widths
        ),
        stylegan2.build_discriminator((8, 8, 1), num_classes=3, **widths),
        4,
        num_classes=3,
    )
    pixels = reference((8, 8, 1))
    z, w = perceptual_path_length.score(of_model(model, count=8), pixels)
    assert [z.name, w.name] == ["path_length_z_pixels_8", "path_length_w_pixels_8"]
    assert "spherical" in z.protocol and "linear" in w.protocol
    assert z.value > 0 and w.value > 0


def test_half_precision_has_none():
    with dtype_policy("mixed_bfloat16"):
        model = linear_gan()
    with pytest.raises(UserError, match=r"half precision .* config\.precision='float32'"):
        perceptual_path_length.lengths(model, reference().extractor, 4, 0)


def test_what_has_no_path_lengths():
    model = linear_gan()
    model.data_range = None
    with pytest.raises(UserError, match="with a range"):
        perceptual_path_length.lengths(model, reference().extractor, 4, 0)
    model.code_dim = 1
    with pytest.raises(UserError, match="all normal, or all uniform"):
        perceptual_path_length.lengths(model, reference().extractor, 4, 0)
    assert evaluation.get("perceptual_path_length") is perceptual_path_length
