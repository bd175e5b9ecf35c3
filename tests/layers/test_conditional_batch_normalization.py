import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.layers import ConditionalBatchNormalization
from tf_gan.models.averages import move

RANDOM = np.random.default_rng(0)
MAPS = RANDOM.normal(2.0, 3.0, (5, 4, 3, 2)).astype(np.float32)
LABELS = np.array([0, 2, 1, 0, 2], np.int32)
VECTORS = RANDOM.normal(size=(5, 3)).astype(np.float32)


def inputs(condition):
    return [tf.constant(MAPS), tf.constant(condition)]


def standardized(epsilon=1e-5):
    mean, variance = MAPS.mean(axis=(0, 1, 2)), MAPS.var(axis=(0, 1, 2))
    return (MAPS - mean) / np.sqrt(variance + epsilon)


def test_tables_start_at_one_and_zero_and_the_statistics_are_those_of_all_classes():
    layer = ConditionalBatchNormalization(3)
    np.testing.assert_allclose(layer(inputs(LABELS), training=True), standardized(), atol=1e-5)
    gains, shifts = RANDOM.normal(size=(2, 3, 2)).astype(np.float32)
    layer.gains.set_weights([gains])
    layer.shifts.set_weights([shifts])
    expected = standardized() * gains[LABELS][:, None, None] + shifts[LABELS][:, None, None]
    np.testing.assert_allclose(layer(inputs(LABELS), training=True), expected, atol=1e-5)


def test_moving_statistics_are_used_outside_of_training():
    layer = ConditionalBatchNormalization(3, momentum=0.5, epsilon=0.1)
    layer(inputs(LABELS), training=True)
    mean, variance = MAPS.mean(axis=(0, 1, 2)) / 2, (1 + MAPS.var(axis=(0, 1, 2))) / 2
    expected = (MAPS - mean) / np.sqrt(variance + 0.1)
    np.testing.assert_allclose(layer(inputs(LABELS), training=False), expected, atol=1e-4)


@pytest.mark.parametrize("spectral", [False, True])
def test_vectors_go_through_linear_layers(spectral):
    layer = ConditionalBatchNormalization(spectral_normalization=spectral)
    y = layer(inputs(VECTORS), training=False)
    gains, shifts = (each.layer if spectral else each for each in (layer.gains, layer.shifts))
    sigmas = [1.0, 1.0]
    if spectral:
        sigmas = [
            float(each.singular_value(each.layer.kernel)[0]) for each in (layer.gains, layer.shifts)
        ]
    gain = 1 + VECTORS @ np.asarray(gains.kernel) / sigmas[0]
    shift = VECTORS @ np.asarray(shifts.kernel) / sigmas[1]
    expected = MAPS / np.sqrt(1 + 1e-5) * gain[:, None, None] + shift[:, None, None]
    np.testing.assert_allclose(y, expected, atol=1e-5)
    assert gains.bias is None


def network():
    keras.utils.set_random_seed(0)
    maps, labels = keras.Input((4, 3, 2)), keras.Input((), dtype="int32")
    return keras.Model([maps, labels], ConditionalBatchNormalization(3)([maps, labels]))


def test_saves_and_loads(tmp_path):
    model = network()
    model(inputs(LABELS), training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(inputs(LABELS)), model(inputs(LABELS)))


def test_is_made_again_from_its_config():
    layer = ConditionalBatchNormalization(
        momentum=0.5,
        epsilon=0.1,
        spectral_normalization=True,
        kernel_initializer=keras.initializers.Orthogonal(seed=1),
        kernel_regularizer=keras.regularizers.L2(0.3),
    )
    copy = ConditionalBatchNormalization.from_config(layer.get_config())
    assert (copy.num_classes, copy.momentum, copy.epsilon) == (None, 0.5, 0.1)
    assert copy.spectral_normalization
    copy(inputs(VECTORS))
    for each in (copy.gains, copy.shifts):
        assert isinstance(each.layer.kernel_initializer, keras.initializers.Orthogonal)
        assert float(each.layer.kernel_regularizer.l2) == pytest.approx(0.3)
    assert len(copy.losses) == 2


def test_a_moving_average_has_statistics_of_its_own():
    model, average = network(), network()
    average.layers[-1].gains.set_weights([np.full((3, 2), 2.0, np.float32)])
    move(average, model, 0.5, tf.constant(0), lambda n: inputs(LABELS))
    # In step 0 the average moves nine tenths of the way.
    np.testing.assert_allclose(average.layers[-1].gains.get_weights()[0], 1.1, atol=1e-6)
    mean = average.layers[-1].normalization.moving_mean
    # The decay of the statistics is 1 / 10 in the first step.
    np.testing.assert_allclose(mean, 0.9 * MAPS.mean(axis=(0, 1, 2)), rtol=1e-4)


def test_a_condition_that_does_not_fit_is_refused():
    with pytest.raises(UserError, match=r"with labels \(B,\)\. Received.*\(5, 3\)"):
        ConditionalBatchNormalization(3)(inputs(VECTORS))
    with pytest.raises(UserError, match=r"vectors \(B, d\) without num_classes.*\(5,\)"):
        ConditionalBatchNormalization()(inputs(LABELS))
