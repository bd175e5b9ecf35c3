"""Differences and PSNR by hand."""

import numpy as np
import pytest

from tf_gan.errors import UserError
from tf_gan.export import export_target
from tf_gan.export.calls import Calls, check_difference, picture_model


def test_psnr_and_difference_by_hand():
    images = np.array([[0.0, 1.0], [0.5, 0.5]])
    calls = Calls({"latents": np.zeros((2, 1))}, images)
    # All pixels 0.1 away: 10 log10(1 / 0.01) = 20 dB.
    assert calls.psnr(images + 0.1, bounded=True) == pytest.approx(20.0)
    assert calls.difference(images + 0.1) == pytest.approx(0.1)
    assert calls.psnr(images, bounded=True) == np.inf
    # Without bounds the peak is the spread, 20; the largest value is 10.
    wide = Calls({}, np.array([-10.0, 10.0]))
    assert wide.psnr(np.array([-9.0, 9.0]), bounded=False) == pytest.approx(10 * np.log10(400))
    assert wide.difference(np.array([-9.0, 9.0])) == pytest.approx(0.1)
    assert wide.difference(np.array([np.nan, 9.0])) == np.inf
    with pytest.raises(UserError, match=r"\(3,\)"):
        wide.difference(np.zeros(3))


def test_the_picture_model_is_the_averaged_generator(tiny_gan):
    calls = Calls.of(export_target(tiny_gan), 5)
    assert {name: values.shape for name, values in calls.inputs.items()} == {"latents": (5, 6)}
    expected = (tiny_gan.average_generator(calls.inputs["latents"]).numpy() + 1) / 2
    np.testing.assert_allclose(calls.images, expected, atol=1e-6)
    np.testing.assert_allclose(
        picture_model(export_target(tiny_gan))(calls.inputs["latents"]), expected, atol=1e-6
    )


def test_a_difference_beyond_the_bound_is_refused():
    check_difference(1e-4, 1e-4)
    for difference in (1.1e-4, float("nan"), float("inf")):
        with pytest.raises(UserError, match=r"at most 0\.0001"):
            check_difference(difference, 1e-4)
