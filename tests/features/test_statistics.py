"""Statistics of features in a file."""

import numpy as np
import pytest

from tf_gan.errors import UserError
from tf_gan.features import load_statistics, save_statistics
from tf_gan.metrics import Statistics


def test_saved_statistics_are_loaded_and_merged(tmp_path):
    statistics = Statistics.of(np.random.default_rng(0).normal(size=(50, 7)))
    save_statistics(tmp_path / "new" / "real.npz", statistics)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["real.npz"]
    loaded = load_statistics(tmp_path / "new" / "real.npz")
    assert loaded.count == 50
    assert load_statistics(tmp_path / "new" / "real.npz", count=9).count == 50
    np.testing.assert_allclose(loaded.mean, statistics.mean, rtol=1e-15)
    np.testing.assert_allclose(loaded.covariance, statistics.covariance, rtol=1e-14)
    assert loaded.merge(Statistics.of(np.ones((3, 7)))).count == 53


def test_files_that_are_no_statistics(tmp_path):
    (tmp_path / "text.npz").write_text("no")
    np.savez(tmp_path / "other.npz", mean=np.zeros(3))
    np.savez(tmp_path / "nan.npz", mean=np.zeros(2), covariance=np.full((2, 2), np.nan), count=9)
    np.savez(tmp_path / "shape.npz", mean=np.zeros(3), covariance=np.eye(2), count=9)
    np.savez(tmp_path / "pickle.npz", mean=np.array([{}]), covariance=np.eye(1), count=9)
    for name, message in (
        ("text", "Expected an .npz"),
        ("other", "covariance"),
        ("nan", "NaN"),
        ("shape", r"\(2, 2\)"),
        ("pickle", "Expected an .npz"),
    ):
        with pytest.raises(UserError, match=message):
            load_statistics(tmp_path / f"{name}.npz")
    with pytest.raises(FileNotFoundError):
        load_statistics(tmp_path / "none.npz")


def test_statistics_as_others_publish_them(tmp_path):
    """pytorch-fid and TTUR: mu and sigma, without the count."""
    statistics = Statistics.of(np.random.default_rng(0).normal(size=(50, 7)))
    np.savez(tmp_path / "fid.npz", mu=statistics.mean, sigma=statistics.covariance)
    loaded = load_statistics(tmp_path / "fid.npz", count=50)
    np.testing.assert_allclose(loaded.covariance, statistics.covariance, rtol=1e-14)
    with pytest.raises(UserError, match=r"how many images .* Expected count=N"):
        load_statistics(tmp_path / "fid.npz")
