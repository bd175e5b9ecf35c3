"""The networks of BiGAN and ALI: "bigan_mlp", "ali_conv", "ali_points"."""

import keras
import numpy as np
import pytest
from scipy.special import expit
from support.networks import check_copy, dtype_policy, trainable_count
from support.numpy_layers import leaky_relu

from tf_gan.errors import UserError
from tf_gan.layers import Maxout, MaxoutConv2D
from tf_gan.networks import ali_conv, ali_points, bigan_mlp

MNIST = (28, 28, 1)
ROLES = ("generator", "discriminator", "encoder")


# A layer before BatchNormalization has no bias: two numbers a channel either way; none
# in BiGAN, which has neither gain nor bias.
CHANNELS = (32 + 64 + 128 + 256 + 512) + 512
DEEP = 16 * 32 * 64 + 16 * 64 * 128 + 16 * 128 * 256 + 16 * 256 * 512


@pytest.mark.parametrize(
    ("build", "parameters"),
    [
        (lambda: bigan_mlp.build_generator(MNIST), 50 * 1024 + 1074 * 1024 + 1024 * 784),
        (lambda: bigan_mlp.build_discriminator(MNIST), 784 * 1024 + 1074 * 1024 + 1024),
        (lambda: bigan_mlp.build_encoder(MNIST), 784 * 1024 + 1024 * 1024 + 1024 * 50),
        (lambda: ali_points.build_generator(), 2 * 400 + 3 * 400 * 400 + 4 * 800 + 401 * 2),
        (lambda: ali_points.build_discriminator(), 5 * 1000 + 2 * 201 * 1000 + 201),
        (lambda: ali_points.build_encoder(), 2 * 400 + 400 * 400 + 2 * 800 + 401 * 4),
        (
            lambda: ali_conv.build_generator(),
            16 * (64 * 256 + 256 * 128 + 128 * 64 + 64 * 32)
            + 25 * 32 * 32
            + 32 * 32
            + 2 * (256 + 128 + 64 + 3 * 32)
            + 32 * 3
            + 3072,
        ),
        (
            lambda: ali_conv.build_encoder(),
            25 * 3 * 32 + DEEP + 512 * 512 + 2 * CHANNELS + 513 * 128,
        ),
        # Maxout halves what goes into a layer.
        (
            lambda: ali_conv.build_discriminator(),
            76 * 32 + DEEP // 2 + 64 * 512 + 256 * 512 + 2 * 513 * 1024 + 513,
        ),
    ],
)
def test_parameters(build, parameters):
    assert trainable_count(build()) == parameters


SMALL = {
    "bigan_mlp": (bigan_mlp, (6, 4, 3), [{"units": (16, 8)}] * 3),
    "ali_points": (
        ali_points,
        (3,),
        [{"units": (16, 8)}, {"units": (8, 6), "pieces": 2}, {"units": (8,)}],
    ),
    "ali_conv": (
        ali_conv,
        (20, 28, 2),
        [
            {"filters": (8, 6, 5, 4, 3, 3)},
            {"filters": (4, 4, 6, 6, 8), "units": 8, "joint_units": 10},
            {"filters": (3, 4, 5, 6, 7), "units": 8},
        ],
    ),
}


def small(name):
    module, shape, arguments = SMALL[name]
    return shape, [
        getattr(module, f"build_{role}")(shape, 5, **own)
        for role, own in zip(ROLES, arguments, strict=True)
    ]


@pytest.mark.parametrize("name", SMALL)
def test_shapes_copies_and_precision(name):
    with dtype_policy("mixed_bfloat16"):
        shape, networks = small(name)
    codes = [(None, 5)] * (1 if name == "bigan_mlp" else 2)
    for model, inputs, outputs in zip(
        networks,
        ([(5,)], [shape, (5,)], [shape]),
        ([(None, *shape)], [(None, 1)], codes),
        strict=True,
    ):
        assert [each.shape[1:] for each in model.inputs] == inputs
        assert [output.shape for output in model.outputs] == outputs
        assert {layer.compute_dtype for layer in model.layers} == {"bfloat16", "float32"}
        assert {output.dtype for output in model.outputs} == {"float32"}
        check_copy(model)


@pytest.mark.parametrize("name", ["bigan_mlp", "ali_conv"])
def test_initial_weights(name):
    deviation = {"bigan_mlp": 0.02, "ali_conv": 0.01}[name]
    module, shape, _ = SMALL[name]
    for role in ROLES:
        for weight in getattr(module, f"build_{role}")(shape, 50).trainable_weights:
            if len(weight.shape) > 1 and weight.name == "kernel" and np.prod(weight.shape) > 2000:
                # Four standard errors are 6% of 2,000 numbers.
                assert np.std(weight.numpy()) == pytest.approx(deviation, rel=0.08)
            elif weight.name == "bias":
                assert not weight.numpy().any()


def test_bigan_mlp_matches_numpy():
    """In inference a fresh BatchNormalization without gain and bias divides by (1 +
    1e-5)^0.5.
    """
    _, (generator, discriminator, encoder) = small("bigan_mlp")
    z, x = (
        np.random.default_rng(0).normal(size=(3, 5)),
        np.random.default_rng(1).normal(size=(3, 6, 4, 3)),
    )
    unit, flat = (1 + 1e-5) ** -0.5, x.reshape(3, -1)
    a, b, c = (weight.numpy() for weight in generator.trainable_weights)
    hidden = np.maximum(np.concatenate([np.maximum(z @ a * unit, 0), z], axis=1) @ b * unit, 0)
    np.testing.assert_allclose(np.reshape(generator(z), (3, -1)), expit(hidden @ c), atol=1e-6)
    a, b, c = (weight.numpy() for weight in discriminator.trainable_weights)
    np.testing.assert_allclose(
        discriminator([x, z]),
        leaky_relu(np.concatenate([leaky_relu(flat @ a), z], axis=1) @ b * unit) @ c,
        atol=1e-6,
    )
    a, b, c = (weight.numpy() for weight in encoder.trainable_weights)
    np.testing.assert_allclose(
        encoder(x), np.tanh(leaky_relu(leaky_relu(flat @ a) @ b * unit) @ c), atol=1e-6
    )


def test_dropout_and_pieces_are_those_of_the_table():
    discriminator = ali_conv.build_discriminator()
    assert (
        sorted(
            layer.rate for layer in discriminator.layers if isinstance(layer, keras.layers.Dropout)
        )
        == [0.2] * 2 + [0.5] * 8
    )
    assert {
        layer.pieces for layer in discriminator.layers if isinstance(layer, (Maxout, MaxoutConv2D))
    } == {2}
    assert [
        layer.output.shape[1:3] for layer in discriminator.layers if isinstance(layer, MaxoutConv2D)
    ] == [(n, n) for n in (28, 13, 10, 4, 1)]


def test_the_mean_image_starts_the_output_of_ali_conv():
    means = np.full((20, 28, 2), 0.5)
    means[3, 4, 1], means[0, 0, 0] = 0.8, 0.0
    generator = ali_conv.build_generator((20, 28, 2), 5, pixel_means=means)
    images = generator(np.zeros((1, 5))).numpy()[0]  # Nothing comes through but the biases.
    np.testing.assert_allclose(images, means, atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "near"),
    [((18, 32, 3), r"\(20, 32\)"), ((32, 66, 3), r"\(32, 64\)"), ((16, 16, 1), r"\(20, 20\)")],
)
def test_sizes_that_do_not_fit(shape, near):
    for role in ROLES:
        with pytest.raises(
            UserError,
            match=f"multiples of 4 from 20 to 64; the nearest are {near}. Received: image_shape=",
        ):
            getattr(ali_conv, f"build_{role}")(shape)
