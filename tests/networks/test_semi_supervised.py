"""The networks of semi-supervised GANs: "semi_supervised_mlp", "semi_supervised_conv"."""

import numpy as np
import pytest
from scipy.special import expit
from support.networks import check_copy, dtype_policy, trainable_count

from tf_gan.errors import UserError
from tf_gan.layers import GaussianNoise, WeightNormalization, data_dependent_initialization
from tf_gan.networks import semi_supervised_conv as conv
from tf_gan.networks import semi_supervised_mlp as mlp

MNIST = (28, 28, 1)


# v and b of each layer, and g of the last one; BatchNormalization has no gains.
MLP_G = (100 * 500 + 500) + (500 * 500 + 500) + (500 * 784 + 2 * 784)
MLP_D = (
    (784 * 1000 + 1000)
    + (1000 * 500 + 500)
    + (500 * 250 + 250)
    + 2 * (250 * 250 + 250)
    + (250 * 10 + 2 * 10)
)
CONV_G = (
    (100 * 8192 + 8192) + (25 * 512 * 256 + 256) + (25 * 256 * 128 + 128) + (25 * 128 * 3 + 2 * 3)
)
CONV_D = (
    (9 * 3 * 96 + 96)
    + 2 * (9 * 96 * 96 + 96)
    + (9 * 96 * 192 + 192)
    + 3 * (9 * 192 * 192 + 192)
    + 2 * (192 * 192 + 192)
    + (192 * 10 + 2 * 10)
)


@pytest.mark.parametrize(
    ("build", "parameters"),
    [
        (lambda: mlp.build_generator(MNIST), MLP_G),
        (lambda: mlp.build_discriminator(MNIST), MLP_D),
        (lambda: conv.build_generator(), CONV_G),
        (lambda: conv.build_discriminator(), CONV_D),
    ],
)
def test_parameters(build, parameters):
    assert trainable_count(build()) == parameters


SMALL = {
    "mlp G": lambda: mlp.build_generator((8, 8, 2), 5, units=(6, 4)),
    "mlp D": lambda: mlp.build_discriminator((8, 8, 2), 3, units=(6, 4)),
    "conv G": lambda: conv.build_generator((16, 8, 2), 5, filters=(6, 4, 3)),
    "conv D": lambda: conv.build_discriminator((16, 12, 2), 3, filters=(6, 4)),
}
OUTPUTS = {
    "mlp G": [(None, 8, 8, 2)],
    "mlp D": [(None, 3), (None, 4)],
    "conv G": [(None, 16, 8, 2)],
    "conv D": [(None, 3), (None, 4)],
}


@pytest.mark.parametrize("name", SMALL)
def test_shapes_and_copies(name):
    model = SMALL[name]()
    assert [output.shape for output in model.outputs] == OUTPUTS[name]
    check_copy(model)


def test_every_layer_has_numbers_of_its_own():
    for build in (mlp.build_discriminator, mlp.build_generator, conv.build_discriminator):
        kernels = [weight for weight in build((28, 28, 1)).get_weights() if weight.ndim > 1]
        starts = {tuple(np.ravel(kernel)[:50] / np.std(kernel)) for kernel in kernels}
        assert len(starts) == len(kernels)


def test_mixed_precision_ends_in_float32():
    with dtype_policy("mixed_bfloat16"):
        networks = {name: build() for name, build in SMALL.items()}
    for name, model in networks.items():
        assert model.outputs[0].dtype == "float32", name
        assert "bfloat16" in {layer.compute_dtype for layer in model.layers}, name


def test_the_mlp_discriminator_adds_its_noise_where_the_paper_does():
    model = mlp.build_discriminator(MNIST)
    kinds = [
        layer for layer in model.layers if isinstance(layer, (GaussianNoise, WeightNormalization))
    ]
    assert [layer.stddev for layer in kinds[::2]] == [0.3, *[0.5] * 5]
    assert [layer.layer.units for layer in kinds[1::2]] == [1000, 500, 250, 250, 250, 10]
    assert [layer.scale.trainable for layer in kinds[1::2]] == [False] * 5 + [True]
    assert kinds[1].kernel.numpy().std() == pytest.approx(0.1, rel=0.01)
    # The features are the last hidden layer's, before its noise: without input noise
    # nothing random is above one layer.
    single = mlp.build_discriminator((2, 2, 1), 3, units=(6,), input_noise=0.0, noise=1.0)
    x = np.random.default_rng(0).normal(size=(4, 2, 2, 1))
    logits, features = single(x, training=True)
    np.testing.assert_array_equal(features, single(x)[1])
    assert np.abs(logits - single(x)[0]).max() > 0.1


def test_the_mlp_generator_is_dense_normalised_softplus_and_pixels_of_unit_directions():
    model = mlp.build_generator((2, 3, 1), 5, units=(6,))
    x = np.random.default_rng(0).uniform(size=(50, 5)).astype("float32")
    kernel, beta, scale, bias, v = (weight.numpy() for weight in model.trainable_weights)
    h = x @ kernel
    h = np.log1p(np.exp((h - h.mean(axis=0)) / np.sqrt(h.var(axis=0) + 1e-6) + beta))
    pixels = expit(h @ (v / np.linalg.norm(v, axis=0)) * scale + bias)
    np.testing.assert_allclose(np.reshape(model(x, training=True), (50, 6)), pixels, atol=1e-5)


def test_the_convolutional_networks_start_where_the_data_say():
    random = np.random.default_rng(0)
    generator, discriminator = (
        conv.build_generator((16, 16, 3), 8, filters=(16, 8, 8)),
        conv.build_discriminator((16, 16, 3), filters=(8, 16)),
    )
    latents, images = (
        random.uniform(size=(200, 8)).astype("float32"),
        random.uniform(-1, 1, (200, 16, 16, 3)).astype("float32"),
    )
    data_dependent_initialization(generator, latents)
    data_dependent_initialization(discriminator, images)
    assert np.std(np.arctanh(generator(latents, training=True))) == pytest.approx(0.1, rel=0.01)
    # Under other dropout.
    assert np.std(discriminator(images, training=True)[0], axis=0) == pytest.approx(0.1, rel=0.5)


def test_the_smallest_images():
    assert conv.build_discriminator((9, 9, 1), filters=(2, 2)).output_shape[0] == (None, 10)
    with pytest.raises(UserError, match=r"at least 9. Received: image_shape=\(8, 16, 1\)"):
        conv.build_discriminator((8, 16, 1))


def test_sizes_that_do_not_halve_three_times():
    with pytest.raises(
        UserError, match=r"multiples of 8, such as \(32, 32\). Received: image_shape=\(30, 33, 3\)"
    ):
        conv.build_generator((30, 33, 3))
