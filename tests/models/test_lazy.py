"""Lazy losses: every k-th step alone, by an optimizer step of its own."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.routine import check_forms, check_resume, check_two_replicas, largest_difference
from support.small import IMAGES, gan

import tf_gan
from tf_gan.errors import UserError
from tf_gan.penalties import R1
from tf_gan.training.optimizers import corrected


def lazy(interval=4, **arguments):
    return gan(**{"penalties": R1(0.5), "penalty_interval": interval} | arguments)


def test_the_lazy_step_descends_k_times_the_penalty():
    model = lazy(interval=3)
    twin = gan()
    x = tf.constant(IMAGES[:8])
    logs = model.lazy_step(0, IMAGES[:8])
    variables = [variable.value for variable in twin.discriminator.trainable_variables]
    with tf.GradientTape() as tape:
        penalty = R1(0.5)(twin.discriminator, x, x, None)
    gradients = tape.gradient(penalty, variables, unconnected_gradients="zero")
    assert float(logs["gradient_penalty"]) == pytest.approx(float(penalty), rel=1e-5)
    for variable, before, gradient in zip(
        model.discriminator.trainable_variables, variables, gradients, strict=True
    ):
        np.testing.assert_allclose(variable, before - 0.05 * 3 * gradient, atol=1e-6)
    for one, other in zip(model.generator.weights, twin.generator.weights, strict=True):
        np.testing.assert_array_equal(one, other)  # G stays.


def test_the_lazy_step_leaves_the_losses_of_layers_to_the_others():
    model = lazy(dense=lambda units: keras.layers.Dense(units, kernel_regularizer="l2"))
    assert set(model.lazy_step(0, IMAGES[:8])) == {"gradient_penalty"}


@pytest.mark.slow
def test_it_comes_before_the_other_updates_of_every_kth_step():
    model, twin = lazy(interval=2), gan()
    for step in range(3):
        batch = IMAGES[8 * step : 8 * step + 8]
        model.train_on_batch(batch)
        if step != 1:  # The twin's penalty, by hand.
            by_hand = lazy(interval=2)
            by_hand.set_weights(twin.get_weights())
            by_hand.step.assign(step)
            by_hand.lazy_step(0, batch)
            twin.set_weights(by_hand.get_weights())
        twin.train_on_batch(batch)
    np.testing.assert_allclose(
        np.concatenate([np.ravel(w) for w in model.get_weights()]),
        np.concatenate([np.ravel(w) for w in twin.get_weights()]),
        atol=1e-6,
    )
    assert int(model.discriminator_optimizer.iterations.numpy()) == 3 + 2
    assert int(model.generator_optimizer.iterations.numpy()) == 3


def test_several_updates_of_the_discriminator_weigh_the_penalty_more():
    model = lazy(interval=3, discriminator_steps=2)
    assert model.lazy_updates == 6
    model.train_on_batch(IMAGES[:16])
    assert int(model.discriminator_optimizer.iterations.numpy()) == 2 + 1


def test_the_log_is_that_of_the_steps_in_which_it_is_due():
    model = lazy(interval=4, rate=0.0)
    x = np.repeat(IMAGES[:1], 96, axis=0)
    history = model.fit(x, batch_size=16, epochs=1, verbose=0).history
    penalty = R1(0.5)(model.discriminator, tf.constant(x), None, None)
    assert history["gradient_penalty"][0] == pytest.approx(float(penalty), rel=1e-5)


@pytest.mark.slow
def test_forms_agree():
    check_forms(lazy, IMAGES)


@pytest.mark.slow
def test_resume_save_and_load(tmp_path):
    check_resume(lazy, IMAGES, tmp_path)


@pytest.mark.parametrize("form", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_two_replicas_do_what_one_does(mirrored, form):
    check_two_replicas(lazy, IMAGES, mirrored, forms=(form,))


@pytest.mark.slow
def test_several_steps_in_one_call_on_replicas(mirrored):
    """The loop around replicas, of data that never end."""
    one = lazy()
    one.fit(IMAGES, batch_size=32, epochs=2, verbose=0)
    with mirrored.scope():
        two = lazy(steps_per_execution=3)
    two.fit(IMAGES, batch_size=32, epochs=2, verbose=0)
    assert largest_difference(one, two) < 1e-5


def test_corrected_settings_of_adam():
    # c = 16 / 17.
    assert corrected(0.002, 0.0, 0.99, 16) == pytest.approx(
        (0.0018823529, 0.0, 0.9905855), rel=1e-6
    )
    assert corrected(0.002, 0.5, 0.99, 0) == (0.002, 0.5, 0.99)


def test_a_run_corrects_its_optimizers():
    from tf_gan.config import default_config
    from tf_gan.runs import arguments

    config = default_config()
    config.objective.penalty_interval = 16
    config.optimizer.beta_1 = 0.5
    made = arguments.compile_arguments(
        config, {"discriminator_optimizer", "generator_optimizer", "penalty_interval"}, 10
    )
    assert made["penalty_interval"] == 16
    assert float(made["generator_optimizer"].learning_rate) == pytest.approx(1e-3)
    adam = made["discriminator_optimizer"]
    assert float(adam.learning_rate) == pytest.approx(1e-3 * 16 / 17)
    assert adam.beta_1 == pytest.approx(0.5 ** (16 / 17))
    # The fall of the rate, in updates, of which there are 17 for 16 steps.
    config.optimizer.decay, config.optimizer.decay_epochs = "linear", (16, 32)
    made = arguments.compile_arguments(config, {"discriminator_optimizer"}, 1)
    schedule = made["discriminator_optimizer"].get_config()["learning_rate"]["config"]
    assert (schedule["begin_step"], schedule["end_step"]) == (17, 34)


def test_lazy_penalties_of_the_relativistic_loss_warn():
    with pytest.warns(UserWarning, match="lazy penalties fails"):
        lazy(loss="relativistic")


@pytest.mark.parametrize("interval", [0, 1.5])
def test_wrong_intervals_are_refused(interval):
    with pytest.raises(UserError, match="an integer >= 1"):
        lazy(interval=interval)
    with pytest.raises(UserError, match="no effect without penalties on gradients"):
        gan(penalty_interval=2)


def test_cycle_gan_refuses_them():
    layers = keras.layers
    generators = [
        keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(1, 1, activation="tanh")], name=n)
        for n in ("generator", "source_generator")
    ]
    discriminators = [
        keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(1, 1)], name=n)
        for n in ("discriminator", "source_discriminator")
    ]
    model = tf_gan.CycleGAN(generators[0], discriminators[0], generators[1], discriminators[1])
    with pytest.raises(UserError, match="penalties in every step"):
        model.compile(penalties="r1", penalty_interval=2)


def test_penalties_that_are_not_on_gradients_stay_in_every_step():
    model = gan(penalties=[R1(0.5), tf_gan.penalties.LeCam(0.3)], penalty_interval=2)
    assert [type(penalty).__name__ for penalty in model.lazy_penalties] == ["R1"]
    model.train_on_batch(IMAGES[:8])
    logs = model.train_on_batch(IMAGES[8:16], return_dict=True)
    assert {"lecam", "gradient_penalty"} < set(logs)
    assert int(model.discriminator_optimizer.iterations.numpy()) == 2 + 1
