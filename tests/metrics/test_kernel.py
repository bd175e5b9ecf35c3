"""The kernel distance: by hand, against loops, unbiased, seeded."""

import numpy as np
import pytest

from tf_gan import metrics
from tf_gan.errors import UserError


def twin(x, y):
    """The definition, pair by pair."""

    def k(a, b):
        return (a @ b / len(a) + 1) ** 3

    n, m = len(x), len(y)
    xx = sum(k(x[i], x[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    yy = sum(k(y[i], y[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    return xx + yy - 2 * np.mean([k(a, b) for a in x for b in y])


def features(n, d=6, seed=0, shift=0.0):
    return np.random.default_rng(seed).standard_normal((n, d)) + shift


def test_by_hand():
    """x = (0, 1), y = (2, 2): k(0, 1) = 1, k(2, 2) = 125, k(0, 2) = 1, k(1, 2) = 27."""
    assert metrics.squared_mmd([[0.0], [1.0]], [[2.0], [2.0]]) == pytest.approx(1 + 125 - 2 * 14)


def test_against_loops():
    x, y = features(7, seed=1), features(9, seed=2, shift=0.5)
    assert metrics.squared_mmd(x, y) == pytest.approx(twin(x, y), rel=1e-12)
    assert metrics.squared_mmd(y, x) == pytest.approx(twin(x, y), rel=1e-12)


def test_equal_distributions_are_at_0_on_average():
    values = np.array(
        [
            metrics.squared_mmd(features(20, seed=2 * s), features(20, seed=2 * s + 1))
            for s in range(400)
        ]
    )
    assert (values < 0).any()
    assert abs(values.mean()) < 3 * values.std() / 20


def test_the_standard_error_leaves_out_one_row_after_the_other():
    x, y = features(6, seed=1), features(8, seed=2, shift=0.5)
    variance = 0
    for n, values in (
        (6, [twin(np.delete(x, i, 0), y) for i in range(6)]),
        (8, [twin(x, np.delete(y, j, 0)) for j in range(8)]),
    ):
        variance += (n - 1) / n * np.sum(np.square(values - np.mean(values)))
    assert metrics.squared_mmd_error(x, y) == pytest.approx(variance**0.5, rel=1e-9)
    assert metrics.squared_mmd_error(y, x) == pytest.approx(variance**0.5, rel=1e-9)
    with pytest.raises(UserError, match="at least 3 rows"):
        metrics.squared_mmd_error(x[:2], y)


@pytest.mark.parametrize(("shift", "low", "high"), [(0.5, 0.8, 1.25), (0.0, 1.0, 1.7)])
def test_the_standard_error_is_the_deviation_between_draws(shift, low, high):
    """Of different distributions; of equal ones it is too large by up to sqrt(2)."""
    draws = [
        (features(30, seed=2 * s), features(50, seed=2 * s + 1, shift=shift)) for s in range(200)
    ]
    deviation = np.std([metrics.squared_mmd(*pair) for pair in draws])
    mean = np.mean([metrics.squared_mmd_error(*pair) for pair in draws])
    assert low < mean / deviation < high


def test_subsets():
    real, fake = features(300, seed=1), features(200, seed=2, shift=0.3)
    mean, deviation = metrics.kernel_distance(real, fake, subsets=40, subset_size=50)
    assert metrics.kernel_distance(real, fake, subsets=40, subset_size=50) == (mean, deviation)
    assert metrics.kernel_distance(real, fake, subsets=40, subset_size=50, seed=1).mean != mean
    assert mean == pytest.approx(metrics.squared_mmd(real, fake), abs=4 * deviation / np.sqrt(40))
    assert deviation > 0


def test_the_deviation_is_that_of_the_subsets():
    """Their rows drawn as the function draws them; not the standard error, and ddof 0."""
    real, fake = features(30, seed=1), features(25, seed=2, shift=0.3)
    generator, values = np.random.default_rng(5), []
    for _ in range(4):
        x, y = (rows[generator.choice(len(rows), 9, replace=False)] for rows in (real, fake))
        values.append(twin(x, y))
    estimate = metrics.kernel_distance(real, fake, subsets=4, subset_size=9, seed=5)
    assert estimate == pytest.approx(
        (np.mean(values), np.sqrt(np.mean(np.square(values - np.mean(values))))), rel=1e-9
    )


def test_one_subset_of_everything_is_the_whole_estimate():
    """Drawn without replacement, 60 of 60 are all of them."""
    real, fake = features(60, seed=1), features(60, seed=2, shift=0.3)
    estimate = metrics.kernel_distance(real, fake, subsets=3, subset_size=60)
    assert estimate == pytest.approx((metrics.squared_mmd(real, fake), 0), abs=1e-12)


def test_metric_is_the_mean_over_batches():
    real, fake = features(30, seed=1), features(36, seed=2, shift=0.3)
    metric = metrics.KernelDistance()
    for a, b in zip(np.split(real, 3), np.split(fake, 3), strict=True):
        metric.update_state(a, b)
    expected = np.mean(
        [twin(a, b) for a, b in zip(np.split(real, 3), np.split(fake, 3), strict=True)]
    )
    assert float(metric.result()) == pytest.approx(expected, rel=1e-9)
    named = metrics.KernelDistance(name="kid_pixels")
    assert metrics.KernelDistance.from_config(named.get_config()).name == "kid_pixels"
    with pytest.raises(UserError, match=r"fake features of shape \(B, 6\)"):
        metric.update_state(real, features(9, 5))
    with pytest.raises(UserError, match="B >= 2"):
        metric.update_state(real, fake[:1])


def test_metric_of_nothing_or_nan():
    metric = metrics.KernelDistance()
    with pytest.raises(UserError, match="at least one batch"):
        metric.result()
    metric.update_state(features(9), features(9) * np.nan)
    with pytest.raises(UserError, match="finite features"):
        metric.result()


def test_bad_input():
    with pytest.raises(
        UserError, match=r"at least 1000 rows of numbers in `fake`. Received: shape \(999, 6\)"
    ):
        metrics.kernel_distance(features(1000), features(999))
    with pytest.raises(UserError, match="real 6, fake 5"):
        metrics.squared_mmd(features(9), features(9, 5))
    with pytest.raises(UserError, match="at least 2 rows"):
        metrics.squared_mmd(features(9), features(1))
    with pytest.raises(UserError, match="finite numbers in `real`"):
        metrics.squared_mmd(features(9) * np.inf, features(9))
    with pytest.raises(UserError, match="subsets=0"):
        metrics.kernel_distance(features(9), features(9), subsets=0)
    with pytest.raises(UserError, match=r"an integer >= 2\. Received: subset_size=10\.5"):
        metrics.kernel_distance(features(20), features(20), subset_size=10.5)
