"""Random streams: reproducible, independent, and the same in every program and for
every number of replicas.
"""

from statistics import NormalDist

import numpy as np
import pytest
import tensorflow as tf

import tf_gan.training.rng
from tf_gan.training.rng import Stream

DRAWS = 1_000_000


def test_same_seed_and_folds_give_the_same_numbers():
    np.testing.assert_array_equal(Stream(0, 5, 2).uniform((4, 3)), Stream(0, 5, 2).uniform((4, 3)))
    np.testing.assert_array_equal(
        Stream(0, 5, 2).normal((4, 3)), Stream(0).fold(5).fold(2).normal((4, 3))
    )
    np.testing.assert_array_equal(
        Stream(Stream(7, 1).key, 2).uniform((5,)), Stream(7, 1, 2).uniform((5,))
    )
    np.testing.assert_array_equal(
        Stream(0, tf.constant(5, tf.int64)).uniform((5,)), Stream(0, 5).uniform((5,))
    )


def test_the_numbers_stay_the_same():
    # Written down, not worked out: other numbers would mean that runs stopped before
    # the change do not go on as they began. Odd multiples of 2^-24, exact in float32.
    np.testing.assert_array_equal(
        Stream(0, 5, 2).uniform((3,)) * 2.0**24, [12673823.0, 3183341.0, 6287851.0]
    )


@pytest.mark.parametrize(
    "other",
    [
        Stream(0),
        Stream(1, 5, 2),
        Stream(0, 2, 5),
        Stream(0, 5),
        Stream(0, 5, 3),
        Stream(0, 5, 2, 0),
        Stream(2**31 - 1, 5, 2),
        Stream(-1, 5, 2),
    ],
)
def test_different_folds_are_independent(other):
    x, y = Stream(0, 5, 2).uniform((100_000,)).numpy(), other.uniform((100_000,)).numpy()
    # The standard error of a correlation of zero is n^-0.5 = 0.0032.
    assert abs(np.corrcoef(x, y)[0, 1]) < 4 * 0.0032


def test_entries_of_a_draw_are_independent():
    x = Stream(3).normal((1000, 1000)).numpy()
    for shifted in (np.roll(x, 1, axis=0), np.roll(x, 1, axis=1)):
        assert abs(np.mean(x * shifted)) < 4 * DRAWS**-0.5


def test_moments_of_normal():
    x = Stream(0).normal((DRAWS,)).numpy().astype(np.float64)
    # Four standard errors: var x = 1, var x^2 = 2 (half of it for the deviation's
    # square root, squared), var x^4 = 105 - 9 = 96.
    assert np.mean(x) == pytest.approx(0, abs=4 * (1 / DRAWS) ** 0.5)
    assert np.std(x) == pytest.approx(1, abs=4 * (0.5 / DRAWS) ** 0.5)
    assert np.mean(x**4) == pytest.approx(3, abs=4 * (96 / DRAWS) ** 0.5)
    assert np.mean(x < -2) == pytest.approx(NormalDist().cdf(-2), abs=4 * (0.0228 / DRAWS) ** 0.5)


def test_moments_of_uniform():
    x = Stream(0).uniform((DRAWS,), -1.0, 3.0).numpy().astype(np.float64)
    # Mean 1, variance 16 / 12; the fourth central moment is 4^4 / 80, so that the
    # squares have variance 3.2 - (4 / 3)^2.
    assert np.mean(x) == pytest.approx(1, abs=4 * (16 / 12 / DRAWS) ** 0.5)
    assert np.var(x) == pytest.approx(4 / 3, abs=4 * ((3.2 - 16 / 9) / DRAWS) ** 0.5)
    assert -1 < x.min() < -0.999
    assert 2.999 < x.max() < 3


def test_the_rarest_bits_stay_strictly_inside(monkeypatch):
    monkeypatch.setattr(
        tf_gan.training.rng.tf.random,
        "stateless_uniform",
        lambda *_, **__: tf.constant([0, 2**32 - 1], tf.uint32),
    )
    np.testing.assert_array_equal(Stream(0).uniform((2,)), np.float32([2**-24, 1 - 2**-24]))
    assert np.all(np.abs(Stream(0).uniform((2,), -1.0, 1.0)) < 1)
    extreme = NormalDist().inv_cdf(1 - 2**-24)  # 5.29
    # float32 carries 1 - 2^-23 exactly; what is lost is in erfinv's polynomial.
    np.testing.assert_allclose(Stream(0).normal((2,)), [-extreme, extreme], rtol=1e-4)
    assert extreme < 5.3


@pytest.mark.parametrize("draw", ["uniform", "normal"])
def test_replicas_draw_their_rows_of_one_draw(draw):
    whole = getattr(Stream(0, 4), draw)((6, 2, 3))
    for replica in (int, tf.constant):
        parts = [
            getattr(Stream(0, replica=replica(number), replicas=2).fold(4), draw)((3, 2, 3))
            for number in range(2)
        ]
        np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_layer_seeds_differ_between_layers_and_replicas():
    seeds = [
        Stream(0, 9, replica=replica, replicas=2).layer_seed(number)
        for replica in (0, 1)
        for number in (0, 1)
    ]
    assert {(seed.shape, seed.dtype) for seed in seeds} == {(tf.TensorShape(2), tf.int32)}
    assert len({tuple(seed.numpy()) for seed in seeds}) == 4
    np.testing.assert_array_equal(Stream(0, 9).layer_seed(1), seeds[1])


@pytest.mark.parametrize("jit_compile", [False, True])
def test_functions_draw_the_same_numbers(jit_compile):
    @tf.function(jit_compile=jit_compile)
    def draw(step, replica):
        stream = Stream(0, step, replica=replica, replicas=2)
        return stream.uniform((1000, 3), -1.0, 1.0), stream.normal((1000, 3))

    stream = Stream(0, 11, replica=1, replicas=2)
    uniform, normal = draw(tf.constant(11, tf.int64), tf.constant(1))
    np.testing.assert_array_equal(uniform, stream.uniform((1000, 3), -1.0, 1.0))
    # XLA has its own erfinv.
    np.testing.assert_allclose(normal, stream.normal((1000, 3)), atol=1e-4)


@pytest.mark.parametrize("seed", [0, 3, -1, 2**31 - 1, 2**31, 2**40 + 5, -(2**45)])
def test_a_seed_in_a_tensor_is_the_same_seed(seed):
    expected = Stream(seed, -2).normal((3, 2))
    function = tf.function(lambda seed, n: Stream(seed, -2).normal([n, 2]))
    np.testing.assert_array_equal(function(tf.constant(seed, tf.int64), tf.constant(3)), expected)
    np.testing.assert_array_equal(Stream(np.int64(seed), -2).normal((3, 2)), expected)
