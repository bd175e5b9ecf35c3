import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.layers import ReflectionPadding2D


@pytest.mark.parametrize(
    ("size", "padding"), [((4, 6), 1), ((8, 9), 3), ((4, 5), 3), ((2, 2), 1), ((3, 7), 1)]
)
def test_edges_are_reflected_and_the_gradient_is_the_adjoint(size, padding):
    """<y, P x> = <P^T y, x>, with P of NumPy."""
    random = np.random.default_rng(0)
    x = tf.constant(random.normal(size=(2, *size, 3)).astype(np.float32))
    pads = [(0, 0), (padding, padding), (padding, padding), (0, 0)]
    layer = ReflectionPadding2D(padding)

    def first_derivative(x, y):
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = layer(x, training=True)
        return outputs, tape.gradient(outputs, x, y)

    expected = np.pad(x, pads, mode="reflect")
    y = tf.constant(random.normal(size=expected.shape).astype(np.float32))
    outputs, gradient = tf.function(first_derivative)(x, y)
    np.testing.assert_array_equal(outputs, expected)
    assert layer.compute_output_shape(x.shape) == tuple(outputs.shape)
    for _ in range(5):
        probe = random.normal(size=x.shape).astype(np.float32)
        np.testing.assert_allclose(
            np.sum(gradient * probe),
            np.sum(y * np.pad(probe, pads, mode="reflect")),
            rtol=1e-4,
            atol=1e-4,
        )


def test_second_derivatives():
    """Of sum((P x)^3): the Hessian times v is 6 P^T (P x * P v)."""
    random = np.random.default_rng(1)
    x, v = (tf.constant(random.normal(size=(1, 6, 6, 2)).astype(np.float32)) for _ in range(2))
    layer = ReflectionPadding2D(1)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            value = tf.reduce_sum(layer(x, training=True) ** 3)
        slope = inner.gradient(value, x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        padded = layer(x, training=False)
    expected = tape.gradient(padded, x, 6 * padded * layer(v))
    np.testing.assert_allclose(outer.gradient(slope, x, v), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_sizes_may_be_open(dtype, tmp_path):
    inputs = keras.Input((None, None, 2))
    model = keras.Model(inputs, ReflectionPadding2D(2, dtype=dtype)(inputs))
    assert model.output_shape == (None, None, None, 2)
    x = np.random.default_rng(0).normal(size=(1, 7, 8, 2)).astype(np.float32)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(x), model(x))
    assert again(x).shape == (1, 11, 12, 2)


def test_bad_arguments():
    with pytest.raises(UserError, match="padding=0"):
        ReflectionPadding2D(0)
    with pytest.raises(UserError, match="takes maps of more than that"):
        ReflectionPadding2D(3)(np.zeros((1, 3, 9, 1)))
