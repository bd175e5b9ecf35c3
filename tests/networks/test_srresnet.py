"""SRResNet and SRGAN's discriminator: the paper's layers and sizes."""

import keras
import numpy as np
import pytest
from support import numpy_layers as np_
from support.networks import trainable_count

from tf_gan import networks
from tf_gan.errors import UserError
from tf_gan.layers import PixelShuffle

srresnet = networks.get("srresnet")


def convolutions(model):
    return [
        (layer.kernel_size[0], layer.filters, layer.strides[0])
        for layer in model.layers
        if isinstance(layer, keras.layers.Conv2D)
    ]


def test_the_papers_generator():
    generator = srresnet.build_generator()
    # Counted by hand from figure 4: 9x9 with PReLU, 16 blocks, one more convolution,
    # two sub-pixel ones, 9x9.
    block = 2 * (9 * 64 * 64 + 64) + 2 * 2 * 64 + 64
    ends = (
        (81 * 3 * 64 + 64 + 64)
        + (9 * 64 * 64 + 64 + 128)
        + 2 * (9 * 64 * 256 + 256 + 64)
        + (81 * 64 * 3 + 3)
    )
    assert trainable_count(generator) == 16 * block + ends == 1_550_659
    assert convolutions(generator) == [(9, 64, 1)] + 33 * [(3, 64, 1)] + 2 * [(3, 256, 1)] + [
        (9, 3, 1)
    ]
    assert sum(isinstance(layer, PixelShuffle) for layer in generator.layers) == 2


def test_the_generator_in_numpy():
    generator = np_.randomize(srresnet.build_generator((8, 8, 2), filters=3, blocks=2, scale=4))
    weights = np_.weights(generator)
    images = np.random.default_rng(0).uniform(0, 1, (2, 5, 4, 2))

    def convolution(x):
        return np_.convolution(x, next(weights), next(weights))

    def normalized(x):  # The moving statistics are still 0 and 1.
        return x / np.sqrt(1 + 1e-5) * next(weights) + next(weights)

    def prelu(x):
        return np_.leaky_relu(x, next(weights))

    def shuffled(x):
        batch, height, width, channels = x.shape
        x = x.reshape(batch, height, width, 2, 2, channels // 4).transpose(0, 1, 3, 2, 4, 5)
        return x.reshape(batch, 2 * height, 2 * width, channels // 4)

    first = x = prelu(convolution(images))
    for _ in range(2):
        x = x + normalized(convolution(prelu(normalized(convolution(x)))))
    x = first + normalized(convolution(x))
    for _ in range(2):
        x = prelu(shuffled(convolution(x)))
    expected = convolution(x)
    np.testing.assert_allclose(generator(images.astype(np.float32)), expected, atol=1e-5)
    assert next(weights, None) is None


def test_the_papers_discriminator():
    discriminator = srresnet.build_discriminator()
    assert convolutions(discriminator) == [
        (3, filters, stride) for filters in (64, 128, 256, 512) for stride in (1, 2)
    ]
    dense = [layer.units for layer in discriminator.layers if isinstance(layer, keras.layers.Dense)]
    assert dense == [1024, 1]
    assert (
        sum(isinstance(layer, keras.layers.BatchNormalization) for layer in discriminator.layers)
        == 7
    )
    slopes = [
        float(layer.negative_slope)
        for layer in discriminator.layers
        if isinstance(layer, keras.layers.LeakyReLU)
    ]
    assert slopes == pytest.approx([0.2] * 9)


@pytest.mark.parametrize(("scale", "channels"), [(2, 3), (3, 1), (4, 3), (8, 3)])
def test_images_of_any_size(scale, channels):
    generator = srresnet.build_generator((96, 96, channels), filters=2, blocks=1, scale=scale)
    for size in ((5, 8), (1, 1)):
        images = generator(np.random.default_rng(0).uniform(0, 1, (2, *size, channels)))
        assert images.shape == (2, scale * size[0], scale * size[1], channels)
    slopes = [
        layer.get_weights()[0]
        for layer in generator.layers
        if isinstance(layer, keras.layers.PReLU)
    ]
    assert all(slope.shape == (1, 1, 2) and (slope == 0.25).all() for slope in slopes)


def test_bad_arguments():
    with pytest.raises(UserError, match=r"Expected one of \[2, 3, 4, 8\]. Received: scale=5"):
        srresnet.build_generator(scale=5)
