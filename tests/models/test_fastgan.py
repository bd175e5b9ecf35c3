import keras
import numpy as np
import pytest
import tensorflow as tf
from support.routine import check_forms, check_resume, check_trains, check_two_replicas

import tf_gan
from tf_gan.errors import UserError
from tf_gan.models import Batch

SHAPE = (4, 4, 1)
IMAGES = np.random.default_rng(0).uniform(-1, 1, (96, *SHAPE)).astype(np.float32)
LOGS = {"discriminator_loss", "generator_loss", "logit(x)", "logit(G(z))", "reconstruction"}


def networks():
    layers = keras.layers
    generator = keras.Sequential(
        [keras.Input((3,)), layers.Dense(16, "tanh"), layers.Reshape(SHAPE)], name="generator"
    )
    images = keras.Input(SHAPE)
    features = layers.Dense(8, "tanh")(layers.Flatten()(images))
    rebuilt = layers.Reshape(SHAPE)(layers.Dense(16, "tanh")(features))
    discriminator = keras.Model(images, [layers.Dense(1)(features), rebuilt], name="discriminator")
    return generator, discriminator


def small(weight=2.0, **compile_arguments):
    keras.utils.set_random_seed(0)
    gan = tf_gan.FastGAN(*networks(), 3, reconstruction_weight=weight)
    gan.compile(
        *(keras.optimizers.SGD(0.05) for _ in range(2)),
        **{"jit_compile": False} | compile_arguments,
    )
    return gan


def test_the_loss_is_hinge_and_the_error_of_the_images():
    gan = small()
    x, z = IMAGES[:8], gan.latents_of(8, step=0, substep=0)
    real, rebuilt = gan.discriminator(x)
    fake, _ = gan.discriminator(gan.generator(z))
    hinge = np.maximum(0, 1 - real).mean() + np.maximum(0, 1 + fake).mean()
    error = np.square(x - rebuilt).mean()
    logs = gan.train_on_batch(x, return_dict=True)
    assert float(logs["discriminator_loss"]) == pytest.approx(hinge, rel=1e-5)
    assert float(logs["reconstruction"]) == pytest.approx(error, rel=1e-5)


def test_without_weight_it_is_a_gan():
    plain = small(weight=0.0)
    plain.fit(IMAGES, batch_size=32, epochs=2, verbose=0)
    keras.utils.set_random_seed(0)
    generator, discriminator = networks()
    gan = tf_gan.GAN(generator, keras.Model(discriminator.input, discriminator.outputs[0]), 3)
    gan.compile(*(keras.optimizers.SGD(0.05) for _ in range(2)), loss="hinge", jit_compile=False)
    gan.fit(IMAGES, batch_size=32, epochs=2, verbose=0)
    np.testing.assert_allclose(plain.generate(4, seed=0), gan.generate(4, seed=0), atol=1e-6)


def test_trains():
    check_trains(small, IMAGES, LOGS)


@pytest.mark.slow
def test_forms_agree():
    check_forms(small, IMAGES)


@pytest.mark.slow
def test_resume_save_and_load(tmp_path):
    check_resume(small, IMAGES, tmp_path)


def test_two_replicas_do_what_one_does(mirrored):
    check_two_replicas(small, IMAGES, mirrored)


def test_fakes_are_not_rebuilt():
    layers = keras.layers
    images = keras.Input(SHAPE)
    flat = layers.Flatten()(images)
    normalized = layers.BatchNormalization(momentum=0.0, name="statistics")(flat)
    rebuilt = layers.Reshape(SHAPE)(layers.Dense(16, "tanh")(normalized))
    discriminator = keras.Model(images, [layers.Dense(1)(flat), rebuilt])
    gan = tf_gan.FastGAN(networks()[0], discriminator, 3)
    gan.compile(jit_compile=False)
    gan.train_on_batch(IMAGES[:8])
    mean = gan.discriminator.get_layer("statistics").moving_mean
    np.testing.assert_allclose(mean, IMAGES[:8].reshape(8, 16).mean(axis=0), atol=1e-6)


def test_it_rebuilds_images():
    gan = small()
    first = gan.evaluate(IMAGES, verbose=0, return_dict=True)
    gan.fit(np.repeat(IMAGES[:4], 16, axis=0), batch_size=32, epochs=40, verbose=0)
    assert gan.discriminator(IMAGES[:4])[1].shape == (4, *SHAPE)
    error = np.square(IMAGES[:4] - gan.discriminator(IMAGES[:4])[1]).mean()
    assert error < 0.8 * np.square(IMAGES[:4]).mean()
    assert np.isfinite(list(first.values())).all()


def test_evaluation_has_the_error_of_held_out_images():
    model = small()
    logs = model.evaluate(IMAGES, return_dict=True, verbose=0)
    rebuilt = model.discriminator(IMAGES)[1]
    np.testing.assert_allclose(logs["reconstruction"], np.mean((rebuilt - IMAGES) ** 2), rtol=1e-5)


def test_the_errors_of_all_rebuilt_images_add_up():
    images = keras.Input(SHAPE)
    logits = keras.layers.Dense(1)(keras.layers.Flatten()(images))
    rebuilt = [keras.layers.Rescaling(scale)(images) for scale in (0.5, 0.0)]
    gan = tf_gan.FastGAN(networks()[0], keras.Model(images, [logits, *rebuilt]), 3)
    batch = Batch(tf.constant(IMAGES))
    error = gan.real_terms(gan.forward(batch, gan.stream(0)))[1]["reconstruction"]
    assert float(error) == pytest.approx(1.25 * np.square(IMAGES).mean(), rel=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_dropout_acts_in_training_alone(training):
    images = keras.Input(SHAPE)
    logits = keras.layers.Dense(1)(keras.layers.Flatten()(images))
    outputs = [keras.layers.Dropout(0.5)(each) for each in (logits, images)]
    gan = tf_gan.FastGAN(networks()[0], keras.Model(images, outputs), 3)
    batch = Batch(tf.constant(IMAGES))
    forward = gan.forward(batch, gan.stream(0), training=training)
    for output in (*forward.real, *forward.fake):
        share = np.mean(output == 0.0)
        assert share == pytest.approx(0.5 if training else 0.0, abs=0.2)


@pytest.mark.parametrize("weight", [-1.0, "a"])
def test_a_wrong_weight_is_refused(weight):
    with pytest.raises(UserError, match="a number >= 0"):
        tf_gan.FastGAN(*networks(), 3, reconstruction_weight=weight)


def test_a_discriminator_without_images_is_refused():
    generator, discriminator = networks()
    logits = keras.Model(discriminator.input, discriminator.outputs[0])
    smaller = keras.layers.Conv2D(1, 2)(discriminator.input)
    second = keras.Model(discriminator.input, [*discriminator.outputs, smaller])
    for refused in (logits, second):
        with pytest.raises(UserError, match="rebuilds the images"):
            tf_gan.FastGAN(generator, refused, 3)


def test_the_weight_of_the_errors():
    gan = small(weight=2.0)
    batch, random = Batch(tf.constant(IMAGES[:8])), gan.stream(0)
    loss = gan.discriminator_loss(gan.forward(batch, random), batch, random)
    expected = loss.logs["discriminator_loss"] + 2.0 * loss.logs["reconstruction"]
    assert float(loss.value) == pytest.approx(float(expected), rel=1e-6)
