"""PSNR and SSIM on the luma channel: how super-resolution is scored."""

import keras
import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError

WINDOW, DEVIATION = 11, 1.5


def luma(images, value_range=None) -> tf.Tensor:
    """Returns the luma of BT.601, 16 + (65.481 R + 128.553 G + 24.966 B) with R, G, B
    in [0, 1]: from 16 for black to 235 for white.

    That of MATLAB's `rgb2ycbcr`, without its rounding for uint8. Grey images are
    brought to 0..255 and else left alone, as papers do it.

    Args:
        images: Shape `(..., H, W, 3)` or `(..., H, W, 1)`.
        value_range: `(low, high)` of the images; None is 0..255, and refuses floats
            that are all <= 1, which may be of another range.

    Returns:
        float64 tensor of shape `(..., H, W, 1)`.

    Raises:
        ValueError: for another number of channels; outside of graphs also for NaN and
            values outside of `value_range`.
    """
    low, high = (0.0, 255.0) if value_range is None else value_range
    if not low < high:
        raise UserError(
            f"Expected value_range=(low, high) with low < high. Received: value_range={value_range}"
        )
    images = tf.convert_to_tensor(images)
    x = tf.cast(images, tf.float64)
    if x.shape.rank is None or x.shape.rank < 3 or x.shape[-1] not in (1, 3):
        raise UserError(
            f"Expected images of shape (..., H, W, 3) or (..., H, W, 1). Received: shape {x.shape}"
        )
    if tf.executing_eagerly():
        least, most = (float(f(x)) for f in (tf.reduce_min, tf.reduce_max))
        slack = 1e-4 * (high - low)
        if not (low - slack <= least and most <= high + slack):  # NaN fails too.
            raise UserError(
                f"Expected images in [{low:g}, {high:g}], which is `value_range`. Received: values"
                f" from {least:g} to {most:g}. Pass the range they have, or clip them"
            )
        if value_range is None and images.dtype.is_floating and most <= 1:
            raise UserError(
                "Expected images in 0..255, or their `value_range`. Received: floats from"
                f" {least:g} to {most:g}. Pass value_range=(0, 1), or (0, 255) where they are as"
                " dark as that"
            )
    x = (x - low) / (high - low)
    if x.shape[-1] == 1:
        return 255 * x
    return 16 + tf.linalg.matmul(x, tf.constant([[65.481], [128.553], [24.966]], tf.float64))


def psnr(real, fake, *, border: int = 4, value_range=None) -> tf.Tensor:
    """Returns the peak signal-to-noise ratio of the luma in dB: 10 log10(255^2 / mean
    squared error); infinite for equal images.

    Ledig et al., Photo-Realistic Single Image Super-Resolution (2017),
    https://arxiv.org/abs/1609.04802, leave off a border of 4 pixels.

    Args:
        real: Images of shape `(N, H, W, 3)` or `(N, H, W, 1)`.
        fake: Images of that shape.
        border: Pixels to leave off at each edge, >= 0.
        value_range: `(low, high)` of both; None is 0..255, and refuses floats that are
            all <= 1, which may be of another range.

    Returns:
        float64 tensor of shape `(N,)`.

    Raises:
        ValueError: for different shapes, another number of channels, images that the
            border leaves nothing of; outside of graphs also for NaN and values outside
            of `value_range`.
    """
    real, fake = _cropped(real, fake, border, value_range, 1)
    error = tf.reduce_mean(tf.square(real - fake), axis=(1, 2, 3))
    return 10 * (tf.math.log(255.0**2 / error) / np.log(10))


def ssim(real, fake, *, border: int = 4, value_range=None) -> tf.Tensor:
    """Returns the mean structural similarity of the luma.

    mean of (2 m_x m_y + c_1)(2 s_xy + c_2) / ((m_x^2 + m_y^2 + c_1)(s_x^2 + s_y^2 +
    c_2)), moments under an 11x11 Gaussian window with deviation 1.5 wherever it fits
    whole, c_1 = (0.01 255)^2, c_2 = (0.03 255)^2: the authors' `ssim.m`, without its
    reduction of large images.

    Wang et al., Image Quality Assessment: From Error Visibility to Structural
    Similarity (2004), https://doi.org/10.1109/TIP.2003.819861.

    Args:
        real: Images of shape `(N, H, W, 3)` or `(N, H, W, 1)`.
        fake: Images of that shape.
        border: Pixels to leave off at each edge, >= 0.
        value_range: `(low, high)` of both; None is 0..255, and refuses floats that are
            all <= 1, which may be of another range.

    Returns:
        float64 tensor of shape `(N,)`.

    Raises:
        ValueError: for different shapes, another number of channels, images that without the
            border are smaller than the window;
            outside of graphs also for NaN and values outside of `value_range`.
    """
    real, fake = _cropped(real, fake, border, value_range, WINDOW)
    weights = np.exp(-((np.arange(WINDOW) - WINDOW // 2) ** 2) / (2 * DEVIATION**2))
    maps = tf.concat([real, fake, tf.square(real) + tf.square(fake), real * fake], axis=-1)
    return tf.reduce_mean(
        _similarity(*tf.split(_filtered(maps, weights / weights.sum(), "VALID"), 4, axis=-1)),
        axis=(1, 2, 3),
    )


def daala_ssim(real, fake, *, border: int = 4, value_range=None) -> tf.Tensor:
    """Returns the structural similarity of the luma as the Daala project's `dump_ssim`
    measures it, which the tables of SRGAN's paper are.

    The terms are those of `ssim`; the window's deviation is 1.5 H / 256, its weights
    are whole 256ths, it hangs over the edges, and each place counts by the weight of
    the window's part that lies inside. Large pictures so get larger windows, and higher
    values.

    Ledig et al. (2017), https://arxiv.org/abs/1609.04802, name the program:
    https://github.com/xiph/daala.

    Args:
        real: Images of shape `(N, H, W, 3)` or `(N, H, W, 1)`.
        fake: Images of that shape.
        border: Pixels to leave off at each edge, >= 0.
        value_range: `(low, high)` of both; None is 0..255, and refuses floats that are
            all <= 1, which may be of another range.

    Returns:
        float64 tensor of shape `(N,)`.

    Raises:
        ValueError: for different shapes, another number of channels, images without a
            known size or that the border leaves nothing of;
            outside of graphs also for NaN and values outside of `value_range`.
    """
    real, fake = _cropped(real, fake, border, value_range, 1)
    if None in real.shape[1:3]:
        raise UserError(f"Expected images of a known size. Received: shape {real.shape}")
    kernel = _daala_kernel(1.5 * real.shape[1] / 256, min(real.shape[1:3]))
    maps = tf.concat(
        [tf.ones_like(real), real, fake, tf.square(real), tf.square(fake), real * fake], axis=-1
    )
    weight, *sums = tf.split(_filtered(maps, kernel, "SAME"), 6, axis=-1)
    m_x, m_y, squares_x, squares_y, products = (each / weight for each in sums)
    similarity = _similarity(m_x, m_y, squares_x + squares_y, products)
    return tf.reduce_sum(weight * similarity, axis=(1, 2, 3)) / tf.reduce_sum(
        weight, axis=(1, 2, 3)
    )


def _daala_kernel(deviation: float, limit: int) -> np.ndarray:
    """Returns the window in whole 256ths, as long as these are not 0."""
    smallest = np.sqrt(np.pi / 2) * deviation / 256
    length = 0 if smallest >= 1 else min(int(deviation * np.sqrt(-2 * np.log(smallest))), limit - 1)
    places = np.arange(-length, length + 1)
    kernel = np.floor(
        256 / (np.sqrt(2 * np.pi) * deviation) * np.exp(-0.5 * (places / deviation) ** 2) + 0.5
    )
    kernel[length] = 256 - (kernel.sum() - kernel[length])
    return kernel


def _similarity(m_x, m_y, squares, products):
    """Returns the structural similarity from the means of x, y, x^2 + y^2 and x y."""
    c_1, c_2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    centres, across = tf.square(m_x) + tf.square(m_y), m_x * m_y
    return (
        (2 * across + c_1)
        * (2 * (products - across) + c_2)
        / ((centres + c_1) * (squares - centres + c_2))
    )


def _cropped(real, fake, border, value_range, least):
    if border < 0:
        raise UserError(f"Expected border >= 0. Received: border={border}")
    real, fake = tf.convert_to_tensor(real), tf.convert_to_tensor(fake)
    if real.shape.rank != 4 or 0 in real.shape or not real.shape.is_compatible_with(fake.shape):
        raise UserError(
            "Expected real and fake images, some, of one shape (N, H, W, C). Received: shapes"
            f" {real.shape} and {fake.shape}"
        )
    real, fake = luma(real, value_range), luma(fake, value_range)
    if None not in real.shape[1:3] and min(real.shape[1:3]) < 2 * border + least:
        raise UserError(
            f"Expected images of at least {2 * border + least} x {2 * border + least}, of which a"
            f" border of {border} is left off. Received: {real.shape[1]} x {real.shape[2]}"
        )
    height, width = tf.shape(real)[1], tf.shape(real)[2]
    return tuple(x[:, border : height - border, border : width - border] for x in (real, fake))


def _filtered(x: tf.Tensor, kernel: np.ndarray, padding: str) -> tf.Tensor:
    """Returns the sums under a window, by rows and then by columns."""
    taps = np.tile(kernel[:, None, None], (1, x.shape[-1], 1))
    for shape in ((len(kernel), 1), (1, len(kernel))):
        x = tf.nn.depthwise_conv2d(
            x, taps.reshape(*shape, -1, 1), strides=[1, 1, 1, 1], padding=padding
        )
    return x


class _LumaMetric(keras.metrics.Mean):
    """The mean over images of a function of pairs; what lies outside of the range is
    clipped, as it would be in a picture.
    """

    def __init__(
        self, border: int = 4, *, value_range: tuple[float, float], name: str | None = None
    ):
        super().__init__(name=name or type(self).__name__, dtype="float64")
        self.border, self.value_range = border, tuple(value_range)

    def update_state(self, y_true, y_pred, sample_weight=None):
        clipped = tf.clip_by_value(tf.cast(y_pred, tf.float64), *map(float, self.value_range))
        values = type(self).function(
            y_true, clipped, border=self.border, value_range=self.value_range
        )
        super().update_state(values, sample_weight)

    def get_config(self):
        return {"border": self.border, "value_range": self.value_range, "name": self.name}


@keras.saving.register_keras_serializable("tf_gan")
class PSNR(_LumaMetric):
    """The mean of `psnr` over images, for `compile(metrics=...)` of a super-resolution
    network.

    Args:
        border: Pixels to leave off at each edge, >= 0.
        value_range: `(low, high)` of the images; predictions are clipped to it.
        name: Name in logs.
    """

    function = staticmethod(psnr)


@keras.saving.register_keras_serializable("tf_gan")
class SSIM(_LumaMetric):
    """The mean of `ssim` over images, for `compile(metrics=...)` of a super-resolution
    network.

    Args:
        border: Pixels to leave off at each edge, >= 0.
        value_range: `(low, high)` of the images; predictions are clipped to it.
        name: Name in logs.
    """

    function = staticmethod(ssim)
