"""More fakes in G's step than images in D's."""

import numpy as np
import pytest
import tensorflow as tf
from support.routine import check_forms, check_resume, check_two_replicas
from support.small import IMAGES, gan, networks

import tf_gan
from tf_gan.errors import UserError
from tf_gan.models import Batch
from tf_gan.models.objective import repeated


def twice(**arguments):
    return gan(generator_batch_factor=2, **arguments)


def test_the_generator_has_twice_as_many_fakes():
    model, twin = twice(run_eagerly=True), gan(run_eagerly=True)
    rows = []
    model.probe = lambda objectives, batch, parts: rows.append(len(batch.images))
    model.train_on_batch(IMAGES[:8])
    assert rows == [8, 16]
    # The twin's step by hand: of G's minibatch the number of images counts alone.
    discriminator, generator = twin.objectives
    twin.update((discriminator,), Batch(tf.constant(IMAGES[:8])), 0)
    twin.update((generator,), Batch(tf.constant(IMAGES[40:56])), 1)
    for one, other in zip(model.weights, twin.weights, strict=True):
        if one.name != "step":
            np.testing.assert_array_equal(one, other)


def test_labels_come_twice():
    batch = repeated(Batch(tf.constant([[1.0], [2.0]]), tf.constant([5, 7])), 2)
    assert batch.labels.numpy().tolist() == [5, 5, 7, 7]
    assert batch.images.numpy().tolist() == [[1], [1], [2], [2]] and batch.sources is None


@pytest.mark.slow
def test_goes_on(tmp_path):
    check_resume(twice, IMAGES[:32], tmp_path)


@pytest.mark.slow
def test_two_replicas_are_one(mirrored):
    check_two_replicas(twice, IMAGES[:32], mirrored)


@pytest.mark.slow
def test_forms_agree():
    check_forms(lambda **form: twice(discriminator_steps=3, **form), IMAGES)


@pytest.mark.parametrize(
    "arguments",
    [
        {"loss": "relativistic"},
        {"updates": "simultaneous"},
        {"generator_batch_factor": 0},
        {"generator_batch_factor": 1.5},
    ],
    ids=str,
)
def test_what_does_not_fit(arguments):
    with pytest.raises(UserError, match="generator_batch_factor"):
        gan(**{"generator_batch_factor": 2} | arguments)


def test_a_model_whose_generator_sees_real_images():
    generator, discriminator = networks()
    model = tf_gan.GAN(generator, discriminator, latent_dim=3)
    model.free_generator_batch = False  # As those that make images from images.
    with pytest.raises(UserError, match="a model from latents to images"):
        model.compile(generator_batch_factor=2)
    assert not tf_gan.Pix2Pix.free_generator_batch and not tf_gan.StarGAN.free_generator_batch
