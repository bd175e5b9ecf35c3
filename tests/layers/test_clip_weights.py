"""Weight clipping, alone and as a layer's constraint."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.layers import ClipWeights


def test_clips_to_the_limit():
    weights = tf.constant([-3.0, -0.25, 0.0, 0.1, 0.25, 7.0])
    np.testing.assert_array_equal(
        ClipWeights(0.25)(weights), [-0.25, -0.25, 0.0, np.float32(0.1), 0.25, 0.25]
    )
    np.testing.assert_array_equal(
        ClipWeights()(weights), np.float32([-0.01, -0.01, 0.0, 0.01, 0.01, 0.01])
    )


def test_layers_are_clipped_after_an_optimizer_step():
    layer = keras.layers.Dense(
        1,
        kernel_initializer="zeros",
        kernel_constraint=ClipWeights(0.5),
        bias_constraint=ClipWeights(0.25),
    )
    layer.build((None, 3))
    # A step of 1 against the gradient would lead to -2, 0.3 and 1, and the bias to -1.
    keras.optimizers.SGD(1.0).apply(
        [tf.constant([[2.0], [-0.3], [-1.0]]), tf.constant([1.0])], layer.trainable_weights
    )
    np.testing.assert_array_equal(layer.kernel, np.float32([[-0.5], [0.3], [0.5]]))
    np.testing.assert_array_equal(layer.bias, [-0.25])


def test_serialisation_keeps_the_limit():
    loaded = keras.constraints.deserialize(keras.constraints.serialize(ClipWeights(0.125)))
    assert isinstance(loaded, ClipWeights)
    assert loaded.limit == 0.125


@pytest.mark.parametrize("limit", [0, -0.01])
def test_limit_is_positive(limit):
    with pytest.raises(UserError, match=f"`limit`. Expected a number > 0. Received: limit={limit}"):
        ClipWeights(limit)
