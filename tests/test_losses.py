"""Losses against numbers worked out by hand."""

import json
import math

import keras
import pytest
import tensorflow as tf

from tf_gan import losses
from tf_gan.errors import UserError

# a and b. The means are 0.5 and -1.25.
REAL, FAKE = [2.0, -1.0], [0.5, -3.0]

# softplus(x) = log(1 + e^x): softplus(-2) = 0.126928, softplus(1) = 1.313262,
# softplus(0.5) = 0.974077, softplus(-3) = 0.048587, and softplus(x) = x + softplus(-x)
# gives the rest.
TABLE = {
    # -log s(a) = softplus(-a), -log(1 - s(b)) = softplus(b).
    "minimax": ((0.126928 + 1.313262) / 2 + (0.974077 + 0.048587) / 2, -(0.974077 + 0.048587) / 2),
    # G: softplus(-0.5) and softplus(3).
    "non_saturating": (
        (0.126928 + 1.313262) / 2 + (0.974077 + 0.048587) / 2,
        (0.474077 + 3.048587) / 2,
    ),
    # D: ((1 + 4) / 2 + (0.25 + 9) / 2) / 2. G: (0.25 + 16) / 2 / 2.
    "least_squares": (3.5625, 4.0625),
    "wasserstein": (-0.5 - 1.25, 1.25),
    # D: (0 + 2) / 2 + (1.5 + 0) / 2.
    "hinge": (1.75, 1.25),
    # b - a = -1.5, -2: softplus 0.201413, 0.126928. G has 1.5, 2.
    "relativistic": ((0.201413 + 0.126928) / 2, (1.701413 + 2.126928) / 2),
    # a - E[b] = 3.25, 0.25 and b - E[a] = 0, -3.5. softplus(-3.25) = 0.038041,
    # softplus(-0.25) = 0.575939, softplus(0) = 0.693147, softplus(-3.5) = 0.029750; G
    # has the same arguments with the other sign.
    "relativistic_average": (
        (0.038041 + 0.575939) / 2 + (0.693147 + 0.029750) / 2,
        (3.288041 + 0.825939) / 2 + (0.693147 + 3.529750) / 2,
    ),
}
# Six digits were written down; float32 carries seven.
TOLERANCE = 2e-6


def column(values):
    return tf.reshape(tf.constant(values, tf.float32), (-1, 1))


def both(loss, real, fake):
    return float(loss.discriminator_loss(real, fake)), float(loss.generator_loss(real, fake))


def test_table_has_every_loss():
    assert set(TABLE) == set(losses.LOSSES)


@pytest.mark.parametrize("name", TABLE)
def test_values(name):
    assert both(losses.get(name), column(REAL), column(FAKE)) == pytest.approx(
        TABLE[name], abs=TOLERANCE
    )


# What a generator and an encoder descend together: D's loss with real and fake
# exchanged, -V for minimax, E[a] - E[b] for the unbounded ones.
JOINT = {
    "minimax": -TABLE["minimax"][0],
    "non_saturating": (2.126928 + 0.313262) / 2 + (0.474077 + 3.048587) / 2,
    # (b - 1)^2 = 0.25, 16; a^2 = 4, 1.
    "least_squares": (16.25 / 2 + 5 / 2) / 2,
    "wasserstein": 1.75,
    "hinge": 1.75,
    "relativistic": TABLE["relativistic"][1],
    "relativistic_average": TABLE["relativistic_average"][1],
}


@pytest.mark.parametrize("name", TABLE)
def test_joint_loss(name):
    assert float(losses.get(name).joint_loss(column(REAL), column(FAKE))) == pytest.approx(
        JOINT[name], abs=TOLERANCE
    )


def test_joint_loss_of_a_callable_exchanges_its_arguments():
    loss = losses.get(lambda real, fake: (tf.reduce_mean(2 * real + fake), tf.reduce_mean(real)))
    assert float(loss.joint_loss(column(REAL), column(FAKE))) == pytest.approx(2 * -1.25 + 0.5)


@pytest.mark.parametrize("name", TABLE)
def test_generator_gets_real_logits_only_if_it_asks(name):
    loss = losses.get(name)
    assert loss.needs_real_logits == name.startswith("relativistic")
    if not loss.needs_real_logits:
        assert float(loss.generator_loss(None, column(FAKE))) == pytest.approx(
            TABLE[name][1], abs=TOLERANCE
        )


@pytest.mark.parametrize("name", TABLE)
def test_patches_give_the_same_as_flat_logits(name):
    # Two images of 1x2 patches hold the same four numbers as four images; their means
    # are those of REAL and FAKE.
    real, fake = (
        tf.reshape(column(REAL * 2), (2, 1, 2, 1)),
        tf.reshape(column(FAKE * 2), (2, 1, 2, 1)),
    )
    values = (
        losses.get(name).discriminator_loss(real, fake),
        losses.get(name).generator_loss(real, fake),
    )
    assert [value.shape for value in values] == [(), ()]
    assert [float(value) for value in values] == pytest.approx(TABLE[name], abs=TOLERANCE)


@pytest.mark.parametrize(
    ("name", "gradient"), [("minimax", -4.53979e-5), ("non_saturating", -(1 - 4.53979e-5))]
)
def test_generator_gradient_where_the_fake_is_rejected(name, gradient):
    logits = tf.constant([[-10.0]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = losses.get(name).generator_loss(None, logits)
    # -s(-10) and -(1 - s(-10)), s(-10) = 1 / (1 + e^10).
    assert float(tape.gradient(loss, logits)[0, 0]) == pytest.approx(gradient, rel=1e-5)


@pytest.mark.parametrize("name", ["minimax", "non_saturating"])
def test_label_smoothing_is_one_sided(name):
    smooth = type(losses.get(name))(label_smoothing=0.1)
    # -0.9 log s(a) - 0.1 log(1 - s(a)) = softplus(-a) + 0.1 a: the real term grows by
    # 0.1 E[a] = 0.05, the others stay.
    discriminator, generator = TABLE[name]
    assert both(smooth, column(REAL), column(FAKE)) == pytest.approx(
        (discriminator + 0.05, generator), abs=TOLERANCE
    )
    assert float(smooth.joint_loss(column(REAL), column(FAKE))) == pytest.approx(
        JOINT[name], abs=TOLERANCE
    )


@pytest.mark.parametrize("value", [-0.1, 0.5, 1.0])
def test_label_smoothing_has_bounds(value):
    with pytest.raises(UserError, match=rf"label_smoothing`.*Received: label_smoothing={value}"):
        losses.NonSaturating(label_smoothing=value)


def test_cross_entropy_is_the_one_of_probabilities():
    # s(ln 3) = 3/4.
    assert float(losses.cross_entropy(0.2, column([math.log(3)]))) == pytest.approx(
        -0.2 * math.log(0.75) - 0.8 * math.log(0.25), abs=1e-6
    )


@pytest.mark.parametrize("name", TABLE)
def test_extreme_logits_stay_finite(name):
    for size in (1000.0, -1000.0):
        real, fake = column([size]), column([-size])
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([real, fake])
            values = (
                losses.get(name).discriminator_loss(real, fake),
                losses.get(name).generator_loss(real, fake),
            )
        gradients = [tape.gradient(value, fake) for value in values]
        assert all(bool(tf.reduce_all(tf.math.is_finite(value))) for value in (*values, *gradients))


def test_extreme_logits_keep_their_values():
    # D errs by 1000 on both: softplus(1000) = 1000.
    assert both(losses.get("non_saturating"), column([-1000.0]), column([1000.0])) == (2000.0, 0.0)
    assert both(losses.get("non_saturating"), column([1000.0]), column([-1000.0])) == (0.0, 1000.0)


@keras.saving.register_keras_serializable("test_losses")
def scaled_wasserstein(real_logits, fake_logits):
    return tf.reduce_mean(fake_logits - 3.0 * real_logits), tf.reduce_mean(-2.0 * fake_logits)


@pytest.mark.parametrize("name", TABLE)
def test_get_by_name(name):
    assert type(losses.get(name)) is losses.LOSSES[name]


def test_get_keeps_objects_and_wraps_callables():
    loss = losses.NonSaturating(label_smoothing=0.2)
    assert losses.get(loss) is loss
    wrapped = losses.get(scaled_wasserstein)
    assert wrapped.needs_real_logits
    assert both(wrapped, column(REAL), column(FAKE)) == pytest.approx((-1.25 - 1.5, 2.5), abs=1e-6)


@pytest.mark.parametrize("identifier", ["hing", "", None, 3, ["hinge"], losses.Hinge])
def test_get_lists_the_known_names(identifier):
    with pytest.raises(UserError, match=r"Expected one of .*Received: loss=") as error:
        losses.get(identifier)
    assert all(repr(name) in str(error.value) for name in TABLE)
    assert repr(identifier) in str(error.value)


@pytest.mark.parametrize(
    ("elsewhere", "here"),
    [
        ("wgan", "wasserstein"),
        ("lsgan", "least_squares"),
        ("mse", "least_squares"),
        ("bce", "non_saturating"),
        ("vanilla", "non_saturating"),
        ("ragan", "relativistic_average"),
        ("rpgan", "relativistic"),
    ],
)
def test_names_that_others_have(elsewhere, here):
    with pytest.raises(UserError, match=rf"loss='{elsewhere}'\. Did you mean '{here}'\?"):
        losses.get(elsewhere)


@pytest.mark.parametrize(
    "loss", [*TABLE, losses.NonSaturating(0.1), losses.Minimax(0.3), scaled_wasserstein]
)
def test_keras_round_trip(loss):
    loss = losses.get(loss)
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(loss)))
    loaded = keras.saving.deserialize_keras_object(config)
    assert type(loaded) is type(loss)
    assert both(loaded, column(REAL), column(FAKE)) == both(loss, column(REAL), column(FAKE))


def test_base_class_asks_for_both_losses():
    for method in (losses.Loss().discriminator_loss, losses.Loss().generator_loss):
        with pytest.raises(NotImplementedError):
            method(column(REAL), column(FAKE))
