"""Checks that all metrics share, and distances in blocks."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.distance import cdist

from tf_gan.errors import UserError
from tf_gan.metrics import arrays


def test_rows_are_flat_and_keep_their_precision():
    images = np.arange(24).reshape(2, 3, 4)
    for dtype, expected in (
        (np.uint8, np.float64),
        (np.float16, np.float32),
        (np.float32, np.float32),
        (np.float64, np.float64),
    ):
        matrix = arrays.rows("images", images.astype(dtype))
        assert (matrix.shape, matrix.dtype) == ((2, 12), expected)
        np.testing.assert_array_equal(matrix, np.arange(24).reshape(2, 12))
    assert arrays.rows("images", tf.ones((2, 3))).shape == (2, 3)
    assert arrays.rows("images", tf.ones((2, 3), tf.bfloat16)).dtype == np.float32


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros(3), r"`x` to be numbers of shape \(N, ...\).*Received: shape \(3,\)"),
        (np.array([["a", "b"]]), "dtype <U1"),
        (np.zeros((0, 3)), r"at least 2 rows of numbers in `x`. Received: shape \(0, 3\)"),
        (np.zeros((1, 3)), r"shape \(1, 3\)"),
        (np.zeros((5, 0)), r"shape \(5, 0\)"),
        (
            np.array([[1, np.nan], [1, 1], [np.inf, 1]]),
            "finite numbers in `x`. Received: 2 of 3 rows",
        ),
    ],
)
def test_rows_that_make_no_sense(values, message):
    with pytest.raises(UserError, match=message):
        arrays.rows("x", values, least=2)


def test_pairs_have_one_width():
    real, fake = arrays.pair(real=np.zeros((2, 3, 2)), fake=np.ones((5, 6)))
    assert (real.shape, fake.shape) == ((2, 6), (5, 6))
    with pytest.raises(
        UserError,
        match=r"`real` and `fake` to have one number of entries in a row. Received: real 3, fake 4",
    ):
        arrays.pair(real=np.zeros((2, 3)), fake=np.zeros((2, 4)))


def test_ranges():
    np.testing.assert_allclose(
        arrays.unit_range("x", np.array([-1.0, 0.5, 1.0]), (-1, 1)), [0, 0.75, 1]
    )
    assert arrays.unit_range("x", np.array([9.0]), None) == 9
    assert arrays.unit_range("x", np.ones(1, np.float32), (-3, 1)).dtype == np.float32
    with pytest.raises(UserError, match=r"`x` in \[0, 1\].*Received: values from -1 to 0.5"):
        arrays.unit_range("x", np.array([-1, 0.5]), (0, 1))
    with pytest.raises(UserError, match="low < high"):
        arrays.unit_range("x", np.zeros(1), (1, 1))


def test_rounding_beyond_the_range_is_no_error():
    arrays.unit_range("x", np.array([-1.0001, 1.0001]), (-1, 1))
    for low, high in ((-1.001, 1), (-1, 1.001)):
        with pytest.raises(UserError, match=r"`x` in \[-1, 1\]"):
            arrays.unit_range("x", np.array([low, high]), (-1, 1))


def test_images():
    images = arrays.images("x", np.full((2, 3, 4, 1), 255, np.uint8), (0, 255))
    assert (images.shape, images.dtype, images.min()) == ((2, 3, 4, 1), np.float32, 1)
    with pytest.raises(
        UserError, match=r"images of shape \(N, H, W, C\). Received: shape \(2, 3, 4\)"
    ):
        arrays.images("x", np.zeros((2, 3, 4)))


@pytest.mark.parametrize("block", [1, 100, 2**24])
def test_distances_against_scipy(monkeypatch, block):
    """Far from the origin, where the naive formula would lose all digits in float32."""
    monkeypatch.setattr(arrays, "BLOCK", block)
    generator = np.random.default_rng(0)
    a, b = (generator.normal(1000, 1, (n, 5)) for n in (23, 31))
    result, seen = np.empty((23, 31)), 0
    for part, distances in arrays.squared_distances(a, b):
        assert distances.size <= max(block, 31)
        result[part], seen = distances, seen + len(distances)
    assert seen == 23
    np.testing.assert_allclose(result, cdist(a, b, "sqeuclidean"), rtol=1e-9)
    assert all((distances >= 0).all() for _, distances in arrays.squared_distances(a, a))
