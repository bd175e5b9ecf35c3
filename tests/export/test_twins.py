"""Twins of layers that do not ask for the batch: the same values."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gan.export.twins import without_batch_shape
from tf_gan.layers import UpsampleConv2D


def network(use_bias):
    bias = {"use_bias": use_bias, "bias_initializer": "random_normal"}
    inner = keras.Sequential(
        [keras.Input((3, 5, 4)), UpsampleConv2D(6, kernel_initializer="random_normal", **bias)]
    )
    z = keras.Input((7,))
    x = keras.layers.Reshape((3, -1, 4))(keras.layers.Dense(60)(z))
    x = keras.layers.BatchNormalization()(inner(x))
    return keras.Model(
        z,
        UpsampleConv2D(2, kernel_initializer="random_normal", **bias)(
            keras.layers.LeakyReLU(0.2)(x)
        ),
    )


@pytest.mark.parametrize("use_bias", [True, False])
def test_the_twin_has_the_same_values_and_weights(use_bias):
    model = network(use_bias)
    for weight in model.weights:
        weight.assign(np.random.default_rng(0).uniform(0.1, 1.0, weight.shape))
    twin = without_batch_shape(model)
    z = np.random.default_rng(1).standard_normal((4, 7)).astype(np.float32)
    np.testing.assert_allclose(twin(z), model(z), rtol=1e-4, atol=1e-4)
    assert np.abs(model(z)).max() > 1
    assert {id(weight) for weight in twin.weights} == {id(weight) for weight in model.weights}


def test_enlarging_keeps_the_static_shape():
    model = keras.Sequential([keras.Input((3, 2, 4)), keras.layers.UpSampling2D((2, 3))])
    twin = without_batch_shape(model)
    x = np.random.default_rng(1).standard_normal((2, 3, 2, 4)).astype(np.float32)
    np.testing.assert_array_equal(twin(x), model(x))
    assert type(twin.layers[-1]) is not keras.layers.UpSampling2D


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(
    ("kernel", "stride"),
    [(4, 1), (5, 2), (4, 2), (3, 2), (2, 2), (1, 2), (2, 3), (7, 3), ((3, 5), 2)],
)
@pytest.mark.parametrize("size", [(3, 4), (1, 1)])
def test_transposed_convolutions_become_plain_ones(kernel, stride, padding, size):
    def layer(filters, activation):
        return keras.layers.Conv2DTranspose(
            filters, kernel, stride, padding, activation=activation, bias_initializer="normal"
        )

    model = keras.Sequential(
        [
            keras.Input((*size, 5)),
            layer(6, "relu"),
            layer(3, None),
        ]
    )
    twin = without_batch_shape(model)
    x = np.random.default_rng(1).standard_normal((2, *size, 5)).astype(np.float32)
    np.testing.assert_allclose(twin(x), model(x), atol=1e-5)
    graph = tf.function(twin).get_concrete_function(tf.TensorSpec([None, *size, 5])).graph
    kinds = {op.type for op in graph.get_operations()}
    assert "Conv2D" in kinds and not {"Conv2DBackpropInput", "Shape"} & kinds


@pytest.mark.parametrize(
    "arguments",
    [
        {"strides": (1, 2)},
        {"dilation_rate": 2},
        {"strides": 2, "output_padding": 1},
        {"strides": 2, "data_format": "channels_first"},
    ],
)
def test_other_transposed_convolutions_stay(arguments):
    layer = keras.layers.Conv2DTranspose(2, 3, **arguments)
    model = keras.Sequential([keras.Input((4, 4, 4)), layer])
    assert without_batch_shape(model).layers[-1] is layer


def test_images_of_a_free_size_keep_their_values():
    model = keras.Sequential([keras.Input((None, None, 2)), keras.layers.Conv2DTranspose(3, 4, 2)])
    x = np.random.default_rng(1).standard_normal((2, 3, 4, 2)).astype(np.float32)
    np.testing.assert_allclose(without_batch_shape(model)(x), model(x), atol=1e-6)


def test_the_twin_computes_no_shapes():
    def shapes(model):
        graph = tf.function(model).get_concrete_function(tf.TensorSpec([None, 7])).graph
        return [op.name for op in graph.get_operations() if op.type == "Shape"]

    model = network(True)
    assert shapes(model) and not shapes(without_batch_shape(model))


def test_other_models_stay_as_they_are():
    class Own(keras.Model):
        def call(self, inputs):
            return inputs

    model = Own()
    assert without_batch_shape(model) is model
