import keras
import numpy as np
import pytest
from support.small import style_gan

import tf_gan
from tf_gan import directions
from tf_gan.errors import UserError
from tf_gan.layers import SpectralNormalization, TiedDense, WeightNormalization


@pytest.fixture(scope="module")
def styled():
    return style_gan()


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
    with pytest.raises(UserError, match=r"Expected 400 labels .*Received: 399 of"):
        directions.of_labels(codes, labels[1:])
    for ridge in (0.0, -1.0, float("nan")):
        with pytest.raises(UserError, match=f"a number > 0. Received: ridge={ridge}"):
            directions.of_labels(codes, labels, ridge)
    for alike in (np.full((4, 6), 0.1), codes[[0, 0, 1, 1]]):
        with pytest.raises(UserError, match="codes that differ from label to label"):
            directions.of_labels(alike, ["a", "b", "a", "b"])


@pytest.mark.parametrize("ridge", [0.1, 1.0, 1e6])
def test_labels_are_separated_by_ridge_regression(ridge):
    """Of codes that vary more along some axes; a large ridge leaves the difference of means."""
    random = np.random.default_rng(0)
    codes = random.normal(3, [5, 1, 0.2], (200, 3)) @ random.normal(size=(3, 3))
    labels = (codes @ [1, -1, 2] > 0).astype(int)
    x, y = codes - codes.mean(axis=0), labels - labels.mean()
    square = x.T @ x / 200 + ridge * codes.var(axis=0).mean() * np.eye(3)
    expected = np.linalg.solve(square, x.T @ y)
    found = directions.of_labels(codes, list(map(str, labels)), ridge)["1"]
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected), atol=1e-5)
    if ridge == 1e6:
        difference = codes[labels == 1].mean(axis=0) - codes[labels == 0].mean(axis=0)
        np.testing.assert_allclose(found, difference / np.linalg.norm(difference), atol=1e-4)


@pytest.mark.parametrize("count", [0, -1])
def test_no_directions(styled, count):
    with pytest.raises(UserError, match=f"count={count}"):
        directions.largest(styled, count)


def test_a_generator_without_a_first_layer_is_refused():
    layers = [keras.Input((3,)), keras.layers.Activation("tanh")]
    discriminator = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    gan = tf_gan.GAN(keras.Sequential(layers), discriminator, latent_dim=3)
    with pytest.raises(UserError, match="Expected a generator with such a layer"):
        directions.largest(gan)


def network(*layers, latent_dim=3):
    return keras.Sequential([keras.Input((latent_dim,)), *layers])


def test_directions_are_stretched_most_first():
    layer = keras.layers.Dense(3)
    model = network(keras.layers.Rescaling(1.0), layer)
    layer.kernel.assign(np.array([[0, 2, 0], [0, 0, -5], [1, 0, 0]], np.float32))
    found = directions.singular(model, 3)
    assert list(found) == ["direction 1", "direction 2", "direction 3"]
    np.testing.assert_allclose(list(found.values()), [[0, 1, 0], [1, 0, 0], [0, 0, 1]], atol=1e-7)
    assert list(directions.singular(model, 3, count=1)) == ["direction 1"]
    found = directions.singular(model, 3, codes=1)  # The last latent is a code.
    np.testing.assert_allclose(list(found.values()), [[0, 1, 0], [1, 0, 0]], atol=1e-7)


def test_kernels_of_other_layers():
    dense = keras.layers.Dense(4)
    assert directions.first_kernel(network(SpectralNormalization(dense)), 3).shape == (3, 4)
    up = keras.layers.Conv2DTranspose(5, 4)
    model = network(keras.layers.Reshape((1, 1, 3)), up)
    kernel = directions.first_kernel(model, 3)
    assert kernel.shape == (3, 80)
    np.testing.assert_allclose(kernel[1].reshape(4, 4, 5), up.kernel.numpy()[..., 1])
    z, y = keras.Input((3,)), keras.Input((2,))
    joined = keras.layers.Dense(6)
    model = keras.Model([z, y], joined(keras.layers.Concatenate()([z, y])))
    np.testing.assert_allclose(directions.first_kernel(model, 3), joined.kernel.numpy()[:3])
    assert directions.singular(network(keras.layers.Activation("tanh")), 3) == {}
    tied = TiedDense(4)
    model = network(tied)
    np.testing.assert_allclose(directions.first_kernel(model, 3), tied.kernel.numpy().T)


@pytest.mark.parametrize("kind", [keras.layers.Conv2D, keras.layers.Conv2DTranspose])
@pytest.mark.parametrize("wrap", [lambda layer: layer, SpectralNormalization, WeightNormalization])
def test_convolutions_with_as_many_filters_as_latents(kind, wrap):
    layer = kind(3, 2, use_bias=False)
    layers = [keras.layers.Reshape((1, 1, 3)), keras.layers.UpSampling2D(2), wrap(layer)]
    found = directions.first_kernel(network(*layers), 3)
    kernel = layer.kernel.numpy()
    inputs = 2 if kind is keras.layers.Conv2D else 3
    np.testing.assert_allclose(found, np.moveaxis(kernel, inputs, 0).reshape(3, -1))


@pytest.mark.parametrize("kind", [keras.layers.Conv2D, keras.layers.Conv2DTranspose])
def test_filters_are_no_latents(kind):
    z, y = keras.Input((3,)), keras.Input((2,))
    joined = keras.layers.Reshape((1, 1, 5))(keras.layers.Concatenate()([z, y]))
    model = keras.Model([z, y], kind(3, 1)(joined))
    assert directions.first_kernel(model, 3) is None


def test_a_layer_that_takes_a_part_of_the_latents():
    z = keras.Input((3,))
    model = keras.Model(z, keras.layers.Dense(4)(z[:, :2]))
    assert directions.first_kernel(model, 3) is None


def test_a_kernel_of_nan_has_no_directions():
    layer = keras.layers.Dense(4)
    model = network(layer)
    layer.kernel.assign(np.full((3, 4), np.nan))
    assert directions.singular(model, 3) == {}


def test_the_labels_of_a_generator_have_no_directions():
    z, y = keras.Input((3,)), keras.Input((), dtype="int32")
    embedded = keras.layers.Embedding(4, 5)(y)
    joined = keras.layers.Dense(6)
    model = keras.Model([z, y], joined(keras.layers.Concatenate()([embedded, z])))
    np.testing.assert_allclose(directions.first_kernel(model, 3), joined.kernel.numpy()[5:])
    ours, theirs = keras.layers.Dense(6), keras.layers.Dense(6)
    added = keras.layers.Add()([theirs(embedded), ours(z)])
    model = keras.Model([z, y], added)
    np.testing.assert_allclose(directions.first_kernel(model, 3), ours.kernel.numpy())
    inner = keras.Sequential([keras.Input((8,)), keras.layers.Dense(7)])
    model = keras.Model([z, y], inner(keras.layers.Concatenate()([embedded, z])))
    np.testing.assert_allclose(
        directions.first_kernel(model, 3), inner.layers[0].kernel.numpy()[5:]
    )


def test_the_first_layer_of_models_inside_models():
    first, second, last = (keras.layers.Dense(size) for size in (5, 6, 7))
    inner = keras.Sequential([keras.Input((3,)), first, second])
    outer = network(keras.Sequential([keras.Input((3,)), inner, last]))
    np.testing.assert_allclose(directions.first_kernel(outer, 3), first.kernel.numpy())
