"""Bicubic resizing as MATLAB's `imresize` has it: what the figures of super-resolution
papers stand on.
"""

import functools

import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError


def kernel(x: np.ndarray) -> np.ndarray:
    """Returns the cubic convolution kernel with a = -1/2.

    1.5 |x|^3 - 2.5 |x|^2 + 1 for |x| <= 1, -0.5 |x|^3 + 2.5 |x|^2 - 4 |x| + 2 for 1 <
    |x| <= 2, else 0.

    Keys, Cubic Convolution Interpolation for Digital Image Processing (1981),
    https://doi.org/10.1109/TASSP.1981.1163711.
    """
    x = np.abs(x)
    near, far = (1.5 * x - 2.5) * x**2 + 1.0, ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))


@functools.lru_cache(maxsize=64)
def weights(size: int, new_size: int) -> np.ndarray:
    """Returns the matrix that resizes one axis.

    Pixel i of the new axis lies at (i + 1/2) size / new_size - 1/2 on the old one.
    Where the axis shrinks, the kernel is stretched by the same factor, which is the
    antialiasing. Beyond the border the axis is mirrored, its last pixel repeated. Rows
    sum to 1.

    Args:
        size: Pixels of the axis, >= 1.
        new_size: Pixels afterwards, >= 1.

    Returns:
        float64 array of shape `(new_size, size)`.
    """
    if size < 1 or new_size < 1:
        raise UserError(f"Expected sizes >= 1. Received: from {size} to {new_size} pixels")
    scale = new_size / size
    stretch = min(scale, 1.0)
    centres = (np.arange(new_size) + 0.5) / scale - 0.5
    reach = 2.0 / stretch
    taps = np.floor(centres - reach).astype(int)[:, None] + np.arange(int(np.ceil(2 * reach)) + 2)
    values = kernel(stretch * (centres[:, None] - taps))
    values /= values.sum(axis=1, keepdims=True)
    mirrored = taps % (2 * size)
    mirrored = np.where(mirrored < size, mirrored, 2 * size - 1 - mirrored)
    matrix = np.zeros((new_size, size))
    np.add.at(matrix, (np.arange(new_size)[:, None], mirrored), values)
    return matrix


def resize(images, height: int, width: int):
    """Resizes images: `imresize(images, [height width])` of MATLAB, bicubic with
    antialiasing.

    Args:
        images: uint8 or floats, shape `(H, W, C)` or `(N, H, W, C)`; height and width
            are known.
        height: Height afterwards, >= 1.
        width: Width afterwards, >= 1.

    Returns:
        What came in, array or tensor, of the new size: uint8 for uint8, rounded and
        clipped once at the end (MATLAB also rounds between the two axes), else floats
        of the same type, which may leave the range of the images where these have sharp
        edges.
    """
    is_tensor = tf.is_tensor(images)
    dtype = np.dtype(images.dtype.as_numpy_dtype if is_tensor else images.dtype)
    if images.ndim not in (3, 4) if not is_tensor else images.shape.rank not in (3, 4):
        raise UserError(
            "Expected images of shape (H, W, C) or (N, H, W, C). Received: shape"
            f" {tuple(images.shape)}"
        )
    rows, columns = (
        weights(int(old), int(new))
        for old, new in zip(images.shape[-3:-1], (height, width), strict=True)
    )
    compute = (
        dtype
        if dtype in (np.float32, np.float64)
        else np.float64
        if dtype == np.uint8
        else np.float32
    )
    x = tf.cast(images, compute)
    x = tf.einsum("ih,...hwc->...iwc", tf.constant(rows, compute), x)
    x = tf.einsum("jw,...iwc->...ijc", tf.constant(columns, compute), x)
    if dtype == np.uint8:
        x = tf.clip_by_value(tf.round(x), 0.0, 255.0)
    x = tf.cast(x, dtype)
    return x if is_tensor else x.numpy()
