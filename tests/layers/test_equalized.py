import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.layers import EqualizedConv2D, EqualizedDense


def test_dense_by_hand():
    layer = EqualizedDense(1, gain=2.0, lr_multiplier=0.5, bias_init=3.0)
    layer.build((None, 4))
    assert layer.bias.numpy() == [6.0]
    layer.kernel.assign([[1.0], [2.0], [3.0], [4.0]])
    # 2 * 0.5 / sqrt(4) * (1 + 2 + 3 + 4) + 0.5 * 6.
    np.testing.assert_allclose(layer(np.ones((1, 4))), [[8.0]])


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("strides", [1, 2])
def test_convolution_is_that_of_keras_with_a_scaled_kernel(padding, strides):
    layer = EqualizedConv2D(5, 3, strides, padding, gain=2**0.5, lr_multiplier=0.1)
    x = np.random.default_rng(0).normal(size=(2, 6, 7, 4)).astype(np.float32)
    layer.build(x.shape)
    layer.bias.assign(np.arange(5))
    plain = keras.layers.Conv2D(5, 3, strides, padding)
    plain.build(x.shape)
    plain.set_weights(
        [layer.kernel.numpy() * (2 / 36) ** 0.5 * 0.1, np.arange(5, dtype=np.float32) * 0.1]
    )
    outputs = layer(x)
    np.testing.assert_allclose(outputs, plain(x), rtol=1e-5, atol=1e-5)
    assert outputs.shape == layer.compute_output_shape(x.shape)


@pytest.mark.parametrize(("padding", "side"), [("same", 4), ("valid", 3)])
def test_sizes_that_are_known_only_when_it_runs(padding, side):
    images = keras.Input((None, None, 3))
    model = keras.Model(images, EqualizedConv2D(2, 3, 2, padding)(images))
    assert model.output_shape == (None, None, None, 2)
    assert model(np.zeros((1, 7, 8, 3))).shape == (1, side, side, 2)


@pytest.mark.parametrize("multiplier", [1.0, 0.01])
def test_outputs_start_with_the_gain_as_deviation(multiplier):
    x = np.random.default_rng(0).normal(size=(64, 200)).astype(np.float32)
    dense = EqualizedDense(300, gain=3.0, lr_multiplier=multiplier)
    assert np.std(dense(x)) == pytest.approx(3.0, rel=0.05)
    assert np.std(dense.kernel.numpy()) == pytest.approx(1.0 / multiplier, rel=0.02)


def test_the_multiplier_scales_what_an_adam_step_changes():
    x, changes = np.ones((1, 8), np.float32), []
    for multiplier in (1.0, 0.01):
        layer = EqualizedDense(1, lr_multiplier=multiplier)
        with tf.GradientTape() as tape:
            before = layer(x)
        gradients = tape.gradient(before, layer.trainable_variables)
        adam = keras.optimizers.Adam(1e-3)
        adam.apply(gradients, layer.trainable_variables)
        changes.append(float(before[0, 0] - layer(x)[0, 0]))
    assert changes[1] == pytest.approx(0.01 * changes[0], rel=1e-2)


@pytest.mark.parametrize("layer", [EqualizedDense(2), EqualizedConv2D(2, 3)])
def test_second_derivatives(layer):
    """The squared gradient of <y, v> over x is quadratic in W: its derivative times W is
    twice its value.
    """
    x = tf.random.stateless_normal((1, 4, 4, 3), seed=(1, 2))
    layer(x)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_sum(layer(x))
        norm = tf.reduce_sum(inner.gradient(y, x) ** 2)
    gradient = outer.gradient(norm, layer.kernel.value)
    assert float(tf.reduce_sum(gradient * layer.kernel.value)) == pytest.approx(2 * float(norm))


def test_saves_and_loads(tmp_path):
    inputs = keras.Input((6, 6, 3))
    x = EqualizedConv2D(4, (3, 1), 2, "valid", 2.0, 0.1, use_bias=False)(inputs)
    x = EqualizedDense(2, 2.0, 0.1, bias_init=1.0)(keras.layers.Flatten()(x))
    model = keras.Model(inputs, x)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    images = np.random.default_rng(0).normal(size=(2, 6, 6, 3))
    np.testing.assert_array_equal(loaded(images), model(images))
    assert loaded.layers[-1].bias_init == 1.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: EqualizedDense(0), "units=0"),
        (lambda: EqualizedConv2D(0, 3), "filters=0"),
        (lambda: EqualizedConv2D(1, 3, strides=0), "strides=0"),
        (lambda: EqualizedConv2D(1, (3, 0)), "kernel_size=0"),
        (lambda: EqualizedConv2D(1, 3, padding="full"), "padding='full'"),
        (lambda: EqualizedDense(1, lr_multiplier=0), "lr_multiplier=0"),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(UserError, match=f"Received: {message}"):
        make()
