"""The Dirac-GAN as `fit` trains it: where a whole training is two numbers, and their
distance from the equilibrium has a closed form.

Near (0, 0) the flow of theta and psi is linear, with the eigenvalues -gamma / 2 +- i w,
w^2 = 1 / 4 - gamma^2 / 4, 1 / 2 the slope f'(0) of the loss. After each half turn, pi /
w, both numbers have changed their signs, and the distance is exp(-gamma t / 2) times
that at the start. Between them it swings about this curve.
"""

import keras
import numpy as np
import pytest

import tf_gan
from tf_gan import theory
from tf_gan.penalties import R1, R2

STEP = 0.02  # Rate of both optimizers: time is the number of steps times this.
START = 0.05  # Near the equilibrium: the terms left out are of order START^2.


class Point(keras.layers.Layer):
    """All fakes at theta."""

    def build(self, shape):
        self.theta = self.add_weight(shape=(), name="theta")

    def call(self, latents):
        return 0.0 * latents + self.theta


def distances(loss: str, penalties, time: float, turns: int, interval: int = 1) -> np.ndarray:
    """Returns |(theta, psi)| over that at the start, after each of `turns` times `time`,
    of simultaneous gradient descent.
    """
    generator = keras.Sequential([keras.Input((1,)), Point()])
    discriminator = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(1, use_bias=False)]  # psi x.
    )
    generator.set_weights([np.float32(START)])
    discriminator.set_weights([np.zeros((1, 1), np.float32)])
    gan = tf_gan.GAN(generator, discriminator, latent_dim=1, data_range=None)
    gan.compile(
        keras.optimizers.SGD(STEP),
        keras.optimizers.SGD(STEP),
        loss=loss,
        penalties=penalties,
        penalty_interval=interval,
        updates="simultaneous",
        steps_per_execution=50,
    )
    steps, found = round(time / STEP), []
    for _ in range(turns):
        gan.fit(np.zeros((2, 1), np.float32), batch_size=2, steps_per_epoch=steps, verbose=0)
        theta, psi = (float(np.squeeze(n.get_weights()[0])) for n in (generator, discriminator))
        found.append(np.hypot(theta, psi) / START)
    return np.array(found)


@pytest.mark.parametrize("loss", ["non_saturating", "relativistic"])
def test_without_a_penalty_the_distance_stays_but_for_the_step(loss):
    """A step of Euler's method lengthens a turn's radius by the factor |1 + i STEP / 2|
    alone: STEP / 8 per unit of time.
    """
    found = distances(loss, (), 2 * np.pi, 3)
    times = 2 * np.pi * np.arange(1, 4)
    # The losses draw in a little: d log r / dt is -(theta psi)^2 / 2 r^2, up to r^2 / 8.
    np.testing.assert_allclose(np.log(found), STEP / 8 * times, atol=START**2 / 8 * times[-1])
    assert (found > 1).all()


@pytest.mark.parametrize("loss", ["non_saturating", "relativistic"])
@pytest.mark.parametrize("gamma", [0.2, 0.6])
@pytest.mark.slow
def test_with_gamma_the_distance_shrinks_at_the_rate_of_the_closed_form(loss, gamma):
    first, second = theory.dirac_gan_eigenvalues(gamma)
    turn = np.pi / first.imag
    found = distances(loss, (R1(gamma),), turn, 3)
    times = turn * np.arange(1, 4)
    # In its exponent a step errs by STEP^2 |lambda|^2 / 2 = STEP^2 / 8 or less, and a
    # time that is no whole number of steps by half a step's shrinking.
    np.testing.assert_allclose(
        np.log(found), -gamma / 2 * times, atol=STEP / 8 * times[-1] + gamma * STEP
    )
    assert first.real == second.real == -gamma / 2


def test_r1_and_r2_add_up():
    """D's slope is psi on both sides: R1 and R2 of half the weight are R1."""
    both = distances("relativistic", (R1(0.3), R2(0.3)), 4.0, 2)
    np.testing.assert_allclose(both, distances("relativistic", (R1(0.6),), 4.0, 2), rtol=1e-4)


@pytest.mark.parametrize(
    ("interval", "grows"), [pytest.param(64, False, marks=pytest.mark.slow), (128, True)]
)
def test_a_lazy_penalty_diverges_from_a_rate_of_2_on(interval, grows):
    """In every k-th step psi <- (1 - STEP k gamma) psi, the factor -0.28 and -1.56 with gamma
    1; then k steps of Euler's method. In every step the same gamma converges.
    """
    turn = np.array([[1.0, STEP / 2], [-STEP / 2, 1.0]])  # Of (theta, psi).
    jump = np.diag([1.0, 1.0 - STEP * interval])
    period = np.linalg.matrix_power(turn, interval) @ jump
    assert (max(abs(np.linalg.eigvals(period))) > 1) == grows
    lazy = distances("non_saturating", (R1(1.0),), interval * STEP, 3, interval)
    expected = [np.linalg.norm(np.linalg.matrix_power(period, n)[:, 0]) for n in (1, 2, 3)]
    np.testing.assert_allclose(lazy, expected, rtol=0.01)
