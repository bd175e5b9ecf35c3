"""What the metrics share: checks of what comes in, distances in blocks, and pairs of
numbers that come out.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError

BLOCK = 2**24  # Distances held at once: 128 MiB.


class Estimate(NamedTuple):
    """A mean over subsets or splits, and the standard deviation (ddof 0) between them."""

    mean: float
    deviation: float


def rows(name: str, values, least: int = 1) -> np.ndarray:
    """Returns images, points or features as a finite float matrix, one row each.

    Args:
        name: What to call them in messages.
        values: Array or eager tensor of shape `(N, ...)`.
        least: Fewest rows that make sense.

    Returns:
        Array of shape `(N, D)`: float32 if it was float32 or smaller, else float64.

    Raises:
        ValueError: for too few rows, rows without entries, text, NaN or infinite
            values.
    """
    array = np.asarray(values)
    if array.dtype.name == "bfloat16":
        array = array.astype(np.float32)
    if array.ndim < 2 or array.dtype.kind not in "fiub":
        raise UserError(
            f"Expected `{name}` to be numbers of shape (N, ...) with N rows. Received: shape"
            f" {array.shape}, dtype {array.dtype}"
        )
    if len(array) < least or array.size == 0:
        raise UserError(
            f"Expected at least {least} row{'s' * (least > 1)} of numbers in `{name}`. Received:"
            f" shape {array.shape}"
        )
    matrix = array.reshape(len(array), -1)
    if matrix.dtype not in (np.float32, np.float64):
        matrix = matrix.astype(np.float32 if matrix.dtype == np.float16 else np.float64)
    bad = np.count_nonzero(~np.isfinite(matrix).all(axis=1))
    if bad:
        raise UserError(
            f"Expected finite numbers in `{name}`. Received: {bad:,} of {len(matrix):,} rows with"
            " NaN or infinite values"
        )
    return matrix


def pair(least: int = 1, **named) -> list[np.ndarray]:
    """Returns several sets as `rows` does, all of one width.

    Args:
        least: Fewest rows in each.
        **named: The sets under the names that messages give them.

    Raises:
        ValueError: for too few rows, rows without entries, text, NaN or infinite
            values, and where the widths differ.
    """
    matrices = [rows(name, values, least) for name, values in named.items()]
    if len({matrix.shape[1] for matrix in matrices}) > 1:
        sizes = ", ".join(
            f"{name} {matrix.shape[1]}" for name, matrix in zip(named, matrices, strict=True)
        )
        raise UserError(
            f"Expected {' and '.join(f'`{name}`' for name in named)} to have one number of entries"
            f" in a row. Received: {sizes}"
        )
    return matrices


def images(name: str, values, value_range: tuple[float, float] | None = None) -> np.ndarray:
    """Returns images as finite float32 of shape `(N, H, W, C)`, their range checked and
    mapped onto [0, 1].

    Args:
        name: What to call them in messages.
        values: Array or eager tensor of shape `(N, H, W, C)`.
        value_range: `(low, high)` of the images; None leaves them as they are.

    Raises:
        ValueError: for another number of dimensions, no images, NaN or infinite values,
            and values outside of `value_range` by more than rounding.
    """
    if np.ndim(values) != 4:
        raise UserError(
            f"Expected `{name}` to be images of shape (N, H, W, C). Received: shape"
            f" {np.shape(values)}"
        )
    return (
        unit_range(name, rows(name, values), value_range)
        .reshape(np.shape(values))
        .astype(np.float32, copy=False)
    )


def unit_range(
    name: str, values: np.ndarray, value_range: tuple[float, float] | None
) -> np.ndarray:
    """Maps `(low, high)` onto [0, 1].

    Args:
        name: What to call the values in messages.
        values: Float array.
        value_range: `(low, high)`; None returns the values as they are.

    Raises:
        ValueError: if a value lies outside by more than rounding.
    """
    if value_range is None:
        return values
    low, high = value_range
    if not low < high:
        raise UserError(
            f"Expected value_range=(low, high) with low < high. Received: value_range={value_range}"
        )
    slack = 1e-4 * (high - low)
    if values.min() < low - slack or values.max() > high + slack:
        raise UserError(
            f"Expected `{name}` in [{low:g}, {high:g}], which is `value_range`. Received: values"
            f" from {values.min():g} to {values.max():g}. Pass the range they have, or clip them"
        )
    return (
        values
        if (low, high) == (0, 1)
        else (values - values.dtype.type(low)) * values.dtype.type(1 / (high - low))
    )


def squared_distances(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Yields blocks of the squared Euclidean distances between all rows of `a` and all
    rows of `b`.

    ||x - y||^2 = ||x||^2 + ||y||^2 - 2 x.y in float64, about the mean of `b`, so that few
    digits cancel.

    Args:
        a: Matrix of shape `(N, D)`.
        b: Matrix of shape `(M, D)`.

    Yields:
        The slice of rows of `a`, and their distances, float64 of shape `(rows, M)`, >=
        0.
    """
    centre = b.mean(axis=0, dtype=np.float64)
    b = b - centre
    b_norms = np.einsum("ij,ij->i", b, b)
    step = max(1, BLOCK // max(b.shape))
    for start in range(0, len(a), step):
        part = a[start : start + step] - centre
        distances = part @ b.T
        distances *= -2
        distances += b_norms
        distances += np.einsum("ij,ij->i", part, part)[:, None]
        yield slice(start, start + len(part)), np.maximum(distances, 0, out=distances)


def in_numpy(function: Callable, *tensors) -> tf.Tensor:
    """Calls a NumPy function that returns float64, at once or as a node of a graph."""
    if tf.executing_eagerly():
        return tf.constant(function(*map(np.asarray, tensors)), tf.float64)
    return tf.numpy_function(function, tensors, tf.float64)
