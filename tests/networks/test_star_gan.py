"""StarGAN's networks: sizes of the authors' code, and a second implementation."""

import numpy as np
import pytest
from support import numpy_layers as np_

from tf_gan.errors import UserError
from tf_gan.networks import star_gan

SHAPE = (8, 12, 2)
IMAGES = np.random.default_rng(0).uniform(-1, 1, (3, *SHAPE))
LABELS = np.array([2, 0, 1])


def test_parameters_of_the_paper():
    assert star_gan.build_generator().count_params() == 8_430_528
    discriminator = star_gan.build_discriminator()
    assert discriminator.count_params() == 44_762_048
    assert [shape[1:] for shape in discriminator.output_shape] == [(2, 2, 1), (5,)]


def test_the_generator_in_numpy():
    generator = np_.randomize(star_gan.build_generator(SHAPE, 3, width=3, blocks=2))
    weights = np_.weights(generator)

    def block(x, convolve=np_.convolution, **kwargs):
        x = np_.instance_norm(convolve(x, next(weights), **kwargs))
        return x * next(weights) + next(weights)

    planes = np.eye(3)[LABELS][:, None, None, :] * np.ones((3, *SHAPE[:2], 1))
    x = np.maximum(block(np.concatenate([IMAGES, planes], axis=-1)), 0)
    for _ in range(2):
        x = np.maximum(block(x, strides=2), 0)
    for _ in range(2):
        x = x + block(np.maximum(block(x), 0))
    for _ in range(2):
        x = np.maximum(block(x, np_.transposed_convolution), 0)
    expected = np.tanh(np_.convolution(x, next(weights)))
    made = generator([IMAGES.astype(np.float32), LABELS])
    np.testing.assert_allclose(made, expected, atol=1e-5)
    assert next(weights, None) is None


def test_the_discriminator_in_numpy():
    discriminator = np_.randomize(star_gan.build_discriminator(SHAPE, 3, width=3, stages=2))
    layers = [layer for layer in discriminator.layers if layer.weights]
    kernels = [[w.numpy().astype(np.float64) for w in layer.weights] for layer in layers]
    x = IMAGES
    for kernel, bias in kernels[:2]:
        x = np_.leaky_relu(np_.convolution(x, kernel, bias, strides=2), 0.01)
    by_channels = {kernel.shape[-1]: kernel for (kernel,) in kernels[2:]}
    logits, classes = discriminator(IMAGES.astype(np.float32))
    np.testing.assert_allclose(logits, np_.convolution(x, by_channels[1]), atol=1e-5)
    expected = np.einsum("bhwc,hwcd->bd", x, by_channels[3])
    np.testing.assert_allclose(classes, expected, atol=1e-5)


def test_the_label_matters():
    generator = np_.randomize(star_gan.build_generator(SHAPE, 3, width=3, blocks=1))
    one = IMAGES[:1].astype(np.float32).repeat(3, axis=0)
    made = generator([one, np.arange(3)]).numpy()
    assert np.abs(made[0] - made[1]).max() > 1e-2


def test_sizes_that_do_not_fit():
    with pytest.raises(UserError, match="multiples of 4"):
        star_gan.build_generator((30, 30, 3))
    with pytest.raises(UserError, match="multiples of 64"):
        star_gan.build_discriminator((96, 96, 3))
    with pytest.raises(UserError, match="stages=0"):
        star_gan.build_discriminator(stages=0)
