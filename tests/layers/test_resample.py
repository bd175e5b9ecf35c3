"""Resampling by 2 against convolutions."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.layers import BinomialDownsample2D, BinomialUpsample2D, Blur2D

TAPS = np.outer([1, 2, 1], [1, 2, 1]).astype(np.float32) / 16


def filtered(images):
    """[1, 2, 1] / 4 along both axes by a depthwise convolution, edges repeated."""
    channels = images.shape[-1]
    padded = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
    kernel = np.tile(TAPS[:, :, None, None], (1, 1, channels, 1))
    return tf.nn.depthwise_conv2d(padded, kernel, [1, 1, 1, 1], "VALID")


def images(*size):
    return tf.random.stateless_normal((3, *size, 5), seed=(1, 2))


@pytest.mark.parametrize("size", [(4, 4), (6, 10), (1, 3)])
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("training", [False, True])
def test_up_is_four_pixels_for_one_and_a_filter(size, jit_compile, training):
    layer, x = BinomialUpsample2D(), images(*size)
    expected = filtered(keras.layers.UpSampling2D(2)(x))
    outputs = tf.function(layer, jit_compile=jit_compile)(x, training=training)
    np.testing.assert_allclose(outputs, expected, atol=1e-6)
    assert outputs.shape == layer.compute_output_shape(x.shape)


@pytest.mark.parametrize("size", [(4, 4), (6, 10), (2, 8)])
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("training", [False, True])
def test_down_is_a_filter_and_means(size, jit_compile, training):
    layer, x = BinomialDownsample2D(), images(*size)
    expected = tf.nn.avg_pool2d(filtered(x), 2, 2, "VALID")
    outputs = tf.function(layer, jit_compile=jit_compile)(x, training=training)
    np.testing.assert_allclose(outputs, expected, atol=1e-6)
    assert outputs.shape == layer.compute_output_shape(x.shape)


def test_an_unknown_batch_size():
    inputs = keras.Input((4, 6, 2))
    model = keras.Model(inputs, BinomialDownsample2D()(BinomialUpsample2D()(inputs)))
    assert model.output_shape == (None, 4, 6, 2)
    ones = np.ones((3, 4, 6, 2), np.float32)
    for training in (False, True):
        signature = [tf.TensorSpec((None, 4, 6, 2))]
        function = tf.function(lambda x, t=training: model(x, training=t), signature)
        outputs = function(ones)
        np.testing.assert_allclose(outputs, ones, atol=1e-6)  # A constant stays one.


def test_odd_maps_cannot_be_halved():
    with pytest.raises(UserError, match=r"even height and width. Received: 5x4"):
        BinomialDownsample2D()(np.zeros((1, 5, 4, 1), np.float32))


@pytest.mark.parametrize("kind", [BinomialUpsample2D, BinomialDownsample2D])
@pytest.mark.parametrize("training", [False, True])
def test_second_derivatives(kind, training):
    """d/dx |d/dx sum(layer(x)^3)|^2 by finite differences."""
    x = tf.cast(images(4, 4)[:1, :, :, :1], tf.float64)
    layer = kind(dtype="float64")

    def squared_gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(layer(x, training=training) ** 3)
        return tf.reduce_sum(tape.gradient(y, x) ** 2)

    with tf.GradientTape() as tape:
        tape.watch(x)
        value = squared_gradient(x)
    gradient = tape.gradient(value, x).numpy().ravel()
    for index in (0, 5, 15):
        step = np.zeros(16)
        step[index] = 1e-5
        step = step.reshape(x.shape)
        difference = squared_gradient(x + step) - squared_gradient(x - step)
        assert float(difference) / 2e-5 == pytest.approx(gradient[index], rel=1e-6)


@pytest.mark.parametrize("kind", [BinomialUpsample2D, BinomialDownsample2D])
def test_maps_of_unknown_size_are_refused(kind):
    with pytest.raises(UserError, match=r"known height and width. Received: shape \(None, None"):
        kind()(keras.Input((None, None, 4)))
    assert Blur2D((1, 1), 2)(keras.Input((None, None, 4))).shape == (None, None, None, 4)
