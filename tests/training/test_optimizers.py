"""Optimizers and schedules against double precision."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gan import schedules
from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.training import optimizers


def round_trip(thing):
    return keras.saving.deserialize_keras_object(
        json.loads(json.dumps(keras.saving.serialize_keras_object(thing)))
    )


def section(name):
    config = default_config().optimizer
    config.name = name
    return config


# A ramp over the first steps and a strong decay, so that each step has another momentum
# and another rate.
def momentum_sgd(**kwargs):
    return optimizers.MomentumSGD(
        schedules.DecayWithFloor(0.1, factor=1.5, floor=0.03),
        schedules.LinearRamp(0.5, 0.9, 1, 5),
        **kwargs,
    )


def numpy_twin(w, steps):
    """v <- mu_t v - lr_t g, w <- w + v for the gradient g = w of |w|^2 / 2."""
    v = np.zeros_like(w)
    for t in range(steps):
        momentum = 0.5 + 0.4 * min(max((t - 1) / 4, 0), 1)
        v = momentum * v - max(0.1 / 1.5**t, 0.03) * w
        w = w + v
    return w


def descend(optimizer, steps):
    variables = [keras.Variable([1.0, -2.0]), keras.Variable([[3.0]])]
    for _ in range(steps):
        optimizer.apply([tf.convert_to_tensor(variable) for variable in variables], variables)
    return np.concatenate([variable.numpy().reshape(-1) for variable in variables])


@pytest.mark.parametrize("steps", [1, 2, 8])
def test_momentum_sgd_matches_numpy(steps):
    # Eight float32 steps on values up to 3.
    np.testing.assert_allclose(
        descend(momentum_sgd(), steps), numpy_twin(np.array([1.0, -2.0, 3.0]), steps), rtol=2e-6
    )


def test_momentum_sgd_round_trip_descends_alike():
    loaded = round_trip(momentum_sgd(clipnorm=1e6))
    assert isinstance(loaded, optimizers.MomentumSGD)
    assert loaded.clipnorm == 1e6
    np.testing.assert_allclose(
        descend(loaded, 8), numpy_twin(np.array([1.0, -2.0, 3.0]), 8), rtol=2e-6
    )


def test_momentum_sgd_takes_a_plain_rate():
    optimizer = optimizers.MomentumSGD(0.25, schedules.LinearRamp(0.5, 0.5, 0, 1))
    # w = 4: v = -1, w = 3; v = -0.5 - 0.75, w = 1.75.
    w = keras.Variable([4.0])
    for expected in (3.0, 1.75):
        optimizer.apply([tf.convert_to_tensor(w)], [w])
        assert w.numpy().tolist() == [expected]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("adagrad", keras.optimizers.Adagrad),
        ("adam", keras.optimizers.Adam),
        ("adam_2016", optimizers.AdamEpsilonInside),
        ("rmsprop", keras.optimizers.RMSprop),
        ("sgd", keras.optimizers.SGD),
        ("sgd_2014", optimizers.MomentumSGD),
    ],
)
def test_build(name, kind):
    optimizer = optimizers.build(section(name), 0.02, steps_per_epoch=500)
    assert type(optimizer) is kind
    assert float(optimizer.learning_rate) == pytest.approx(0.02, rel=1e-6)


def test_build_knows_every_name():
    assert optimizers.NAMES == ("adagrad", "adam", "adam_2016", "rmsprop", "sgd", "sgd_2014")


@pytest.mark.parametrize("name", ["adam", "adam_2016"])
def test_build_adam_takes_its_settings(name):
    config = section(name)
    config.beta_1, config.beta_2, config.epsilon = 0.25, 0.75, 1e-3
    adam = optimizers.build(config, 0.02, 1)
    assert (adam.beta_1, adam.beta_2, adam.epsilon) == (0.25, 0.75, 1e-3)


def test_adam_with_epsilon_inside_beside_numpy():
    optimizer = optimizers.AdamEpsilonInside(0.1, beta_1=0.5, beta_2=0.9, epsilon=1e-4)
    optimizer = round_trip(optimizer)
    weights = keras.Variable([1.0, -2.0, 0.5])
    optimizer.build([weights])
    expected, mean, square = weights.numpy().astype(float), np.zeros(3), np.zeros(3)
    for step in range(1, 6):
        gradient = np.array([1e-3, -0.5, 2.0]) * step
        mean, square = 0.5 * mean + 0.5 * gradient, 0.9 * square + 0.1 * gradient**2
        corrected = mean / (1 - 0.5**step), square / (1 - 0.9**step)
        expected -= 0.1 * corrected[0] / np.sqrt(corrected[1] + 1e-4)
        optimizer.apply([tf.constant(gradient, tf.float32)], [weights])
        np.testing.assert_allclose(weights.numpy(), expected, rtol=1e-5)


def test_adam_with_epsilon_inside_takes_sparse_gradients():
    rows = tf.IndexedSlices(tf.constant([[2.0, -3.0]]), tf.constant([1]), tf.constant([3, 2]))
    moved = []
    for gradient in (rows, tf.convert_to_tensor(rows)):
        weights = keras.Variable(tf.ones((3, 2)))
        optimizer = optimizers.AdamEpsilonInside(0.1)
        optimizer.build([weights])
        optimizer.apply([gradient], [weights])
        moved.append(weights.numpy())
    np.testing.assert_array_equal(*moved)
    np.testing.assert_allclose(moved[0], [[1, 1], [0.9, 1.1], [1, 1]], rtol=1e-5)


def test_adam_l2_is_adam_on_the_gradient_with_the_weights_added():
    ours, plain = (
        round_trip(optimizers.AdamL2(0.1, l2=0.5, beta_1=0.5)),
        keras.optimizers.Adam(0.1, beta_1=0.5),
    )
    assert ours.l2 == 0.5
    w, v = keras.Variable([1.0, -2.0]), keras.Variable([1.0, -2.0])
    for gradient in ([0.3, 0.1], [-0.2, 0.4], [0.1, 0.0]):
        ours.apply([tf.constant(gradient)], [w])
        plain.apply([tf.constant(gradient) + 0.5 * v.value], [v])
        np.testing.assert_allclose(w.numpy(), v.numpy(), rtol=1e-6)


def test_build_adam_with_l2_and_decay():
    config = section("adam")
    config.l2, config.decay, config.decay_epochs = 2.5e-5, "exponential", (2, 4)
    adam = optimizers.build(config, 0.02, steps_per_epoch=100)
    assert isinstance(adam, optimizers.AdamL2) and adam.l2 == 2.5e-5
    for step, rate in ((0, 0.02), (200, 0.02), (300, 0.002), (400, 0.0002)):
        adam.iterations.assign(step)
        assert float(adam.learning_rate) == pytest.approx(rate, rel=1e-5)


def test_one_epoch_is_enough_for_a_fall_to_a_tenth():
    config = section("adam")
    config.decay, config.decay_epochs = "tenth", (2,)
    adam = optimizers.build(config, 0.02, steps_per_epoch=100)
    for step, rate in ((199, 0.02), (200, 0.002)):
        adam.iterations.assign(step)
        assert float(adam.learning_rate) == pytest.approx(rate, rel=1e-5)


@pytest.mark.parametrize("epochs", [(4, 4), (5, 2), (-1, 2), (0, 0), (1, 2, 3), ()])
@pytest.mark.parametrize("decay", ["exponential", "linear", "tenth"])
def test_build_adam_refuses_decays_that_make_no_sense(decay, epochs):
    config = section("adam")
    config.decay, config.decay_epochs = decay, epochs
    with pytest.raises(
        UserError, match=r"decay_epochs=\(first, last\) with 0 <= first < last.*Received: \("
    ):
        optimizers.build(config, 0.02, 100)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [("decay", "cosine", "one of .*Received: 'cosine'"), ("l2", -0.1, "l2 >= 0. Received: -0.1")],
)
def test_build_adam_refuses_what_it_does_not_know(field, value, message):
    config = section("adam")
    config[field] = value
    with pytest.raises(UserError, match=message):
        optimizers.build(config, 0.02, 100)


def test_build_sgd_2014_has_the_papers_schedules():
    optimizer = optimizers.build(section("sgd_2014"), 0.1, steps_per_epoch=500)
    momentum = [
        float(optimizer.momentum_schedule(update))
        for update in (0, 499, 500, 62_700, 124_499, 10**6)
    ]
    # In epochs 1, 1, 2, 126, 249 and later.
    expected = [0.5, 0.5, 0.5 + 0.2 / 249, 0.5 + 25 / 249, 0.7 - 0.2 / 249, 0.7]
    assert momentum == pytest.approx(expected, abs=1e-6)
    optimizer.iterations.assign(1_000_000)
    assert float(optimizer.learning_rate) == pytest.approx(0.1 / 1.000004**1_000_000, rel=5e-6)
    optimizer.iterations.assign(10_000_000)
    assert float(optimizer.learning_rate) == pytest.approx(1e-6, rel=1e-6)


def test_build_sgd_2014_takes_the_decay_of_the_conditional_paper():
    config = section("sgd_2014")
    config.decay_factor = 1.00004
    optimizer = optimizers.build(config, 0.1, steps_per_epoch=500)
    optimizer.iterations.assign(100_000)
    # 0.1 / 54.59
    assert float(optimizer.learning_rate) == pytest.approx(0.1 / 1.00004**100_000, rel=5e-6)
    config.decay_factor = 0.9
    with pytest.raises(UserError, match=r"decay_factor >= 1. Received: 0.9"):
        optimizers.build(config, 0.1, 500)


@pytest.mark.parametrize(
    ("decay", "rates"),
    [
        # Salimans et al. (2016) on CIFAR-10: rate * min(3 - epoch / 400, 1).
        ("linear", {0: 3e-4, 800: 3e-4, 900: 2.25e-4, 1100: 0.75e-4, 1200: 0.0, 1500: 0.0}),
        ("tenth", {0: 3e-4, 799: 3e-4, 800: 3e-5, 1500: 3e-5}),
    ],
)
@pytest.mark.parametrize("name", ["adam", "adam_2016"])
def test_build_adam_falls_between_two_epochs(name, decay, rates):
    config = section(name)
    config.decay, config.decay_epochs = decay, (800, 1200)
    optimizer = optimizers.build(config, 3e-4, steps_per_epoch=500)
    for epoch, rate in rates.items():
        optimizer.iterations.assign(500 * epoch)
        assert float(optimizer.learning_rate) == pytest.approx(rate, rel=1e-5, abs=1e-10)


def test_build_lists_the_known_names():
    with pytest.raises(UserError, match="Received: 'adamw'") as error:
        optimizers.build(section("adamw"), 0.1, 1)
    assert all(repr(name) in str(error.value) for name in optimizers.NAMES)


def test_the_updates_of_several_optimizers_are_those_of_the_generators():
    several = [keras.optimizers.SGD(), keras.optimizers.SGD()]
    several[1].iterations.assign(3)
    assert int(optimizers.Optimizers(several).iterations) == 3


@pytest.mark.parametrize("rate", [0.0, -0.1])
def test_build_wants_a_positive_rate(rate):
    with pytest.raises(UserError, match=f"learning rate > 0. Received: {rate}"):
        optimizers.build(section("adam"), rate, 1)


def test_scheduled_adam_takes_a_number():
    value, gradient = keras.Variable([1.0]), [tf.constant([0.5])]
    twin = keras.Variable([1.0])
    scheduled = optimizers.ScheduledAdam(0.1, beta_2=0.9)
    scheduled.apply(gradient, [value])
    keras.optimizers.Adam(0.1, beta_2=0.9).apply(gradient, [twin])
    assert value.numpy() == twin.numpy()


def test_adam_update_by_hand():
    values, means, squares = [tf.constant([1.0, -2.0])], [tf.zeros(2)], [tf.zeros(2)]
    w, m, v = np.array([1.0, -2.0]), np.zeros(2), np.zeros(2)
    for step, g in enumerate(np.random.default_rng(0).normal(size=(5, 2))):
        values, means, squares = optimizers.adam_update(
            tf.constant(step), 0.1, values, [tf.constant(g, tf.float32)], means, squares
        )
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        w = w - 0.1 * m / (1 - 0.9 ** (step + 1)) / (np.sqrt(v / (1 - 0.999 ** (step + 1))) + 1e-8)
    np.testing.assert_allclose(values[0], w, rtol=1e-3)
