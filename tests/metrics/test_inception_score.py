"""The inception score: closed forms, splits, streaming."""

import numpy as np
import pytest

from tf_gan import metrics
from tf_gan.errors import UserError


def softmax(n, classes, seed=0):
    values = np.exp(3 * np.random.default_rng(seed).standard_normal((n, classes)))
    return values / values.sum(axis=1, keepdims=True)


def test_certain_and_balanced_predictions_score_the_number_of_classes():
    predictions = np.eye(7)[np.arange(70) % 7]
    assert metrics.inception_score(predictions, splits=10) == pytest.approx((7, 0))


def test_constant_predictions_score_1():
    assert metrics.inception_score(np.tile([0.2, 0.5, 0.3], (20, 1)), splits=2) == pytest.approx(
        (1, 0)
    )
    assert metrics.inception_score(np.tile([0.0, 1.0], (20, 1)), splits=1) == pytest.approx((1, 0))


def test_by_hand():
    """(0.9, 0.1) and (0.1, 0.9): exp(log 2 - H(0.1))."""
    entropy = -0.9 * np.log(0.9) - 0.1 * np.log(0.1)
    assert metrics.inception_score([[0.9, 0.1], [0.1, 0.9]], splits=1).mean == pytest.approx(
        2 * np.exp(-entropy)
    )


def test_splits_are_consecutive():
    """One class in the first half and two in the second: 1 and 2."""
    predictions = np.eye(3)[[0, 0, 0, 0, 1, 2, 1, 2]]
    assert metrics.inception_score(predictions, splits=2) == pytest.approx((1.5, 0.5))


def test_against_the_definition():
    p = softmax(103, 5)
    scores = []
    for split in range(4):
        part = p[split * 103 // 4 : (split + 1) * 103 // 4]
        scores.append(np.exp(np.mean([np.sum(row * np.log(row / part.mean(0))) for row in part])))
    assert metrics.inception_score(p, splits=4) == pytest.approx(
        (np.mean(scores), np.std(scores)), rel=1e-12
    )


def test_float32_probabilities_sum_to_1_up_to_rounding():
    p = softmax(60, 1000)
    assert metrics.inception_score(p.astype(np.float32)).mean == pytest.approx(
        metrics.inception_score(p).mean, rel=1e-5
    )


def test_logits():
    p = softmax(50, 4)
    assert metrics.inception_score(np.log(p) + 1000, splits=5, from_logits=True) == pytest.approx(
        metrics.inception_score(p, splits=5), rel=1e-9
    )


@pytest.mark.parametrize("from_logits", [False, True])
def test_metric_from_any_batches(from_logits):
    p = softmax(60, 4)
    metric = metrics.InceptionScore(4, from_logits=from_logits)
    for part in np.split(np.log(p) if from_logits else p, [1, 20, 45]):
        metric.update_state(part)
    assert float(metric.result()) == pytest.approx(
        metrics.inception_score(p, splits=1).mean, rel=1e-9
    )
    again = metrics.InceptionScore.from_config(metric.get_config())
    again.update_state(np.log(p) if from_logits else p)
    assert float(again.result()) == pytest.approx(float(metric.result()), rel=1e-9)
    with pytest.raises(UserError, match=r"predictions of shape \(B, 4\)"):
        metric.update_state(softmax(3, 5))


@pytest.mark.parametrize(
    "predictions",
    [softmax(9, 3) * np.nan, np.log(softmax(9, 3)), 3 * softmax(9, 3), [[-0.5, 1.0, 0.5]]],
)
def test_metric_refuses_other_than_probabilities(predictions):
    metric = metrics.InceptionScore(3)
    metric.update_state(softmax(20, 3))
    metric.update_state(predictions)
    with pytest.raises(UserError, match="from_logits=True"):
        metric.result()


def test_metric_of_nothing():
    with pytest.raises(UserError, match="at least one prediction"):
        metrics.InceptionScore(3).result()


def test_bad_input():
    with pytest.raises(UserError, match="at least 10 rows"):
        metrics.inception_score(softmax(9, 3))
    with pytest.raises(UserError, match=r"from_logits=True. Received: values from -"):
        metrics.inception_score(np.log(softmax(20, 3)))
    with pytest.raises(UserError, match="sums from 2"):
        metrics.inception_score(2 * softmax(20, 3))
    with pytest.raises(UserError, match="finite"):
        metrics.inception_score(softmax(20, 3) * np.nan)
    with pytest.raises(UserError, match="splits=0"):
        metrics.inception_score(softmax(20, 3), splits=0)
