import keras
import numpy as np
import tensorflow as tf

from tf_gan.layers import PixelNorm


def test_by_hand():
    # mean(9, 16) = 12.5.
    y = PixelNorm()(np.array([[3.0, 4.0], [0.0, 0.0]], np.float32))
    np.testing.assert_allclose(y, [[3 / 12.5**0.5, 4 / 12.5**0.5], [0, 0]], rtol=1e-6)


def test_second_derivative():
    """Of y = sqrt(2) x_1 / |x| at (1, 1)."""
    x = tf.Variable([[1.0, 1.0]])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = PixelNorm()(x)[0, 0]
        slope = inner.gradient(y, x)
        first = slope[0, 0]
    np.testing.assert_allclose(slope, [[0.5, -0.5]], atol=1e-6)
    # x1 d/dx1 + x2 d/dx2 of the slope is minus the slope: it is homogeneous of degree -1.
    np.testing.assert_allclose(outer.gradient(first, x), [[-0.75, 0.25]], atol=1e-6)


def test_each_pixel_of_maps_has_a_mean_square_of_one():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype(np.float32)
    y = PixelNorm()(x)
    np.testing.assert_allclose(np.mean(np.square(y), axis=-1), 1, rtol=1e-5)
    np.testing.assert_allclose(y, x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-8), rtol=1e-5)


def test_zeros_in_half_precision():
    y = PixelNorm(dtype="mixed_float16")(np.zeros((2, 3)))
    assert np.isfinite(np.asarray(y)).all()


def test_saves_and_loads(tmp_path):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, PixelNorm(epsilon=1.0)(inputs))
    model.save(tmp_path / "model.keras")
    x = np.ones((1, 3), np.float32)
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(x), x / 2**0.5, rtol=1e-6)
