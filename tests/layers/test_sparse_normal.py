import keras
import numpy as np
import pytest

from tf_gan.errors import UserError
from tf_gan.layers import SparseNormal


def test_as_many_weights_into_each_unit_in_the_given_normal():
    kernel = np.asarray(SparseNormal(20, stddev=2.0, seed=0)((300, 400)))
    chosen = kernel != 0
    np.testing.assert_array_equal(chosen.sum(0), 20)
    # Each input is chosen by about 400 * 20 / 300 = 27 units, with a deviation of about 5.
    assert chosen.sum(1).min() > 8 and chosen.sum(1).max() < 50
    assert abs(kernel[chosen].mean()) < 0.1 and abs(kernel[chosen].std() - 2.0) < 0.1
    # Which places are chosen says nothing of their values.
    rows = np.broadcast_to(np.arange(300)[:, None], kernel.shape)[chosen]
    assert abs(np.corrcoef(rows, kernel[chosen])[0, 1]) < 0.05


def test_layers_with_fewer_inputs_take_all():
    assert (np.asarray(SparseNormal(20, seed=0)((6, 4))) != 0).all()


def test_seeds_and_copies():
    kernel = SparseNormal(3, seed=5)((9, 4))
    np.testing.assert_array_equal(kernel, SparseNormal(3, seed=5)((9, 4)))
    assert (np.asarray(kernel) != np.asarray(SparseNormal(3, seed=6)((9, 4)))).any()
    layer = keras.layers.Dense(4, kernel_initializer=SparseNormal(3, 0.5, 7))
    copy = keras.layers.Dense.from_config(layer.get_config())
    assert copy.kernel_initializer.get_config() == {"inputs": 3, "stddev": 0.5, "seed": 7}
    keras.utils.set_random_seed(0)
    first = SparseNormal(3)((9, 4))
    second = SparseNormal(3)((9, 4))
    assert (np.asarray(first) != np.asarray(second)).any()
    keras.utils.set_random_seed(0)
    np.testing.assert_array_equal(first, SparseNormal(3)((9, 4)))


@pytest.mark.parametrize("inputs", [0, 2.5, "many"])
def test_no_inputs(inputs):
    with pytest.raises(UserError, match=r"`inputs`. Expected an integer >= 1. Received"):
        SparseNormal(inputs)


def test_kernels_of_convolutions_are_refused():
    with pytest.raises(UserError, match=r"Expected the kernel of a dense layer"):
        SparseNormal(3)((3, 3, 4, 4))
