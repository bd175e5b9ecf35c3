"""ESRGAN's networks: sizes of the authors' code, and a second implementation."""

import keras
import numpy as np
import pytest
from support import numpy_layers as np_

from tf_gan.errors import UserError
from tf_gan.networks import esrgan

RANDOM = np.random.default_rng(0)


def test_parameters_of_the_paper():
    one, two = (esrgan.build_generator(blocks=blocks).count_params() for blocks in (1, 2))
    assert one + 22 * (two - one) == 16_697_987
    discriminator = esrgan.build_discriminator()
    assert sum(int(np.prod(w.shape)) for w in discriminator.trainable_weights) == 14_499_401
    normalizations = [
        layer
        for layer in discriminator.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert len(normalizations) == 9


@pytest.mark.parametrize("scale", [2, 4])
def test_the_generator_in_numpy(scale):
    generator = np_.randomize(
        esrgan.build_generator((16, 16, 2), filters=3, blocks=2, growth=2, scale=scale)
    )
    weights = np_.weights(generator)
    images = RANDOM.uniform(0, 1, (2, 5, 4, 2))

    def convolution(x):
        return np_.convolution(x, next(weights), next(weights))

    def dense_block(x):
        maps = [x]
        for _ in range(4):
            maps.append(np_.leaky_relu(convolution(np.concatenate(maps, axis=-1))))
        return x + 0.2 * convolution(np.concatenate(maps, axis=-1))

    first = x = convolution(images)
    for _ in range(2):
        x = x + 0.2 * dense_block(dense_block(dense_block(x)))
    x = first + convolution(x)
    for _ in range(scale // 2):
        x = np_.leaky_relu(convolution(np_.up(x)))
    expected = convolution(np_.leaky_relu(convolution(x)))
    made = generator(images.astype(np.float32))
    np.testing.assert_allclose(made, expected, rtol=1e-4, atol=1e-5)
    assert next(weights, None) is None


def test_the_discriminator_in_numpy():
    discriminator = np_.randomize(esrgan.build_discriminator((40, 32, 2), filters=2, units=3))
    weights = np_.weights(discriminator)
    x = images = RANDOM.uniform(-1, 1, (2, 40, 32, 2))
    x = np_.leaky_relu(np_.convolution(x, next(weights), next(weights)))
    for number in range(1, 10):
        strides = 1 + number % 2
        if strides == 2 and x.shape[1] % 2:  # 5 to 3: a zero more behind, as "same" has it.
            x = np.pad(x, [(0, 0), (0, 1), (0, 0), (0, 0)])
        x = np_.convolution(x, next(weights), strides=strides, pad=1)
        # The moving statistics are still 0 and 1.
        x = np_.leaky_relu(x / np.sqrt(1 + 1e-5) * next(weights) + next(weights))
    x = np_.leaky_relu(x.reshape(2, -1) @ next(weights) + next(weights))
    expected = x @ next(weights) + next(weights)
    np.testing.assert_allclose(
        discriminator(images.astype(np.float32)), expected, rtol=1e-4, atol=1e-5
    )


def test_dense_blocks_start_small():
    generator = esrgan.build_generator(filters=16, blocks=1, growth=8)
    kernel = next(w for w in generator.weights if w.shape == (3, 3, 16, 8)).numpy()
    assert kernel.std() == pytest.approx(0.1 * (2 / 144) ** 0.5, rel=0.1)
    assert generator.weights[0].numpy().std() == pytest.approx((2 / 27) ** 0.5, rel=0.1)


def test_bad_arguments():
    with pytest.raises(UserError, match=r"Expected one of \[2, 4, 8\]. Received: scale=3"):
        esrgan.build_generator(scale=3)
