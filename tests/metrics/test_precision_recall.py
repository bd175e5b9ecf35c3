"""Precision, recall, density and coverage: by hand, against loops, and where they
differ.
"""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from tf_gan import metrics
from tf_gan.errors import UserError
from tf_gan.metrics import arrays


def twin(real, fake, k):
    """All four by their definitions, from whole distance matrices."""

    def radii(x):
        return np.sort(cdist(x, x), axis=1)[:, k]  # The first column is the row itself.

    between, real_radii, fake_radii = cdist(real, fake), radii(real), radii(fake)
    precision = (between <= real_radii[:, None]).any(axis=0).mean()
    recall = (between <= fake_radii).any(axis=1).mean()
    inside = between < real_radii[:, None]
    return precision, recall, inside.sum() / (k * len(fake)), inside.any(axis=1).mean()


def points(n, seed, d=3):
    return np.random.default_rng(seed).standard_normal((n, d))


def clusters(labels, seed):
    """Points around (0, 0), (10, 0), ... by label."""
    return np.outer(labels, [10.0, 0.0]) + points(len(labels), seed, 2)


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("block", [50, 2**24])
def test_against_the_definitions(monkeypatch, k, block):
    monkeypatch.setattr(arrays, "BLOCK", block)
    real, fake = points(60, 0), 0.7 * points(45, 1) + 0.4
    precision, recall, density, coverage = twin(real, fake, k)
    assert 0.1 < recall < precision <= 1 and 0.1 < coverage < 1
    assert metrics.precision_recall(real, fake, k=k) == pytest.approx((precision, recall))
    assert metrics.density_coverage(real, fake, k=k) == pytest.approx((density, coverage))


def test_by_hand():
    """Real balls with k = 1: [-1, 1], [0, 2], [0, 8]. Fake balls: [0.5, 6.5], [0.5,
    6.5], [6.5, 23.5].
    """
    real, fake = [[0.0], [1.0], [4.0]], [[3.5], [6.5], [15.0]]
    assert metrics.precision_recall(real, fake, k=1) == pytest.approx((2 / 3, 2 / 3))
    assert metrics.density_coverage(real, fake, k=1) == pytest.approx((2 / 3, 1 / 3))
    fake = [[2.0], [8.5]]  # 2 is the border of one ball and inside another.
    assert metrics.density_coverage(real, fake, k=1) == pytest.approx((1 / 2, 1 / 3))
    # -1 is on the border of one ball, which counts for precision only.
    fake = [[-1.0], [-1.0], [9.0]]
    assert metrics.precision_recall(real, fake, k=1).precision == pytest.approx(2 / 3)
    assert metrics.density_coverage(real, fake, k=1) == (0, 0)


def test_rows_by_hand():
    """The example above, row by row."""
    real, fake = [[0.0], [1.0], [4.0]], [[3.5], [6.5], [15.0]]
    precise, recalled = metrics.precision_recall_rows(real, fake, k=1)
    assert precise.tolist() == [True, True, False] and recalled.tolist() == [False, True, True]
    inside, covered = metrics.density_coverage_rows(real, fake, k=1)
    assert inside.tolist() == [1, 1, 0] and covered.tolist() == [False, False, True]


def test_missing_modes_lower_recall_and_not_precision():
    real = clusters(np.arange(400) % 4, 0)
    precision, recall = metrics.precision_recall(real, clusters(np.zeros(400), 1))
    assert precision > 0.95 and 0.2 < recall < 0.3
    assert metrics.density_coverage(real, clusters(np.zeros(400), 1)).coverage < 0.3


def test_bad_samples_lower_precision_and_not_recall():
    real = clusters(np.zeros(400), 0)
    precision, recall = metrics.precision_recall(real, clusters(np.arange(400) % 4, 1))
    assert 0.2 < precision < 0.3 and recall > 0.95
    assert metrics.density_coverage(real, clusters(np.arange(400) % 4, 1)).density < 0.4


def test_exchanging_the_sets_exchanges_precision_and_recall():
    real, fake = points(50, 0), 0.5 * points(70, 1)
    assert metrics.precision_recall(real, fake) == metrics.precision_recall(fake, real)[::-1]


def test_an_outlier_raises_precision_but_hardly_density():
    """One real row far away has a ball that holds all of the fakes beside it."""
    real = np.concatenate([points(100, 0, 2), [[100.0, 0.0]]])
    fake = points(100, 1, 2) + [50, 0]
    assert metrics.precision_recall(real, fake).precision == 1
    assert metrics.density_coverage(real, fake) == pytest.approx((1 / 5, 1 / 101))


def test_copies():
    real = points(50, 0)
    assert metrics.precision_recall(real, real) == (1, 1)
    assert metrics.density_coverage(real, real).coverage == 1
    doubled = np.repeat(real, 4, axis=0)  # Their third neighbour is at distance 0.
    assert metrics.precision_recall(doubled, real) == (1, 1)


@pytest.mark.parametrize("shift", [0.0, 100.0])
def test_the_border_is_where_it_is_up_to_rounding(shift):
    """The centre of a hexagon is as far from each corner as its neighbour is: precision
    counts it, density does not.
    """
    angles = np.arange(6) * np.pi / 3
    corners, centre = (
        2 * np.stack([np.cos(angles), np.sin(angles)], axis=1) + shift,
        np.full((2, 2), shift),
    )
    assert metrics.precision_recall(corners, centre, k=1).precision == 1
    assert metrics.density_coverage(corners, centre, k=1) == (0, 0)


def test_density_of_copies():
    """Around each copy of a row are as many balls, on average, as the row has
    neighbours inside of its own ball, itself among them.
    """
    real = points(200, 0, 10)
    assert metrics.density_coverage(real, real, k=3) == (1, 1)


@pytest.mark.slow
def test_the_example_of_prdc():
    """10,000 against 10,000 points of N(0, I) in 1,000 dimensions: precision 0.4772,
    recall 0.4705, density 1.0555, coverage 0.9735 for one draw.

    Draws differ: two others gave precision and recall from 0.45 to 0.49, density 0.91
    and 1.14, coverage 0.960 and 0.980.
    """
    real, fake = points(10_000, 0, 1000), points(10_000, 1, 1000)
    np.testing.assert_allclose(
        metrics.precision_recall(real, fake, k=5), (0.4772, 0.4705), atol=0.05
    )
    density, coverage = metrics.density_coverage(real, fake)
    assert density == pytest.approx(1.0555, abs=0.25)
    assert coverage == pytest.approx(0.9735, abs=0.025)


def test_bad_input():
    with pytest.raises(UserError, match=r"more than k=3 rows in `fake`. Received: 3"):
        metrics.precision_recall(points(9, 0), points(3, 1))
    with pytest.raises(UserError, match=r"more than k=5 rows in `real`. Received: 5"):
        metrics.density_coverage(points(5, 0), points(3, 1))
    assert metrics.density_coverage(points(6, 0), points(1, 1)).density >= 0
    for k in (0, 2.5):
        with pytest.raises(UserError, match=f"an integer >= 1. Received: k={k}"):
            metrics.precision_recall(points(9, 0), points(9, 1), k=k)
    with pytest.raises(UserError, match="real 3, fake 2"):
        metrics.precision_recall(points(9, 0), points(9, 1, 2))
    with pytest.raises(UserError, match="finite numbers in `fake`"):
        metrics.density_coverage(points(9, 0), points(9, 1) * np.nan)
    with pytest.raises(UserError, match="row of numbers in `fake`"):
        metrics.density_coverage(points(9, 0), points(0, 1))
