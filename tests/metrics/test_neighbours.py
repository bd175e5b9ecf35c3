"""Nearest neighbours, copies, and 1-NN classification."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.neighbors import KNeighborsClassifier

from tf_gan import data, metrics
from tf_gan.errors import UserError
from tf_gan.metrics import arrays
from tf_gan.metrics.bootstrap import standard_error


def images(n, seed=0, shape=(4, 4, 1)):
    return np.random.default_rng(seed).uniform(size=(n, *shape)).astype(np.float32)


@pytest.mark.parametrize("block", [1, 2**24])
def test_against_scipy(monkeypatch, block):
    monkeypatch.setattr(arrays, "BLOCK", block)
    queries, training = images(30), images(50, 1)
    distances = cdist(queries.reshape(30, -1), training.reshape(50, -1))
    index, distance = metrics.nearest_neighbours(queries, training)
    np.testing.assert_array_equal(index, distances.argmin(1))
    np.testing.assert_allclose(distance, distances.min(1), rtol=1e-6)


def test_copies_are_at_0_and_ties_go_to_the_first():
    training = np.concatenate([images(20) + 1000, images(20) + 1000])
    index, distance = metrics.nearest_neighbours(training[5:8], training)
    assert index.tolist() == [5, 6, 7] and not distance.any()


def test_memorization_by_hand():
    """The training set is 0, held-out images lie at 1 .. 100, samples at 0, 1, 50 and
    200.
    """
    held_out = np.arange(1, 101.0)[:, None]
    result = metrics.memorization([[0.0], [1.0], [50.0], [200.0]], [[0.0]], held_out)
    assert (result.sample_median, result.held_out_median) == (25.5, 50.5)
    assert result.ratio == pytest.approx(25.5 / 50.5)
    assert result.share_below_first_percentile == 0.5  # The first percentile is 1.99.
    assert result.share_nearer == pytest.approx((1 + 0.995 + 0.505 + 0) / 4)
    assert result.copies == 1


def test_copies_are_such_up_to_rounding():
    """To a millionth of the median of 50.5."""
    held_out = np.arange(1, 101.0)[:, None]
    samples = [[0.0], [1e-7], [5.0e-5], [5.1e-5], [1.0]]
    assert metrics.memorization(samples, [[0.0]], held_out).copies == 3


@pytest.mark.slow
def test_errors_of_the_ratio_and_the_share():
    """As draws of other samples and held-out images deviate, from one training set."""
    training = np.zeros((1, 1))
    random = np.random.default_rng(0)
    results = [
        metrics.memorization(
            random.uniform(1, 2, (200, 1)), training, random.uniform(1, 2, (60, 1))
        )
        for _ in range(60)
    ]
    for name in ("ratio", "share_nearer"):
        values = np.array([getattr(each, name) for each in results])
        errors = np.array([getattr(each, f"{name}_error") for each in results])
        assert errors.mean() == pytest.approx(values.std(), rel=0.3)


def test_each_side_is_drawn_anew_in_its_own_place():
    """Distances to the origin are the images themselves."""
    random = np.random.default_rng(0)
    samples, held_out = random.uniform(1, 20, 30), random.uniform(10, 30, 40)
    result = metrics.memorization(samples[:, None], np.zeros((1, 1)), held_out[:, None])
    for name, statistic in (
        ("ratio", lambda ours, new: np.median(ours) / np.median(new)),
        ("share_nearer", lambda ours, new: np.mean(ours[:, None] < new)),
    ):
        expected = standard_error(statistic, samples, held_out)
        assert getattr(result, f"{name}_error") == pytest.approx(expected), name


def test_few_held_out_images_have_no_percentile():
    result = metrics.memorization(images(5), images(20, 1), images(8, 2))
    assert np.isnan(result.share_below_first_percentile) and np.isfinite(result.ratio_error)


def test_new_data_is_not_memorized_and_copies_are():
    training, held_out, new = images(400), images(300, 1), images(300, 2)
    fair = metrics.memorization(new, training, held_out)
    assert fair.ratio == pytest.approx(1, abs=0.05) and fair.share_nearer == pytest.approx(
        0.5, abs=0.1
    )
    assert fair.share_below_first_percentile < 0.05 and fair.copies == 0
    noise = 0.01 * images(300, 3)
    near = metrics.memorization(training[:300] + noise, training, held_out)
    assert (
        near.ratio < 0.1
        and near.share_nearer == 1
        and near.share_below_first_percentile == 1
        and near.copies == 0
    )
    assert metrics.memorization(training[:300], training, held_out).copies == 300


def test_held_out_copies_have_no_ratio():
    result = metrics.memorization(images(10), images(100), images(100))
    assert np.isnan(result.ratio) and result.copies == 10


def test_accuracy_against_scikit_learn():
    digits = data.digits()
    x, y = digits.images, digits.labels
    expected = (
        KNeighborsClassifier(1)
        .fit(x[:1000].reshape(1000, -1), y[:1000])
        .score(x[1000:].reshape(797, -1), y[1000:])
    )
    assert expected > 0.9
    assert metrics.nearest_neighbour_accuracy(
        x[:1000], y[:1000], x[1000:], y[1000:]
    ) == pytest.approx(expected)


def test_mirrored_training_images_count():
    rng = np.random.default_rng(0)
    train, new = rng.uniform(size=(2, 40, 6, 5, 1))
    both = np.concatenate([train, train[:, :, ::-1]])
    samples = np.concatenate([train[:5, :, ::-1], rng.uniform(size=(10, 6, 5, 1))])
    one = metrics.memorization(samples, train, new, mirror=True)
    np.testing.assert_allclose(one, metrics.memorization(samples, both, new), rtol=1e-9)
    assert one.copies == 5 and metrics.memorization(samples, train, new).copies == 0


def test_bad_input():
    with pytest.raises(UserError, match="queries 16, training 4"):
        metrics.nearest_neighbours(images(3), images(3, shape=(2, 2, 1)))
    with pytest.raises(UserError, match="row of numbers in `training`"):
        metrics.nearest_neighbours(images(3), images(0))
    with pytest.raises(UserError, match="row of numbers in `held_out`"):
        metrics.memorization(images(3), images(3), images(0))
    with pytest.raises(UserError, match="samples 16, training 4, held_out 16"):
        metrics.memorization(images(3), images(3, shape=(2, 2, 1)), images(3))
    with pytest.raises(UserError, match=r"\(N, H, W, C\) for mirror=True.*\(3, 16\)"):
        metrics.memorization(*[images(3).reshape(3, 16)] * 3, mirror=True)
    with pytest.raises(
        UserError, match=r"each row of `test`. Received: 3 rows, labels of shape \(2,\)"
    ):
        metrics.nearest_neighbour_accuracy(images(3), [0, 1, 2], images(3), [0, 1])
    with pytest.raises(UserError, match=r"each row of `training`. Received: 3 rows"):
        metrics.nearest_neighbour_accuracy(images(3), [0, 1, 2, 3], images(3), [0, 1, 2])
