"""Moving averages of networks: of the weights, and BatchNormalization statistics that
belong to them.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_gan
from tf_gan.errors import UserError
from tf_gan.models import averages

STATISTICS_BATCH = np.random.default_rng(0).uniform(-1, 1, (64, 3)).astype(np.float32)


def trained(momentum, epochs=100):
    keras.utils.set_random_seed(0)
    layers = keras.layers
    generator = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(6, name="first"),
            layers.BatchNormalization(momentum=momentum, name="normalization"),
            layers.Dense(3, activation="tanh"),
        ]
    )
    gan = tf_gan.GAN(
        generator,
        keras.Sequential([keras.Input((3,)), layers.Dense(8, "relu"), layers.Dense(1)]),
        4,
        moving_average=0.99,
    )
    gan.compile(keras.optimizers.Adam(0.002), keras.optimizers.Adam(0.002), steps_per_execution=8)
    gan.fit(STATISTICS_BATCH, batch_size=8, epochs=epochs, verbose=0)
    return gan


@pytest.mark.parametrize("momentum", [0.5, 0.99])
@pytest.mark.slow
def test_the_statistics_are_those_of_the_averaged_weights(momentum):
    gan = trained(momentum)
    first, normalization = (
        gan.average_generator.get_layer(name) for name in ("first", "normalization")
    )
    kernel, bias = (weight.numpy() for weight in first.weights)
    variance = (kernel**2).sum(axis=0)  # Of z W + b for z from N(0, I).
    np.testing.assert_allclose(normalization.moving_mean, bias, atol=0.1 * np.sqrt(variance).max())
    # On average over the units: one that moves fast at the end is ahead of its statistics.
    assert np.abs(normalization.moving_variance.numpy() / variance - 1).mean() < 0.15
    if momentum == 0.5:  # Those of the live network are of few images.
        live = gan.generator.get_layer("normalization")
        assert np.abs(live.moving_variance.numpy() / variance - 1).max() > 0.3


def test_standing_statistics_are_means_over_minibatches():
    gan = trained(0.99, epochs=1)
    live = [weight.numpy() for weight in gan.generator.weights]
    gan.set_standing_statistics(batches=3, batch_size=50, seed=7)
    first, normalization = (
        gan.average_generator.get_layer(name) for name in ("first", "normalization")
    )
    outputs = np.stack([first(gan.sample_inputs(50, 7 + k)[0]).numpy() for k in range(3)])
    np.testing.assert_allclose(
        normalization.moving_mean, outputs.mean(axis=1).mean(axis=0), atol=1e-5
    )
    np.testing.assert_allclose(
        normalization.moving_variance, outputs.var(axis=1).mean(axis=0), rtol=1e-4
    )
    for weight, before in zip(gan.generator.weights, live, strict=True):
        np.testing.assert_array_equal(weight, before)


def test_statistics_follow_every_tenth_step_and_more_slowly_each_time():
    """The decay is 1 / 10 at step 0, 2 / 11 at step 10."""

    def network():
        normalization = keras.layers.BatchNormalization(momentum=0.5)
        return keras.Sequential([keras.Input((1,)), normalization])

    average, live, means = network(), network(), []
    for step in (0, 5, 10):
        averages.move(
            average, live, 0.9, tf.constant(step), lambda n, step=step: tf.fill([n, 1], step + 1.0)
        )
        means.append(float(average.layers[0].moving_mean.numpy()[0]))
    assert means == pytest.approx([0.9, 0.9, 2 / 11 * 0.9 + 9 / 11 * 11.0], rel=1e-5)


def test_standing_statistics_need_batch_normalization(tiny_gan):
    with pytest.raises(UserError, match="those of BatchNormalization, which the"):
        tiny_gan.set_standing_statistics(1)
    with pytest.raises(UserError, match=r"`batches`\. Expected an integer >= 1"):
        tiny_gan.set_standing_statistics(0)


def test_what_is_not_trained_is_copied():
    """A layer whose statistics never move has nothing of its own."""
    gan = trained(momentum=1.0, epochs=2)
    normalization = gan.average_generator.get_layer("normalization")
    np.testing.assert_array_equal(normalization.moving_mean, np.zeros(6))
    np.testing.assert_array_equal(normalization.moving_variance, np.ones(6))


def test_a_network_that_gives_no_config_and_no_reason():
    class Silent(keras.Model):
        def get_config(self):
            raise NotImplementedError

    with pytest.raises(UserError, match=r"moving_average needs a copy .* or 0\. NotImplemented"):
        averages.twin(Silent(name="generator"), "average", "moving_average", "0")
