"""SNGAN's networks and WGAN-GP's: values in NumPy, parameter counts, the start, training."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.networks import outputs, trainable_count
from support.numpy_layers import leaky_relu
from support.residual_twin import DISCRIMINATOR_32, HALVE, Twin, randomize, relu

from tf_gan.errors import UserError
from tf_gan.layers import SpectralNormalization
from tf_gan.networks import sngan, sngan_cnn, wgan_gp_resnet
from tf_gan.penalties import WassersteinGradientPenalty
from tf_gan.training.rng import Stream

CIFAR, SMALL = (32, 32, 3), (16, 24, 3)
RANDOM = np.random.default_rng(0)
LATENTS = RANDOM.normal(size=(3, 5)).astype(np.float32)
IMAGES = RANDOM.uniform(-1, 1, (3, *SMALL)).astype(np.float32)
LABELS = np.array([0, 3, 1], np.int32)


# A convolution of k x k from a to b channels has (k^2 a + 1) b parameters. A block of G
# with c channels in and out has two of 3x3, one of 1x1 and two pairs of gain and shift.
BLOCK = 2 * (9 * 256 + 1) * 256 + 257 * 256 + 4 * 256
GENERATOR = 129 * 4096 + 3 * BLOCK + 2 * 256 + 2305 * 3  # 4,276,739


@pytest.mark.parametrize(
    ("build", "parameters"),
    [
        (lambda: sngan.build_generator(CIFAR), GENERATOR),
        (lambda: sngan.build_generator(CIFAR, 128, 10), GENERATOR + 6 * 2 * 256 * 9),
        (lambda: sngan.build_discriminator(CIFAR), 1_053_824),
        (lambda: sngan.build_discriminator(CIFAR, 10), 1_053_824 + 10 * 128),
        (lambda: sngan_cnn.build_generator(CIFAR), 3_812_355),
        (lambda: sngan_cnn.build_discriminator(CIFAR), 2_935_873),
        (lambda: sngan_cnn.build_generator(CIFAR, 128, 10), 3_812_355 + 2 * 448 * 9),
        (lambda: sngan_cnn.build_discriminator(CIFAR, 10), 2_935_873 + 10 * 512),
        (lambda: wgan_gp_resnet.build_generator(CIFAR), 1_204_483),
        (lambda: wgan_gp_resnet.build_discriminator(CIFAR), 1_053_825),
    ],
)
def test_parameter_counts(build, parameters):
    assert trainable_count(build()) == parameters


def test_widths_of_larger_images():
    def channels(model, kind):
        return [each.output.shape[-1] for each in model.layers if isinstance(each, kind)]

    for size, generator, discriminator in (
        (64, [64, 32, 16, 8], [8, 16, 32, 64, 128]),
        (128, [128, 64, 32, 16, 8], [8, 16, 32, 64, 128, 128]),
    ):
        shape = (size, size, 3)
        add = keras.layers.Add
        assert channels(sngan.build_generator(shape, 4, width=128), add) == generator
        model = sngan.build_discriminator(shape, width=128)
        assert channels(model, add) == discriminator
        smallest = [each for each in model.layers if isinstance(each, add)][-1].output
        assert smallest.shape[1:3] == (size >> 5, size >> 5)


@pytest.mark.parametrize("classes", [None, 4])
@pytest.mark.parametrize("spectral", [True, False])
def test_residual_networks_match_numpy(classes, spectral):
    generator = sngan.build_generator(SMALL, 5, classes, width=8)
    discriminator = sngan.build_discriminator(
        SMALL, classes, width=8, spectral_normalization=spectral
    )
    labels = [LABELS] if classes else []
    for model in (generator, discriminator):
        randomize(model)
    twin = Twin(generator)
    expected = twin.generated(LATENTS, (2, 3, 8), [labels[0] if classes else None] * 3)
    np.testing.assert_allclose(outputs(generator, LATENTS, *labels), expected, atol=1e-5)
    assert twin.is_empty()
    twin = Twin(discriminator)
    expected = twin.judged(IMAGES, DISCRIMINATOR_32, *labels)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(
        outputs(discriminator, IMAGES, *labels) / scale, expected / scale, atol=1e-5
    )
    assert twin.is_empty()


def test_64x64_networks_match_numpy():
    shape = (64, 64, 1)
    images = RANDOM.uniform(-1, 1, (2, *shape)).astype(np.float32)
    generator = sngan.build_generator(shape, 5, width=32)
    discriminator = sngan.build_discriminator(shape, width=32)
    for model in (generator, discriminator):
        randomize(model)
    expected = Twin(generator).generated(LATENTS, (4, 4, 32), [None] * 4)
    np.testing.assert_allclose(outputs(generator, LATENTS), expected, atol=1e-5)
    expected = Twin(discriminator).judged(images, [HALVE] * 5)
    np.testing.assert_allclose(outputs(discriminator, images), expected, atol=1e-5)


@pytest.mark.parametrize("classes", [None, 4])
def test_plain_networks_match_numpy(classes):
    generator = sngan_cnn.build_generator(SMALL, 5, classes, width=16)
    discriminator = sngan_cnn.build_discriminator(SMALL, classes, width=16)
    labels = [LABELS] if classes else []
    for model in (generator, discriminator):
        randomize(model)
    twin = Twin(generator)
    x = twin.dense(LATENTS).reshape(3, 2, 3, 16)
    for _ in range(3):
        x = relu(twin.norm(twin.deconv(x), *labels))
    expected = np.tanh(twin.conv(x))
    np.testing.assert_allclose(outputs(generator, LATENTS, *labels), expected, atol=1e-5)
    assert twin.is_empty()
    twin = Twin(discriminator)
    x = IMAGES
    for stride in (1, 2, 1, 2, 1, 2, 1):
        x = leaky_relu(twin.conv(x, stride), 0.1)
    expected = twin.dense(x.reshape(3, -1))
    if classes:
        projections = x.sum((1, 2)) * twin.embedded(LABELS)
        expected = expected + projections.sum(-1, keepdims=True)
    np.testing.assert_allclose(outputs(discriminator, IMAGES, *labels), expected, atol=1e-5)
    assert twin.is_empty()


def test_wgan_gp_networks_match_numpy():
    generator = wgan_gp_resnet.build_generator(SMALL, 5, width=8)
    discriminator = wgan_gp_resnet.build_discriminator(SMALL, width=8)
    for model in (generator, discriminator):
        randomize(model)
    expected = Twin(generator).generated(LATENTS, (2, 3, 8), [None] * 3)
    np.testing.assert_allclose(outputs(generator, LATENTS), expected, atol=1e-5)
    expected = Twin(discriminator).judged(IMAGES, DISCRIMINATOR_32, pool=np.mean)
    np.testing.assert_allclose(outputs(discriminator, IMAGES), expected, atol=1e-5, rtol=1e-5)
    kinds = {type(layer) for layer in discriminator.layers}
    assert not kinds & {keras.layers.BatchNormalization, SpectralNormalization}


def test_kernels_start_from_glorots_uniform_with_the_gains_of_the_code():
    model = sngan.build_discriminator(CIFAR)
    for layer in model.layers:
        if isinstance(layer, SpectralNormalization):
            kernel = np.asarray(layer.layer.kernel)
            fan = np.prod(kernel.shape[:-2]) * (kernel.shape[-2] + kernel.shape[-1])
            gain = 2.0 if kernel.shape[0] == 3 and kernel.ndim == 4 else 1.0
            assert np.abs(kernel).max() == pytest.approx(np.sqrt(6 * gain / fan), rel=0.05)


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(UserError, match=r"multiples of 8, such as \(32, 32\)"):
        sngan.build_generator((30, 30, 3))
    with pytest.raises(UserError, match=r"multiples of 16, such as \(64, 64\)"):
        sngan.build_discriminator((64, 72, 3))
    with pytest.raises(UserError, match="shorter side below 256"):
        sngan.build_discriminator((256, 256, 3))


def test_wgan_gps_penalty_has_a_gradient_in_every_kernel():
    shape = (8, 8, 3)
    discriminator = wgan_gp_resnet.build_discriminator(shape, width=4)
    real, fake = RANDOM.uniform(-1, 1, (2, 4, *shape)).astype(np.float32)
    with tf.GradientTape() as tape:
        penalty = WassersteinGradientPenalty()(
            discriminator, tf.constant(real), tf.constant(fake), Stream(0)
        )
    kernels = [w for w in discriminator.trainable_weights if w.name == "kernel"]
    gradients = tape.gradient(penalty, [kernel.value for kernel in kernels])
    assert all(np.abs(gradient).max() > 0 for gradient in gradients)


@pytest.mark.parametrize("shape", [(80, 80, 3), (64, 80, 3), (64, 64, 3)])
def test_the_discriminator_sees_all_places(shape):
    """Of 80 pixels a fifth halving would drop those at the end."""
    discriminator = sngan.build_discriminator(shape, width=16)
    images = tf.constant(RANDOM.normal(size=(1, *shape)).astype(np.float32))
    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = discriminator(images)
    rows = np.abs(tape.gradient(logits, images)).sum(axis=(0, 2, 3)).reshape(-1, 16).sum(axis=1)
    assert rows[-1] > 0.7 * rows.mean()
