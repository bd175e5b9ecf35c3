"""Differences and PSNR by hand."""

import types

import keras
import numpy as np
import pytest

from tf_gan import GAN
from tf_gan.errors import UserError
from tf_gan.export import export_target
from tf_gan.export.calls import Calls, check_difference, picture_model
from tf_gan.export.report import size


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


def test_outputs_beyond_the_range_are_cut(tiny_gan):
    layers = [keras.Input((6,)), keras.layers.Dense(64), keras.layers.Reshape((8, 8, 1))]
    gan = GAN(keras.Sequential(layers), tiny_gan.discriminator, 6, data_range=(-0.5, 0.5))
    calls = Calls.of(export_target(gan), 20)
    assert (calls.images.min(), calls.images.max()) == (0, 1)
    made = picture_model(export_target(gan))(calls.inputs["latents"])
    np.testing.assert_allclose(made, calls.images, atol=1e-6)


@pytest.mark.parametrize(("side", "n"), [(8, 64), (512, 64), (640, 40), (1024, 16), (4096, 16)])
def test_large_pictures_are_compared_in_smaller_numbers(monkeypatch, side, n):
    monkeypatch.setattr(Calls, "at", lambda target, inputs: inputs)
    model = types.SimpleNamespace(image_shape=(side, side, 3))
    target = types.SimpleNamespace(model=model, inputs=lambda n, seed: (n, seed))
    assert Calls.of(target, seed=7) == (n, 7)


def test_sizes_are_in_millions_of_bytes(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "one").write_bytes(bytes(1_000_000))
    (tmp_path / "a" / "b" / "two").write_bytes(bytes(250_000))
    assert size(tmp_path / "a" / "one") == "1.00 MB" and size(tmp_path / "a") == "1.25 MB"


def test_a_difference_beyond_the_bound_is_refused():
    check_difference(1e-4, 1e-4)
    for difference in (1.1e-4, float("nan"), float("inf")):
        with pytest.raises(UserError, match=r"at most 0\.0001"):
            check_difference(difference, 1e-4)
