"""The networks of BEGAN, "began"."""

import itertools

import keras
import numpy as np
import pytest
from support.networks import dtype_policy

from tf_gan.errors import UserError
from tf_gan.networks import began, get


def convolution(inputs, outputs):
    return 9 * inputs * outputs + outputs


def decoder(code, base, channels, n, scales):
    return (code + 1) * base * base * n + scales * 2 * convolution(n, n) + convolution(n, channels)


def test_parameters():
    assert get("began") is began
    assert began.build_generator((64, 64, 3)).count_params() == decoder(64, 8, 3, 128, 4)
    assert (
        began.build_generator((28, 28, 1), filters=16).count_params()
        == decoder(64, 7, 1, 16, 3)
        == 65_025
    )
    # Channels n, then per scale n, 2 n, 3 n, 4 n, with a convolution of stride 2 after
    # all but the last.
    n = 128
    encoder = convolution(3, n) + convolution(n, n) * 3
    encoder += (
        convolution(n, 2 * n)
        + convolution(2 * n, 2 * n) * 2
        + convolution(2 * n, 3 * n)
        + convolution(3 * n, 3 * n) * 2
    )
    encoder += convolution(3 * n, 4 * n) + convolution(4 * n, 4 * n) + (8 * 8 * 4 * n + 1) * 64
    assert began.build_discriminator((64, 64, 3)).count_params() == encoder + decoder(
        64, 8, 3, n, 4
    )


@pytest.mark.parametrize(
    ("shape", "scales"),
    [
        ((8, 8, 1), 1),
        ((28, 28, 1), 3),
        ((32, 32, 3), 3),
        ((64, 64, 3), 4),
        ((128, 128, 3), 5),
        ((5, 6, 1), 1),
        ((32, 48, 2), 3),
    ],
)
def test_sizes(shape, scales):
    assert began.scales(shape) == scales
    generator, discriminator = (
        began.build_generator(shape, 3, filters=2),
        began.build_discriminator(shape, filters=2, code_dim=3),
    )
    assert (
        generator.output_shape
        == discriminator.output_shape
        == discriminator.input_shape
        == (None, *shape)
    )


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (
            (30, 28, 1),
            r"multiples of 4 for the 3 scales .* \(32, 28\)\. Received: image_shape=\(30, 28, 1\)",
        ),
        ((100, 100, 3), r"multiples of 8 for the 4 scales .* \(96, 96\)"),
        ((15, 17, 1), r"multiples of 2 for the 2 scales .* \(16, 16\)"),
    ],
)
def test_sizes_that_cannot_be_halved(shape, message):
    for build in (began.build_generator, began.build_discriminator):
        with pytest.raises(UserError, match=message):
            build(shape, filters=2)


def test_the_nearest_sizes_are_possible():
    for objectives in itertools.product(range(1, 140, 3), repeat=2):
        near = began._nearest(objectives)
        assert (
            began.scales((*near, 1)) >= 1
            and max(abs(a - b) for a, b in zip(near, objectives, strict=True)) <= 16
        )


def test_the_decoder_matches_up_sampling_and_convolutions():
    """The same function out of Keras' own layers: Conv2D with ELU twice a scale,
    UpSampling2D between scales.
    """
    generator = began.build_generator((16, 16, 1), 3, filters=2)
    latents = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    dense, *kernels = [layer.get_weights() for layer in generator.layers if layer.weights]
    x = (latents @ dense[0] + dense[1]).reshape(4, 8, 8, 2)
    for number, (kernel, bias) in enumerate(kernels):
        x = keras.layers.UpSampling2D(2)(x) if number == 2 else x
        x = keras.ops.conv(x, kernel, padding="same") + bias
        x = keras.ops.elu(x) if number < 4 else x  # Linear at the end.
    np.testing.assert_allclose(generator(latents), x, atol=1e-5)


def test_no_statistics_and_no_bounds():
    discriminator = began.build_discriminator((8, 8, 1), filters=2, code_dim=3)
    assert discriminator.non_trainable_weights == []
    images = np.random.default_rng(0).normal(size=(2, 8, 8, 1))
    kernel, bias = discriminator.layers[-1].get_weights()
    discriminator.layers[-1].set_weights([1e3 * kernel, bias])
    assert np.abs(discriminator(images)).max() > 1.5


def test_outputs_are_float32_under_mixed_precision():
    with dtype_policy("mixed_bfloat16"):
        discriminator = began.build_discriminator((8, 8, 1), filters=2, code_dim=3)
    assert discriminator(np.ones((1, 8, 8, 1))).dtype == "float32"
