"""Gradients of biases in half precision."""

import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_gan
from tf_gan import compat
from tf_gan.fast import biases
from tf_gan.fast.biases import right_bias_gradients


def gradient(maps, **arguments):
    """Returns the gradient of a bias where that of the outputs is `maps`."""
    axis = 1 if arguments else -1
    with tf.GradientTape() as tape:
        bias = tf.zeros(maps.shape[axis], maps.dtype)
        tape.watch(bias)
        outputs = tf.nn.bias_add(maps, bias, **arguments)
        return tape.gradient(outputs, bias, output_gradients=maps)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("shape", [(4096, 8), (64, 64, 8), (16, 16, 16, 8)])
def test_sums_do_not_come_to_a_stop(dtype, shape):
    with right_bias_gradients():
        found = gradient(tf.ones(shape, dtype))
        compiled = tf.function(gradient)(tf.ones(shape, dtype))
    np.testing.assert_array_equal(tf.cast(found, tf.float32), 4096.0)
    np.testing.assert_array_equal(tf.cast(compiled, tf.float32), 4096.0)


@pytest.mark.parametrize(("dtype", "error"), [("bfloat16", 2**-8), ("float16", 2**-11)])
def test_sums_have_the_error_of_their_rounding(dtype, error):
    maps = tf.cast(np.random.default_rng(0).uniform(size=(64, 32, 32, 8)) / 16, dtype)
    with right_bias_gradients():
        found = tf.cast(gradient(maps), tf.float64)
    np.testing.assert_allclose(found, tf.reduce_sum(tf.cast(maps, tf.float64), [0, 1, 2]), error)


def test_channels_first():
    maps = tf.reshape(tf.range(24.0), (2, 3, 4))
    with right_bias_gradients():
        half = gradient(tf.cast(maps, tf.bfloat16), data_format="NC..")
        full = gradient(maps, data_format="NC..")
    np.testing.assert_allclose(tf.cast(half, tf.float32), full, rtol=0.01)


def test_other_precisions_have_tensorflows_own():
    def operations(dtype):
        with right_bias_gradients():
            graph = tf.function(gradient).get_concrete_function(tf.TensorSpec((4, 4, 8), dtype))
        return {operation.type for operation in graph.graph.get_operations()}

    assert "BiasAddGrad" in operations(tf.float32)
    assert "BiasAddGrad" not in operations(tf.bfloat16)


def test_other_devices_have_tensorflows_own(monkeypatch):
    monkeypatch.setattr(biases, "only_cpus", lambda: False)
    with right_bias_gradients():
        graph = tf.function(gradient).get_concrete_function(tf.TensorSpec((4, 4, 8), tf.bfloat16))
    assert "BiasAddGrad" in {operation.type for operation in graph.graph.get_operations()}


def test_tensorflows_own_is_back_after_the_last_scope():
    own = compat.gradient_functions()["BiasAdd"]
    first, second = contextlib.ExitStack(), contextlib.ExitStack()
    first.enter_context(right_bias_gradients())
    second.enter_context(right_bias_gradients())
    first.close()  # The one that was opened first: as threads of replicas do.
    assert compat.gradient_functions()["BiasAdd"] != own
    second.close()
    assert compat.gradient_functions()["BiasAdd"] == own
    with pytest.raises(KeyError), right_bias_gradients():
        raise KeyError
    assert compat.gradient_functions()["BiasAdd"] == own


def test_second_derivatives():
    def second(dtype):
        images = tf.cast(np.random.default_rng(0).normal(size=(8, 8, 8, 4)), dtype)
        bias = tf.cast([0.5, -0.5, 1.0, 2.0], dtype)
        with right_bias_gradients(), tf.GradientTape() as outer:
            outer.watch(images)
            with tf.GradientTape() as inner:
                inner.watch(bias)
                cubes = tf.nn.bias_add(images, bias) ** 3
            first = inner.gradient(cubes, bias)
            return tf.cast(outer.gradient(first, images), tf.float32)

    np.testing.assert_allclose(second(tf.bfloat16), second(tf.float32), rtol=0.03, atol=0.1)


def test_a_training_step_moves_biases_as_in_float32():
    def moved(policy):
        keras.utils.set_random_seed(0)
        images = keras.Input((32, 32, 1))
        maps = keras.layers.Conv2D(8, 3, padding="same", activation="relu", dtype=policy)(images)
        logits = keras.layers.Dense(1)(keras.layers.GlobalAveragePooling2D()(maps))
        latents = keras.Input((4,))
        pixels = keras.layers.Dense(1024, dtype=policy)(latents)
        gan = tf_gan.GAN(
            keras.Model(latents, keras.layers.Reshape((32, 32, 1), dtype="float32")(pixels)),
            keras.Model(images, keras.layers.Activation("linear", dtype="float32")(logits)),
            4,
            data_range=None,
        )
        gan.compile(keras.optimizers.SGD(1.0), keras.optimizers.SGD(1.0), jit_compile=False)
        before = gan.discriminator.weights[1].numpy()
        images = np.random.default_rng(0).normal(3.0, size=(64, 32, 32, 1)).astype("float32")
        gan.train_on_batch(images)
        return gan.discriminator.weights[1].numpy() - before

    half, full = moved("mixed_bfloat16"), moved("float32")
    assert np.abs(full).max() > 0.01
    np.testing.assert_allclose(half, full, atol=0.05 * np.abs(full).max())
