"""The noise of `GaussianNoise`: its distribution, its independence, and the same
numbers in every form of execution.
"""

import numpy as np
import tensorflow as tf

from tf_gan.layers import GaussianNoise
from tf_gan.layers.gaussian_noise import hashed_normal


def noise(*key, shape=(1000, 1000)):
    return hashed_normal(tf.constant(key, tf.uint32), shape).numpy()


def test_moments_and_tails_are_those_of_the_normal_distribution():
    numbers = noise(1, 2)
    n = numbers.size
    # Four standard errors of the first four moments: 1, 2, 15 and 96 over n.
    for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs(np.mean(numbers.astype(np.float64) ** power) - moment) < 4 * np.sqrt(
            variance / n
        )
    for limit, share in ((1.0, 0.158655), (2.0, 0.022750), (3.0, 0.00134990)):
        for tail in (numbers > limit, numbers < -limit):
            assert abs(tail.mean() - share) < 4 * np.sqrt(share / n)
    assert 4.5 < np.abs(numbers).max() < 5.3


def test_rows_columns_keys_and_neighbours_are_independent():
    numbers = noise(1, 2)
    others = [
        noise(1, 3),
        noise(2, 2),
        noise(2**31, 2),
        np.roll(numbers, 1, axis=1),
        np.roll(numbers, 1, axis=0),
    ]
    for other in others:
        for a, b in ((numbers, other), (numbers**2, other**2)):
            assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 4e-3  # Four standard errors.
    for axis in (0, 1):
        # Of a thousand means the largest is at about 3.3 deviations.
        assert np.abs(numbers.mean(axis=axis)).max() < 5 / np.sqrt(1000)


def test_xla_graphs_and_eager_execution_draw_the_same():
    key = tf.constant([5, 6], tf.uint32)
    expected = noise(5, 6, shape=(7, 11))
    for compiled in (False, True):
        np.testing.assert_allclose(
            tf.function(lambda key: hashed_normal(key, (7, 11)), jit_compile=compiled)(key),
            expected,
            atol=1e-6,
        )


def test_the_layer_is_keras_layer():
    layer, x = GaussianNoise(0.5, seed=3), np.full((200, 300), 2.0, "float32")
    np.testing.assert_array_equal(layer(x), x)
    first, second = layer(x, training=True) - x, layer(x, training=True) - x
    assert abs(np.std(first) - 0.5) < 0.005
    assert abs(np.corrcoef(np.ravel(first), np.ravel(second))[0, 1]) < 0.02  # Each call draws anew.
    np.testing.assert_array_equal(GaussianNoise(0.5, seed=3)(x, training=True) - x, first)
    np.testing.assert_array_equal(GaussianNoise(0.0)(x, training=True), x)
    rebuilt = GaussianNoise.from_config(layer.get_config())
    assert rebuilt.stddev == 0.5


def test_the_largest_number_is_the_smallest_mirrored(monkeypatch):
    monkeypatch.setattr("tf_gan.layers.gaussian_noise.ROUNDS", ())
    (largest,), (smallest,) = noise(2**32 - 1, 0, shape=(1,)), noise(0, 0, shape=(1,))
    assert largest == -smallest and 5.2 < largest < 5.3
