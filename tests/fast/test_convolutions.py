"""Keras' convolutions from and to images in their fastest form: values, gradients, gradients
of gradients are the same.
"""

import contextlib
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gan import compat
from tf_gan.export.keras_file import plain
from tf_gan.fast import convolutions
from tf_gan.fast.layers import fast_layers
from tf_gan.layers import (
    EqualizedConv2D,
    ImageConv2D,
    ImageConv2DTranspose,
    SpectralNormalization,
)

FORWARD = [  # kernel_size, strides, padding, channels, filters, size
    *itertools.product((3, 4, 9), (1,), ("same", "valid"), (6,), (1, 3), ((12, 16), (9, 11))),
    *itertools.product((1, 5), (1,), ("same", "valid"), (1, 4), (6,), ((8, 12),)),
    *itertools.product((2, 3, 4, 5), (2,), ("same", "valid"), (3,), (6,), ((8, 12), (9, 7))),
    (3, 1, "same", 2, 3, (8, 8)),
]
TRANSPOSED = [
    *itertools.product((2, 3, 4, 5), (2,), ("same", "valid"), (6,), (1, 3), ((4, 4), (5, 7))),
    *itertools.product((3, 4), (1,), ("same", "valid"), (6,), (1,), ((5, 7),)),
]


def built(kind, kernel_size, strides, padding, channels, filters, size):
    """A layer, and images for it."""
    layer = kind(
        filters,
        kernel_size,
        strides,
        padding=padding,
        bias_initializer="random_normal",
        activation="tanh",
    )
    layer.build((None, *size, channels))
    return layer, tf.random.stateless_normal((2, *size, channels), (1, 2))


def derivatives(layer, images, fast):
    """Outputs, gradients, and the gradients of gradient penalties."""
    weights = [weight.value for weight in layer.trainable_weights]
    scope = fast_layers(compat.flatten_layers(layer)) if fast else contextlib.nullcontext()
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(images)
        with tf.GradientTape() as tape:
            tape.watch(images)
            with scope:
                outputs = layer(images)
            value = tf.reduce_sum(outputs * tf.random.stateless_normal(outputs.shape, (3, 4)))
        first = tape.gradient(value, [images, *weights])
        penalties = [tf.reduce_sum(gradient**2) for gradient in first[:2]]
    second = [outer.gradient(penalty, [images, weights[0]]) for penalty in penalties]
    return [outputs, *first, *tf.nest.flatten(second)]


def check(layer, images):
    """Compares a layer with itself in its fastest form."""
    for one, other in zip(
        derivatives(layer, images, True), derivatives(layer, images, False), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-5 * (1 + np.abs(other).max()), rtol=1e-4)


@pytest.fixture(params=[0, 1, -1], ids=["own", "second", "last"])
def form(request, monkeypatch):
    """Takes this form of each computation, where there are as many; returns their names."""
    names = []

    def choose(name, forms, *arguments):
        names.append(name)
        return list(forms.values())[request.param if len(forms) > 1 else 0]

    monkeypatch.setattr(convolutions, "fastest", choose)
    return names


@pytest.mark.parametrize("case", FORWARD)
def test_a_convolution_is_that_of_keras(case, form):
    check(*built(keras.layers.Conv2D, *case))
    assert any(name.startswith("convolution") for name in form)


@pytest.mark.parametrize("case", TRANSPOSED)
def test_a_transposed_convolution_is_that_of_keras(case, form):
    check(*built(keras.layers.Conv2DTranspose, *case))
    assert any(name.startswith("gradient of images") for name in form)


def test_files_of_earlier_versions_hold_other_names(form, tmp_path):
    layers = [ImageConv2DTranspose(3, 4, 2, "same", activation="tanh"), ImageConv2D(6, 3)]
    network = keras.Sequential([keras.Input((4, 4, 6)), *layers])
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    images = tf.random.stateless_normal((2, 4, 4, 6), (1, 2))
    np.testing.assert_allclose(loaded(images), network(images), atol=1e-6)
    check(loaded, images)
    assert len(form) > 2
    assert {type(layer) for layer in plain(network).layers} == {
        keras.layers.Conv2D,
        keras.layers.Conv2DTranspose,
    }


def test_a_layer_with_another_kernel(form):
    images = tf.random.stateless_normal((2, 8, 8, 6), (1, 2))
    layer = SpectralNormalization(keras.layers.Conv2D(3, 3, padding="same", activation="tanh"))
    layer.build((None, 8, 8, 6))
    check(layer, images)
    assert form


@pytest.mark.parametrize(
    ("layer", "rank"),
    [
        (keras.layers.Conv2D(6, 3), 2),  # Many channels on both sides.
        (keras.layers.Conv2D(1, 3, dilation_rate=2), 2),
        (keras.layers.Conv2D(3, (3, 5)), 2),
        (keras.layers.Conv2D(3, 4, 3), 2),
        (keras.layers.Conv2D(3, 3, groups=3), 2),
        (keras.layers.Conv2D(1, 3, data_format="channels_first"), 2),
        (keras.layers.Conv2D(6, 1, 2, groups=2), 2),
        (keras.layers.Conv2D(6, 1, 2, data_format="channels_first"), 2),
        (keras.layers.Conv2DTranspose(6, 1, 2, output_padding=1), 2),
        (keras.layers.Conv2DTranspose(3, 4, 2, output_padding=1), 2),
        (keras.layers.Conv1D(1, 3), 1),
        (keras.layers.Conv3D(8, 3), 3),
        (keras.layers.Conv3D(8, 1, 2), 3),
        (keras.layers.Conv3DTranspose(1, 3), 3),
        (keras.layers.Dense(3), 2),
    ],
    ids=lambda value: value.__class__.__name__,
)
def test_other_layers_are_left_alone(layer, rank):
    layer.build((None, *(12,) * rank, 6))
    before = dict(vars(layer))
    with fast_layers([layer]):
        assert vars(layer) == before


def test_many_channels_keep_their_strides():
    layer, _ = built(keras.layers.Conv2D, 1, 2, "same", 16, 16, (4, 4))
    with fast_layers([layer]):
        assert "convolution_op" not in vars(layer)


def test_methods_of_their_own_are_left_alone():
    class Own(keras.layers.Conv2D):
        def convolution_op(self, inputs, kernel):
            return super().convolution_op(inputs, kernel) * 2

    of_class, of_instance = Own(1, 3), keras.layers.Conv2DTranspose(1, 3)
    of_instance.call = lambda inputs: inputs
    layers = [of_class, of_instance, keras.layers.Conv2D(1, 3)]
    for layer in layers[:2]:
        layer.build((None, 8, 8, 6))
    before = [dict(vars(layer)) for layer in layers]
    with fast_layers(layers):
        assert [vars(layer) for layer in layers] == before
    assert [vars(layer) for layer in layers] == before


@pytest.mark.parametrize("strides", [2, 3, (1, 2)])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("size", [(8, 8), (9, 7), (1, 1)])
def test_the_gradient_of_a_kernel_of_one_pixel_with_strides(strides, padding, size):
    layer, images = built(keras.layers.Conv2D, 1, strides, padding, 3, 4, size)
    with fast_layers([layer]), tf.GradientTape() as tape:
        assert "convolution_op" in vars(layer)
        outputs = layer(images)
        value = tf.reduce_sum(outputs)
    np.testing.assert_allclose(outputs, layer(images), atol=1e-5)
    rows, columns = layer.strides
    slopes = 1 - np.asarray(outputs) ** 2  # Of tanh.
    expected = np.einsum("bhwc,bhwd->cd", images[:, ::rows, ::columns], slopes)
    gradient = tape.gradient(value, layer.kernel.value)
    np.testing.assert_allclose(gradient[0, 0], expected, atol=1e-4)


@pytest.mark.parametrize("strides", [2, 3, (1, 2)])
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_the_gradient_of_a_transposed_kernel_of_one_pixel(strides, padding):
    layer, maps = built(keras.layers.Conv2DTranspose, 1, strides, padding, 4, 3, (4, 5))
    with fast_layers([layer]), tf.GradientTape() as tape:
        assert "call" in vars(layer)
        outputs = layer(maps)
        value = tf.reduce_sum(outputs)
    np.testing.assert_allclose(outputs, layer(maps), atol=1e-5)
    rows, columns = layer.strides
    slopes = (1 - np.asarray(outputs) ** 2)[:, ::rows, ::columns]
    expected = np.einsum("bhwc,bhwd->cd", slopes, maps)
    gradient = tape.gradient(value, layer.kernel.value)
    np.testing.assert_allclose(gradient[0, 0], expected, atol=1e-4)


def test_the_gradient_of_an_equalized_kernel_of_one_pixel():
    layer = EqualizedConv2D(8, 1, strides=2)
    layer.build((None, 8, 8, 3))
    images = tf.random.stateless_normal((2, 8, 8, 3), (1, 2))
    with tf.GradientTape() as tape:
        outputs = layer(images)
        value = tf.reduce_sum(outputs)
    assert outputs.shape == (2, 4, 4, 8)
    expected = layer.scale * np.sum(images[:, ::2, ::2], (0, 1, 2))
    gradient = tape.gradient(value, layer.kernel.value)
    np.testing.assert_allclose(gradient[0, 0], np.tile(expected[:, None], 8), atol=1e-4)


def test_derivatives_in_a_graph(form):
    layer, images = built(keras.layers.Conv2D, 3, 1, "same", 6, 1, (8, 12))
    traced = tf.function(lambda: derivatives(layer, images, True))()
    for one, other in zip(traced, derivatives(layer, images, False), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("kind", [keras.layers.Conv2D, keras.layers.Conv2DTranspose])
def test_half_precision_and_lora(kind, form):
    layer = kind(1, 4, 2, padding="same", dtype="mixed_bfloat16")
    layer.build((None, 8, 8, 6))
    if kind is keras.layers.Conv2D:  # The other one has none.
        layer.enable_lora(2)
        layer.lora_kernel_b.assign(tf.ones_like(layer.lora_kernel_b))
    images = tf.random.stateless_normal((2, 8, 8, 6), (1, 2))
    with fast_layers([layer]):
        outputs = layer(images)
    assert form and outputs.dtype == tf.bfloat16
    np.testing.assert_allclose(
        tf.cast(outputs, tf.float32), tf.cast(layer(images), tf.float32), atol=0.05, rtol=0.05
    )


def test_layers_are_as_they_were_afterwards():
    layer, _ = built(keras.layers.Conv2DTranspose, 4, 2, "same", 6, 1, (4, 4))
    before = dict(vars(layer))
    with pytest.raises(ZeroDivisionError), fast_layers([layer, layer]):
        with fast_layers([layer]):
            assert "call" in vars(layer)
        assert "call" in vars(layer)  # The scope around it is still open.
        raise ZeroDivisionError
    assert vars(layer) == before


def test_an_accelerator_has_its_own_kernels(monkeypatch):
    layer, _ = built(keras.layers.Conv2D, 3, 1, "same", 6, 1, (4, 4))
    monkeypatch.setattr("tf_gan.fast.layers.only_cpus", lambda: False)
    with fast_layers([layer]):
        assert "convolution_op" not in vars(layer)


def test_sizes_that_are_known_only_when_it_runs(form):
    layer, images = built(keras.layers.Conv2D, 3, 1, "same", 1, 6, (8, 8))
    transposed, maps = built(keras.layers.Conv2DTranspose, 4, 2, "same", 6, 1, (4, 4))
    for each, inputs in ((layer, images), (transposed, maps)):
        signature = [tf.TensorSpec((None, None, None, inputs.shape[-1]))]
        with fast_layers([each]):
            traced = tf.function(each, input_signature=signature)
            np.testing.assert_allclose(traced(inputs), each(inputs), atol=1e-5)
