"""The U-Net and the PatchGAN: parameters counted by hand, the patch that a logit sees,
sizes.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from support import numpy_layers as np_
from support.networks import check_copy, dtype_policy, trainable_count

from tf_gan.errors import UserError
from tf_gan.models.network_checks import last_activation
from tf_gan.networks import pix2pix


def test_the_papers_generator():
    """54,413,955 parameters, as in the authors' PyTorch code, and biases where no
    normalisation cancels them: 64 + 512.
    """
    down = 3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 4 * 512 * 512
    up = 512 * 512 + 3 * 1024 * 512 + 1024 * 256 + 512 * 128 + 256 * 64 + 128 * 3
    gains = 2 * (128 + 256 + 4 * 512) + 2 * (4 * 512 + 256 + 128 + 64)
    assert 16 * (down + up) + gains + 3 == 54_413_955
    with tf.Graph().as_default():  # Weights without values, which would take 200 MB.
        generator = pix2pix.build_generator()
    assert trainable_count(generator) == 54_413_955 + 64 + 512
    convolutions = [layer for layer in generator.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.output.shape[1] for layer in convolutions] == [128, 64, 32, 16, 8, 4, 2, 1]
    assert sum(isinstance(layer, keras.layers.Dropout) for layer in generator.layers) == 3
    assert last_activation(generator) == "tanh"


def test_the_papers_discriminator():
    """2,764,737 parameters for three channels, all layers with a bias, as in CycleGAN's
    code; 896 of them are cancelled by a normalisation.
    """
    maps = 16 * (64 * 128 + 128 * 256 + 256 * 512)
    assert 16 * 3 * 64 + 64 + maps + 896 + 16 * 512 + 1 == 2_764_737
    images = keras.Input((256, 256, 3))
    patch = keras.Model(images, pix2pix.patch_logits(images, normalization="instance"))
    assert trainable_count(patch) == 2_764_737 - 896
    assert patch.output_shape == (None, 30, 30, 1)
    # Six channels, BatchNormalization with its 2 x 896 gains and offsets.
    assert (
        trainable_count(pix2pix.build_discriminator())
        == 16 * 6 * 64 + 64 + maps + 2 * 896 + 16 * 512 + 1
        == 2_768_705
    )


@pytest.mark.parametrize(("stages", "pixels"), [(1, 16), (2, 34), (3, 70)])
def test_the_patch_that_a_logit_sees(stages, pixels):
    """By the support of its gradient. Normalised maps would see all pixels;
    BatchNormalization with fixed statistics does not.
    """
    size = 2 * pixels
    images = keras.Input((size, size, 1))
    model = keras.Model(images, pix2pix.patch_logits(images, 2, stages, "batch"))
    for weight in model.trainable_weights:
        weight.assign(np.abs(weight) + 0.01)
    value = tf.Variable(tf.ones((1, size, size, 1)))
    with tf.GradientTape() as tape:
        logits = model(value, training=False)
        one = logits[0, logits.shape[1] // 2, logits.shape[2] // 2, 0]
    seen = np.argwhere(tape.gradient(one, value)[0, ..., 0].numpy() != 0)
    np.testing.assert_array_equal(seen.max(axis=0) - seen.min(axis=0) + 1, [pixels, pixels])


@pytest.mark.parametrize("normalization", ["batch", "instance"])
@pytest.mark.parametrize("shape", [(12, 12, 1), (28, 28, 1), (32, 64, 3)])
def test_shapes_copies_and_types(shape, normalization):
    with dtype_policy("mixed_bfloat16" if shape[0] == 12 else "float32"):
        generator = pix2pix.build_generator(
            shape, source_shape=(*shape[:2], 2), width=4, normalization=normalization
        )
        discriminator = pix2pix.build_discriminator(
            shape, source_shape=(*shape[:2], 2), width=4, stages=2, normalization=normalization
        )
    sources = np.random.default_rng(0).uniform(-1, 1, (2, *shape[:2], 2)).astype(np.float32)
    images = generator(sources)
    assert images.shape == (2, *shape) and np.abs(images).max() <= 1
    logits = discriminator([images, tf.constant(sources)])
    assert images.dtype == logits.dtype == "float32"
    assert logits.shape == (2, shape[0] // 4 - 2, shape[1] // 4 - 2, 1)
    check_copy(generator, sources)


def test_stages_follow_from_the_size():
    assert [pix2pix.unet_stages((size, size, 1)) for size in (256, 512, 28, 30, 32, 96)] == [
        8,
        8,
        2,
        1,
        5,
        5,
    ]
    assert pix2pix.unet_stages((256, 64, 3)) == 6
    with pytest.raises(UserError, match=r"even height and width.*image_shape=\(27, 28, 1\)"):
        pix2pix.build_generator((27, 28, 1))
    with pytest.raises(
        UserError, match=r"of 3 stages takes images of at least 24 x 24 pixels\. Received: 16 x 16"
    ):
        pix2pix.build_discriminator((16, 16, 1))
    with pytest.raises(UserError, match=r"'batch', 'instance'.*'layer'"):
        pix2pix.build_generator((28, 28, 1), normalization="layer")


def test_the_generator_in_numpy():
    generator = pix2pix.build_generator((8, 8, 2), width=2, normalization="instance")
    weights = np_.weights(np_.randomize(generator))
    x = sources = np.random.default_rng(0).uniform(-1, 1, (2, 8, 8, 2))
    norm, conv, down = np_.instance_norm, {"strides": 2, "pad": 1}, []
    down.append(np_.convolution(x, next(weights), next(weights), **conv))
    down.append(norm(np_.convolution(np_.leaky_relu(down[0]), next(weights), **conv)))
    x = np_.convolution(np_.leaky_relu(down[1]), next(weights), next(weights), **conv)
    for same in down[::-1]:
        x = norm(np_.transposed_convolution(np.maximum(x, 0), next(weights)))
        x = np.concatenate([x, same], axis=-1)
    x = np_.transposed_convolution(np.maximum(x, 0), next(weights), next(weights))
    np.testing.assert_allclose(generator(sources.astype(np.float32)), np.tanh(x), atol=1e-5)
    assert next(weights, None) is None


def test_dropout_is_behind_the_smallest_three_maps_on_the_way_up():
    generator = pix2pix.build_generator((64, 64, 1), width=1)
    dropouts = [each for each in generator.layers if isinstance(each, keras.layers.Dropout)]
    assert [each.output.shape[1] for each in dropouts] == [2, 4, 8]


def test_the_way_down_joins_the_way_up():
    """With the smallest maps cut off, the image still depends on the source: through
    the maps of the same size.
    """
    generator = pix2pix.build_generator((8, 8, 1), width=2, dropout=0.0)
    smallest = [layer for layer in generator.layers if isinstance(layer, keras.layers.Conv2D)][-1]
    smallest.set_weights([0 * weight for weight in smallest.get_weights()])
    first, second = (generator(np.full((1, 8, 8, 1), value, np.float32)) for value in (-1.0, 1.0))
    assert np.abs(first - second).max() > 0


def test_instance_normalisation():
    """Each channel of each image: mean 0 and variance 1, whatever the others are."""
    inputs = keras.Input((4, 5, 3))
    model = keras.Model(inputs, pix2pix.normalized(inputs, "instance"))
    assert model.weights == []
    x = np.random.default_rng(0).normal(3.0, 2.0, (2, 4, 5, 3)).astype(np.float32)
    expected = (x - x.mean(axis=(1, 2), keepdims=True)) / np.sqrt(
        x.var(axis=(1, 2), keepdims=True) + 1e-5
    )
    np.testing.assert_allclose(model(x), expected, atol=1e-5)
    np.testing.assert_allclose(model(x[:1]), expected[:1], atol=1e-5)


def test_initial_weights():
    discriminator = pix2pix.build_discriminator((32, 32, 3), width=16)
    kernels = [
        layer.kernel.numpy()
        for layer in discriminator.layers
        if isinstance(layer, keras.layers.Conv2D)
    ]
    assert [float(np.std(kernel)) for kernel in kernels] == pytest.approx([0.02] * 5, rel=0.06)
    gains = [
        layer.gamma.numpy()
        for layer in discriminator.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert np.mean(np.concatenate(gains)) == pytest.approx(1.0, abs=0.01) and np.std(
        np.concatenate(gains)
    ) == pytest.approx(0.02, rel=0.3)
