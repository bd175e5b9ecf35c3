import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.layers import MinibatchStddev


def images(n, channels=4):
    return np.random.default_rng(n).normal(size=(n, 3, 2, channels)).astype(np.float32)


def loops(x, group, features=1):
    """The rule of the docstring, image by image."""
    n, height, width, channels = x.shape
    count, part = n // group, channels // features
    extra = np.zeros((n, height, width, features))
    for number in range(n):
        members = [x[other] for other in range(n) if other % count == number % count]
        deviations = np.sqrt(np.var(members, axis=0) + 1e-8)
        for f in range(features):
            extra[number, ..., f] = deviations[..., f * part : (f + 1) * part].mean()
    return np.concatenate([x, extra], axis=-1)


def test_by_hand():
    # Two images of one pixel, 1 and 5: a deviation of 2.
    x = np.array([1.0, 5.0], np.float32).reshape(2, 1, 1, 1)
    np.testing.assert_allclose(np.squeeze(MinibatchStddev()(x)), [[1, 2], [5, 2]], rtol=1e-6)


@pytest.mark.parametrize(
    ("n", "group_size", "features", "group"),
    [(8, 4, 1, 4), (8, 4, 2, 4), (9, 4, 1, 3), (7, 4, 1, 1), (3, 4, 4, 3), (6, None, 2, 6)],
)
@pytest.mark.parametrize("known", [True, False])
def test_matches_loops(n, group_size, features, group, known):
    x, layer = images(n), MinibatchStddev(group_size, features)
    signature = [tf.TensorSpec([n if known else None, 3, 2, 4])]
    outputs = tf.function(layer, input_signature=signature)(x)
    np.testing.assert_allclose(outputs, loops(x, group, features), rtol=1e-5)
    assert outputs.shape == layer.compute_output_shape(x.shape)


def test_xla():
    x = images(8)
    outputs = tf.function(MinibatchStddev(), jit_compile=True)(x)
    np.testing.assert_allclose(outputs, loops(x, 4), rtol=1e-5)


def test_squares_that_half_precision_cannot_hold():
    x = (400 * images(8)).astype(np.float16)
    outputs = MinibatchStddev(dtype="mixed_float16")(x)
    assert outputs.dtype == tf.float16
    np.testing.assert_allclose(outputs, loops(x.astype(np.float32), 4), rtol=2e-3)


def test_equal_images_have_a_finite_second_derivative():
    x = tf.ones((4, 2, 2, 1))
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_sum(MinibatchStddev()(x) ** 2)
        norm = tf.reduce_sum(inner.gradient(y, x) ** 2)
    assert np.isfinite(outer.gradient(norm, x)).all()


def test_second_derivative():
    """By finite differences of d/dx |d/dx sum(layer(x)^3)|^2."""
    x = tf.cast(images(4, 1)[:, :1, :1], tf.float32)

    def squared_gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(MinibatchStddev()(x) ** 3)
        return tf.reduce_sum(tape.gradient(y, x) ** 2)

    with tf.GradientTape() as tape:
        tape.watch(x)
        value = squared_gradient(x)
    gradient = tape.gradient(value, x).numpy().ravel()
    for index in range(4):
        step = np.zeros((4, 1, 1, 1), np.float32)
        step[index] = 1e-2
        difference = float(squared_gradient(x + step) - squared_gradient(x - step))
        assert difference / 2e-2 == pytest.approx(gradient[index], rel=1e-2, abs=1e-2)


def test_saves_and_loads(tmp_path):
    inputs = keras.Input((3, 2, 4))
    model = keras.Model(inputs, MinibatchStddev(3, 2)(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(images(6)), model(images(6)))


def test_wrong_arguments():
    with pytest.raises(UserError, match=r"an integer >= 1. Received: group_size=-1"):
        MinibatchStddev(-1)
    with pytest.raises(UserError, match=r"a multiple of features=3. Received: shape \(2, 3, 2, 4"):
        MinibatchStddev(features=3)(images(2))


@pytest.mark.parametrize("size", [0, False, "4"])
def test_groups_of_no_images_are_refused(size):
    with pytest.raises(UserError, match=r"`group_size`\. Expected an integer >= 1"):
        MinibatchStddev(size)
