import keras
import numpy as np
import pytest
import tensorflow as tf
from support.residual_twin import Twin, randomize

from tf_gan.errors import UserError
from tf_gan.layers import SelfAttention, SpectralNormalization

RANDOM = np.random.default_rng(0)
MAPS = RANDOM.normal(size=(2, 4, 6, 16)).astype(np.float32)


def network(**arguments):
    keras.utils.set_random_seed(0)
    maps = keras.Input(MAPS.shape[1:])
    return keras.Model(maps, SelfAttention(**arguments)(maps))


@pytest.mark.parametrize("spectral", [False, True])
def test_matches_numpy(spectral):
    model = network(spectral_normalization=spectral)
    np.testing.assert_array_equal(model(MAPS), MAPS)  # gamma is 0.
    randomize(model)
    np.testing.assert_allclose(model(MAPS), Twin(model).attention(MAPS), atol=1e-5)


def test_queries_and_keys_have_an_eighth_of_the_channels_and_values_a_half():
    layer = network().layers[-1]
    shapes = {tuple(weight.shape) for weight in layer.trainable_weights}
    assert shapes == {(1, 1, 16, 2), (1, 1, 16, 8), (1, 1, 8, 16), ()}
    for each in (layer.queries, layer.keys, layer.values, layer.mixed):
        assert isinstance(each, SpectralNormalization) and not each.layer.use_bias


def test_the_gradient_of_a_penalty_by_differences():
    model = network()
    randomize(model)
    x = tf.constant(MAPS)
    gamma = model.layers[-1].gamma

    def penalty():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(tf.sin(model(x)))
        return tf.reduce_sum(tf.square(tape.gradient(y, x)))

    with tf.GradientTape() as tape:
        value = penalty()
    slope = float(tape.gradient(value, gamma.value))
    start, sides = float(gamma.numpy()), []
    for step in (1e-2, -1e-2):
        gamma.assign(start + step)
        sides.append(float(penalty()))
    assert slope == pytest.approx((sides[0] - sides[1]) / 2e-2, rel=1e-2)


def test_saves_loads_and_computes_in_half_precision(tmp_path):
    model = network(kernel_initializer="orthogonal")
    randomize(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(MAPS), model(MAPS))
    half = SelfAttention(dtype="mixed_bfloat16")
    half(MAPS)
    half.set_weights(model.layers[-1].get_weights())
    assert half(MAPS).dtype == "bfloat16"
    np.testing.assert_allclose(tf.cast(half(MAPS), "float32"), model(MAPS), atol=0.1)


@pytest.mark.parametrize("shape", [(2, 5, 4, 8), (2, None, 4, 8), (2, 8)])
def test_maps_that_cannot_be_pooled_are_refused(shape):
    with pytest.raises(UserError, match="even H and W"):
        SelfAttention().build(shape)


def test_a_regularizer_of_the_kernels():
    layer = SelfAttention(kernel_regularizer=keras.regularizers.L2(0.3))
    copy = SelfAttention.from_config(layer.get_config())
    copy(MAPS)
    assert len(copy.losses) == 4
