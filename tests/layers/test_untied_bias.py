"""The untied bias against sums of whole numbers."""

import keras
import numpy as np

from tf_gan.layers import UntiedBias


def test_each_entry_has_its_own_bias():
    layer = UntiedBias()
    x = np.arange(24, dtype="float32").reshape(2, 2, 3, 2)
    np.testing.assert_array_equal(layer(x), x)  # It starts at 0.
    assert [weight.shape for weight in layer.trainable_weights] == [(2, 3, 2)]
    bias = 100.0 * np.arange(12, dtype="float32").reshape(2, 3, 2)
    layer.set_weights([bias])
    # Both examples get the same biases: 0 + 0, 1 + 100, ... and 12 + 0, 13 + 100, ...
    expected = [101.0 * i for i in range(12)] + [101.0 * i + 12 for i in range(12)]
    np.testing.assert_array_equal(np.reshape(layer(x), -1), expected)


def test_saved_model_gives_the_same(tmp_path):
    images = keras.Input((2, 2, 1))
    model = keras.Model(images, UntiedBias(keras.initializers.Constant(0.25), name="bias")(images))
    np.testing.assert_array_equal(model(np.zeros((1, 2, 2, 1))), np.full((1, 2, 2, 1), 0.25))
    model.set_weights([np.arange(4.0).reshape(2, 2, 1)])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        loaded(np.ones((3, 2, 2, 1))),
        np.broadcast_to(np.arange(1.0, 5.0).reshape(2, 2, 1), (3, 2, 2, 1)),
    )
    assert loaded.get_layer("bias").bias_initializer.value == 0.25
