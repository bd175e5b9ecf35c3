import keras
import numpy as np
import pytest

import tf_gan
from tf_gan import directions
from tf_gan.errors import UserError
from tf_gan.networks import stylegan2


@pytest.fixture(scope="module")
def styled():
    keras.utils.set_random_seed(0)
    widths = {"base_width": 32, "max_width": 4}
    return tf_gan.StyleGAN2(
        stylegan2.build_generator((8, 8, 1), 3, style_dim=4, mapping_layers=1, **widths),
        stylegan2.build_discriminator((8, 8, 1), **widths),
        3,
    )


def test_styles_are_stretched_most_along_the_first(styled):
    """All affine layers together: the image moves of unit steps, in order."""
    found = directions.largest(styled, 4)
    kernels = [
        np.asarray(layer.kernel) / 4**0.5
        for layer in styled.generator.get_layer("synthesis").layers
        if layer.name.endswith("_style")
    ]
    assert len(kernels) == 5  # Three convolutions and two layers to colours.
    stretched = [
        sum(np.square(vector @ kernel).sum() for kernel in kernels) for vector in found.values()
    ]
    assert stretched == sorted(stretched, reverse=True)
    gram = np.stack(list(found.values())) @ np.stack(list(found.values())).T
    np.testing.assert_allclose(gram, np.eye(4), atol=1e-6)
    other = np.random.default_rng(0).normal(size=4)
    other /= np.linalg.norm(other)
    assert stretched[0] >= sum(np.square(other @ kernel).sum() for kernel in kernels)


def test_codes_and_their_images(styled):
    latents, _ = styled.sample_inputs(3, 0)
    codes = directions.codes_of(styled, latents)
    assert codes.shape == (3, 4)
    np.testing.assert_allclose(
        directions.images_of(styled, codes), styled.images_from(latents), atol=1e-5
    )


def test_labels_are_separated():
    codes = np.random.default_rng(0).normal(size=(400, 6))
    normal = np.array([1.0, -2.0, 0.0, 0.0, 0.0, 0.5])
    labels = ["old" if value > 0 else "young" for value in codes @ normal]
    found = directions.of_labels(codes, labels)
    assert list(found) == ["young"]
    cosine = found["young"] @ normal / np.linalg.norm(normal)
    assert cosine < -0.97
    labels = [str(number % 3) for number in range(400)]
    assert list(directions.of_labels(codes, labels)) == ["0", "1", "2"]
    with pytest.raises(UserError, match="two kinds or more"):
        directions.of_labels(codes, ["one"] * 400)


def test_a_generator_without_a_first_layer_is_refused():
    layers = [keras.Input((3,)), keras.layers.Activation("tanh")]
    discriminator = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    gan = tf_gan.GAN(keras.Sequential(layers), discriminator, latent_dim=3)
    with pytest.raises(UserError, match="Expected a generator with such a layer"):
        directions.largest(gan)
