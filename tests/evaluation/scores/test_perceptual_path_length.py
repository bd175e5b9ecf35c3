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


def test_pairs_keep_their_class_from_batch_to_batch(monkeypatch):
    """G(z, y) = y z: the length of a pair goes with the square of its label."""
    z, y = keras.Input((16,)), keras.Input((), dtype="int32")
    scaled = z * keras.ops.expand_dims(keras.ops.cast(y, "float32"), 1)
    generator = keras.Model([z, y], keras.layers.Reshape(SHAPE)(scaled))
    images, seen = keras.Input(SHAPE), keras.Input((), dtype="int32")
    joined = [keras.layers.Flatten()(images), keras.ops.one_hot(seen, 4)]
    judge = keras.layers.Dense(1)(keras.layers.Concatenate()(joined))
    model = tf_gan.ConditionalGAN(
        generator, keras.Model([images, seen], judge), 16, 4, data_range=(-1, 1)
    )
    extractor = reference().extractor
    _, whole = perceptual_path_length.lengths(model, extractor, 11, 0)["z"]
    monkeypatch.setattr(perceptual_path_length, "BATCH", 4)
    _, parts = perceptual_path_length.lengths(model, extractor, 11, 0)["z"]
    np.testing.assert_allclose(parts, whole, rtol=1e-3, atol=1e-5)
    assert len(set(np.round(whole, 3))) > 3 and (whole < 1e-9).any()  # Also of class 0.


def test_the_outliers_that_the_papers_code_leaves_out():
    """Those below the first percentile and above the 99th."""
    values = np.random.default_rng(0).permutation(1001)
    kept = perceptual_path_length.without_outliers(values)
    assert sorted(kept) == list(range(10, 991))
    (score,) = perceptual_path_length.score(of_model(linear_gan(), count=300), reference())
    _, values = perceptual_path_length.lengths(linear_gan(), reference().extractor, 300, 0)["z"]
    assert score.details["without_outliers"] == pytest.approx(np.sort(values)[2:-2].mean())
    assert score.error == pytest.approx(values.std() / 300**0.5)


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
