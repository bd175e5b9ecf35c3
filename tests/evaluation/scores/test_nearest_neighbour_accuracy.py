"""1-NN accuracy by an encoder whose features hold the class, whose latents hold
nothing, beside pixels in which it is hidden by noise.
"""

import types

import keras
import numpy as np
import pytest

import tf_gan
from tf_gan import evaluation
from tf_gan.data import Examples
from tf_gan.errors import UserError
from tf_gan.evaluation.samples import of_model
from tf_gan.evaluation.scores import nearest_neighbour_accuracy
from tf_gan.networks import bigan_mlp, vae_mlp

SHAPE = (2, 2, 1)


def examples(n, seed, name):
    """The first pixel is a tenth of the class, from 0 to 2; the others are noise."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, n)
    images = random.uniform(0, 1, (n, *SHAPE)).astype(np.float32)
    images[:, 0, 0, 0] = 0.1 * labels
    return Examples(images, labels, (0.0, 1.0), name=name)


TRAIN, TEST = examples(60, 0, "train"), examples(40, 1, "test")


def model():
    images = keras.Input(SHAPE)
    x = keras.layers.Dense(1, use_bias=False, name="features")(keras.layers.Flatten()(images))
    encoder = keras.Model(images, keras.layers.Dense(2, kernel_initializer="zeros")(x))
    encoder.get_layer("features").set_weights([np.eye(4, 1)])
    generator = bigan_mlp.build_generator(SHAPE, 2, units=(4, 4))
    return tf_gan.BiGAN(
        generator, bigan_mlp.build_discriminator(SHAPE, 2, units=(4, 4)), encoder, 2
    )


def reference(train=TRAIN, test=TEST):
    return types.SimpleNamespace(
        train_in_memory=train, need=lambda split: test, config=types.SimpleNamespace(name="toy")
    )


def test_values_by_brute_force():
    gan = model()
    scores = {
        score.name: score
        for score in evaluation.get("nearest_neighbour_accuracy").score(
            of_model(gan, count=2), reference()
        )
    }
    assert scores["nn_accuracy_features"].value == 1.0
    # All alike: the first one is the nearest.
    assert scores["nn_accuracy_latents"].value == pytest.approx(
        np.mean(TEST.labels == TRAIN.labels[0])
    )
    distances = np.linalg.norm((TEST.images[:, None] - TRAIN.images).reshape(40, 60, -1), axis=2)
    expected = np.mean(TRAIN.labels[distances.argmin(axis=1)] == TEST.labels)
    assert 0.2 < expected < 0.8
    assert scores["nn_accuracy_pixels"].value == pytest.approx(expected)
    assert scores["nearest_image_error"].value == pytest.approx(
        distances.min(axis=1).mean(), rel=1e-5
    )
    made = gan.generator(np.zeros((1, 2))).numpy()
    assert scores["reconstruction_error"].value == pytest.approx(
        np.linalg.norm((TEST.images - made).reshape(40, -1), axis=1).mean(), rel=1e-5
    )
    # All are alike.
    assert scores["other_reconstruction_error"].value == pytest.approx(
        scores["reconstruction_error"].value, rel=1e-5
    )
    assert scores["nn_accuracy_features"].protocol.endswith(
        "by the layer before the encoder's output, 1 numbers"
    )
    assert (
        "40 images of test, nearest of 60 training images" in scores["nn_accuracy_pixels"].protocol
    )


def test_unknown_labels_are_left_out():
    def half(examples, n):  # The images of the last ones are far from all others.
        labels = np.where(np.arange(n) < n // 2, examples.labels, -1)
        return Examples(examples.images, labels, (0.0, 1.0), name=examples.name)

    measure = evaluation.get("nearest_neighbour_accuracy").score
    model_ = of_model(model(), count=2)
    some = measure(model_, reference(half(TRAIN, 60), half(TEST, 40)))
    known = measure(model_, reference(TRAIN[:30], TEST[:20]))
    assert [score.value for score in some] == [score.value for score in known]


def test_features_come_before_the_first_output():
    encoder = vae_mlp.build_encoder((4, 4, 1), 3, units=(7, 5))
    # Which calls the encoder once more, on other symbols.
    vae = tf_gan.VAE(encoder, vae_mlp.build_generator((4, 4, 1), 3, units=(4,)), 3)
    network = nearest_neighbour_accuracy.features(vae.encoder)
    images = np.random.default_rng(0).uniform(0, 1, (2, 4, 4, 1)).astype(np.float32)
    np.testing.assert_allclose(
        encoder.get_layer("mean")(network(images)), encoder(images)[0], atol=1e-6
    )
    assert network.output_shape == (None, 5)


def test_an_output_that_no_layer_makes():
    images = keras.Input((4,))
    encoder = keras.Model(images, keras.ops.tanh(keras.layers.Dense(2)(images)))
    with pytest.raises(UserError, match="a functional encoder, whose last layer makes its output"):
        nearest_neighbour_accuracy.features(encoder)

    class Encoder(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(2)

    with pytest.raises(UserError, match="a functional encoder, whose last layer makes its output"):
        nearest_neighbour_accuracy.features(Encoder())


def test_models_without_encoder_and_data_without_labels():
    points = tf_gan.networks.get("points")
    plain = tf_gan.GAN(
        points.build_generator((2,), 2, units=(4,)), points.build_discriminator((2,), units=(4,)), 2
    )
    measure = evaluation.get("nearest_neighbour_accuracy").score
    with pytest.raises(UserError, match="A GAN has no encoder"):
        measure(of_model(plain, count=2), reference())
    with pytest.raises(UserError, match=r"with labels\. Received: examples, which has none"):
        measure(
            of_model(model(), count=2), reference(train=Examples(TRAIN.images, None, (0.0, 1.0)))
        )


def test_errors_are_those_of_images_in_0_1():
    """Of data in [-1, 1]; the reconstruction of an image has its first pixel everywhere."""
    images, latents, z = keras.Input(SHAPE), keras.Input((1,)), keras.Input((1,))
    encoder = keras.Model(
        images, keras.layers.Dense(1, use_bias=False)(keras.layers.Flatten()(images))
    )
    encoder.set_weights([np.eye(4, 1)])
    wide = keras.layers.Dense(4, use_bias=False, kernel_initializer="ones")(latents)
    generator = keras.Model(latents, keras.layers.Reshape(SHAPE)(wide))
    joined = keras.layers.Concatenate()([keras.layers.Flatten()(images), z])
    judge = keras.Model([images, z], keras.layers.Dense(1)(joined))
    gan = tf_gan.BiGAN(generator, judge, encoder, 1, data_range=(-1.0, 1.0))
    train, test = (
        Examples(2 * each.images - 1, each.labels, (-1.0, 1.0), name=each.name)
        for each in (TRAIN, TEST)
    )
    scores = {
        score.name: score.value
        for score in evaluation.get("nearest_neighbour_accuracy").score(
            of_model(gan, count=2), reference(train, test)
        )
    }
    made = np.broadcast_to(TEST.images[:, :1, :1], TEST.images.shape)

    def distance(others):
        return np.linalg.norm((others - TEST.images).reshape(40, -1), axis=1).mean()

    assert scores["reconstruction_error"] == pytest.approx(distance(made), rel=1e-5)
    assert scores["other_reconstruction_error"] == pytest.approx(
        distance(np.roll(made, 1, axis=0)), rel=1e-5
    )
    distances = np.linalg.norm((TEST.images[:, None] - TRAIN.images).reshape(40, 60, -1), axis=2)
    assert scores["nearest_image_error"] == pytest.approx(distances.min(axis=1).mean(), rel=1e-5)
