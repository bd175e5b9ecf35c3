import math

import numpy as np
import pytest
import tensorflow as tf

from tf_gan import likelihoods
from tf_gan.errors import UserError
from tf_gan.likelihoods import Bernoulli, Gaussian

IMAGES = tf.constant([[[[0.0], [1.0]]], [[[0.25], [0.5]]]])  # (2, 1, 2, 1)


def test_bernoulli():
    half = tf.fill(IMAGES.shape, 0.5)
    np.testing.assert_allclose(Bernoulli()(IMAGES, half), [-2 * math.log(2)] * 2, rtol=1e-6)
    means = tf.constant([[[[0.1], [0.9]]], [[[0.25], [0.5]]]])
    entropy = -(0.25 * math.log(0.25) + 0.75 * math.log(0.75)) + math.log(2)
    np.testing.assert_allclose(Bernoulli()(IMAGES, means), [2 * math.log(0.9), -entropy], rtol=1e-5)


def test_bernoulli_of_the_impossible_is_finite():
    # 1 where 0 is certain and the other way round: the means are clipped to 1e-7 from
    # the ends.
    values = Bernoulli()(IMAGES, tf.reverse(tf.round(IMAGES), [2])).numpy()
    assert np.isfinite(values).all()
    assert values[0] == pytest.approx(2 * math.log(1e-7), rel=0.01)


def test_gaussian():
    # Two pixels, 1/2 log(2 pi) each.
    np.testing.assert_allclose(Gaussian()(IMAGES, IMAGES), [-math.log(2 * math.pi)] * 2, rtol=1e-6)
    # Errors of 1 in one pixel and 0 in the other: 1 / (2 s^2) more.
    shifted = IMAGES + tf.constant([[[[1.0], [0.0]]]])
    for variance in (0.5, 4.0):
        expected = -math.log(2 * math.pi * variance) - 0.5 / variance
        np.testing.assert_allclose(Gaussian(variance)(IMAGES, shifted), [expected] * 2, rtol=1e-6)
        np.testing.assert_allclose(
            Gaussian(variance, learned=True)(IMAGES, shifted), [expected] * 2, rtol=1e-5
        )


def test_a_learned_variance_is_a_weight():
    assert [weight.shape for weight in Gaussian(learned=True).trainable_weights] == [()]
    assert Gaussian().weights == Bernoulli().weights == []


def test_by_name():
    assert isinstance(likelihoods.get("bernoulli"), Bernoulli)
    assert not likelihoods.get("gaussian").learned
    assert likelihoods.get("learned_gaussian").learned
    one = Gaussian(2.0)
    assert likelihoods.get(one) is one
    with pytest.raises(
        UserError, match=r"\['bernoulli', 'gaussian', 'learned_gaussian'\].*likelihood='poisson'"
    ):
        likelihoods.get("poisson")
    with pytest.raises(UserError, match="variance=0"):
        Gaussian(0)
