"""Architectures: parameter counts, initial weights, shapes and ranges of the outputs."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit as sigmoid
from support.networks import check_copy, dtype_policy, trainable_count
from support.numpy_layers import leaky_relu
from support.residual_twin import relu

from tf_gan import networks
from tf_gan.errors import UserError
from tf_gan.layers import Maxout
from tf_gan.networks import (
    ali_conv,
    bigan_mlp,
    biggan,
    conditional_maxout,
    cycle_gan,
    info_gan,
    maxout_conv,
    maxout_mlp,
    mlp,
    one_hidden_mlp,
    pix2pix,
    points,
    r3gan,
    semi_supervised_conv,
    sngan,
    stylegan2,
    upsample_dcgan,
)

MNIST, CIFAR, SIZE = (28, 28, 1), (32, 32, 3), (16, 16, 1)
FACES = (48, 48, 1)
FACES_MLP = {
    "units": (8000, 8000),
    "hidden_activations": ("relu", "sigmoid"),
    "hidden_biases": (0, -2),
    "sparse_output": 100,
    "max_norm": 1.9365,
}
CIFAR_MLP = {
    "units": (8000, 8000),
    "hidden_activations": ("relu", "sigmoid"),
    "activation": "linear",
    "output_range": 0.5,
}

# Small pairs on images that are not square, where the network allows it: image shape,
# arguments of G, arguments of D.
SMALL = {
    "maxout_conv": ((17, 17, 2), {"units": 16, "channels": 4}, {"filters": (2, 3, 4), "units": 5}),
    "maxout_mlp": ((6, 4, 3), {"units": (16, 8)}, {"units": 6, "pieces": 2}),
    "mlp": ((6, 4, 3), {"units": (16, 8)}, {"units": (8, 6)}),
    "one_hidden_mlp": ((6, 4, 3), {"units": 16}, {"units": 8}),
    "points": ((3,), {"units": (16, 8)}, {"units": (8, 6)}),
    "upsample_dcgan": ((16, 20, 3), {"filters": (4, 5, 6)}, {"filters": (2, 3, 4, 5)}),
}


def small(name, latent_dim=5):
    shape, generator, discriminator = SMALL[name]
    module = networks.get(name)
    return (
        shape,
        module.build_generator(shape, latent_dim, **generator),
        module.build_discriminator(shape, **discriminator),
    )


# === By name ===


def test_names():
    assert networks.get("mlp") is mlp
    assert networks.get("maxout_conv") is maxout_conv


@pytest.mark.parametrize("name", ["dcgans", "", "keras"])
def test_unknown_names_list_the_known(name):
    with pytest.raises(
        UserError, match=r"Unknown networks, config\.networks\.name\. Expected one of"
    ) as error:
        networks.get(name)
    assert all(repr(known) in str(error.value) for known in SMALL)
    assert f"Received: {name!r}" in str(error.value)


# === Parameters ===


@pytest.mark.parametrize(
    ("build", "parameters"),
    [
        (lambda: mlp.build_generator(MNIST), 1_510_032),
        (lambda: mlp.build_discriminator(MNIST), 533_505),
        (lambda: one_hidden_mlp.build_generator(MNIST, 128), 234_512),
        (lambda: one_hidden_mlp.build_discriminator(MNIST), 201_217),
        (lambda: maxout_mlp.build_generator(MNIST), 2_503_984),
        (lambda: maxout_mlp.build_discriminator(MNIST), 1_231_441),
        (lambda: maxout_mlp.build_generator(CIFAR, **CIFAR_MLP), 89_395_072),
        (lambda: maxout_mlp.build_discriminator(CIFAR, units=1600), 37_393_601),
        (lambda: maxout_mlp.build_generator(FACES, **FACES_MLP), 83_250_304),
        (lambda: maxout_mlp.build_discriminator(FACES, units=1200, max_norm=1.9), 21_037_201),
        (lambda: maxout_conv.build_generator(CIFAR), 64_825_072),
        # Convolutions 8 8 3 64 + 64, 8 8 32 64 + 64 and 5 5 32 384 + 384, then 4 4 192
        # -> 500 x 5 -> 1. The objectives go 32, 33, 15, 14, 6, 8, 4.
        (
            lambda: maxout_conv.build_discriminator(CIFAR),
            12_352 + 131_136 + 307_584 + 3073 * 2500 + 501,
        ),
        # 3 128 + 129 128 + 129 2, and one output instead of two.
        (lambda: points.build_generator(), 17_154),
        (lambda: points.build_discriminator(), 17_025),
    ],
)
def test_parameters(build, parameters):
    with tf.Graph().as_default():  # Weights without values, which would take 700 MB.
        assert trainable_count(build()) == parameters


def weights(model, kind=keras.layers.Dense):
    """Kernels and biases of the layers of a kind, in order; of the dense layer or
    convolution within maxout.
    """
    layers = [getattr(layer, "dense", getattr(layer, "conv", layer)) for layer in model.layers]
    return [
        (layer.kernel.numpy(), None if layer.bias is None else layer.bias.numpy())
        for layer in layers
        if isinstance(layer, kind)
    ]


def assert_uniform(values, limit):
    """All in [-limit, limit], with the deviation limit / 3^0.5, whose relative standard
    error is (0.2 / n)^0.5: 1.4% for n = 1000, 6% for 50.
    """
    assert np.abs(values).max() <= np.float32(limit)
    assert values.std() == pytest.approx(limit / 3**0.5, rel=0.05 if values.size >= 1000 else 0.25)


def test_mlp_starts_as_in_pytorch():
    for model in (
        mlp.build_generator((8, 8, 3), units=(64, 100)),
        mlp.build_discriminator((8, 8, 3), units=(100, 64)),
    ):
        for kernel, bias in weights(model):
            assert_uniform(kernel, kernel.shape[0] ** -0.5)
            if bias.size > 1:  # The logit has a single one.
                assert_uniform(bias, kernel.shape[0] ** -0.5)


def test_one_hidden_mlp_starts_normal():
    for model in (
        one_hidden_mlp.build_generator((8, 8, 3)),
        one_hidden_mlp.build_discriminator((8, 8, 3)),
    ):
        for kernel, bias in weights(model):
            # The standard error is (0.5 / n)^0.5: 4.4% for the 256 weights of the
            # logit. A uniform draw would end at 1.7 deviations.
            assert kernel.std() == pytest.approx(0.01, rel=0.15 if kernel.size < 1000 else 0.02)
            assert np.abs(kernel).max() > 0.02
            assert not bias.any()


def test_maxout_mlp_ranges():
    generator = maxout_mlp.build_generator(
        (8, 8, 3), units=(100, 100), weight_range=0.2, output_range=0.4
    )
    for (kernel, bias), limit in zip(weights(generator), (0.2, 0.2, 0.4), strict=True):
        assert_uniform(kernel, limit)
        assert not bias.any()
    for (kernel, bias), limit in zip(
        weights(maxout_mlp.build_discriminator((8, 8, 3), units=200)), (0.005,) * 3, strict=True
    ):
        assert_uniform(kernel, limit)
        assert not bias.any()
    assert_uniform(weights(maxout_mlp.build_generator((8, 8, 3), units=(100, 100)))[-1][0], 0.05)


def test_maxout_conv_ranges():
    sizes = {"units": 50, "channels": 16}
    layers = (keras.layers.Dense, keras.layers.Conv2DTranspose)
    for arguments, limits in (
        ({}, (0.05, 0.05, 0.05)),
        ({"weight_range": 0.3, "output_range": 0.1}, (0.3, 0.3, 0.1)),
    ):
        generator = maxout_conv.build_generator((17, 17, 3), **sizes, **arguments)
        for (kernel, bias), limit in zip(weights(generator, layers), limits, strict=True):
            assert_uniform(kernel, limit)
            assert bias is None or not bias.any()
    generator = maxout_conv.build_generator((17, 17, 3), **sizes, hidden_bias=-8.0)
    (_, first), (_, second) = weights(generator)
    assert not first.any() and (second == -8).all()
    assert [
        layer.bias.shape for layer in generator.layers if layer.name.startswith("untied_bias")
    ] == [(17, 17, 3)]
    discriminator = maxout_conv.build_discriminator((17, 17, 3), filters=(8, 8, 8), units=50)
    kernels = weights(discriminator, (keras.layers.Dense, keras.layers.Conv2D))
    assert len(kernels) == 5
    for kernel, bias in kernels:
        assert_uniform(kernel, 0.005)
        assert not bias.any()


@pytest.mark.parametrize("value", [float("nan"), "a"])
@pytest.mark.parametrize(
    ("network", "name", "pick"),
    [
        (maxout_mlp, "weight_range", lambda value: value),
        (maxout_mlp, "output_range", lambda value: value),
        (maxout_mlp, "hidden_biases", lambda value: (0.0, value)),
        (maxout_conv, "weight_range", lambda value: value),
        (maxout_conv, "output_range", lambda value: value),
        (maxout_conv, "hidden_bias", lambda value: value),
    ],
)
def test_first_weights_that_are_no_numbers(network, name, pick, value):
    with pytest.raises(UserError, match=rf"`{name}`\. Expected a .*number.*\. Received: {name}="):
        network.build_generator((17, 17, 3), 4, **{name: pick(value)})


@pytest.mark.parametrize("network", [maxout_mlp, maxout_conv])
def test_negative_ranges(network):
    with pytest.raises(UserError, match=r"a number >= 0\. Received: output_range=-1"):
        network.build_generator((17, 17, 3), 4, output_range=-1)


# For the loop over all networks.
SIDES = {"maxout_conv": 17, "star_gan": 64}
TINY = {
    **{"image_shape": (32, 32, 3), "latent_dim": 12, "num_classes": 4, "width": 8},
    **{"widths": (16, 16), "blocks": 1, "base_width": 64, "max_width": 8, "style_dim": 8},
}


@pytest.mark.parametrize("name", networks.names())
def test_layers_start_differently(name):
    """An initializer that is used twice gives two layers the same numbers, however many of
    them each takes.
    """
    module = networks.get(name)
    side = SIDES.get(name, 32)
    shape = (2,) if name.endswith("points") else (side, side, 3)
    for role in ("generator", "discriminator", "encoder"):
        build = getattr(module, f"build_{role}", None)
        if build is None:
            continue
        names = inspect.signature(build).parameters
        settings = TINY | {"image_shape": shape}
        model = build(**{key: value for key, value in settings.items() if key in names})
        values = [variable.numpy().reshape(-1) for variable in model.trainable_variables]
        starts = [each[:12] for each in values if each.size >= 12 and each.std()]
        correlations = np.corrcoef(starts) - np.eye(len(starts))
        assert np.abs(correlations).max() < 0.99, role


# === Outputs ===


@pytest.mark.parametrize("name", SMALL)
def test_shapes(name):
    shape, generator, discriminator = small(name)
    assert generator.input_shape == (None, 5)
    assert generator.output_shape == discriminator.input_shape == (None, *shape)
    images = generator(np.ones((3, 5)))
    assert images.shape == (3, *shape)
    assert discriminator(images).shape == (3, 1)


@pytest.mark.parametrize("name", SMALL)
def test_copies_from_the_config(name):
    for model in small(name)[1:]:
        check_copy(model)


@pytest.mark.parametrize("name", SMALL)
def test_outputs_are_float32_under_mixed_precision(name):
    with dtype_policy("mixed_bfloat16"):
        _, generator, discriminator = small(name)
    assert {layer.compute_dtype for layer in generator.layers} == {"bfloat16", "float32"}
    images = generator(np.ones((2, 5), "float32"))
    assert (images.dtype, discriminator(images).dtype) == ("float32", "float32")


# Weights a thousand times too large drive each output to its ends.
@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("mlp", -1, 1),
        ("one_hidden_mlp", 0, 1),
        ("maxout_mlp", 0, 1),
        ("maxout_conv", None, None),
        ("points", None, None),
    ],
)
def test_output_ranges(name, low, high):
    _, generator, _ = small(name)
    generator.set_weights(
        [1000 * weight if weight.ndim > 1 else weight for weight in generator.get_weights()]
    )
    images = generator(np.random.default_rng(0).normal(size=(100, 5))).numpy()
    if low is None:
        assert images.min() < -1.5
        assert images.max() > 1.5
    else:
        assert low <= images.min() < low + 1e-3
        assert high - 1e-3 < images.max() <= high


@pytest.mark.parametrize("name", SMALL)
def test_logits_have_no_bounds(name):
    shape, _, discriminator = small(name)
    images = np.random.default_rng(0).normal(size=(4, *shape))
    kernel, bias = discriminator.layers[-1].get_weights()
    logits = []
    for scale in (1e9, -1e12):
        discriminator.layers[-1].set_weights([scale * np.ones_like(kernel), 0 * bias])
        logits.append(discriminator(images).numpy())
    assert np.abs(logits[0]).min() > 10
    np.testing.assert_allclose(logits[1], -1e3 * logits[0], rtol=1e-5)


def test_activation_is_an_argument():
    for build in (mlp.build_generator, one_hidden_mlp.build_generator, maxout_mlp.build_generator):
        assert (
            build((2, 2, 1), activation="linear").layers[-2].activation is keras.activations.linear
        )
    assert points.build_generator(activation="tanh").layers[-1].activation is keras.activations.tanh


def test_mlp_generator_matches_numpy():
    generator = mlp.build_generator((2, 1, 1), 4, units=(3, 5))
    (w0, b0), (w1, b1), (w2, b2) = weights(generator)
    z = np.random.default_rng(0).normal(size=(6, 4))

    # BatchNormalization, in the second hidden layer only, starts with mean 0 and
    # variance 1; epsilon is 0.8.
    second = leaky_relu((leaky_relu(z @ w0 + b0) @ w1 + b1) / 1.8**0.5)
    np.testing.assert_allclose(generator(z)[..., 0, 0], np.tanh(second @ w2 + b2), atol=1e-5)
    (normalization,) = [
        layer for layer in generator.layers if isinstance(layer, keras.layers.BatchNormalization)
    ]
    generator(z, training=True)
    # One batch moves the mean from 0 by a tenth of the way.
    np.testing.assert_allclose(
        normalization.moving_mean, 0.1 * (leaky_relu(z @ w0 + b0) @ w1 + b1).mean(axis=0), atol=1e-5
    )


def test_mlp_discriminator_matches_numpy():
    discriminator = mlp.build_discriminator((2, 2, 1), units=(3,))
    (w0, b0), (w1, b1) = weights(discriminator)
    x = np.random.default_rng(0).normal(size=(6, 2, 2, 1))
    hidden = x.reshape(6, 4) @ w0 + b0
    np.testing.assert_allclose(
        discriminator(x), np.where(hidden > 0, hidden, 0.2 * hidden) @ w1 + b1, atol=1e-5
    )


# === The 2014 paper's ===


def test_pixel_means_start_the_bias_at_their_log_odds():
    means = np.array([[[0.25], [0.5]], [[0.9], [0.0]], [[1.0], [0.75]]])
    generator = maxout_mlp.build_generator((3, 2, 1), 4, units=(6, 6), pixel_means=means)
    # ln 3 for 3/4, ln 9 for 0.9; 0 and 1 are clipped to 1e-7 from the ends, ln(1e7).
    expected = [-np.log(3), 0.0, np.log(9), -np.log(1e7), np.log(1e7), np.log(3)]
    np.testing.assert_allclose(weights(generator)[-1][1], expected, atol=1e-5)
    # Latents of 0 leave the bias alone.
    np.testing.assert_allclose(generator(np.zeros((1, 4)))[0], means, atol=1e-6)


def test_dropout_is_on_each_input_and_only_in_training():
    for name, rates in (
        ("maxout_mlp", [0.2, 0.5, 0.5]),
        ("maxout_conv", [0.2, 0.5, 0.5, 0.5, 0.5]),
    ):
        shape, _, discriminator = small(name)
        assert [
            layer.rate for layer in discriminator.layers if isinstance(layer, keras.layers.Dropout)
        ] == rates
        images = np.ones((2, *shape))
        np.testing.assert_array_equal(discriminator(images), discriminator(images))
        assert not np.array_equal(
            discriminator(images, training=True), discriminator(images, training=True)
        )


def test_maxout_mlp_generator_matches_numpy():
    settings = {"units": (5, 3), "weight_range": 1.0, "output_range": 1.0}
    z = np.random.default_rng(0).normal(size=(6, 4))
    for extra, second, last in (
        ({}, relu, sigmoid),
        ({"hidden_activations": ("relu", "sigmoid"), "activation": "linear"}, sigmoid, lambda x: x),
    ):
        generator = maxout_mlp.build_generator((2, 1, 1), 4, **settings, **extra)
        (w0, _), (w1, _), (w2, _) = weights(generator)
        np.testing.assert_allclose(
            generator(z)[..., 0, 0], last(second(relu(z @ w0) @ w1) @ w2), atol=1e-5
        )


def test_maxout_mlp_of_faces_starts_sparse_with_low_units():
    generator = maxout_mlp.build_generator(
        (4, 4, 1), 8, **FACES_MLP | {"units": (30, 20), "sparse_output": 5}
    )
    first, second, last = weights(generator)
    assert not first[1].any()
    np.testing.assert_array_equal(second[1], -2)
    np.testing.assert_array_equal((last[0] != 0).sum(0), 5)


@pytest.mark.parametrize("name", ["sparse_output", "max_norm"])
def test_maxout_mlp_out_of_range(name):
    with pytest.raises(UserError, match=rf"{name}.* >= 0\. Received: {name}=-1"):
        maxout_mlp.build_generator((4, 4, 1), 8, **{name: -1})


def test_maxout_mlp_bounds_the_norms_of_weights_by_updates():
    """By one step of gradient descent that makes all weights of a layer longer."""
    generator = maxout_mlp.build_generator((4, 4, 1), 8, units=(6, 6), max_norm=0.5)
    discriminator = maxout_mlp.build_discriminator((4, 4, 1), units=3, pieces=2, max_norm=0.5)
    for network in (generator, discriminator):
        optimizer = keras.optimizers.SGD(1.0)
        variables = network.trainable_variables
        gradients = [-np.ones(variable.shape, np.float32) for variable in variables]
        optimizer.apply(gradients, variables)
        for kernel, bias in weights(network):
            np.testing.assert_allclose(np.linalg.norm(kernel, axis=0), 0.5, rtol=1e-5)
            np.testing.assert_array_equal(bias, 1.0)
    copy = keras.Model.from_config(discriminator.get_config())
    for layer in (copy.layers[3], copy.layers[-1]):
        layer = getattr(layer, "dense", layer)
        assert layer.kernel_constraint.get_config() == {"max_value": 0.5, "axis": 0}


def test_maxout_conv_generator_matches_numpy():
    generator = maxout_conv.build_generator((8, 8, 3), 4, units=5, channels=2, weight_range=1.0)
    bias = generator.layers[-1]
    bias.set_weights([np.random.default_rng(1).normal(size=(8, 8, 3))])
    (w0, _), (w1, _), (kernel, _) = weights(
        generator, (keras.layers.Dense, keras.layers.Conv2DTranspose)
    )
    z = np.random.default_rng(0).normal(size=(6, 4))
    small_images = sigmoid(relu(z @ w0) @ w1).reshape(6, 2, 2, 2)
    # Each place of the small image stamps the 5x5 kernel (5, 5, 3, channels) onto the
    # large one, 3 pixels apart: 2 x 3 + 2 = 8.
    images = np.zeros((6, 8, 8, 3)) + bias.bias.numpy()
    for row, column in np.ndindex(2, 2):
        images[:, 3 * row : 3 * row + 5, 3 * column : 3 * column + 5] += np.einsum(
            "bc,hwoc->bhwo", small_images[:, row, column], kernel
        )
    np.testing.assert_allclose(generator(z), images, atol=1e-5)


def test_maxout_layers_have_five_pieces():
    assert [
        layer.pieces
        for layer in maxout_mlp.build_discriminator((2, 2, 1)).layers
        if isinstance(layer, Maxout)
    ] == [5, 5]


@pytest.mark.parametrize("size", [5, 8, 17])
def test_maxout_conv_sizes_that_fit(size):
    assert maxout_conv.build_generator((size, size, 2), 3, units=4, channels=2)(
        np.ones((1, 3))
    ).shape == (1, size, size, 2)


@pytest.mark.parametrize("shape", [(28, 28, 1), (33, 33, 3), (2, 2, 1), (32, 17, 3), (17, 32, 3)])
def test_maxout_conv_refuses_sizes_that_do_not_fit(shape):
    with pytest.raises(UserError, match=r"size 3 n \+ 2.*Received: image_shape=") as error:
        maxout_conv.build_generator(shape, units=4, channels=2)
    assert str(shape) in str(error.value)


# === The up-sampling DCGAN ===


def test_the_up_sampling_dcgan_has_the_parameters_of_its_layers():
    generator, discriminator = (
        upsample_dcgan.build_generator((32, 32, 1), 100),
        upsample_dcgan.build_discriminator((32, 32, 1)),
    )
    dense, normalized = 100 * 8192 + 8192, 2 * (128 + 128 + 64)
    assert (
        trainable_count(generator)
        == dense + (9 * 128 * 128 + 128) + (9 * 128 * 64 + 64) + (9 * 64 + 1) + normalized
    )
    convolutions = sum(9 * a * b + b for a, b in ((1, 16), (16, 32), (32, 64), (64, 128)))
    assert trainable_count(discriminator) == convolutions + 2 * (32 + 64 + 128) + (512 + 1)


def test_sizes_that_up_sampling_cannot_make():
    with pytest.raises(
        UserError, match=r"multiples of 4, such as \(28, 32\). Received: image_shape=\(27, 33, 1\)"
    ):
        upsample_dcgan.build_generator((27, 33, 1))


@pytest.mark.parametrize(
    "name", ["began", "conditional_dcgan", "dcgan", "info_gan", "upsample_dcgan"]
)
@pytest.mark.parametrize("shape", [(28, 28), (2,), (0, 28, 1)])
def test_convolutions_are_for_pictures(name, shape):
    classes = {"num_classes": 3} if name == "conditional_dcgan" else {}
    with pytest.raises(
        UserError,
        match=r"expected image_shape=\(height, width, channels\). Received: image_shape=",
    ):
        networks.get(name).build_generator(shape, 4, **classes)


PICTURES = (
    ("ali_conv", ("generator", "encoder", "discriminator")),
    ("began", ("generator", "discriminator")),
    ("cycle_gan", ("generator", "discriminator")),
    ("esrgan", ("generator", "discriminator")),
    ("maxout_conv", ("generator", "discriminator")),
    ("pix2pix", ("generator", "discriminator")),
    ("progressive", ("generator", "discriminator")),
    ("r3gan", ("generator", "discriminator")),
    ("semi_supervised_conv", ("generator", "discriminator")),
    ("srresnet", ("generator", "discriminator")),
    ("upsample_dcgan", ("generator", "discriminator")),
)


@pytest.mark.parametrize("shape", [(16, 16), (16,), (0, 16, 3), (16, 16, 0)])
@pytest.mark.parametrize(("name", "role"), [(n, role) for n, roles in PICTURES for role in roles])
def test_shapes_that_are_no_pictures(name, role, shape):
    with pytest.raises(UserError, match=r"For pictures: expected image_shape=\(height, width"):
        getattr(networks.get(name), f"build_{role}")(shape)


@pytest.mark.parametrize("shape", [(0, 16, 3), (16, 0), ()])
@pytest.mark.parametrize("name", ["mlp", "info_gan_mlp"])
def test_shapes_of_nothing(name, shape):
    for role in ("generator", "discriminator"):
        with pytest.raises(UserError, match=r"`image_shape`\. Expected sizes >= 1"):
            getattr(networks.get(name), f"build_{role}")(shape)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: bigan_mlp.build_discriminator((8, 8, 1), 4, units=(16,)), "two hidden layers"),
        (lambda: bigan_mlp.build_encoder((8, 8, 1), 4, units=()), "`units`. Expected one hidden"),
        (lambda: upsample_dcgan.build_generator(SIZE, 4, filters=(8, 4)), "`filters`.*3 values"),
        (lambda: semi_supervised_conv.build_generator(SIZE, 4, filters=(8, 4)), "`filters`.*3"),
        (lambda: info_gan.build_generator(SIZE, 4, filters=(8, 4, 2)), "`filters`.*2 values"),
        (lambda: maxout_mlp.build_discriminator(SIZE, dropout=(0.2,)), "`dropout`.*two rates"),
        (lambda: maxout_mlp.build_generator(SIZE, units=(50,)), "`hidden_activations`.*1 values"),
        (lambda: conditional_maxout.build_generator(SIZE, 4, 2, units=(8, 4)), "`units`.*3 values"),
        (lambda: conditional_maxout.build_discriminator(SIZE, 2, pieces=(2,)), "`pieces`.*3"),
        (lambda: ali_conv.build_generator((20, 20, 1), 4, filters=(8,) * 5), "`filters`.*6 values"),
        (lambda: ali_conv.build_encoder((20, 20, 1), 4, filters=(8,) * 4), "`filters`.*5 values"),
        (lambda: maxout_conv.build_discriminator(SIZE, filters=(8, 8)), "`filters`.*3 values"),
        (lambda: sngan.build_generator(SIZE, 4, width=0), "`width`.*>= 1. Received: width=0"),
        (lambda: biggan.build_discriminator(SIZE, 2, width=-4), "`width`.*>= 1"),
        (lambda: r3gan.build_generator(SIZE, 4, blocks=0), "`blocks`.*>= 1"),
        (lambda: stylegan2.build_generator(SIZE, 4, mapping_layers=0), "`mapping_layers`.*>= 1"),
        (lambda: pix2pix.build_discriminator(SIZE, stages=-1), "`stages`.*>= 1"),
        (lambda: pix2pix.build_generator(SIZE, source_shape=(8, 8, 3)), "height and width of the"),
        (
            lambda: pix2pix.build_discriminator((32, 32, 1), source_shape=(8, 8, 3)),
            "height and width of the",
        ),
        (
            lambda: cycle_gan.build_generator(SIZE, source_shape=(8, 8, 3)),
            "height and width of the",
        ),
    ],
)
def test_sizes_that_do_not_fit_are_named(build, message):
    with pytest.raises(UserError, match=message):
        build()


WITH_CLASSES = {"image_shape": (8, 8, 1), "num_classes": 3, "filters": 2, "units": 2}


@pytest.mark.parametrize(
    ("name", "role", "arguments", "slope"),
    [
        ("ali_conv", "encoder", {"latent_dim": 2, "filters": (2,) * 5}, 0.1),
        ("ali_conv", "generator", {"latent_dim": 2, "filters": (2,) * 6}, 0.1),
        *(
            ("conditional_dcgan", "discriminator", WITH_CLASSES | {"condition": condition}, 0.2)
            for condition in ("concatenation", "projection", "classifier")
        ),
        ("cycle_gan", "discriminator", {"image_shape": (32, 32, 1), "width": 2}, 0.2),
        ("fastgan", "discriminator", {"image_shape": (32, 32, 1), "width": 2}, 0.2),
        ("info_gan", "discriminator", {"filters": (2, 2), "units": 2}, 0.01),
        ("info_gan_mlp", "discriminator", {"image_shape": (8, 8, 1)}, 0.2),
        ("semi_supervised_conv", "discriminator", {"filters": (2, 2)}, 0.2),
        ("upsample_dcgan", "discriminator", {"filters": (2,) * 4}, 0.2),
        ("upsample_dcgan", "generator", {"filters": (2,) * 3}, 0.2),
        ("vae_conv", "encoder", {"filters": (2, 2), "units": 2}, 0.2),
    ],
)
def test_slopes_of_leaky_relu(name, role, arguments, slope):
    network = getattr(networks.get(name), f"build_{role}")(**arguments)
    layers = [each for each in network.layers if isinstance(each, keras.layers.LeakyReLU)]
    slopes = {round(float(layer.negative_slope), 6) for layer in layers}
    assert slopes == {slope}
