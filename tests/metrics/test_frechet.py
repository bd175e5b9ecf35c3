"""The Fréchet distance: closed forms, scipy's matrix root, streaming, files."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.linalg import sqrtm

from tf_gan import metrics
from tf_gan.errors import UserError
from tf_gan.metrics import Statistics, frechet_distance


def features(n, d, seed, shift=0.0):
    """Correlated features whose variances fall over four decades."""
    generator = np.random.default_rng(seed)
    return (
        generator.standard_normal((n, d))
        * np.logspace(0, -2, d)
        @ generator.standard_normal((d, d))
        + shift
    )


def twin(a, b):
    """The formula with scipy's root."""
    product = np.cov(a, rowvar=False) @ np.cov(b, rowvar=False)
    traces = np.cov(a, rowvar=False).trace() + np.cov(b, rowvar=False).trace()
    return np.sum((a.mean(0) - b.mean(0)) ** 2) + traces - 2 * np.trace(sqrtm(product)).real


# === Statistics ===


@pytest.mark.parametrize("cuts", [[], [1], [3, 4, 50], [100]])
def test_statistics_do_not_depend_on_the_batches(cuts):
    # So far from 0 that sums of squares would keep four digits.
    values = features(200, 6, 0, shift=1e6)
    statistics = Statistics()
    for part in np.split(values, cuts):
        statistics.update(part)
    assert statistics.count == 200
    np.testing.assert_allclose(statistics.mean, values.mean(0), rtol=1e-12)
    np.testing.assert_allclose(
        statistics.covariance, np.cov(values, rowvar=False), rtol=1e-6, atol=1e-9
    )


def test_float32_batches_are_summed_in_float64():
    values = (features(1000, 4, 0) + 100).astype(np.float32)
    statistics = Statistics.of(values)
    assert statistics.covariance.dtype == np.float64
    np.testing.assert_allclose(
        statistics.covariance,
        np.cov(values.astype(np.float64), rowvar=False),
        rtol=1e-9,
        atol=1e-12,
    )


def test_merge():
    values = features(90, 5, 0)
    one, two = Statistics.of(values[:30]), Statistics.of(values[30:])
    before = two.covariance.copy()
    merged = Statistics().merge(Statistics()).merge(one).merge(two)
    np.testing.assert_allclose(merged.covariance, np.cov(values, rowvar=False), atol=1e-12)
    assert (merged.count, one.count, two.count) == (90, 30, 60)
    np.testing.assert_array_equal(two.covariance, before)


def test_a_covariance_that_is_none():
    for covariance in ([[1, 2], [0, 1]], [[-1, 0], [0, 1]]):
        with pytest.raises(UserError, match="symmetric covariance with a diagonal >= 0"):
            Statistics.from_moments([0, 0], covariance, 10)
    for count in (1, 2.5, float("inf"), float("nan")):
        with pytest.raises(UserError, match=f"an integer >= 2. Received: count={count}"):
            Statistics.from_moments([0], [[1]], count)
    with pytest.raises(UserError, match="without negative eigenvalues"):
        Statistics.from_moments([0, 0], [[1, 2], [2, 1]], 10)
    # Of rank 4, its zeros rounded.
    few = np.cov(features(5, 30, 0), rowvar=False).astype(np.float32)
    assert np.linalg.eigvalsh(few.astype(np.float64)).min() < 0
    assert Statistics.from_moments(np.zeros(30), few, 5).count == 5


# === Closed forms ===


def moments(mean, covariance):
    return Statistics.from_moments(mean, covariance, 1000)


def test_equal_covariances_leave_the_means():
    covariance = np.cov(features(500, 40, 0), rowvar=False)
    a, b = np.zeros(40), np.linspace(-1, 2, 40)
    assert frechet_distance(moments(a, covariance), moments(b, covariance)) == pytest.approx(
        np.sum(b**2), rel=1e-9
    )
    same = frechet_distance(moments(a, covariance), moments(a, covariance))
    assert 0 <= same < 1e-9 * covariance.trace()


def test_isotropic_gaussians():
    """N(m_1, s_1^2 I), N(m_2, s_2^2 I): ||m_1 - m_2||^2 + d (s_1 - s_2)^2 = 16 * 9 + 16
    * 4.
    """
    d = 16
    assert frechet_distance(
        moments(np.zeros(d), np.eye(d)), moments(np.full(d, 3), 9 * np.eye(d))
    ) == pytest.approx(208, rel=1e-12)


def test_commuting_and_rotated_covariances():
    """Diagonal: sum (sqrt a - sqrt b)^2. The distance does not change when both
    objectives are rotated.
    """
    a, b = np.array([1.0, 4.0, 9.0]), np.array([4.0, 16.0, 1.0])
    rotation = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    assert frechet_distance(
        moments(np.zeros(3), np.diag(a)), moments(np.zeros(3), np.diag(b))
    ) == pytest.approx(1 + 4 + 4, rel=1e-12)
    turned = [moments(np.zeros(3), rotation * x @ rotation.T) for x in (a, b)]
    assert frechet_distance(*turned) == pytest.approx(9, rel=1e-12)


def test_orthogonal_supports():
    """No common direction: the cross term is 0."""
    a, b = np.diag([1.0, 2.0, 0, 0]), np.diag([0, 0, 3.0, 5.0])
    assert frechet_distance(moments(np.zeros(4), a), moments(np.zeros(4), b)) == pytest.approx(
        11, rel=1e-12
    )
    assert frechet_distance(moments(np.zeros(4), 0 * a), moments(np.ones(4), b)) == pytest.approx(
        12, rel=1e-12
    )


# === Against scipy ===


@pytest.mark.parametrize(("n", "m"), [(2000, 1500), (40, 60), (500, 30), (30, 500), (2, 2)])
def test_against_the_matrix_root(n, m):
    """100 dimensions: well-conditioned, and with fewer samples than dimensions on one
    or both objectives.
    """
    a, b = features(n, 100, 0), features(m, 100, 1, shift=0.1)
    ours = frechet_distance(Statistics.of(a), Statistics.of(b))
    assert isinstance(ours, float)
    assert ours == pytest.approx(twin(a, b), rel=1e-6)
    assert ours == pytest.approx(frechet_distance(Statistics.of(b), Statistics.of(a)), rel=1e-9)


def test_copies_have_distance_zero():
    values = features(50, 200, 0)
    distance = frechet_distance(Statistics.of(values), Statistics.of(values[::-1]))
    assert 0 <= distance < 1e-6 * np.cov(values, rowvar=False).trace()


def test_more_damage_is_more_distance():
    values = features(2000, 20, 0)
    noise = np.random.default_rng(1).standard_normal(values.shape)
    distances = [
        frechet_distance(Statistics.of(values), Statistics.of(values + scale * noise))
        for scale in (0, 0.1, 0.3, 1)
    ]
    assert distances == sorted(distances) and distances[3] > 10 * distances[1]


# === The Keras metric ===


def test_metric_equals_the_function_from_any_batches():
    a, b = (features(120, 8, 0, shift=5), features(77, 8, 1, shift=4))
    metric = metrics.FrechetDistance(8)
    for real, fake in zip(np.array_split(a, 5), np.array_split(b, 5), strict=True):
        metric.update_state(real.astype(np.float32), fake.astype(np.float32))
    expected = frechet_distance(
        Statistics.of(a.astype(np.float32)), Statistics.of(b.astype(np.float32))
    )
    assert float(metric.result()) == pytest.approx(expected, rel=1e-9)
    metric.reset_state()
    with pytest.raises(UserError, match=r"at least 2 rows of features. Received: 0"):
        metric.result()
    assert metrics.FrechetDistance.from_config(metric.get_config()).dimensions == 8


def test_metric_of_features_far_from_0():
    """Sums of squares would keep five digits of a variance of 1 beside a squared mean
    of 1e10.
    """
    a, b = (
        np.random.default_rng(seed).standard_normal((300, 4)) * (1 + seed) + 1e5 for seed in (0, 1)
    )
    metric = metrics.FrechetDistance(4)
    for _ in range(2):
        for real, fake in zip(np.split(a, 3), np.split(b, 3), strict=True):
            metric.update_state(real, fake)
        assert float(metric.result()) == pytest.approx(
            frechet_distance(Statistics.of(a), Statistics.of(b)), rel=1e-9
        )
        metric.reset_state()


def test_replicas_sum_about_one_origin(mirrored):
    a, b = (features(80, 3, seed, shift=1e4) for seed in (0, 1))
    with mirrored.scope():
        metric = metrics.FrechetDistance(3)
    data = tf.data.Dataset.from_tensor_slices((a, b)).batch(40)

    @tf.function
    def update(batch):
        mirrored.run(metric.update_state, batch)

    for batch in mirrored.experimental_distribute_dataset(data):
        update(batch)
    assert float(metric.result()) == pytest.approx(
        frechet_distance(Statistics.of(a), Statistics.of(b)), rel=1e-8
    )


def test_metric_in_a_graph():
    a, b = (features(60, 4, seed).astype(np.float32) for seed in (0, 1))
    metric = metrics.FrechetDistance(4)

    @tf.function
    def evaluate(real, fake):
        metric.update_state(real, fake)
        return metric.result()

    assert float(evaluate(a, b)) == pytest.approx(
        frechet_distance(Statistics.of(a), Statistics.of(b)), rel=1e-9
    )


# === Bad input ===


def test_bad_input():
    good = Statistics.of(features(9, 3, 0))
    with pytest.raises(UserError, match=r"at least 2 rows of features. Received: 1"):
        frechet_distance(good, Statistics.of(np.ones((1, 3))))
    with pytest.raises(UserError, match=r"at least 1 rows of features. Received: 0"):
        _ = Statistics().mean
    with pytest.raises(UserError, match=r"Statistics.of\(features\). Received: ndarray"):
        frechet_distance(good, features(9, 3, 0))
    with pytest.raises(UserError, match=r"one width. Received: 3 and 4"):
        frechet_distance(good, Statistics.of(features(9, 4, 0)))
    with pytest.raises(UserError, match=r"width 3, as before. Received: width 4"):
        good.update(np.ones((2, 4)))
    with pytest.raises(UserError, match="1 of 2 rows with NaN"):
        good.update(np.array([[1, 2, 3], [1, np.nan, 3]]))
    metric = metrics.FrechetDistance(3)
    with pytest.raises(
        UserError, match=r"fake features of shape \(B, 3\). Received: shape \(2, 4\)"
    ):
        metric.update_state(np.ones((2, 3)), np.ones((2, 4)))
    metric.update_state(np.full((3, 3), np.nan), np.ones((3, 3)))
    with pytest.raises(UserError, match="finite features"):
        metric.result()
