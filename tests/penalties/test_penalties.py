"""Gradient penalties of discriminators whose gradients are known."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gan import augment, losses, penalties
from tf_gan.errors import UserError
from tf_gan.schedules import HalfLife
from tf_gan.training.rng import Stream

NAN = float("nan")


def column(*values):
    return tf.reshape(tf.constant(values, tf.float32), (-1, 1))


def quadratic(x):
    """D(x) = |x|^2 / 2, whose gradient is x."""
    return 0.5 * tf.reduce_sum(tf.reshape(x * x, (tf.shape(x)[0], -1)), axis=1, keepdims=True)


def value(penalty, discriminator, real, fake):
    return float(penalties.get(penalty)(discriminator, real, fake, Stream(0)))


# Slope 2 in one dimension, default weights of 10: R1 and R2 are 10 / 2 * 2^2, the
# others 10 (2 - 1)^2.
@pytest.mark.parametrize(
    ("name", "expected"), [("wgan_gp", 10.0), ("dragan", 10.0), ("r1", 20.0), ("r2", 20.0)]
)
def test_linear_discriminator(name, expected):
    assert value(name, lambda x: 2.0 * x, column(1.0, 4.0), column(-2.0, 3.0)) == pytest.approx(
        expected, rel=1e-5
    )


# D = the sum of four pixels: the gradient has norm 2. A norm over the wrong axes would
# be 1, or count the batch.
@pytest.mark.parametrize(
    ("name", "expected"), [("wgan_gp", 10.0), ("dragan", 10.0), ("r1", 20.0), ("r2", 20.0)]
)
def test_norm_is_over_one_image(name, expected):
    images = tf.random.stateless_normal((3, 2, 2, 1), (0, 1))
    assert value(name, lambda x: tf.reduce_sum(x, axis=(1, 2)), images, -images) == pytest.approx(
        expected, rel=1e-5
    )


# D(x) = w x, w = 3. R1: 10 / 2 w^2 with derivative 10 w. The slope penalties: 10 (w -
# 1)^2 with derivative 20 (w - 1).
@pytest.mark.parametrize(
    ("name", "expected", "gradient"),
    [("wgan_gp", 40, 40), ("dragan", 40, 40), ("r1", 45, 30), ("r2", 45, 30)],
)
def test_second_order_gradient(name, expected, gradient):
    w = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        penalty = penalties.get(name)(
            lambda x: w * x, column(1.0, 4.0), column(-2.0, 3.0), Stream(0)
        )
    assert float(penalty) == pytest.approx(expected, rel=1e-5)
    assert float(tape.gradient(penalty, w)) == pytest.approx(gradient, rel=1e-5)


@pytest.mark.parametrize(
    ("penalty", "expected"),
    [("r1", 5 * (1 + 9) / 2), (penalties.R1(weight=1.0), 0.5 * 5), (penalties.R1(0.0), 0.0)],
)
def test_r1_is_the_mean_over_real_images(penalty, expected):
    assert value(penalty, quadratic, column(1.0, 3.0), column(NAN, NAN)) == pytest.approx(
        expected, rel=1e-6
    )


@pytest.mark.parametrize(
    ("penalty", "expected"), [("r2", 5 * (4 + 16) / 2), (penalties.R2(weight=1.0), 0.5 * 10)]
)
def test_r2_looks_at_fakes_only(penalty, expected):
    assert value(penalty, quadratic, column(NAN, NAN), column(2.0, 4.0)) == pytest.approx(
        expected, rel=1e-6
    )


def test_wgan_gp_is_uniform_between_real_and_fake():
    # The gradient is uniform on (2, 4), so that E[(g - 1)^2] = (3^3 - 1^3) / 3 / 2 = 26
    # / 6, with deviation 2.33: 0.1 is 4 standard errors.
    real, fake = tf.fill((10000, 1), 2.0), tf.fill((10000, 1), 4.0)
    assert value(penalties.WassersteinGradientPenalty(1.0), quadratic, real, fake) == pytest.approx(
        26 / 6, abs=0.1
    )


def test_wgan_gp_has_one_weight_per_pair():
    seen = []
    real, fake = tf.fill((1000, 2, 2, 1), 2.0), tf.fill((1000, 2, 2, 1), 4.0)
    value("wgan_gp", lambda x: seen.append(x.numpy()) or quadratic(x), real, fake)
    weights = (4.0 - seen[0].reshape(1000, 4)) / 2.0
    np.testing.assert_array_equal(weights, np.repeat(weights[:, :1], 4, axis=1))
    assert weights.min() > 0
    assert weights.max() < 1
    # Deviation of U(0, 1): 12^-0.5 = 0.289; of a sample of 1000, to within 0.02.
    assert weights[:, 0].std() == pytest.approx(12**-0.5, abs=0.02)


def test_dragan_moves_real_images_by_their_deviation():
    seen = []
    # Deviation 2 over the whole batch.
    real = tf.reshape(tf.constant([1.0, 5.0] * 100_000), (1000, 10, 10, 2))
    value(
        "dragan", lambda x: seen.append(x.numpy()) or quadratic(x), real, tf.fill(real.shape, NAN)
    )
    noise = seen[0] - real.numpy()  # u r, u ~ U(0, 1) per image and r ~ U(0, 1) per pixel.
    assert noise.min() >= 0
    assert 0.9 < noise.max() <= 1
    # U(0, 1) has mean 1/2 and deviation 12^-0.5. Given u, an image has mean u / 2 and
    # deviation u 12^-0.5. 0.01 is over two standard errors for a thousand images.
    means, deviations = noise.mean(axis=(1, 2, 3)), noise.std(axis=(1, 2, 3))
    assert means.mean() == pytest.approx(0.25, abs=0.01)
    assert means.std() == pytest.approx(12**-0.5 / 2, abs=0.01)
    assert deviations.mean() == pytest.approx(12**-0.5 / 2, abs=0.01)
    # u and r are not one draw: the thousand u are not the first thousand r. Four
    # standard errors of a correlation of zero.
    u = 2 * means
    r = noise.reshape(1000, 200) / u[:, None]
    assert abs(np.corrcoef(u, r.reshape(-1)[:1000])[0, 1]) < 4 * 1000**-0.5


@pytest.mark.parametrize("name", ["wgan_gp", "dragan"])
def test_noise_comes_from_the_stream(name):
    real, fake = column(1.0, 2.0), column(5.0, 7.0)
    first, again, other = (
        float(penalties.get(name)(quadratic, real, fake, Stream(0, fold))) for fold in (1, 1, 2)
    )
    assert first == again != other


# At w = 0: R1 and R2 are 0, the others 10 (0 - 1)^2; the gradient is 0 on both
# objectives of the kink.
@pytest.mark.parametrize(
    ("name", "expected"), [("wgan_gp", 10.0), ("dragan", 10.0), ("r1", 0.0), ("r2", 0.0)]
)
def test_zero_gradient_is_finite(name, expected):
    w = tf.Variable(0.0)
    with tf.GradientTape() as tape:
        penalty = penalties.get(name)(
            lambda x: w * x, column(1.0, 4.0), column(-2.0, 3.0), Stream(0)
        )
    assert float(penalty) == pytest.approx(expected, abs=1e-4)
    assert float(tape.gradient(penalty, w)) == 0.0


@pytest.mark.parametrize("name", [name for name in penalties.PENALTIES if name != "lecam"])
def test_unknown_batch_size_in_a_graph(name):
    function = tf.function(
        lambda real, fake: penalties.get(name)(quadratic, real, fake, Stream(0)),
        input_signature=[tf.TensorSpec((None, 2, 1, 1))] * 2,
    )
    real, fake = (
        tf.reshape(column(1.0, 2.0, 3.0, 4.0, 5.0, 6.0), (3, 2, 1, 1)),
        tf.fill((3, 2, 1, 1), 2.0),
    )
    assert float(function(real, fake)) == pytest.approx(
        value(name, quadratic, real, fake), rel=1e-5
    )


def test_input_gradient_is_float32_of_the_images_shape():
    images = tf.cast(tf.reshape(column(1.0, 2.0, 3.0, 4.0), (2, 2, 1)), tf.bfloat16)
    gradient = penalties.input_gradient(quadratic, images)
    assert gradient.dtype == tf.float32
    # 1, 2, 3, 4 are exact in bfloat16.
    np.testing.assert_array_equal(gradient, tf.cast(images, tf.float32))
    np.testing.assert_array_equal(penalties.squared_norm(gradient), [5.0, 25.0])


def custom(discriminator, real_images, fake_images, random):
    return tf.constant(7.0)


def test_get():
    for name, kind in penalties.PENALTIES.items():
        assert type(penalties.get(name)) is kind
    penalty = penalties.R1(3.0)
    assert penalties.get(penalty) is penalty
    assert penalties.get(custom) is custom


def test_get_all():
    assert penalties.get_all(None) == penalties.get_all([]) == ()
    assert [type(penalty) for penalty in penalties.get_all("r2")] == [penalties.R2]
    assert penalties.get_all(custom) == (custom,)
    r1 = penalties.R1(3.0)
    assert penalties.get_all(r1) == (r1,)
    first, *rest = penalties.get_all(["wgan_gp", r1, custom])
    assert type(first) is penalties.WassersteinGradientPenalty
    assert rest == [r1, custom]


@pytest.mark.parametrize("identifier", ["r3", "", 3, ["r1"], penalties.R1])
def test_unknown_penalties_list_the_known(identifier):
    for call in (lambda: penalties.get(identifier), lambda: penalties.get_all(["r1", identifier])):
        with pytest.raises(
            UserError, match=r"`penalties`. Expected names out of .*Received: "
        ) as error:
            call()
        assert all(repr(name) in str(error.value) for name in penalties.PENALTIES)
        assert repr(identifier) in str(error.value)


def test_the_short_name_of_the_gradient_penalty():
    with pytest.raises(UserError, match=r"Received: 'gp'\. Did you mean 'wgan_gp'\?"):
        penalties.get("gp")


@pytest.mark.parametrize("kind", penalties.PENALTIES.values())
def test_weights(kind):
    assert kind().weight == (0.3 if kind is penalties.LeCam else 10.0)
    with pytest.raises(UserError, match=r"`weight`.*Received: weight=-1"):
        kind(weight=-1)
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(kind(weight=0.25))))
    loaded = keras.saving.deserialize_keras_object(config)
    assert (type(loaded), loaded.weight) == (kind, 0.25)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: penalties.R1(lambda step: 1.0), "`weight`"),
        (lambda: penalties.R1(None), "`weight`"),
        (lambda: penalties.LeCam(decay=HalfLife(10)), "decay"),
        (lambda: penalties.LeCam(start=1.5), "`start`. Expected an integer"),
        (lambda: penalties.get_all(5), "`penalties`"),
        (lambda: HalfLife("10"), "half-life"),
        (lambda: losses.NonSaturating(None), "`label_smoothing`"),
        (lambda: augment.DiffAugment(None), "joined by commas"),
    ],
)
def test_arguments_of_another_type_are_named(make, message):
    with pytest.raises(UserError, match=message):
        make()
