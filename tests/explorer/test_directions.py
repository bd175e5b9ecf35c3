"""Directions from the first kernel, and from files."""

import keras
import numpy as np
import pytest

from tf_gan import explorer
from tf_gan.errors import UserError
from tf_gan.explorer import directions
from tf_gan.layers import SpectralNormalization


def network(*layers, latent_dim=3):
    return keras.Sequential([keras.Input((latent_dim,)), *layers])


def test_directions_are_stretched_most_first():
    layer = keras.layers.Dense(3)
    model = network(keras.layers.Rescaling(1.0), layer)
    layer.kernel.assign(np.array([[0, 2, 0], [0, 0, -5], [1, 0, 0]], np.float32))
    found = directions.singular(model, 3)
    assert list(found) == ["direction 1", "direction 2", "direction 3"]
    np.testing.assert_allclose(list(found.values()), [[0, 1, 0], [1, 0, 0], [0, 0, 1]], atol=1e-7)
    assert list(directions.singular(model, 3, count=1)) == ["direction 1"]


def test_kernels_of_other_layers():
    dense = keras.layers.Dense(4)
    assert directions.first_kernel(network(SpectralNormalization(dense)), 3).shape == (3, 4)
    up = keras.layers.Conv2DTranspose(5, 4)
    model = network(keras.layers.Reshape((1, 1, 3)), up)
    kernel = directions.first_kernel(model, 3)
    assert kernel.shape == (3, 80)
    np.testing.assert_allclose(kernel[1].reshape(4, 4, 5), up.kernel.numpy()[..., 1])
    z, y = keras.Input((3,)), keras.Input((2,))
    joined = keras.layers.Dense(6)
    model = keras.Model([z, y], joined(keras.layers.Concatenate()([z, y])))
    np.testing.assert_allclose(directions.first_kernel(model, 3), joined.kernel.numpy()[:3])
    assert directions.singular(network(keras.layers.Activation("tanh")), 3) == {}


def test_the_first_layer_of_models_inside_models():
    first, second, last = (keras.layers.Dense(size) for size in (5, 6, 7))
    inner = keras.Sequential([keras.Input((3,)), first, second])
    outer = network(keras.Sequential([keras.Input((3,)), inner, last]))
    np.testing.assert_allclose(directions.first_kernel(outer, 3), first.kernel.numpy())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Expected .*directions.json to be a file that the page of tf-gan-explore saved"),
        ('{"directions": [{"name": "x"}]}', "KeyError: 'vector'"),
        ('{"directions": [{"name": "x", "vector": [1, 2]}]}', "Received: 2 for 'x'"),
        ('{"directions": [{"name": "x", "vector": [1, NaN, 2]}]}', "Expected numbers .* 'x'"),
        ('{"directions": [{"name": "x", "vector": 1}]}', "Expected numbers .* 'x'"),
    ],
)
def test_damaged_files_are_refused(tmp_path, text, message):
    (tmp_path / "directions.json").write_text(text)
    with pytest.raises(UserError, match=message):
        explorer.read_directions(tmp_path, 3)


def test_a_missing_file(tmp_path):
    with pytest.raises(UserError, match=r"directions\.json cannot be read: No such file"):
        explorer.read_directions(tmp_path)
