import keras
import numpy as np
import pytest
from scipy.special import expit

from tf_gan.errors import UserError
from tf_gan.layers import TiedDense


def built(**arguments):
    layer = TiedDense(3, kernel_initializer=keras.initializers.RandomNormal(seed=1), **arguments)
    layer.build((None, 2))
    layer.hidden_bias.assign([0.5, -1.0])
    return layer


def test_goes_up_and_down_by_one_matrix():
    layer = built()
    layer.visible_bias.assign([1.0, 2.0, 3.0])
    w = layer.kernel.numpy()
    random = np.random.default_rng(0)
    v, h = (random.normal(size=(4, units)).astype(np.float32) for units in (3, 2))
    np.testing.assert_allclose(layer.up(v), v @ w + [0.5, -1.0], atol=1e-5)
    np.testing.assert_allclose(layer.down(h), h @ w.T + [1, 2, 3], atol=1e-5)
    np.testing.assert_allclose(layer(h), expit(h @ w.T + [1, 2, 3]), atol=1e-5)
    assert layer.compute_output_shape((4, 2)) == (4, 3)


def test_without_a_visible_bias():
    layer = built(use_visible_bias=False, activation=None)
    h = np.ones((1, 2), np.float32)
    np.testing.assert_allclose(layer(h), h @ layer.kernel.numpy().T, atol=1e-6)
    assert len(layer.weights) == 2


def test_is_made_again_from_its_config():
    layer = TiedDense.from_config(built(use_visible_bias=False).get_config())
    assert (layer.units, layer.use_visible_bias) == (3, False)
    assert layer.activation is keras.activations.sigmoid
    layer = TiedDense.from_config(built(activation="tanh").get_config())
    assert (layer.activation, layer.use_visible_bias) == (keras.activations.tanh, True)


def test_units_are_an_integer():
    with pytest.raises(UserError, match=r"`units`. Expected an integer >= 1. Received: units=0"):
        TiedDense(0)
