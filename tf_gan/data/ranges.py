"""Ranges of images: bytes in 0..255, floats in `(low, high)`, floats in [0, 1]."""

import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError


def scale(images, value_range: tuple[float, float] = (-1.0, 1.0)):
    """Maps uint8 images from 0..255 onto `(low, high)`: x -> low + x (high - low) / 255.

    Args:
        images: uint8 array or tensor of any shape.
        value_range: `(low, high)`.

    Returns:
        float32 array or tensor of the same shape.

    Raises:
        UserError: for images of another type.
    """
    if images.dtype not in (np.uint8, tf.uint8):
        raise UserError(
            "Expected uint8 images, 0..255. Received: dtype"
            f" {getattr(images.dtype, 'name', images.dtype)}"
        )
    low, high = value_range
    return _float32(images) * np.float32((high - low) / 255.0) + np.float32(low)


def to_float(images, value_range: tuple[float, float] | None):
    """Returns images as models see them: uint8 scaled to `value_range`, floats as they
    are.

    Args:
        images: Array or tensor of any shape, uint8 or floats, or `StoredImages`.
        value_range: `(low, high)`; None only for floats.

    Returns:
        float32 array or tensor of the same shape.
    """
    if images.dtype not in (np.uint8, tf.uint8):
        return _float32(images)
    assert value_range is not None, "uint8 images need a range"
    return scale(images, value_range)


def to_uint8(images, value_range: tuple[float, float] | None) -> np.ndarray:
    """Maps images from `(low, high)` onto 0..255, rounded and clipped.

    Args:
        images: Float array of any shape; NaN counts as 0.
        value_range: `(low, high)`; None takes the smallest and the largest value of the
            images.

    Returns:
        uint8 array of the same shape.
    """
    images = np.nan_to_num(np.asarray(images, np.float32))
    low, high = (images.min(), images.max()) if value_range is None else value_range
    pixels = (images - low) * (255.0 / max(high - low, 1e-12))
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def on_white(images: np.ndarray) -> np.ndarray:
    """Returns RGBA images, uint8 of shape `(..., 4)`, as RGB on white: x a + 255 (1 - a)."""
    alpha = images[..., 3:] / np.float32(255.0)
    return np.rint(images[..., :3] * alpha + 255.0 * (1.0 - alpha)).astype(np.uint8)


def to_unit(images, value_range: tuple[float, float] | None):
    """Maps images from `(low, high)` onto [0, 1], clipped: x -> (x - low) / (high - low).

    Args:
        images: Float array or tensor of any shape.
        value_range: `(low, high)`; None returns the images as they are.

    Returns:
        float32 array or tensor of the same shape.
    """
    images = _float32(images)
    if value_range is None:
        return images
    low, high = value_range
    unit = images - np.float32(low)
    if tf.is_tensor(unit):
        return tf.clip_by_value(unit / np.float32(high - low), 0.0, 1.0)
    if not isinstance(unit, np.ndarray):  # NumPy makes numbers of arrays without axes.
        return np.clip(unit / np.float32(high - low), 0.0, 1.0)
    unit /= np.float32(high - low)  # In place: images may take half of the memory.
    return np.clip(unit, 0.0, 1.0, out=unit)


def from_unit(images, value_range: tuple[float, float] | None):
    """Maps images from [0, 1] onto `(low, high)`: x -> low + x (high - low).

    Args:
        images: Float array or tensor of any shape.
        value_range: `(low, high)`; None returns the images as they are.

    Returns:
        float32 array or tensor of the same shape.
    """
    images = _float32(images)
    if value_range is None:
        return images
    low, high = value_range
    return np.float32(low) + np.float32(high - low) * images


def _float32(images):
    return tf.cast(images, tf.float32) if tf.is_tensor(images) else np.asarray(images, np.float32)
