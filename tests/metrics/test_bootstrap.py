"""Standard errors by drawing again."""

import numpy as np
import pytest

from tf_gan.errors import UserError
from tf_gan.metrics import standard_error


def test_the_error_of_a_mean_has_a_formula():
    values = np.random.default_rng(0).exponential(size=200)
    assert standard_error(np.mean, values) == pytest.approx(values.std() / 200**0.5, rel=0.1)


def test_two_values_by_hand():
    """The mean of two draws of {0, 1} is 0, 1/2, 1/2 or 1: deviation sqrt(1/8)."""
    found = standard_error(np.mean, np.array([0.0, 1.0]), draws=20_000)
    assert found == pytest.approx(8**-0.5, rel=0.02)


def test_of_two_sets_of_any_size():
    random = np.random.default_rng(0)
    a, b = random.normal(size=100), random.normal(size=400)
    found = standard_error(lambda x, y: x.mean() - y.mean(), a, b)
    assert found == pytest.approx((a.var() / 100 + b.var() / 400) ** 0.5, rel=0.1)


def test_the_seed_fixes_the_draws():
    values = np.arange(9.0)
    assert standard_error(np.median, values) == standard_error(np.median, values)
    assert standard_error(np.median, values) != standard_error(np.median, values, seed=1)
    assert standard_error(np.mean, np.full(9, 0.8)) == 0


def test_nan_is_passed_on():
    assert np.isnan(standard_error(np.mean, np.array([1.0, np.nan])))


def test_bad_input():
    with pytest.raises(UserError, match=r"at least one row. Received: \[\(3,\), \(0,\)\]"):
        standard_error(lambda x, y: 0, np.ones(3), np.ones(0))
    with pytest.raises(UserError, match=r"at least one row. Received: \[\]"):
        standard_error(lambda: 0)
    with pytest.raises(UserError, match=r"an integer >= 2\. Received: draws=1"):
        standard_error(np.mean, np.ones(3), draws=1)
