import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gan.layers import GroupedConv2D

X = np.random.default_rng(0).normal(size=(2, 6, 5, 8)).astype(np.float32)


@pytest.mark.parametrize(
    "settings", [{}, {"strides": 2}, {"padding": "valid"}, {"dilation_rate": 2}, {"groups": 1}]
)
def test_it_is_keras_convolution(settings):
    arguments = {"groups": 4, "padding": "same", "bias_initializer": "normal"} | settings
    layer, plain = GroupedConv2D(12, 3, **arguments), keras.layers.Conv2D(12, 3, **arguments)
    for each in (layer, plain):
        each.build(X.shape)
    plain.set_weights(layer.get_weights())
    found = []
    for each in (layer, plain):
        x = tf.constant(X)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = each(x)
            value = tf.reduce_sum(tf.sin(y))
        found.append([y, *tape.gradient(value, [x, each.kernel.value, each.bias.value])])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_second_derivatives_are_those_of_keras_under_xla():
    layer, plain = GroupedConv2D(8, 3, groups=2), keras.layers.Conv2D(8, 3, groups=2)
    for each in (layer, plain):
        each.build(X.shape)
    plain.set_weights(layer.get_weights())

    def slopes(layer):
        with tf.GradientTape() as outer:
            outer.watch(layer.kernel.value)
            x = tf.constant(X)
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = tf.reduce_sum(tf.sin(layer(x)))
            value = tf.reduce_sum(tf.square(tape.gradient(y, x)))
        return outer.gradient(value, layer.kernel.value)

    theirs = tf.function(lambda: slopes(plain), jit_compile=True)()
    np.testing.assert_allclose(slopes(layer), theirs, atol=1e-4)


def test_it_is_saved(tmp_path):
    inputs = keras.Input((6, 5, 8))
    model = keras.Model(inputs, GroupedConv2D(4, 3, groups=2)(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(X), model(X))


@pytest.mark.parametrize("groups", [1, 2])
def test_a_layer_that_skips_pixels_has_keras_values_and_gradients(groups):
    """oneDNN's own gradient of such a layer writes beyond its memory."""
    layer = GroupedConv2D(4, 1, strides=2, groups=groups)
    plain = keras.layers.Conv2D(4, 1, strides=2, groups=groups)
    x = tf.constant(np.random.default_rng(0).normal(size=(3, 7, 6, 4)).astype(np.float32))
    layer.build(x.shape)
    plain.build(x.shape)
    plain.set_weights(layer.get_weights())
    with tf.GradientTape() as tape:
        tape.watch(x)
        values = layer(x)
        loss = tf.reduce_sum(values**2)
    np.testing.assert_allclose(values, plain(x), atol=1e-6)
    kernel = layer.kernel.numpy()[0, 0].reshape(-1, groups, 4 // groups)
    skipped = np.zeros(x.shape, np.float32)
    parts = np.split(2 * values.numpy(), groups, axis=-1)
    skipped[:, ::2, ::2] = np.concatenate(
        [part @ kernel[:, group].T for group, part in enumerate(parts)], axis=-1
    )
    np.testing.assert_allclose(tape.gradient(loss, x), skipped, atol=1e-5)
