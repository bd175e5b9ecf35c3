"""The ways between bytes, floats in a range, and [0, 1]."""

import numpy as np
import pytest
import tensorflow as tf

from tf_gan.data.ranges import from_unit, scale, to_float, to_uint8, to_unit
from tf_gan.errors import UserError

BYTES = np.arange(256, dtype=np.uint8)


@pytest.mark.parametrize(
    "value_range", [(-1.0, 1.0), (0.0, 1.0), (-0.5, 0.5), (0.0, 255.0), (-2.0, 3.0)]
)
def test_scale_and_back(value_range):
    low, high = value_range
    floats = scale(BYTES, value_range)
    assert floats.dtype == np.float32
    assert (floats[0], floats[255]) == value_range
    np.testing.assert_allclose(
        floats, low + BYTES.astype(np.float64) * (high - low) / 255, atol=1e-6 * (high - low)
    )
    np.testing.assert_array_equal(to_uint8(floats, value_range), BYTES)


def test_scale_is_the_same_for_tensors_eagerly_and_in_a_dataset():
    inside = next(iter(tf.data.Dataset.from_tensors(BYTES).map(scale)))
    np.testing.assert_array_equal(scale(tf.constant(BYTES)), scale(BYTES))
    np.testing.assert_array_equal(inside, scale(BYTES))


def test_scale_takes_only_bytes():
    with pytest.raises(UserError, match=r"Expected uint8 images.*float32"):
        scale(np.zeros(3, np.float32))
    with pytest.raises(UserError, match="int32"):
        scale(tf.zeros(3, tf.int32))


def test_to_uint8_rounds_and_clips():
    # 127.5 to the even 128, 128.01.
    assert to_uint8([-1.5, -1, 0.0, 0.004, 1, 1.5], (-1, 1)).tolist() == [0, 0, 128, 128, 255, 255]
    assert to_uint8([0.4 / 255, 0.6 / 255], (0, 1)).tolist() == [0, 1]
    assert to_uint8([2.0, 3.0, 4.0], None).tolist() == [0, 128, 255]
    assert to_uint8([3.0, 3.0], None).tolist() == [0, 0]
    assert to_uint8([float("nan"), 1.0], (-1, 1)).tolist() == [128, 255]  # As 0 is.


@pytest.mark.parametrize("convert", [np.asarray, tf.constant])
def test_to_float(convert):
    bytes_ = to_float(convert(BYTES), (0.0, 1.0))
    np.testing.assert_array_equal(bytes_, scale(BYTES, (0.0, 1.0)))
    doubles = to_float(convert(np.array([-3.0, 7.0])), None)
    assert (doubles.dtype, np.asarray(doubles).tolist()) == (np.float32, [-3.0, 7.0])


# === [0, 1] ===


@pytest.mark.parametrize("convert", [np.asarray, tf.constant])
@pytest.mark.parametrize("value_range", [(-1.0, 1.0), (0.0, 1.0), (-0.5, 0.5), (0.0, 255.0)])
def test_to_unit_and_back(value_range, convert):
    low, high = value_range
    points = np.array([low, low + 0.25 * (high - low), high])
    unit = to_unit(convert(points), value_range)
    assert isinstance(unit, np.ndarray) == (convert is np.asarray) and unit.dtype == np.float32
    np.testing.assert_array_equal(unit, [0.0, 0.25, 1.0])
    back = from_unit(unit, value_range)
    assert isinstance(back, np.ndarray) == (convert is np.asarray) and back.dtype == np.float32
    np.testing.assert_array_equal(back, points)


@pytest.mark.parametrize("convert", [np.asarray, tf.constant])
def test_to_unit_clips_and_leaves_images_without_bounds(convert):
    values = convert(np.array([-1.5, -1.0, 0.0, 1.0, 1.001]))
    np.testing.assert_array_equal(to_unit(values, (-1.0, 1.0)), [0, 0, 0.5, 1, 1])
    for function in (to_unit, from_unit):
        np.testing.assert_array_equal(function(values, None), np.asarray(values, np.float32))
    np.testing.assert_array_equal(from_unit(convert(np.array([2.0])), (-1.0, 1.0)), [3.0])


def test_to_unit_in_a_graph():
    graph = tf.function(lambda x: to_unit(x, (-1.0, 1.0)))
    np.testing.assert_array_equal(graph(tf.constant([-1.0, 0.0, 3.0])), [0.0, 0.5, 1.0])
