import numpy as np
import pytest

from tf_gan.errors import UserError
from tf_gan.metrics import autocorrelation


def test_an_autoregressive_chain_has_its_powers():
    random = np.random.default_rng(0)
    x = [random.normal(size=(200, 3, 2))]
    for _ in range(400):  # Of variance 1, and rho(k) = 0.8^k.
        x.append(0.8 * x[-1] + 0.6 * random.normal(size=(200, 3, 2)))
    found = autocorrelation(np.array(x) + 5.0, [0, 1, 3, 10])
    np.testing.assert_allclose(found, [1.0, 0.8, 0.512, 0.107], atol=0.02)


def test_by_hand():
    chains = np.array([[1.0], [-1.0], [1.0], [-1.0]])
    np.testing.assert_allclose(autocorrelation(chains, [0, 1, 2]), [1, -1, 1])


def test_the_mean_is_an_image():
    """Pixels of another brightness, which stays, do not make the samples alike."""
    x = np.random.default_rng(0).normal(size=(20, 5, 3))
    np.testing.assert_allclose(
        autocorrelation(x + np.array([0, 10, -100]), [1, 2]), autocorrelation(x, [1, 2])
    )


def test_bad_arguments():
    with pytest.raises(UserError, match=r"lags \[4\]"):
        autocorrelation(np.eye(4), [4])
    with pytest.raises(UserError, match=r"lags \[0, -1\]"):
        autocorrelation(np.eye(4), [0, -1])
    with pytest.raises(UserError, match="NaN or infinite"):
        autocorrelation(np.array([[0.0], [np.nan]]), [0])
    with pytest.raises(UserError, match=r"shape \(4,\)"):
        autocorrelation(np.ones(4), [0])
    with pytest.raises(UserError, match="all the same"):
        autocorrelation(np.ones((4, 2)), [0])
    with pytest.raises(UserError, match="all the same"):
        autocorrelation(np.full((5, 3, 4), 0.1), [0, 2])  # Whose mean is rounded.
