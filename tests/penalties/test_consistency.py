"""Consistency regularisation."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.routine import check_two_replicas

import tf_gan
from tf_gan import penalties
from tf_gan.errors import UserError
from tf_gan.penalties.consistency import moved
from tf_gan.training.rng import Stream

IMAGES = np.random.default_rng(0).uniform(-1, 1, (300, 16, 8, 2)).astype(np.float32)


def all_moves(image):
    """Yields the image mirrored or not, moved by each shift, continued by reflection."""
    for mirrored in (image, image[:, ::-1]):
        padded = np.pad(mirrored, ((2, 2), (1, 1), (0, 0)), "reflect")
        for y in range(5):
            for x in range(3):
                yield padded[y : y + 16, x : x + 8]


def test_images_are_mirrored_and_moved_by_up_to_an_eighth():
    seen = set()
    for image, result in zip(IMAGES, moved(tf.constant(IMAGES), Stream(0)).numpy(), strict=True):
        (which,) = [k for k, each in enumerate(all_moves(image)) if np.array_equal(each, result)]
        seen.add(which)
    assert seen == set(range(30))


def pixel(x):
    """D(x): the pixel in the corner."""
    return x[:, 0, 0, :1]


@pytest.mark.parametrize(("name", "sides"), [("cr", 1), ("bcr", 2)])
def test_the_penalty_is_the_squared_difference(name, sides):
    penalty, stream, fakes = penalties.get(name), Stream(3), IMAGES[::-1]
    expected = 0.0
    for number, images in enumerate((IMAGES, fakes)[:sides]):
        change = pixel(moved(tf.constant(images), stream.fold(number))) - pixel(images)
        expected += 10.0 * np.mean(np.square(change))
    value = penalty(pixel, tf.constant(IMAGES), tf.constant(fakes), stream)
    assert float(value) == pytest.approx(expected, rel=1e-5) and expected > 0.5


def test_a_discriminator_that_sees_no_place_has_no_penalty():
    def mean(x):
        return tf.reduce_sum(x, axis=(1, 2, 3))[:, None]

    same = tf.ones([4, 16, 16, 1])
    assert float(penalties.get("bcr")(mean, same, 2.0 * same, Stream(0))) == 0.0


def make(**arguments):
    keras.utils.set_random_seed(0)
    layers = keras.layers
    generator = keras.Sequential(
        [keras.Input((3,)), layers.Dense(128, "tanh"), layers.Reshape((16, 8, 1))]
    )
    discriminator = keras.Sequential([keras.Input((16, 8, 1)), layers.Flatten(), layers.Dense(1)])
    gan = tf_gan.GAN(generator, discriminator, latent_dim=3)
    gan.compile(loss="hinge", penalties=["cr", "bcr"], **arguments)
    return gan


@pytest.mark.slow
def test_two_replicas_are_one(mirrored):
    check_two_replicas(make, IMAGES[:64, ..., :1], mirrored)
    assert "consistency" in make().train_on_batch(IMAGES[:8, ..., :1], return_dict=True)


def test_points_are_refused():
    with pytest.raises(UserError, match=r"needs images, of shape \(H, W, C\). Received: data of"):
        penalties.get("cr")(pixel, tf.ones([4, 2]), tf.ones([4, 2]), Stream(0))
