import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.layers import (
    Blur2D,
    LearnedConstant,
    LearnedMap,
    ModulatedConv2D,
    NoiseMap,
    ScaledLeakyReLU,
    TrackedMean,
)
from tf_gan.layers.blur import blur

RANDOM = np.random.default_rng(0)


def numbers(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


def filtered(maps):
    """Returns maps filtered with [1, 3, 3, 1] / 8 along both axes, by loops over taps."""
    taps = np.array([1, 3, 3, 1]) / 8
    size = maps.shape[1] - 3, maps.shape[2] - 3
    return sum(
        a * b * maps[:, i : i + size[0], j : j + size[1]]
        for i, a in enumerate(taps)
        for j, b in enumerate(taps)
    )


def one_by_one(layer, maps, styles):
    """Returns the outputs of kernels that are made for each image, as in the paper."""
    outputs, size = [], layer.kernel_size
    scale = np.prod(layer.kernel.shape[:3]) ** -0.5
    for image, style in zip(maps, styles, strict=True):
        kernel = style[:, None] * np.asarray(layer.kernel) * scale
        if layer.demodulate:
            kernel = kernel / np.sqrt(np.square(kernel).sum(axis=(0, 1, 2)) + 1e-8)
        if layer.upsample:
            height, width, channels = image.shape
            zeros = np.zeros((2 * height - 1, 2 * width - 1, channels), np.float32)
            zeros[::2, ::2] = image
            # Transposed: the whole overlap of zeros and kernel; then the filter.
            zeros = np.pad(zeros, [(size - 1,) * 2, (size - 1,) * 2, (0, 0)])
            whole = tf.nn.conv2d(zeros[None], kernel.astype(np.float32), 1, "VALID").numpy()
            around = ((5 - size) // 2,) * 2  # As many as leave twice the size.
            outputs.append(4 * filtered(np.pad(whole, [(0, 0), around, around, (0, 0)]))[0])
        else:
            outputs.append(tf.nn.conv2d(image[None], kernel.astype(np.float32), 1, "SAME")[0])
    return np.stack(outputs)


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("demodulate", [True, False])
def test_scaled_maps_are_as_good_as_a_kernel_for_each_image(size, demodulate):
    maps, styles = numbers(3, 5, 6, 4), numbers(3, 4)
    layer = ModulatedConv2D(7, size, demodulate)
    outputs = layer([maps, styles])
    np.testing.assert_allclose(outputs, one_by_one(layer, maps, styles), atol=1e-5)
    assert outputs.shape == (3, 5, 6, 7)


@pytest.mark.parametrize("size", [1, 3, 5])
@pytest.mark.parametrize("training", [False, True])
def test_upsampling_is_a_transposed_convolution_and_the_filter(size, training):
    maps, styles = numbers(2, 4, 3, 5), numbers(2, 5)
    layer = ModulatedConv2D(6, size, upsample=True)
    outputs = layer([maps, styles], training=training)
    assert outputs.shape == (2, 8, 6, 6)
    np.testing.assert_allclose(outputs, one_by_one(layer, maps, styles), atol=1e-5)


def test_demodulated_outputs_have_variance_1_whatever_the_styles():
    maps, styles = numbers(4, 16, 16, 32), 10.0 * numbers(4, 32)
    outputs = np.asarray(ModulatedConv2D(64)([maps, styles]))[:, 1:-1, 1:-1]
    assert outputs.var(axis=(1, 2, 3)) == pytest.approx(np.ones(4), abs=0.1)


def test_styles_that_are_zero_or_small():
    maps = numbers(2, 5, 5, 8)
    layer = ModulatedConv2D(4)
    np.testing.assert_array_equal(layer([maps, np.zeros((2, 8), np.float32)]), 0.0)
    half, styles = ModulatedConv2D(4, dtype="mixed_float16"), np.full((2, 8), 1e-4, np.float32)
    half.build([maps.shape, styles.shape])
    half.set_weights(layer.get_weights())
    np.testing.assert_allclose(half([maps, styles]), layer([maps, styles]), atol=0.05)


def test_all_of_it_has_second_derivatives():
    """The gradient of |dy/dx|^2 with respect to the kernel, by differences."""
    maps, styles = tf.constant(numbers(1, 3, 3, 2)), tf.constant(numbers(1, 2))
    layer = ModulatedConv2D(2, upsample=True)
    layer([maps, styles])

    def slope():
        with tf.GradientTape() as tape:
            tape.watch(styles)
            y = tf.reduce_sum(tf.sin(layer([maps, styles])))
        return tf.reduce_sum(tf.square(tape.gradient(y, styles)))

    with tf.GradientTape() as tape:
        tape.watch(layer.kernel.value)
        value = slope()
    gradient = tape.gradient(value, layer.kernel.value).numpy()
    kernel, step = layer.kernel.numpy(), 1e-2
    values = []
    for sign in (1, -1):
        changed = kernel.copy()
        changed[0, 1, 1, 0] += sign * step
        layer.kernel.assign(changed)
        values.append(float(slope()))
    assert gradient[0, 1, 1, 0] == pytest.approx((values[0] - values[1]) / (2 * step), rel=0.02)


@pytest.mark.parametrize(
    ("padding", "strides"), [((2, 2), 1), ((1, 1), 2), ((2, 1), 1), ((0, 3), 2), ((3, 1), 3)]
)
@pytest.mark.parametrize("training", [False, True])
def test_blur(padding, strides, training):
    maps = numbers(2, 8, 6, 3)
    expected = filtered(np.pad(maps, [(0, 0), padding, padding, (0, 0)]))[:, ::strides, ::strides]
    layer = Blur2D(padding, strides)
    np.testing.assert_allclose(layer(maps, training=training), expected, atol=1e-6)
    assert layer.compute_output_shape(maps.shape) == expected.shape


@pytest.mark.parametrize(
    ("padding", "strides"),
    [((2, 2), 1), ((1, 1), 2), ((2, 1), 1), ((3, 1), 3), ((4, 4), 1), ((0, 3), 2)],
)
@pytest.mark.parametrize("gain", [1.0, 4.0])
def test_derivatives_of_the_blur_are_the_same_in_training(padding, strides, gain):
    maps = tf.constant(numbers(2, 8, 6, 3))
    found = []
    for training in (False, True):
        with tf.GradientTape() as outer:
            outer.watch(maps)
            with tf.GradientTape() as tape:
                tape.watch(maps)
                y = tf.reduce_sum(tf.sin(blur(maps, *padding, strides, gain, training)))
            first = tape.gradient(y, maps)
            value = tf.reduce_sum(tf.square(first))
        found.append((first, outer.gradient(value, maps)))
    for plain, fast in zip(*found, strict=True):
        np.testing.assert_allclose(fast, plain, atol=1e-6 * gain**4)


def test_noise_differs_by_image_in_training_and_is_fixed_otherwise():
    layer, maps = NoiseMap(), np.zeros((4, 8, 8, 3), np.float32)
    assert np.all(np.asarray(layer(maps, training=True)) == 0)  # Its strength starts at 0.
    layer.strength.assign(2.0)
    fixed = np.asarray(layer(maps))
    np.testing.assert_array_equal(fixed, np.asarray(layer(maps)))
    np.testing.assert_array_equal(fixed[0], fixed[1])
    assert np.std(fixed[0, ..., 0]) == pytest.approx(2.0, rel=0.4)
    assert layer.trainable_weights == [layer.strength]
    noise = np.asarray(layer(maps, training=True))
    assert np.std(noise[..., 0]) == pytest.approx(2.0, rel=0.2)
    np.testing.assert_array_equal(noise[..., 0], noise[..., 2])
    assert np.abs(noise[0] - noise[1]).max() > 0.5
    assert np.abs(noise - np.asarray(layer(maps, training=True))).max() > 0.5


def test_a_tracked_mean():
    layer = TrackedMean(0.75)
    inputs = np.array([[1.0, 2.0], [3.0, 6.0]], np.float32)
    np.testing.assert_array_equal(layer(inputs), inputs)
    np.testing.assert_array_equal(layer.mean, [0.0, 0.0])
    assert layer.trainable_weights == [] and TrackedMean().decay == 0.995
    layer(inputs, training=True)
    np.testing.assert_allclose(layer.mean, [0.5, 1.0])  # A quarter of (2, 4).
    layer(inputs, training=True)
    np.testing.assert_allclose(layer.mean, [0.875, 1.75])


def test_a_tracked_mean_does_not_stop_in_half_precision():
    layer = TrackedMean(0.995, dtype="mixed_bfloat16")
    for _ in range(1200):
        layer(np.ones((2, 1), np.float32), training=True)
    np.testing.assert_allclose(layer.mean, [1 - 0.995**1200], rtol=1e-5)


def test_learned_maps():
    inputs = numbers(2, 3)
    layer, constant = LearnedMap(20, 25, 3), LearnedConstant(20, 25, 3)
    outputs = layer(inputs)
    assert np.std(layer.map) == pytest.approx(1.0, rel=0.1)
    np.testing.assert_allclose(outputs, np.einsum("bc,hwc->bhwc", inputs, layer.map), rtol=1e-6)
    np.testing.assert_array_equal(constant(inputs), np.stack([constant.map] * 2))


def test_leaky_relu_keeps_the_mean_square():
    outputs = np.asarray(ScaledLeakyReLU()(numbers(10_000)))
    assert np.square(outputs).mean() == pytest.approx(1 + 0.2**2, rel=0.05)


def test_layers_are_saved(tmp_path):
    styles, maps = keras.Input((3,)), keras.Input((4, 4, 3))
    x = ModulatedConv2D(5, 3, False, True, False)([maps, TrackedMean(0.5)(styles)])
    x = ScaledLeakyReLU(0.1, 2.0)(NoiseMap()(Blur2D((2, 1), 2)(x)))
    model = keras.Model([maps, styles], x)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    inputs = [numbers(2, 4, 4, 3), numbers(2, 3)]
    np.testing.assert_array_equal(loaded(inputs), model(inputs))


def test_integers_of_numpy():
    layer = ModulatedConv2D(np.int64(3), np.int64(1))
    assert (layer.filters, layer.kernel_size) == (3, 1)
    json.dumps(layer.get_config())


def test_wrong_values_are_refused():
    with pytest.raises(UserError, match=r"`kernel_size`. Expected one of \[1, 3, 5\]"):
        ModulatedConv2D(3, 4)
    with pytest.raises(UserError, match=r"`filters`\. Expected an integer >= 1.*True"):
        ModulatedConv2D(True)
    with pytest.raises(UserError, match=r"a style for each of 4 channels\. Received: 3"):
        ModulatedConv2D(3)([numbers(1, 4, 4, 4), numbers(1, 3)])
