"""Places of pixels: shifts by whole pixels, and affine maps that are sampled from a
finer grid.

All are linear in the images, and their gradients are the adjoints, which can be
differentiated again: `tf.image` has no second derivatives, and TensorFlow's projective
transform has a gradient that is not the adjoint.
"""

import numpy as np
import tensorflow as tf

from tf_gan.layers.resample import resample

# Low-pass filter of Daubechies' wavelet "symlet 6": orthogonal to its even shifts, with
# the sum sqrt 2.
SYM6 = np.array(
    [
        *(0.015404109327027373, 0.0034907120842174702, -0.11799011114819057),
        *(-0.048311742585633, 0.4910559419267466, 0.787641141030194),
        *(0.3379294217276218, -0.07263752278646252, -0.021060292512300564),
        *(0.04472490177066578, 0.0017677118642428036, -0.007800708325034148),
    ]
)
CENTRE = float(np.arange(12) @ SYM6 / SYM6.sum())  # Where the filter puts a pixel.


# === Whole pixels ===


@tf.custom_gradient
def shift(images: tf.Tensor, down: tf.Tensor, right: tf.Tensor):
    """Returns images moved by whole pixels, with zeros where nothing was.

    The gradient is the shift back; found by TensorFlow, it would add up pixels one by
    one, which is slow on CPUs.

    Args:
        images: Tensor of shape `(B, H, W, C)`.
        down: Pixels, int32 of shape `(B,)`.
        right: Pixels, int32 of shape `(B,)`.
    """
    height, width, channels = images.shape[1:]
    y = tf.range(height) - down[:, None]  # (B, H)
    x = tf.range(width) - right[:, None]  # (B, W)
    inside = ((y >= 0) & (y < height))[:, :, None] & ((x >= 0) & (x < width))[:, None]
    batch = tf.shape(images)[0]
    rows = height * tf.range(batch)[:, None] + y
    # Behind the last pixel stands a zero.
    index = tf.where(inside, width * rows[:, :, None] + x[:, None], height * width * batch)
    pixels = tf.pad(tf.reshape(images, [-1, channels]), [[0, 1], [0, 0]])
    moved = tf.gather(pixels, index)
    return moved, lambda gradient: (shift(gradient, -down, -right), None, None)


# === Affine maps, as matrices (B, 3, 3) of points (x, y, 1) ===


def scaling(x, y) -> tf.Tensor:
    """Returns the maps (x', y') = (s_x x, s_y y) of factors of shape `(B,)`."""
    return _matrix(x, 0, 0, 0, y, 0)


def rotation(cos, sin) -> tf.Tensor:
    """Returns the maps (x', y') = (cos x - sin y, sin x + cos y)."""
    return _matrix(cos, -sin, 0, sin, cos, 0)


def translation(x, y) -> tf.Tensor:
    """Returns the maps (x', y') = (x + t_x, y + t_y)."""
    return _matrix(1, 0, x, 0, 1, y)


def _matrix(*rows) -> tf.Tensor:
    like = next(entry for entry in rows if tf.is_tensor(entry))
    entries = [entry + tf.zeros_like(like) for entry in (*rows, 0, 0, 1)]
    return tf.reshape(tf.stack(entries, axis=1), [-1, 3, 3])


# === Sampling ===


def warp(images: tf.Tensor, inverse: tf.Tensor, filtered: bool = True) -> tf.Tensor:
    """Returns images whose point p shows what was at `inverse` p. Points are in pixels
    from the centre, x to the right, y down; outside of an image is its mirror image.

    Args:
        images: Tensor of shape `(B, H, W, C)`.
        inverse: float32 of shape `(B, 3, 3)`.
        filtered: Whether to sample a grid of twice the density, made and reduced by
            the filter SYM6, against aliasing. The identity leaves the images as they
            are, up to rounding. Without it the nearest pixel is taken, which is exact
            for flips, quarter turns and whole pixels.
    """
    sides = images.shape[1:3]
    if not filtered:
        return nearest(images, *_sources(inverse, sides, 1, 0.0, 0))
    up, down = (
        [tf.constant(matrix(side), images.dtype) for side in sides]
        for matrix in (upsampling, downsampling)
    )
    fine = sample(resample(images, *up), *_sources(inverse, sides, 2, CENTRE, 10))
    return resample(fine, *down)


def upsampling(side: int) -> np.ndarray:
    """Returns the matrix `(2 side + 10, side)` that doubles the density of a signal,
    continued by reflection: pixel j has its centre at 2 j + CENTRE.
    """
    matrix = np.zeros([2 * side + 10, side])
    for pixel in range(-5, side + 5):
        inside = abs((pixel + side - 1) % (2 * side - 2) - side + 1)  # Its mirror image.
        for tap in range(12):
            if 0 <= 2 * pixel + tap < len(matrix):
                matrix[2 * pixel + tap, inside] += 2**0.5 * SYM6[tap]
    return matrix


def downsampling(side: int) -> np.ndarray:
    """Returns the matrix `(side, 2 side + 10)` that halves the density again. It undoes
    `upsampling`, because SYM6 is orthogonal to its even shifts.
    """
    matrix = np.zeros([side, 2 * side + 10])
    for pixel in range(side):
        matrix[pixel, 2 * pixel : 2 * pixel + 12] = SYM6 / 2**0.5
    return matrix


def _sources(inverse, sides, density: int, first: float, margin: int):
    """Returns the rows and the columns, float32 of shape `(B, H', W')`, of the grid's
    points before a map.

    Args:
        inverse: float32 of shape `(B, 3, 3)`.
        sides: Height and width of the images.
        density: Points of the grid per pixel and axis.
        first: Where the first pixel is in the grid.
        margin: Further points on each axis of the grid.
    """
    centres = [density * (side - 1) / 2 + first for side in sides]
    lengths = [density * side + margin for side in sides]
    y, x = (
        tf.range(length, dtype=tf.float32) - centre
        for length, centre in zip(lengths, centres, strict=True)
    )
    places = []
    for row, side, length, centre in zip((1, 0), sides, lengths, centres, strict=True):
        a, b, t = tf.unstack(inverse[:, row, :, None, None], axis=1)
        place = a * x[None, None, :] + b * y[None, :, None] + (density * t + centre)
        span = float(density * (side - 1))
        mirrored = first + span - tf.abs(tf.math.floormod(place - first, 2.0 * span) - span)
        places.append(tf.where((place >= 0) & (place <= length - 1), place, mirrored))
    return places


def nearest(images: tf.Tensor, rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    """Returns the images at the pixels nearest to places: as `sample`, without
    interpolation.
    """
    flat, index = _flat(images, tf.floor(rows + 0.5), tf.floor(columns + 0.5))
    return _gather(flat, index)


def sample(images: tf.Tensor, rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    """Returns the images at places between their pixels, by bilinear interpolation.

    Args:
        images: Tensor of shape `(B, H, W, C)`.
        rows: Places in [0, H - 1], float32 of shape `(B, H', W')`.
        columns: Places in [0, W - 1], the same shape.

    Returns:
        Tensor of shape `(B, H', W', C)`.
    """
    height, width, channels = images.shape[1:]
    y = tf.clip_by_value(tf.floor(rows), 0.0, height - 2.0)
    x = tf.clip_by_value(tf.floor(columns), 0.0, width - 2.0)
    # Weights of the images' full shape: products that repeat a last axis are slow.
    down, right = (
        tf.tile(tf.cast(weight, images.dtype)[..., None], [1, 1, 1, channels])
        for weight in (rows - y, columns - x)
    )
    flat, index = _flat(images, y, x)
    a, b, c, d = (_gather(flat, index + step) for step in (0, 1, width, width + 1))
    above = a + right * (b - a)
    return above + down * (c + right * (d - c) - above)


def _flat(images, rows, columns):
    """Returns the pixels of all images, `(B H W, C)`, and their numbers at whole places."""
    height, width, channels = images.shape[1:]
    first = height * width * tf.range(tf.shape(images)[0])[:, None, None]
    index = first + width * tf.cast(rows, tf.int32) + tf.cast(columns, tf.int32)
    return tf.reshape(images, [-1, channels]), index


@tf.custom_gradient
def _gather(rows, index):
    return tf.gather(rows, index), lambda values: (_add_up(values, index, tf.shape(rows)[0]), None)


@tf.custom_gradient
def _add_up(values, index, count):
    total = tf.math.unsorted_segment_sum(values, index, count)
    return total, lambda rows: (_gather(rows, index), None, None)
