"""PSNR and SSIM on luma: by hand, against scipy, as Keras metrics."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.ndimage import correlate1d

from tf_gan import metrics
from tf_gan.errors import UserError
from tf_gan.metrics import image_quality as module


def images(n=2, height=40, width=36, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, height, width, channels), np.uint8)


def noisy(x, scale=20, seed=1):
    return np.clip(
        np.rint(x + scale * np.random.default_rng(seed).standard_normal(x.shape)), 0, 255
    ).astype(np.uint8)


def ssim_twin(x, y):
    """The formula on one channel of 0..255, with scipy's correlation, variances about
    the means.
    """
    window = np.exp(-(np.arange(-5, 6) ** 2) / 4.5)
    window /= window.sum()

    def mean(z):
        return correlate1d(correlate1d(z, window, axis=0), window, axis=1)[5:-5, 5:-5]

    m_x, m_y = mean(x), mean(y)
    s_x, s_y, s_xy = mean(x * x) - m_x**2, mean(y * y) - m_y**2, mean(x * y) - m_x * m_y
    c_1, c_2 = 6.5025, 58.5225
    return np.mean(
        (2 * m_x * m_y + c_1) * (2 * s_xy + c_2) / ((m_x**2 + m_y**2 + c_1) * (s_x + s_y + c_2))
    )


# === Luma ===


def test_luma_of_known_colours():
    """What MATLAB's rgb2ycbcr gives for black, white, red, green and blue, before
    rounding.
    """
    colours = np.array(
        [[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8
    ).reshape(1, 5, 3)
    np.testing.assert_allclose(
        np.ravel(metrics.luma(colours)), [16, 235, 81.481, 144.553, 40.966], atol=1e-9
    )
    np.testing.assert_allclose(
        np.ravel(metrics.luma(colours / 127.5 - 1, (-1, 1))),
        [16, 235, 81.481, 144.553, 40.966],
        atol=1e-6,
    )


def test_grey_images_stay_as_they_are():
    grey = images(1, channels=1)
    np.testing.assert_array_equal(metrics.luma(grey), grey)
    np.testing.assert_allclose(metrics.luma(grey / 255, (0, 1)), grey, atol=1e-9)


# === PSNR ===


def test_psnr_by_hand():
    """A difference of 10 everywhere in grey: 20 log10(25.5) dB. In RGB luma shrinks it
    by 219/255.
    """
    grey = np.full((1, 20, 20, 1), 100, np.uint8)
    assert float(metrics.psnr(grey, grey + 10)[0]) == pytest.approx(28.1308036, abs=1e-6)
    colour = np.repeat(grey, 3, axis=-1)
    assert float(metrics.psnr(colour, colour + 10)[0]) == pytest.approx(
        28.1308036 + 20 * np.log10(255 / 219), abs=1e-6
    )
    assert np.isposinf(metrics.psnr(grey, grey)[0])


def test_the_border_does_not_count():
    a = images(channels=1)
    b = noisy(a)
    worse = b.copy()
    worse[:, :4], worse[:, -4:], worse[:, :, :4], worse[:, :, -4:] = 0, 0, 0, 0
    for metric in (metrics.psnr, metrics.ssim):
        np.testing.assert_array_equal(metric(a, b), metric(a, worse))
        assert (metric(a, b, border=0).numpy() > metric(a, worse, border=0).numpy()).all()
        np.testing.assert_allclose(
            metric(a, b), metric(a[:, 4:-4, 4:-4], b[:, 4:-4, 4:-4], border=0), rtol=1e-12
        )


def test_no_images():
    for metric in (metrics.psnr, metrics.ssim, metrics.daala_ssim):
        with pytest.raises(UserError, match="real and fake images, some"):
            metric(np.zeros((0, 20, 20, 1)), np.zeros((0, 20, 20, 1)), value_range=(0, 1))


def test_psnr_against_numpy():
    a, b = images(), noisy(images())
    ya, yb = (x @ np.array([65.481, 128.553, 24.966]) / 255 + 16 for x in (a, b))
    expected = [
        20 * np.log10(255 / np.sqrt(np.mean((p - q)[4:-4, 4:-4] ** 2)))
        for p, q in zip(ya, yb, strict=True)
    ]
    np.testing.assert_allclose(metrics.psnr(a, b), expected, rtol=1e-9)
    np.testing.assert_allclose(
        metrics.psnr(a / 255, b / 255, value_range=(0, 1)), expected, rtol=1e-9
    )


# === SSIM ===


def test_ssim_against_scipy():
    a, b = images(), noisy(images(), 60)
    ya, yb = (x @ np.array([65.481, 128.553, 24.966]) / 255 + 16 for x in (a, b))
    expected = [ssim_twin(p[4:-4, 4:-4], q[4:-4, 4:-4]) for p, q in zip(ya, yb, strict=True)]
    np.testing.assert_allclose(metrics.ssim(a, b), expected, atol=1e-9)
    assert 0.3 < np.mean(expected) < 0.95
    np.testing.assert_allclose(metrics.ssim(a, a), 1, atol=1e-12)


def test_ssim_of_flat_images_by_hand():
    """No variance: (2 m_x m_y + c_1) / (m_x^2 + m_y^2 + c_1)."""
    a = np.full((1, 20, 20, 1), 100, np.uint8)
    assert float(metrics.ssim(a, a + 50)[0]) == pytest.approx(
        (30000 + 6.5025) / (32500 + 6.5025), abs=1e-9
    )


def test_the_ssim_of_daala():
    """A twin with scipy, sums instead of means; small pictures have the smallest
    windows.
    """
    a = images(1, 64, 48)
    b = noisy(a)
    x, y = (np.asarray(metrics.luma(each))[0, 4:-4, 4:-4, 0] for each in (a, b))
    deviation = 1.5 * 56 / 256
    window = np.floor(
        256 / (np.sqrt(2 * np.pi) * deviation) * np.exp(-0.5 * np.array([1, 0, 1]) / deviation**2)
        + 0.5
    )
    window[1] = 256 - 2 * window[0]

    def total(z):
        return correlate1d(
            correlate1d(z, window, axis=0, mode="constant"), window, axis=1, mode="constant"
        )

    w = total(np.ones_like(x))
    m_x, m_y = total(x) / w, total(y) / w
    s_x, s_y, s_xy = (
        total(x * x) / w - m_x**2,
        total(y * y) / w - m_y**2,
        total(x * y) / w - m_x * m_y,
    )
    values = (
        (2 * m_x * m_y + 6.5025)
        * (2 * s_xy + 58.5225)
        / ((m_x**2 + m_y**2 + 6.5025) * (s_x + s_y + 58.5225))
    )
    assert float(metrics.daala_ssim(a, b)[0]) == pytest.approx(
        (values * w).sum() / w.sum(), abs=1e-9
    )
    assert float(metrics.daala_ssim(a, a)[0]) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("deviation", [0.4, 1.5, 3.0, 6.0])
def test_the_window_of_daala_ends_where_its_weights_are_0(deviation):
    kernel = module._daala_kernel(deviation, 100)
    length = len(kernel) // 2
    assert kernel.sum() == 256 and (kernel == kernel[::-1]).all() and kernel[0] >= 1
    beyond = np.exp(-0.5 * ((length + 1) / deviation) ** 2) / (np.sqrt(2 * np.pi) * deviation)
    assert 256 * beyond < 0.5
    assert len(module._daala_kernel(100.0, 8)) == 15  # It is no longer than the picture.


def test_ssim_equals_tensorflows():
    a, b = images(channels=1), noisy(images(channels=1))
    np.testing.assert_allclose(
        metrics.ssim(a, b, border=0), tf.image.ssim(a, b, 255).numpy(), atol=1e-5
    )


# === Keras metrics ===


@pytest.mark.parametrize(
    ("kind", "function"), [(metrics.PSNR, metrics.psnr), (metrics.SSIM, metrics.ssim)]
)
def test_metrics_are_means_over_images(kind, function):
    a, b = images(7), noisy(images(7))
    metric = kind(border=2, value_range=(0, 255))
    for part in (slice(0, 3), slice(3, 4), slice(4, 7)):
        metric.update_state(a[part], b[part])
    assert float(metric.result()) == pytest.approx(np.mean(function(a, b, border=2)), rel=1e-9)
    again = kind.from_config(metric.get_config())
    again.update_state(a, b)
    assert float(again.result()) == pytest.approx(float(metric.result()), rel=1e-9)


def test_metrics_take_weights_of_images():
    a, b = images(3), noisy(images(3))
    metric = metrics.PSNR(value_range=(0, 255))
    metric.update_state(a, b, sample_weight=[3.0, 0.0, 1.0])
    each = np.asarray(metrics.psnr(a, b))
    assert float(metric.result()) == pytest.approx((3 * each[0] + each[2]) / 4, rel=1e-6)


def test_metrics_in_evaluate_clip_and_take_any_size():
    model = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Rescaling(1.5)])
    model.compile(
        loss="mse", metrics=[metrics.PSNR(value_range=(0, 1)), metrics.SSIM(value_range=(0, 1))]
    )
    a = images().astype(np.float32) / 255
    logs = model.evaluate(a, a, batch_size=1, verbose=0, return_dict=True)
    clipped = np.clip(1.5 * a, 0, 1)
    assert logs["PSNR"] == pytest.approx(
        np.mean(metrics.psnr(a, clipped, value_range=(0, 1))), rel=1e-5
    )
    assert logs["SSIM"] == pytest.approx(
        np.mean(metrics.ssim(a, clipped, value_range=(0, 1))), rel=1e-5
    )


# === Bad input ===


def test_bad_input():
    a = images()
    with pytest.raises(UserError, match=r"in \[0, 255\].*Received: values from -1 to 1"):
        metrics.psnr(a, a / 127.5 - 1)
    with pytest.raises(UserError, match=r"or their `value_range`. Received: floats from 0 to 1"):
        metrics.psnr(a / 255, a / 255)
    with pytest.raises(UserError, match=r"or their `value_range`. Received: floats from 0 to 1"):
        metrics.daala_ssim(a / 255, a / 255)
    assert metrics.psnr(0 * a, a)[0] < 10  # Whole numbers are 0..255, as dark as they may be.
    slightly = np.array([-0.01, 255.01]).reshape(1, 1, 2, 1)  # By rounding.
    np.testing.assert_array_equal(metrics.luma(slightly), slightly)
    with pytest.raises(TypeError, match="value_range"):
        metrics.PSNR()
    with pytest.raises(UserError, match="Received: values from nan"):
        metrics.psnr(a, np.full(a.shape, np.nan))
    with pytest.raises(
        UserError, match=r"\(..., H, W, 3\) or \(..., H, W, 1\). Received: shape \(2, 40, 36, 2\)"
    ):
        metrics.luma(a[..., :2])
    with pytest.raises(UserError, match="one shape"):
        metrics.psnr(a, a[:, :-1])
    for metric in (metrics.psnr, metrics.ssim, metrics.daala_ssim):
        with pytest.raises(UserError, match=r"one shape .*\(2, 40, 36, 3\) and \(2, 40, 36, 1\)"):
            metric(a, a[..., :1])
    with pytest.raises(
        UserError, match=r"at least 19 x 19, of which a border of 4 is left off. Received: 18 x 36"
    ):
        metrics.ssim(a[:, :18], a[:, :18])
    with pytest.raises(UserError, match=r"a known size\. Received: shape \(None, None, None, 1\)"):
        tf.function(metrics.daala_ssim, autograph=False).get_concrete_function(
            *[tf.TensorSpec((None, None, None, 3))] * 2
        )
    with pytest.raises(UserError, match="border=-1"):
        metrics.psnr(a, a, border=-1)
    with pytest.raises(UserError, match="low < high"):
        metrics.luma(a, (1, 0))
