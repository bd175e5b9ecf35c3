"""Minibatch discrimination by hand and against loops in NumPy."""

import keras
import numpy as np
import pytest

from tf_gan.errors import UserError
from tf_gan.layers import MinibatchDiscrimination


def test_by_hand():
    layer = MinibatchDiscrimination(kernels=1, dimensions=2)
    layer.build((None, 1))
    # M_i = (x, -2 x): two examples are 3 |x_i - x_j| apart.
    layer.set_weights([np.array([[1.0, -2.0]])])
    x = np.array([[0.0], [0.0], [1.0]], "float32")
    near, far = 2 + np.exp(-3), 1 + 2 * np.exp(-3)
    np.testing.assert_allclose(layer(x), [[0, near], [0, near], [1, far]], rtol=1e-6)


def test_matches_numpy():
    random = np.random.default_rng(0)
    layer, x = MinibatchDiscrimination(4, 3), random.normal(size=(6, 5)).astype("float32")
    outputs = layer(x)
    tensor = layer.get_weights()[0].reshape(5, 4, 3)
    m = np.einsum("ia,abc->ibc", x, tensor)
    expected = [
        [sum(np.exp(-np.abs(m[i, b] - m[j, b]).sum()) for j in range(6)) for b in range(4)]
        for i in range(6)
    ]
    np.testing.assert_allclose(outputs, np.concatenate([x, expected], axis=1), rtol=1e-5)
    assert layer.compute_output_shape((None, 5)) == (None, 9)


def test_a_minibatch_of_equal_examples_is_told_from_one_of_different_ones():
    layer, random = MinibatchDiscrimination(8, 5), np.random.default_rng(0)
    equal, different = layer(np.ones((16, 20))), layer(random.normal(size=(16, 20)))
    np.testing.assert_allclose(equal[:, 20:], 16, rtol=1e-6)
    assert np.max(different[:, 20:]) < 8


def test_saved_model_gives_the_same(tmp_path):
    inputs = keras.Input((4,))
    model = keras.Model(inputs, MinibatchDiscrimination(3, 2)(inputs))
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(0).normal(size=(5, 4))
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(x), model(x))


def test_is_made_again_from_its_config():
    layer = MinibatchDiscrimination(3, 2, kernel_initializer=keras.initializers.Orthogonal(seed=1))
    copy = MinibatchDiscrimination.from_config(layer.get_config())
    assert (copy.kernels, copy.dimensions) == (3, 2)
    assert isinstance(copy.kernel_initializer, keras.initializers.Orthogonal)


def test_bad_arguments():
    with pytest.raises(UserError, match=r"an integer >= 1. Received: kernels=0"):
        MinibatchDiscrimination(0)
    with pytest.raises(UserError, match=r"dimensions=2.5"):
        MinibatchDiscrimination(2, 2.5)
    with pytest.raises(UserError, match=r"put a Flatten layer before. Received: shape \(2, 3, 4\)"):
        MinibatchDiscrimination()(np.zeros((2, 3, 4)))
