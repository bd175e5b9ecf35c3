"""Schedules against double precision, and where models take them."""

import json
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from support import small

from tf_gan import schedules
from tf_gan.errors import UserError
from tf_gan.models import averages
from tf_gan.penalties import R1
from tf_gan.training import optimizers


def round_trip(thing):
    return keras.saving.deserialize_keras_object(
        json.loads(json.dumps(keras.saving.serialize_keras_object(thing)))
    )


@pytest.mark.parametrize("step", [0, 1, 1_000_000])
@pytest.mark.parametrize("factor", [1.000004, 1.00004])
def test_decay_matches_double_precision(step, factor):
    # float32's nearest number to 1.000004 would be 6% off after a million steps.
    # exp(-4) in float32 is good to 1e-6.
    expected = max(0.1 / factor**step, 1e-6)
    assert float(
        schedules.DecayWithFloor(0.1, factor)(tf.constant(step, tf.int64))
    ) == pytest.approx(expected, rel=5e-6)


def test_decay_has_a_floor():
    schedule = schedules.DecayWithFloor(0.1, floor=1e-3)
    # 0.1 / 1.000004^t = 1e-3 at t = ln(100) / ln(1.000004) = 1,151,295.
    floor_step = math.log(100) / math.log(1.000004)
    assert float(schedule(int(floor_step) - 10_000)) == pytest.approx(
        1e-3 * math.exp(0.04), rel=1e-4
    )
    assert float(schedule(int(floor_step) + 10_000)) == float(schedule(10**8)) == np.float32(1e-3)


# Step 2,500 is three quarters of the way from 1,000 to 3,000.
@pytest.mark.parametrize(
    ("step", "expected"),
    [(0, 0.5), (1000, 0.5), (2000, 0.6), (2500, 0.65), (3000, 0.7), (10**7, 0.7)],
)
def test_linear_ramp(step, expected):
    assert float(
        schedules.LinearRamp(0.5, 0.7, 1000, 3000)(tf.constant(step, tf.int64))
    ) == pytest.approx(expected, abs=1e-6)


def test_linear_ramp_falls():
    assert float(schedules.LinearRamp(1.0, 0.0, 0, 4)(1)) == 0.75


def test_linear_ramp_in_stairs():
    ramp = schedules.LinearRamp(0.0, 1.0, 0, 8, every=4)
    assert [float(ramp(step)) for step in range(9)] == [0.0] * 4 + [0.5] * 4 + [1.0]
    assert ramp.get_config()["every"] == 4
    with pytest.raises(UserError, match=r"`every`. Expected an integer >= 1. Received: every=0"):
        schedules.LinearRamp(0.0, 1.0, 0, 8, every=0)


# A tenth of the way from 200 to 400 takes 0.01^0.1 of the rate, half of it a tenth.
@pytest.mark.parametrize(
    ("step", "expected"),
    [(0, 2.0), (200, 2.0), (220, 2.0 * 0.01**0.1), (300, 0.2), (400, 0.02), (10**6, 0.02)],
)
def test_late_decay(step, expected):
    assert float(schedules.LateDecay(2.0, 200, 400)(tf.constant(step, tf.int64))) == pytest.approx(
        expected, rel=1e-5
    )


def test_during_is_zero_before_and_after():
    ramp = schedules.LinearRamp(2.0, 0.0, 0, 4)
    assert [float(schedules.During(ramp, 2, 5)(step)) for step in range(7)] == [
        *(0.0, 0.0, 2.0, 1.5, 1.0, 0.0, 0.0)
    ]
    assert [float(schedules.During(0.5, 1)(step)) for step in (0, 1, 10**7)] == [0.0, 0.5, 0.5]
    with pytest.raises(UserError, match="begin_step < end_step"):
        schedules.During(0.5, 3, 3)


@pytest.mark.parametrize(
    "schedule",
    [
        schedules.DecayWithFloor(0.1, 1.5, 0.01),
        schedules.LinearRamp(0.2, 0.9, 3, 7),
        schedules.LateDecay(0.2, 2, 8, share=0.1),
        schedules.Cosine(2.0, 0.5, 7),
        schedules.During(schedules.LinearRamp(0.2, 0.9, 0, 7), 2, 9),
        schedules.HalfLife(30.0, 0.5),
        schedules.HalfLife(schedules.Cosine(0.0, 3.0, 9), None),
    ],
)
def test_schedules_round_trip(schedule):
    loaded = round_trip(schedule)
    assert type(loaded) is type(schedule)
    values = [float(schedule(step)) for step in range(10)]
    assert [float(loaded(step)) for step in range(10)] == values
    assert len(set(values)) > 4


@pytest.mark.parametrize("step", [0, 1, 250, 500, 999, 1000, 10**7])
def test_cosine_is_half_a_cosine(step):
    progress = min(step / 1000, 1.0)
    expected = 5e-5 + 1.5e-4 * 0.5 * (1 + math.cos(math.pi * progress))
    value = schedules.Cosine(2e-4, 5e-5, 1000)(tf.constant(step, tf.int64))
    assert float(value) == pytest.approx(expected, rel=1e-5)


def test_cosine_takes_steps():
    with pytest.raises(UserError, match=r"a number > 0. Received: steps=0"):
        schedules.Cosine(1.0, 0.0, 0)


def test_half_life_rises_with_the_ramp():
    decay = schedules.HalfLife(500.0, ramp=0.05)
    assert float(decay(0)) == 0.0
    assert float(decay(1000)) == pytest.approx(0.5 ** (1 / 50), rel=1e-6)
    assert float(decay(10**6)) == pytest.approx(0.5 ** (1 / 500), rel=1e-6)


def test_half_life_may_be_a_schedule():
    decay = schedules.HalfLife(schedules.Cosine(0.0, 500.0, 1000), None)
    assert float(decay(0)) == 0.0
    assert float(decay(500)) == pytest.approx(0.5 ** (1 / 250), rel=1e-6)


def adam(gradients, rate, beta_1, beta_2, epsilon=1e-7):
    """Adam by NumPy, `beta_2` a function of the step."""
    w = m = v = np.zeros(3)
    for step, gradient in enumerate(gradients):
        m = beta_1 * m + (1 - beta_1) * gradient
        b = beta_2(step)
        v = b * v + (1 - b) * gradient**2
        scale = np.sqrt(1 - b ** (step + 1)) / (1 - beta_1 ** (step + 1))
        w = w - rate * scale * m / (np.sqrt(v) + epsilon)
    return w


@pytest.mark.parametrize("jit_compile", [False, True])
def test_adam_with_a_schedule_for_beta_2(jit_compile):
    gradients = np.random.default_rng(0).normal(size=(12, 3))
    schedule = schedules.Cosine(0.9, 0.99, 10)
    optimizer = round_trip(optimizers.ScheduledAdam(0.1, beta_1=0.5, beta_2=schedule))
    w = keras.Variable(np.zeros(3, np.float32))
    optimizer.build([w])

    @tf.function(jit_compile=jit_compile, autograph=False)
    def step(gradient):
        optimizer.apply([gradient], [w])

    for gradient in gradients.astype(np.float32):
        step(tf.constant(gradient))
    expected = adam(gradients, 0.1, 0.5, lambda step: float(schedule(step)))
    np.testing.assert_allclose(w.numpy(), expected, rtol=1e-5)
    constant = adam(gradients, 0.1, 0.5, lambda step: 0.9)
    assert np.abs(expected - constant).max() > 1e-3  # The schedule is seen.
    assert isinstance(optimizer.beta_2, schedules.Cosine)


def test_a_penalty_follows_its_schedule():
    weights = schedules.LinearRamp(4.0, 0.0, 0, 2)
    model = small.gan(penalties=[R1(weights)])
    constant = [small.gan(penalties=[R1(weight)]) for weight in (4.0, 2.0, 0.0)]
    for step, other in enumerate(constant):
        other.step.assign(step)
        model.step.assign(step)
        other.set_weights(model.get_weights())
        for optimizer in (other.discriminator_optimizer, model.discriminator_optimizer):
            assert float(optimizer.learning_rate) == pytest.approx(0.05)
        logs, expected = (
            each.train_step(tf.constant(small.IMAGES[:32])) for each in (model, other)
        )
        assert float(logs["gradient_penalty"]) == pytest.approx(
            float(expected["gradient_penalty"]), rel=1e-6
        )
        model.reset_metrics()


def test_an_average_follows_its_schedule():
    decay = schedules.HalfLife(2.0, ramp=None)
    model = small.gan(arguments={"moving_average": decay})
    before = [weight.copy() for weight in model.average_generator.get_weights()]
    model.train_step(tf.constant(small.IMAGES[:32]))
    share = 0.5**0.5
    for old, live, mean in zip(
        before,
        model.generator.get_weights(),
        model.average_generator.get_weights(),
        strict=True,
    ):
        np.testing.assert_allclose(mean, share * old + (1 - share) * live, atol=1e-6)


def test_a_model_with_schedules_is_saved(tmp_path):
    model = small.gan(
        arguments={"moving_average": schedules.HalfLife(schedules.Cosine(0.0, 9.0, 5))},
        penalties=[R1(schedules.Cosine(1.0, 0.1, 5))],
    )
    model.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert float(averages.decay_at(loaded.moving_average, 3)) == float(
        averages.decay_at(model.moving_average, 3)
    )
    assert float(loaded.penalties[0].weight(2)) == float(model.penalties[0].weight(2))


def test_what_is_no_decay_is_refused():
    with pytest.raises(UserError, match=r"or a schedule such as tf_gan.schedules.HalfLife"):
        small.gan(arguments={"moving_average": "0.9"})


def test_shares_and_factors_out_of_range():
    with pytest.raises(UserError, match=r"share in \(0, 1\). Received: share=0"):
        schedules.LateDecay(1e-3, 0, 1000, share=0)
    with pytest.raises(UserError, match=r"factor >= 1. Received: factor=0.5"):
        schedules.DecayWithFloor(1e-3, factor=0.5)
