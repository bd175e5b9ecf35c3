import keras
import numpy as np
import pytest
import tensorflow as tf
from support.small import IMAGES, gan

import tf_gan
from tf_gan import networks as shipped
from tf_gan.training import calls, loop


def spec(batch: int, *shape: int) -> tf.TensorSpec:
    return tf.TensorSpec((batch, *shape), tf.float32)


def compiled(name: str, shape, **width) -> tf_gan.GAN:
    module = shipped.get(name)
    model = tf_gan.GAN(
        module.build_generator(shape, 16, **width),
        module.build_discriminator(shape, **width),
        latent_dim=16,
    )
    model.compile()
    return model


def test_large_networks_take_few_steps_a_call():
    small, large = compiled("mlp", (28, 28, 1)), compiled("dcgan", (64, 64, 3), width=32)
    assert 20 < calls.automatic(small, spec(64, 28, 28, 1), 1, None) < 50
    assert calls.automatic(gan(), spec(64, 6), 1, None) == calls.MOST
    assert calls.automatic(small, spec(64, 28, 28, 1), 1, 7) == 7  # An epoch.
    assert calls.automatic(large, spec(64, 64, 64, 3), 1, None) == 1
    assert 2 < calls.automatic(large, spec(4, 64, 64, 3), 1, None) < 20


def test_bounds_of_memory_and_of_shapes_that_vary():
    model = gan()
    batch = spec(1024, 64, 64, 4)  # 64 MiB.
    assert calls.automatic(model, batch, 1, None) == 1
    assert calls.automatic(model, tf.TensorSpec((None, 4), tf.float32), 1, None) == 1
    assert calls.automatic(model, None, 1, None) == 1


def test_calls_end_where_callbacks_act():
    checkpoint = keras.callbacks.ModelCheckpoint("{batch}.keras", save_freq=4)
    board = keras.callbacks.TensorBoard(update_freq=6)
    assert calls.divisor(10, [checkpoint, board]) == 2
    assert [calls.divisor(most, checkpoint) for most in (10, 3)] == [4, 2]
    assert calls.divisor(10, None) == calls.divisor(10, keras.callbacks.TensorBoard()) == 10


def test_multiply_adds_of_convolutions_and_what_wraps_them():
    inputs = keras.Input((8, 8, 3))
    x = tf_gan.layers.SpectralNormalization(keras.layers.Conv2D(4, 3, 2, padding="same"))(inputs)
    x = keras.layers.Conv2DTranspose(2, 5, 2, padding="same")(x)
    inner = keras.Sequential([keras.Input((8, 8, 2)), keras.layers.Flatten()])
    network = keras.Model(inputs, keras.layers.Dense(10)(inner(x)))
    expected = 4 * 4 * 9 * 3 * 4 + 4 * 4 * 25 * 4 * 2 + 128 * 10
    assert calls.multiply_adds(network) == expected


@pytest.mark.parametrize("kind", ["array", "dataset", "generator"])
def test_fit_with_nothing_set_runs_several_steps_a_call(kind, monkeypatch):
    """24 steps an epoch, in one call of one program; the weights are those of single steps."""
    seen, original = [], loop._many_steps

    def counted(model, step):
        steps_of = original(model, step)
        return lambda iterator, steps: seen.append(int(steps)) or steps_of(iterator, steps)

    monkeypatch.setattr(loop, "_many_steps", counted)

    def data():
        batches = tf.data.Dataset.from_tensor_slices(IMAGES).batch(4, drop_remainder=True)
        return {
            "array": IMAGES,
            "dataset": batches,
            "generator": batches.repeat().as_numpy_iterator(),
        }[kind]

    batch = {"batch_size": 4} if kind == "array" else {}
    steps = {"steps_per_epoch": 24} if kind == "generator" else {}
    models = [gan(), gan(steps_per_execution=1)]
    for model in models:
        model.fit(data(), epochs=2, verbose=0, **batch, **steps)
    assert seen == [24, 24]
    np.testing.assert_equal(*(model.get_weights() for model in models))
    assert models[0].get_compile_config()["steps_per_execution"] == "auto"
