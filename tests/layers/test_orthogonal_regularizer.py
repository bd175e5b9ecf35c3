import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_gan
from tf_gan.errors import UserError
from tf_gan.layers import OffDiagonalRegularizer


def by_hand(matrix):
    """The sum of the squared products of each two rows."""
    return sum(
        float(a @ b) ** 2 for i, a in enumerate(matrix) for j, b in enumerate(matrix) if i != j
    )


@pytest.mark.parametrize(("shape", "axis"), [((4, 3), -1), ((3, 3, 2, 5), -1), ((4, 4, 5, 2), -2)])
def test_value_and_gradient(shape, axis):
    kernel = np.random.default_rng(0).normal(size=shape)
    rows = np.moveaxis(kernel, axis, 0).reshape(shape[axis], -1)
    x = tf.constant(kernel, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = OffDiagonalRegularizer(0.5, axis)(x)
    assert float(value) == pytest.approx(0.5 * by_hand(rows), rel=1e-5)
    products = rows @ rows.T
    expected = 0.5 * 4 * (products - np.diag(np.diag(products))) @ rows
    gradient = np.moveaxis(tape.gradient(value, x).numpy(), axis, 0).reshape(rows.shape)
    np.testing.assert_allclose(gradient, expected, atol=1e-4)


def test_lengths_do_not_matter_where_units_are_orthogonal():
    assert float(OffDiagonalRegularizer(1.0)(tf.constant(np.diag([1.0, 5.0, 0.1])))) == 0.0


def test_a_gan_adds_it_to_the_loss_of_its_network_and_logs_it():
    regularizer = OffDiagonalRegularizer(2.0)
    dense = keras.layers.Dense(4, "tanh", kernel_regularizer=regularizer)
    generator = keras.Sequential([keras.Input((3,)), dense])
    discriminator = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    gan = tf_gan.GAN(generator, discriminator, latent_dim=3)
    rates = keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0)
    gan.compile(*rates, run_eagerly=True)
    logs = gan.train_on_batch(np.zeros((2, 4), np.float32), return_dict=True)
    expected = 2.0 * by_hand(dense.kernel.numpy().T)
    assert logs["generator_regularization"] == pytest.approx(expected, rel=1e-5)
    assert "discriminator_regularization" not in logs


def test_config_and_errors():
    copy = keras.regularizers.deserialize(
        keras.regularizers.serialize(OffDiagonalRegularizer(0.3, -2))
    )
    assert copy.get_config() == {"weight": 0.3, "axis": -2}
    with pytest.raises(UserError, match=r"Expected a number >= 0. Received: weight=-1"):
        OffDiagonalRegularizer(-1)
