"""Checks of images and labels before training starts: messages for what does not fit."""

import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError, warn

TOLERANCE = 1e-3  # Of the width of the range: floats may leave it by rounding.


def check_images(
    images: np.ndarray, value_range, image_shape: tuple[int, ...], first: int = 0
) -> None:
    """Checks images against a model.

    Warns if the model makes values below 0 and none of the first 1,000 images has any.

    Args:
        images: Array of shape `(n, ...)`.
        value_range: `(low, high)` of the images of the model, or None.
        image_shape: Shape of an image of the model.
        first: Number of the first of the images, for messages.

    Raises:
        UserError: for a shape, type, range or value that the model cannot take.
    """
    images = np.asarray(images)
    if tuple(images.shape[1:]) != tuple(image_shape):
        hint = ""
        if (
            images.ndim == len(image_shape)
            and images.shape[1:] == tuple(image_shape[:-1])
            and image_shape[-1] == 1
        ):
            hint = " Add the channel axis: `images[..., None]`."
        elif tuple(images.shape) == tuple(image_shape):
            hint = (
                " This is one image: add the batch axis, for a `tf.data.Dataset` with"
                " `.batch(...)`."
            )
        raise UserError(
            f"Expected images of shape (N, {', '.join(map(str, image_shape))}). Received: shape"
            f" {images.shape}.{hint}"
        )
    if not np.issubdtype(images.dtype, np.floating):
        raise UserError(
            f"Expected float images. Received: dtype {images.dtype}. For uint8 images"
            f" `tf_gan.data.scale(images, {value_range or '(low, high)'})`, also in `.map` of a"
            " dataset"
        )
    if not np.isfinite(images).all():
        bad = np.argwhere(~np.isfinite(images.reshape(len(images), -1)).all(axis=1))[0, 0]
        raise UserError(f"Expected finite images. Received: NaN or infinity in image {first + bad}")
    if value_range is None or images.size == 0:
        return
    low, high = value_range
    slack = TOLERANCE * (high - low)
    least, most = float(images.min()), float(images.max())
    if least < low - slack or most > high + slack:
        hint = ""
        if most > 2 * high and least >= 0:
            how = "divide by 127.5 and subtract 1" if low < 0 else "divide by 255"
            hint = f" They look like uint8 values given as floats: {how}."
        raise UserError(
            f"Expected images in [{low:g}, {high:g}], the generator's range. Received: values in"
            f" [{least:g}, {most:g}].{hint}"
        )
    if first == 0 and low < 0:
        _warn_of_unit_range(images[:1000], low, high)


def _warn_of_unit_range(images: np.ndarray, low: float, high: float) -> None:
    # A few images, or images of little contrast, say nothing.
    if len(images) >= 16 and images.min() >= 0 and np.ptp(images) > 0.75 * high:
        warn(
            f"None of the first {len(images):,} images has a value below 0, and the generator makes"
            f" images in [{low:g}, {high:g}]. If black is 0 in them, map them onto that range:"
            " `images * 2 - 1` for images in [0, 1],"
            f" `tf_gan.data.Examples(images, value_range=({low:g}, {high:g}))` for uint8 images"
        )


def check_floats(images: np.ndarray) -> None:
    """Raises a UserError for an array that does not hold floats."""
    if images.dtype == np.uint8:
        raise UserError(
            "Expected float images. Received: uint8 images in 0..255. Scale them first, to the"
            " range of the generator, (-1, 1) for tanh, (0, 1) for sigmoid:"
            " `tf_gan.data.scale(images, (-1, 1))`, or pass `tf_gan.data.Examples(images,"
            " value_range=(-1, 1))`, which keeps them small in memory"
        )
    if not np.issubdtype(images.dtype, np.floating):
        raise UserError(f"Expected float images. Received: dtype {images.dtype}")


def check_labels(labels, n: int, num_classes: int, *, lowest: int = 0) -> np.ndarray:
    """Checks the labels of `n` images.

    Args:
        labels: What was given as labels, or None.
        n: Number of the images.
        num_classes: K; labels go up to K - 1.
        lowest: The lowest label: 0, or -1 where a label may be unknown.

    Returns:
        The labels as an array of shape `(n,)`.

    Raises:
        UserError: if there are none, or they are not `n` integers from `lowest` to K - 1.
    """
    unknown = ", or -1 where they are not known" if lowest < 0 else ""
    if labels is None:
        raise UserError(
            f"This model has {num_classes} classes: expected labels beside the images{unknown}."
            " Received: images without labels"
        )
    values = integer_labels(labels, n)
    if n and not lowest <= values.min() <= values.max() < num_classes:
        raise UserError(
            f"Expected labels from 0 to {num_classes - 1}{unknown}. Received: labels from"
            f" {values.min()} to {values.max()}"
        )
    return values


def integer_labels(labels, n: int) -> np.ndarray:
    """Returns labels as an array.

    Raises:
        UserError: if they are not `n` integers.
    """
    values = np.asarray(labels)
    if not np.issubdtype(values.dtype, np.integer) or values.shape != (n,):
        hint = ""
        if values.shape == (n, 1):
            hint = ". Take `labels[:, 0]`"
        elif values.ndim == 2 and len(values) == n:
            hint = ". One-hot labels become integers with `labels.argmax(axis=1)`"
        elif values.dtype.kind in "USO":
            hint = ". Names become integers with `np.unique(labels, return_inverse=True)[1]`"
        elif values.dtype.kind == "f":
            hint = ". Take `labels.astype(int)`"
        raise UserError(
            f"Expected {n} integer labels, shape ({n},). Received: dtype {values.dtype}, shape"
            f" {values.shape}{hint}"
        )
    return values


def check_full_batches(data, batch_size: int) -> None:
    """Raises a UserError if the last batch of an evaluation would be a partial one: a
    TPU's programs have one shape.

    Args:
        data: An array, `(array, labels)` or a `tf.data.Dataset` of batches.
        batch_size: Images in a batch of an array.
    """
    images = data[0] if isinstance(data, (tuple, list)) else data
    if isinstance(images, (np.ndarray, tf.Tensor)) and len(images) % batch_size:
        what = f"{len(images)} images, batch_size={batch_size}"
    elif (
        isinstance(images, tf.data.Dataset)
        and tf.nest.flatten(images.element_spec)[0].shape[0] is None
    ):
        what = "a dataset whose batches may differ in size"
    else:
        return
    raise UserError(
        "On a TPU every batch has the same size: leave out the last partial one (batch(n,"
        f" drop_remainder=True)). Received: {what}"
    )
