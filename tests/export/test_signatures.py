"""Signatures: the checks and the mapping to [0, 1], by hand; what can be batched."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_gan
from tf_gan.export import export_target, loaders, signatures


@pytest.mark.parametrize("compiled", [False, True])
def test_checks_let_good_values_through(compiled):
    wrap = tf.function if compiled else lambda function: function
    latents = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(
        wrap(lambda z: signatures.checked_array(z, [3], "latents"))(tf.constant(latents)), latents
    )
    np.testing.assert_array_equal(
        wrap(lambda y: signatures.checked_labels(y, 5, [0, 1, 2]))(tf.constant([4, 0])), [4, 0]
    )


@pytest.mark.parametrize(
    ("check", "value", "message"),
    [
        (
            lambda z: signatures.checked_array(z, [3], "latents"),
            np.zeros((2, 4), np.float32),
            r"`latents`: expected shape \(batch, 3\)\. Received:(.|\n)*2,? 4",
        ),
        (
            lambda z: signatures.checked_array(z, [3], "latents"),
            np.full((1, 3), -np.inf, np.float32),
            "`latents`: expected finite numbers",
        ),
        (
            lambda y: signatures.checked_labels(y, 5, [2]),
            [5, 0],
            r"`labels`: expected from 0 to 4\. Received:(.|\n)*5,? 0",
        ),
        (
            lambda y: signatures.checked_labels(y, 5, [2]),
            [1],
            r"`labels`: expected one for each image\. Received:(.|\n)*1",
        ),
        (
            lambda y: signatures.checked_labels(y, 5, [0, 1, 3]),
            [1, 1],
            "`labels`: expected one for each image, one for all, or none",
        ),
    ],
)
def test_checks_refuse_with_a_sentence(check, value, message):
    value = tf.constant(value)
    for function in (
        check,
        tf.function(check),
        tf.function(check, input_signature=[tf.TensorSpec([None] * len(value.shape), value.dtype)]),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            function(value)


@pytest.mark.parametrize("load", [loaders.session, loaders.saved_model_load])
def test_an_empty_batch_has_the_shape_of_images(tmp_path, load):
    """TensorFlow's fused convolutions alone return (0, 8, 8, 4), or fail."""
    images = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(256),
            keras.layers.Reshape((8, 8, 4)),
            keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
            keras.layers.Conv2D(1, 3, padding="same", activation="tanh"),
        ]
    )
    judge = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    gan = tf_gan.GAN(images, judge, latent_dim=2)
    graph = export_target(gan).signatures(4, False)["serving_default"].graph()
    module = tf.Module()
    module.captured = list(graph.variables)
    tf.saved_model.save(module, str(tmp_path), signatures=graph)
    call = load(str(tmp_path))
    for n in (0, 1, 3):
        latents = np.ones((n, 2), np.float32)
        served = call("serving_default", {"latents": latents})["images"]
        assert served.shape == (n, 8, 8, 1)
        np.testing.assert_allclose(served, (images(latents) + 1) / 2 if n else served, atol=1e-6)


@pytest.mark.parametrize(("channels", "files"), [(1, True), (2, False), (3, True), (4, True)])
def test_images_of_one_three_and_four_channels_have_files(channels, files):
    shape = (4, 4, channels)
    layers = [keras.Input((2,)), keras.layers.Dense(16 * channels, "tanh")]
    images = keras.Sequential([*layers, keras.layers.Reshape(shape)])
    judge = keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(1)])
    target = export_target(tf_gan.GAN(images, judge, latent_dim=2))
    assert ("generate_png" in target.signatures(4, False)) == files


def test_what_a_server_can_batch(tiny_gan):
    found = export_target(tiny_gan).signatures(16, False)
    assert {name: signature.batched for name, signature in found.items()} == {
        "serving_default": True,
        "generate": False,
        "generate_truncated": False,
        "generate_png": False,
    }
    assert (
        found["generate"].example["num"] == 8
        and export_target(tiny_gan).signatures(2, False)["generate"].example["num"] == 2
    )
