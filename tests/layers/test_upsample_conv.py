import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.layers import UpsampleConv2D


def plain(layer, inputs):
    """The pair of Keras layers that the layer stands for, with its weights."""
    conv = keras.layers.Conv2D(layer.filters, 3, padding="same", use_bias=layer.use_bias)
    conv.build((None, None, None, inputs.shape[-1]))
    conv.set_weights(layer.get_weights())
    return conv(keras.layers.UpSampling2D(2)(inputs))


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 4), (16, 16)])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_equals_up_sampling_and_convolution(size, jit_compile):
    layer = UpsampleConv2D(4, bias_initializer="random_normal")
    images = tf.random.stateless_normal((2, *size, 3), seed=(1, 2))
    outputs = tf.function(layer, jit_compile=jit_compile)(images)
    np.testing.assert_allclose(outputs, plain(layer, images), atol=1e-5)
    assert (
        outputs.shape
        == layer.compute_output_shape(images.shape)
        == (2, 2 * size[0], 2 * size[1], 4)
    )


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision(dtype):
    layer = UpsampleConv2D(4, dtype=dtype)
    images = tf.random.stateless_normal((2, 5, 4, 3), seed=(1, 2))
    outputs = layer(images)
    assert outputs.dtype == dtype.removeprefix("mixed_")
    np.testing.assert_allclose(tf.cast(outputs, tf.float32), plain(layer, images), atol=0.05)


def test_sums_of_which_four_would_overflow():
    layer = UpsampleConv2D(1, use_bias=False, kernel_initializer="ones", dtype="mixed_float16")
    outputs = layer(np.full((1, 3, 3, 1), 6000.0, np.float16))
    np.testing.assert_allclose(outputs[0, 2, 2], [54000], rtol=1e-3)


def test_the_gradients_are_equal_too():
    layer = UpsampleConv2D(4, use_bias=False)
    images = tf.random.stateless_normal((2, 6, 6, 3), seed=(1, 2))
    weights = tf.random.stateless_normal((2, 12, 12, 4), seed=(3, 4))
    layer.build(images.shape)
    gradients = []
    conv = keras.layers.Conv2D(4, 3, padding="same", use_bias=False)
    conv.build((None, None, None, 3))
    conv.set_weights(layer.get_weights())
    for function, kernel in (
        (layer, layer.kernel),
        (lambda x: conv(keras.layers.UpSampling2D(2)(x)), conv.kernel),
    ):
        with tf.GradientTape() as tape:
            tape.watch(images)
            value = tf.reduce_sum(function(images) * weights)
        gradients.append(tape.gradient(value, [images, kernel.value]))
    for ours, theirs in zip(*gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-4, rtol=1e-5)


def test_sizes_that_are_known_only_when_it_runs():
    model = keras.Sequential([keras.Input((None, None, 3)), UpsampleConv2D(2)])
    assert model.output_shape == (None, None, None, 2)
    assert model.predict(np.zeros((1, 5, 7, 3)), verbose=0).shape == (1, 10, 14, 2)


def test_config_round_trip():
    layer = UpsampleConv2D(
        4, use_bias=False, kernel_initializer=keras.initializers.RandomNormal(stddev=0.02)
    )
    copy = UpsampleConv2D.from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    assert copy.kernel_initializer.stddev == 0.02


def test_a_regularizer_of_the_kernel():
    layer = UpsampleConv2D(4, kernel_regularizer=keras.regularizers.L2(0.5))
    layer.build((None, 4, 4, 3))
    expected = 0.5 * np.sum(np.square(layer.kernel))
    np.testing.assert_allclose(sum(layer.losses), expected, rtol=1e-5)


def test_bad_filters():
    with pytest.raises(UserError, match="filters=0"):
        UpsampleConv2D(0)
