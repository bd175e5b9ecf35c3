import numpy as np
import pytest
import tensorflow as tf

from tf_gan.augment import geometry


def turned(degrees, factor=1.0):
    angle = np.deg2rad(degrees)
    return factor * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def maps(*parts):
    """Returns maps `(B, 3, 3)` of pairs of a matrix and a shift."""
    found = np.zeros([len(parts), 3, 3], "float32")
    for row, (matrix, offset) in zip(found, parts, strict=True):
        row[:2, :2], row[:2, 2], row[2, 2] = matrix, offset, 1
    return tf.constant(found)


MAPS = maps(
    (turned(30), (0, 0)),
    (turned(-100, 1.3), (2.4, -0.7)),
    (turned(0, 0.6), (-9.1, 4.0)),
    (turned(45) @ np.diag([1.4, 0.7]), (30.0, -25.0)),  # Mirrored more than once.
)


def noise(*shape, dtype=tf.float64):
    return tf.constant(np.random.default_rng(0).normal(size=shape), dtype)


def upsampled(signal):
    """Returns a signal at twice the density by definition: reflection, zeros between
    the pixels, convolution.
    """
    spread = np.zeros(2 * (len(signal) + 10))
    spread[::2] = np.pad(signal, 5, mode="reflect")
    return 2**0.5 * np.convolve(spread, geometry.SYM6)[10 : 10 + 2 * len(signal) + 10]


def mirrored(place, first, last, length):
    if 0 <= place <= length - 1:
        return place
    while not first <= place <= last:
        place = 2 * first - place if place < first else 2 * last - place
    return place


def warped(image, inverse):
    """Returns what `geometry.warp` must return of one image, `(H, W)`, by loops."""
    fine = np.apply_along_axis(upsampled, 0, np.apply_along_axis(upsampled, 1, image))
    middle = [side - 1 + geometry.CENTRE for side in image.shape]
    sampled = np.zeros_like(fine)
    for row, column in np.ndindex(fine.shape):
        point = (column - middle[1], row - middle[0])
        x, y = inverse[:2, :2] @ point + 2 * inverse[:2, 2]
        y, x = (
            mirrored(
                value + centre,
                geometry.CENTRE,
                geometry.CENTRE + 2 * (side - 1),
                2 * side + 10,
            )
            for value, centre, side in zip((y, x), middle, image.shape, strict=True)
        )
        i, j = min(int(y), fine.shape[0] - 2), min(int(x), fine.shape[1] - 2)
        v, u = y - i, x - j
        sampled[row, column] = (1 - v) * ((1 - u) * fine[i, j] + u * fine[i, j + 1]) + v * (
            (1 - u) * fine[i + 1, j] + u * fine[i + 1, j + 1]
        )

    def downsampled(signal):
        return np.correlate(signal, geometry.SYM6, "valid")[::2] / 2**0.5

    return np.apply_along_axis(downsampled, 0, np.apply_along_axis(downsampled, 1, sampled))


def test_the_filter_is_a_wavelet_with_six_vanishing_moments():
    taps, places = geometry.SYM6, np.arange(12)
    shifts = [np.sum(taps[2 * k :] * taps[: 12 - 2 * k]) for k in range(6)]
    np.testing.assert_allclose(shifts, [1, 0, 0, 0, 0, 0], atol=1e-11)
    moments = [np.sum((-1.0) ** places * (places / 11) ** k * taps) for k in range(6)]
    np.testing.assert_allclose(moments, np.zeros(6), atol=1e-10)


def test_warp_is_its_definition():
    images = noise(4, 8, 11, 2)
    result = geometry.warp(images, MAPS)
    for image, inverse, found in zip(images.numpy(), MAPS.numpy(), result.numpy(), strict=True):
        for channel in range(2):
            # Places are float32.
            expected = warped(image[..., channel], inverse.astype("float64"))
            np.testing.assert_allclose(found[..., channel], expected, atol=1e-4)


@pytest.mark.parametrize("size", [(2, 2), (3, 5), (16, 9)])
def test_the_identity_leaves_images_alone(size):
    images = noise(2, *size, 3)
    eye = tf.eye(3, batch_shape=[2])
    np.testing.assert_allclose(geometry.warp(images, eye), images, atol=1e-5)
    np.testing.assert_array_equal(geometry.warp(images, eye, filtered=False), images)


def test_a_smooth_image_is_turned_about_its_centre():
    y, x = np.mgrid[:33, :33] - 16.0
    blob = np.exp(-((x - 6) ** 2 + (y + 3) ** 2) / 18)[None, ..., None]
    inverse = maps((turned(-90), (0, 0)))  # The image turns by 90 degrees, right goes down.
    result = geometry.warp(tf.constant(blob, tf.float32), inverse)[0, ..., 0]
    np.testing.assert_allclose(result, np.rot90(blob[0, ..., 0], -1), atol=0.01)


OPERATIONS = {
    "shift": lambda x: geometry.shift(x, tf.constant([0, 3, -2, 9]), tf.constant([-1, 0, 5, 1])),
    "sample": lambda x: geometry.sample(
        x,
        tf.constant(np.random.default_rng(1).uniform(0, 7, [4, 6, 5]), tf.float32),
        tf.constant(np.random.default_rng(2).uniform(0, 10, [4, 6, 5]), tf.float32),
    ),
    "warp": lambda x: geometry.warp(x, MAPS),
    "unfiltered": lambda x: geometry.warp(x, MAPS, filtered=False),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_gradient_is_the_adjoint_and_the_next_one_the_operation(name):
    operation = OPERATIONS[name]
    images = noise(4, 8, 11, 2)
    with tf.GradientTape() as outer:
        result = operation(images)
        weights = noise(*result.shape)
        outer.watch(weights)
        with tf.GradientTape() as tape:
            tape.watch(images)
            total = tf.reduce_sum(operation(images) * weights)
        adjoint = tape.gradient(total, images)
        product = tf.reduce_sum(adjoint * images)
    np.testing.assert_allclose(product, tf.reduce_sum(result * weights), rtol=1e-9)
    # <A^T w, x> has the gradient A x in w.
    np.testing.assert_allclose(outer.gradient(product, weights), result, atol=1e-9)


def test_shift_moves_down_and_right_and_lets_zeros_in():
    image = tf.constant([[[[1.0], [2.0]], [[3.0], [4.0]]]])
    moved = geometry.shift(image, tf.constant([1]), tf.constant([-1]))
    np.testing.assert_array_equal(moved[0, ..., 0], [[0, 0], [2, 0]])
