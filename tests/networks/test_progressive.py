"""The networks of progressive growing: sizes of the paper, a second implementation, and
what the ends of a fade are.
"""

import keras
import numpy as np
import pytest
from support import numpy_layers as np_

from tf_gan.errors import UserError
from tf_gan.networks import progressive

SHAPE, LATENTS, WIDTHS = (16, 24, 3), 6, (5, 4, 3)
RANDOM = np.random.default_rng(0)
Z = RANDOM.normal(size=(4, LATENTS)).astype(np.float32)
IMAGES = RANDOM.normal(size=(4, *SHAPE)).astype(np.float32)


@pytest.fixture(scope="module")
def networks():
    generator = progressive.build_generator(SHAPE, LATENTS, widths=WIDTHS)
    discriminator = progressive.build_discriminator(SHAPE, widths=WIDTHS)
    for network in (generator, discriminator):
        for variable in network.trainable_weights:
            variable.assign(RANDOM.normal(size=variable.shape))
    return generator, discriminator


def set_alphas(network, values):
    for layer, value in zip(progressive.fades(network), values, strict=True):
        layer.alpha.assign(value)


def test_parameters_of_the_paper():
    """Table 2: 23.1 million each, those of the images of the other stages apart."""
    size = (1024, 1024, 3)
    generator = progressive.build_generator(size)
    assert progressive.stages(generator) == 9
    others = sum(3 * (c + 1) for c in (512, 512, 512, 512, 256, 128, 64, 32))
    # A bias for each unit of the dense layer, where the paper's convolution has 512.
    count = generator.count_params() - 8 - others - 15 * 512
    assert count == sum(
        [
            512 * 512 * 16 + 512 + 512 * 512 * 9 + 512,  # 4.2M and 2.4M.
            3 * 2 * (512 * 512 * 9 + 512),  # 8x8 to 32x32: 2.4M each.
            *(
                (2 * c * c + c * c) * 9 + 2 * c  # 64x64 to 1024x1024.
                for c in (256, 128, 64, 32, 16)
            ),
            16 * 3 + 3,
        ]
    )
    assert count == pytest.approx(23.1e6, abs=0.05e6)
    discriminator = progressive.build_discriminator(size)
    others = sum(4 * c for c in (512, 512, 512, 512, 256, 128, 64, 32))
    assert discriminator.count_params() - 8 - others == pytest.approx(23.1e6, abs=0.05e6)


def convolve(x, weights, gain=2**0.5):
    kernel = next(weights)
    scale = gain / np.sqrt(np.prod(kernel.shape[:-1]))
    return np_.convolution(x, kernel * scale, next(weights))


def of(network, name):
    return np_.weights(network.get_layer(name))


def generated(network, alphas, stage):
    """What stage `stage` makes, in NumPy."""
    weights = of(network, "block_0")
    x = np_.pixel_norm(Z.astype(np.float64)) @ (next(weights) * 2**0.5 / (24 * LATENTS) ** 0.5)
    x = np_.pixel_norm(np_.leaky_relu((x + next(weights)).reshape(-1, 4, 6, WIDTHS[0])))
    x = np_.pixel_norm(np_.leaky_relu(convolve(x, weights)))
    image = convolve(x, of(network, "to_image_0"), 1.0)
    for number in range(1, stage + 1):
        weights, x = of(network, f"block_{number}"), np_.up(x)
        for _ in range(2):
            x = np_.pixel_norm(np_.leaky_relu(convolve(x, weights)))
        new = convolve(x, of(network, f"to_image_{number}"), 1.0)
        alpha = alphas[number - 1]
        image = (1 - alpha) * np_.up(image) + alpha * new
    return image


def judged(network, images, alphas, stage):
    def read(images, number):
        return np_.leaky_relu(convolve(images, of(network, f"from_image_{number}")))

    x = read(images, stage)
    for number in range(stage, 0, -1):
        weights = of(network, f"block_{number}")
        for _ in range(2):
            x = np_.leaky_relu(convolve(x, weights))
        x, images, alpha = np_.down(x), np_.down(images), alphas[number - 1]
        x = (1 - alpha) * read(images, number - 1) + alpha * x
    deviation = np.sqrt(x.var(axis=0) + 1e-8).mean()
    weights = of(network, "block_0")
    x = np.concatenate([x, np.full((*x.shape[:-1], 1), deviation)], axis=-1)
    x = np_.leaky_relu(convolve(x, weights)).reshape(len(x), -1)
    for gain in (2**0.5, 1.0):
        kernel = next(weights)
        x = x @ (kernel * gain / len(kernel) ** 0.5) + next(weights)
        x = np_.leaky_relu(x) if gain > 1 else x
    return x


def test_a_second_implementation(networks):
    generator, discriminator = networks
    for stage, alphas in ((0, (1, 1)), (1, (0.25, 1)), (2, (1, 0.5))):
        set_alphas(generator, alphas)
        set_alphas(discriminator, alphas)
        made = progressive.stage_generator(generator, stage)(Z)
        expected = generated(generator, alphas, stage)
        np.testing.assert_allclose(made, expected, rtol=1e-4, atol=1e-5)
        images = IMAGES[:, :: 4 >> stage, :: 4 >> stage]
        logits = progressive.stage_discriminator(discriminator, stage)(images)
        expected = judged(discriminator, images.astype(np.float64), alphas, stage)
        np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("stage", [1, 2])
def test_at_alpha_0_a_stage_is_the_one_before_and_at_alpha_1_the_new_path(networks, stage):
    generator, discriminator = networks
    images = IMAGES[:, :: 4 >> stage, :: 4 >> stage]
    set_alphas(generator, (1, 1))
    set_alphas(discriminator, (1, 1))
    before = progressive.stage_generator(generator, stage - 1)(Z).numpy()
    judge = progressive.stage_discriminator(discriminator, stage - 1)
    judged_before = judge(np_.down(images).astype(np.float32))
    now = progressive.stage_generator(generator, stage)
    judge_now = progressive.stage_discriminator(discriminator, stage)
    layer = generator.get_layer(f"to_image_{stage}")
    x = Z
    for number in range(stage + 1):
        x = generator.get_layer(f"block_{number}")(x)
    np.testing.assert_array_equal(now(Z), layer(x))
    progressive.fades(generator)[stage - 1].alpha.assign(0.0)
    progressive.fades(discriminator)[stage - 1].alpha.assign(0.0)
    np.testing.assert_array_equal(now(Z), np_.up(before))
    np.testing.assert_allclose(judge_now(images), judged_before, rtol=1e-5, atol=1e-6)


def test_the_whole_networks_are_those_of_a_stage(networks):
    generator, discriminator = networks
    for stage, alphas in ((0, (0, 0)), (1, (0.5, 0)), (2, (1, 0.25))):
        set_alphas(generator, alphas)
        set_alphas(discriminator, alphas)
        large = progressive.stage_generator(generator, stage, enlarge=True)(Z)
        np.testing.assert_array_equal(generator(Z), large)
        images = IMAGES
        for _ in range(2 - stage):
            images = np_.down(images).astype(np.float32)
        logits = progressive.stage_discriminator(discriminator, stage)(images)
        np.testing.assert_allclose(discriminator(IMAGES), logits, rtol=1e-4, atol=1e-5)


def test_copies_and_sizes_that_do_not_fit(networks):
    generator, _ = networks
    copy = keras.Model.from_config(generator.get_config())
    copy.set_weights(generator.get_weights())
    large = progressive.stage_generator(copy, 1, enlarge=True)(Z)
    np.testing.assert_array_equal(large, progressive.stage_generator(generator, 1, enlarge=True)(Z))
    with pytest.raises(UserError, match="multiples of 4, such as"):
        progressive.build_generator((18, 18, 3), 4, widths=(2, 2, 2))
