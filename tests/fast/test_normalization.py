"""BatchNormalization in one operation: values, statistics, gradients, gradients of gradients
are those of Keras.
"""

import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gan.fast import normalization
from tf_gan.fast.layers import fast_layers

BatchNormalization = keras.layers.BatchNormalization
MOVES = {"gamma_initializer": "random_normal", "beta_initializer": "random_normal"}


@pytest.fixture(params=["own", "fused"])
def form(request, monkeypatch):
    taken = []

    def fastest(name, forms, *arguments):
        taken.append(name)
        return forms[request.param]

    monkeypatch.setattr(normalization, "fastest", fastest)
    return taken


def derivatives(layer, inputs, fast, **kwargs):
    """Outputs, gradients, the gradients of a gradient penalty, the moving statistics."""
    keras.utils.set_random_seed(0)
    layer = type(layer).from_config(layer.get_config())
    layer.build((None, *inputs.shape[1:]))
    weights = [weight.value for weight in layer.trainable_weights]
    scope = fast_layers([layer]) if fast else contextlib.nullcontext()
    with tf.GradientTape(persistent=True) as outer, tf.GradientTape() as tape:
        outer.watch(inputs)
        tape.watch([inputs, *weights])
        with scope:
            outputs = layer(inputs, training=True, **kwargs)
        ways = tf.random.stateless_normal(outputs.shape, (3, 4))
        value = tf.reduce_sum(tf.cast(outputs, tf.float32) ** 2 * ways)
        first, *others = tape.gradient(value, [inputs, *weights])
        penalty = tf.reduce_sum(tf.cast(first, tf.float32) ** 2)
    second = outer.gradient(penalty, [inputs, *weights])
    return [
        outputs, first, *others, *(each for each in second if each is not None),
        *layer.non_trainable_weights,
    ]  # fmt: skip


@pytest.mark.parametrize("shape", [(4, 5, 6, 3), (16, 7), (6, 1, 1, 8)])
@pytest.mark.parametrize("arguments", [MOVES, {"scale": False, "center": False, "momentum": 0.5}])
def test_it_is_that_of_keras(shape, arguments, form):
    layer = BatchNormalization(epsilon=1e-5, **arguments)
    inputs = 3.0 * tf.random.stateless_normal(shape, (1, 2)) + 1.0
    expected = derivatives(layer, inputs, fast=False)
    received = derivatives(layer, inputs, fast=True)
    assert form and len(received) == len(expected) >= 5
    for a, b in zip(received, expected, strict=True):
        scale = np.abs(b).max()
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-5 * max(scale, 1.0))


def test_one_example_has_no_variance(form):
    """Of one value a channel the variance is 0, and the outputs are the offsets."""
    layer = BatchNormalization(momentum=0.0)
    layer.build((None, 1, 1, 3))
    with fast_layers([layer]):
        outputs = layer(tf.fill((1, 1, 1, 3), 7.0), training=True)
    np.testing.assert_array_equal(outputs, np.zeros((1, 1, 1, 3)))
    np.testing.assert_array_equal(layer.moving_mean, [7.0] * 3)
    np.testing.assert_array_equal(layer.moving_variance, [0.0] * 3)


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision(dtype, form):
    layer = BatchNormalization(dtype=dtype)
    inputs = tf.random.stateless_normal((8, 4, 4, 3), (1, 2))
    expected, received = (derivatives(layer, inputs, fast) for fast in (False, True))
    assert form and received[0].dtype == expected[0].dtype == tf.as_dtype(layer.compute_dtype)
    for a, b in zip(received, expected, strict=True):
        a, b = (np.array(tf.cast(each, tf.float32)) for each in (a, b))
        np.testing.assert_allclose(a, b, rtol=0.02, atol=0.02 * np.abs(b).max())


@pytest.mark.parametrize(
    ("arguments", "kwargs"),
    [
        ({"renorm": True}, {}),
        ({"axis": 1}, {}),
        ({"trainable": False}, {}),
        ({}, {"mask": np.ones((4, 6, 6), bool)}),
        ({}, {"training": False}),
        ({"synchronized": True}, {}),
        ({"dtype": "float64"}, {}),
    ],
    ids=["renorm", "axis", "frozen", "mask", "inference", "synchronized", "float64"],
)
def test_other_settings_are_left_alone(arguments, kwargs, form):
    inputs = tf.random.stateless_normal((4, 6, 6, 3), (1, 2))
    outputs = []
    for fast in (False, True):
        layer = BatchNormalization(**arguments)
        layer.build(inputs.shape)
        with fast_layers([layer]) if fast else contextlib.nullcontext():
            outputs.append(layer(inputs, **({"training": True} | kwargs)))
    assert not form
    np.testing.assert_array_equal(*outputs)


def test_a_subclass_with_moments_of_its_own_is_left_alone(form):
    class Halved(BatchNormalization):
        def _moments(self, inputs, mask):
            mean, variance = super()._moments(inputs, mask)
            return mean / 2, variance

    layer = Halved()
    inputs = tf.ones((4, 6, 6, 3))
    layer.build(inputs.shape)
    with fast_layers([layer]):
        outputs = layer(inputs, training=True)
    np.testing.assert_allclose(outputs, np.full(inputs.shape, 0.5 / np.sqrt(1e-3)), rtol=1e-5)


def test_statistics_stay_in_the_scope_of_a_step(form):
    layer = BatchNormalization()
    inputs = tf.random.stateless_normal((4, 6, 6, 3), (1, 2))
    layer.build(inputs.shape)
    with fast_layers([layer]):
        outputs, statistics = layer.stateless_call(
            layer.trainable_variables, layer.non_trainable_variables, inputs, training=True
        )
    np.testing.assert_array_equal(layer.moving_mean, np.zeros(3))
    moments = [0.01 * np.mean(inputs, (0, 1, 2)), 0.99 + 0.01 * np.var(inputs, (0, 1, 2))]
    np.testing.assert_allclose(statistics[:2], moments, rtol=1e-4)
    assert outputs.shape == inputs.shape and form


def test_sizes_that_are_known_only_when_it_runs(form):
    layer = BatchNormalization()
    layer.build((None, None, None, 3))

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3))])
    def function(inputs):
        with fast_layers([layer]):
            return layer(inputs, training=True)

    inputs = tf.random.stateless_normal((4, 6, 5, 3), (1, 2))
    expected = BatchNormalization()(inputs, training=True)
    np.testing.assert_allclose(function(inputs), expected, atol=1e-5)
    assert not form
