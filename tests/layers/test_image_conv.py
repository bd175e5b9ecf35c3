"""Convolutions from and to images are those of Keras: values, gradients, gradients of
gradients.
"""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gan.layers import ImageConv2D, ImageConv2DTranspose, image_conv

FORWARD = [  # kernel_size, strides, padding, channels, filters, size
    *itertools.product((3, 4, 9), (1,), ("same", "valid"), (6,), (1, 3), ((12, 16), (9, 11))),
    *itertools.product((1, 3, 5), (1,), ("same", "valid"), (1, 4), (6,), ((8, 12),)),
    *itertools.product((2, 3, 4, 5), (2,), ("same", "valid"), (1, 3), (6,), ((8, 12), (9, 7))),
    (3, 1, "same", 2, 3, (8, 8)),
]
TRANSPOSED = list(
    itertools.product((2, 3, 4, 5), (2,), ("same", "valid"), (6,), (1, 3), ((4, 4), (5, 7)))
)


def both(kind, plain, kernel_size, strides, padding, channels, filters, size):
    """The layer of this library and Keras' own with the same weights, and images."""
    layers = [
        each(
            filters,
            kernel_size,
            strides,
            padding=padding,
            bias_initializer="random_normal",
            activation="tanh",
        )
        for each in (kind, plain)
    ]
    for layer in layers:
        layer.build((None, *size, channels))
    layers[1].set_weights(layers[0].get_weights())
    return layers, tf.random.stateless_normal((2, *size, channels), (1, 2))


def derivatives(layer, images, training):
    """Outputs, gradients, and the gradients of a gradient penalty."""
    arguments = {"training": training} if training else {}
    with tf.GradientTape() as outer:
        with tf.GradientTape() as tape:
            tape.watch(images)
            outputs = layer(images, **arguments)
            value = tf.reduce_sum(outputs * tf.random.stateless_normal(outputs.shape, (3, 4)))
        first = tape.gradient(
            value, [images, *(weight.value for weight in layer.trainable_weights)]
        )
        penalty = tf.reduce_sum(first[0] ** 2)
    second = outer.gradient(penalty, [layer.kernel.value])
    return [outputs, *first, *second]


@pytest.fixture(params=[0, 1, -1], ids=["own", "second", "last"])
def form(request, monkeypatch):
    """Takes this form of each computation, where there are as many."""

    def choose(name, forms, *arguments):
        return list(forms.values())[request.param if len(forms) > 1 else 0]

    monkeypatch.setattr(image_conv, "fastest", choose)


@pytest.mark.parametrize("case", FORWARD)
def test_a_convolution_is_that_of_keras(case, form):
    (ours, plain), images = both(ImageConv2D, keras.layers.Conv2D, *case)
    assert ours(images, training=True) is not None and ours._fast
    for one, other in zip(
        derivatives(ours, images, True), derivatives(plain, images, False), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("case", TRANSPOSED)
def test_a_transposed_convolution_is_that_of_keras(case, form):
    (ours, plain), images = both(ImageConv2DTranspose, keras.layers.Conv2DTranspose, *case)
    for one, other in zip(
        derivatives(ours, images, True), derivatives(plain, images, False), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_sizes_that_are_known_only_when_it_runs(data_format):
    shape = (None, None, 1) if data_format == "channels_last" else (1, None, None)
    model = keras.Sequential(
        [keras.Input(shape), ImageConv2D(6, 3, padding="same", data_format=data_format)]
    )
    if data_format == "channels_last":
        images = np.random.default_rng(0).normal(size=(2, 8, 8, 1)).astype(np.float32)
        traced = tf.function(
            lambda x: model(x, training=True),
            input_signature=[tf.TensorSpec((None, None, None, 1))],
        )
        np.testing.assert_allclose(traced(images), model(images), atol=1e-5)
    else:  # TensorFlow has no such convolution on a CPU; the graph is built all the same.
        tf.function(
            lambda x: model(x, training=True),
            input_signature=[tf.TensorSpec((None, 1, None, None))],
        ).get_concrete_function()
