import numpy as np
import pytest
import tensorflow as tf

import tf_gan
from tf_gan.callbacks.health import NonFiniteError


def game(**arguments):
    points = tf_gan.networks.get("points")
    gan = tf_gan.GAN(points.build_generator((2,), 2, units=(8,)), points.build_discriminator((2,), units=(8,)), 2)
    gan.compile(**arguments)
    return gan


@pytest.mark.parametrize("steps_per_execution", [1, 8])
def test_the_first_value_that_is_not_finite_stops_the_run_with_its_name_and_step(steps_per_execution):
    """Data that are NaN from the third batch on, past the check of the first one."""
    batches = np.zeros((8, 4, 2), np.float32)
    batches[3:] = np.nan
    gan = game(steps_per_execution=steps_per_execution)
    with pytest.raises(NonFiniteError, match=r"discriminator_loss.* became NaN or infinite at step 3\."):
        gan.fit(tf.data.Dataset.from_tensor_slices(batches), epochs=1, verbose=0, callbacks=[tf_gan.callbacks.Health()])


def epochs(callback, logs, count):
    callback.on_train_begin()
    for epoch in range(count):
        callback.on_epoch_end(epoch, logs)


def test_a_discriminator_that_has_won_is_told_once(caplog):
    health = tf_gan.callbacks.Health(patience=3, every=100)
    health.set_model(game())
    epochs(health, {"D(x)": 0.999, "D(G(z))": 0.001}, 2)
    assert not caplog.records
    epochs(health, {"D(x)": 0.999, "D(G(z))": 0.001}, 6)
    assert len(caplog.records) == 1 and "generator learns next to nothing" in caplog.text


def test_a_critic_whose_logits_are_no_log_odds_has_not_won(caplog):
    health = tf_gan.callbacks.Health(patience=3, every=100)
    health.set_model(game(loss="wasserstein"))
    epochs(health, {"D(x)": 0.999, "D(G(z))": 0.001}, 6)
    assert not caplog.records


def test_identical_samples_are_told(caplog):
    health = tf_gan.callbacks.Health(every=1)
    gan = game()
    health.set_model(gan)
    epochs(health, {}, 1)
    assert not caplog.records
    gan.generator.set_weights([np.zeros_like(weight) for weight in gan.generator.get_weights()])
    gan.data_range = (-1.0, 1.0)
    epochs(health, {}, 1)
    assert "All samples look the same" in caplog.text
