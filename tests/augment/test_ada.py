import numpy as np
import pytest
import tensorflow as tf

from tf_gan.augment import ADA, geometry
from tf_gan.errors import UserError
from tf_gan.training.rng import Stream

STREAM = Stream(3, 14)
BATCH = 24


def images_of(channels, size=(8, 8)):
    values = np.random.default_rng(0).uniform(-1, 1, [BATCH, *size, channels])
    return values.astype("float32")


def draws(count, *folds, normal=False):
    stream = STREAM
    for fold in folds:
        stream = stream.fold(fold)
    draw = stream.normal if normal else stream.uniform
    return draw([BATCH, count]).numpy().astype("float64")


# === Twins, one image at a time, with the matrices of the paper ===


def blit(image, u, p):
    """The operations on pixels, by NumPy's own functions. The image is a square."""
    flips, coin, turns, turn, shifts, x, y = u
    side = len(image)
    if flips < p and coin < 0.5:
        image = image[:, ::-1]
    if turns < p:
        image = np.rot90(image, -int(4 * turn))
    if shifts < p:
        x, y = (round((v / 4 - 0.125) * side) for v in (x, y))
        padded = np.pad(image, [(side - 1, side - 1)] * 2 + [(0, 0)], mode="reflect")
        image = padded[side - 1 - y : 2 * side - 1 - y, side - 1 - x : 2 * side - 1 - x]
    return image


def rotation(angle):
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def shift(x, y):
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])


def blit_matrix(u, p, height, width):
    flips, coin, turns, turn, shifts, x, y = u
    matrix = np.eye(3)
    if flips < p and coin < 0.5:
        matrix = np.diag([-1, 1, 1]) @ matrix
    if turns < p:
        matrix = rotation(np.pi / 2 * int(4 * turn)) @ matrix
    if shifts < p:
        matrix = shift(round((x / 4 - 0.125) * width), round((y / 4 - 0.125) * height)) @ matrix
    return matrix


def geometric_matrix(u, n, p, height, width):
    scales, first, stretches, second, shifts, before, after = u
    matrix, rotate = np.eye(3), 1 - np.sqrt(1 - p)
    if scales < p:
        matrix = np.diag([2 ** (0.2 * n[0]), 2 ** (0.2 * n[0]), 1]) @ matrix
    if first < rotate:
        matrix = rotation((2 * before - 1) * np.pi) @ matrix
    if stretches < p:
        matrix = np.diag([2 ** (0.2 * n[1]), 2 ** (-0.2 * n[1]), 1]) @ matrix
    if second < rotate:
        matrix = rotation((2 * after - 1) * np.pi) @ matrix
    if shifts < p:
        matrix = shift(n[2] * width / 8, n[3] * height / 8) @ matrix
    return matrix


def color_matrix(u, n, p):
    """The chain of 4 x 4 matrices on (R, G, B, 1)."""
    axis = np.array([1, 1, 1, 0]) / 3**0.5
    along = np.outer(axis, axis)
    matrix = np.eye(4)
    if u[0] < p:
        matrix = matrix + np.outer([1, 1, 1, 0], [0, 0, 0, 0.2 * n[0]])
    if u[1] < p:
        matrix = np.diag([2 ** (0.5 * n[1])] * 3 + [1]) @ matrix
    if u[2] < p and u[5] < 0.5:
        matrix = (np.eye(4) - 2 * along) @ matrix
    if u[3] < p:
        c, s = np.cos((2 * u[6] - 1) * np.pi), np.sin((2 * u[6] - 1) * np.pi)
        a = 1 / 3**0.5
        cross = np.zeros([4, 4])
        cross[:3, :3] = [[0, -a, a], [a, 0, -a], [-a, a, 0]]
        unit = np.diag([1, 1, 1, 0])
        matrix = (c * unit + s * cross + (1 - c) * along + np.diag([0, 0, 0, 1])) @ matrix
    if u[4] < p:
        matrix = (along + (np.eye(4) - along) * 2 ** n[2]) @ (
            matrix - np.diag([0, 0, 0, 1])
        ) + np.diag([0, 0, 0, 1])
    return matrix


# === Tests ===


@pytest.mark.parametrize("p", [1.0, 0.5])
def test_blits_are_those_of_numpy(p):
    images = images_of(2)
    result = ADA(groups=["blit"])(images, STREAM, p=p)
    expected = [blit(*own, p) for own in zip(images, draws(7, 0), strict=True)]
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("groups", [["geometric"], ["blit", "geometric"]])
def test_maps_are_those_of_the_paper(groups):
    p = 0.7
    images = images_of(1, size=(8, 12))
    inverses = []
    for u, v, n in zip(draws(7, 0), draws(7, 1, 0), draws(4, 1, 1, normal=True), strict=True):
        matrix = blit_matrix(u, p, 8, 12) if "blit" in groups else np.eye(3)
        inverses.append(np.linalg.inv(geometric_matrix(v, n, p, 8, 12) @ matrix))
    expected = geometry.warp(images, tf.constant(np.stack(inverses), tf.float32))
    result = ADA(groups=groups)(images, STREAM, p=p)
    np.testing.assert_allclose(result, expected, atol=2e-4)


@pytest.mark.parametrize("p", [1.0, 0.6])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_colors_are_those_of_the_chain_of_matrices(channels, p):
    images = images_of(channels)
    result = ADA(groups=["color"])(images, STREAM, p=p).numpy()
    n = 1 if channels < 3 else 3
    for image, found, u, v in zip(
        images, result, draws(7, 2, 0), draws(3, 2, 1, normal=True), strict=True
    ):
        rgb1 = np.concatenate([np.ones([8, 8, 3]) * image[..., :n], np.ones([8, 8, 1])], axis=2)
        expected = (rgb1 @ color_matrix(u, v, p).T)[..., :3]
        if n == 1:
            expected = expected.mean(axis=2, keepdims=True)
        np.testing.assert_allclose(found[..., :n], expected, atol=2e-5)
        np.testing.assert_array_equal(found[..., n:], image[..., n:])


def test_multipliers_are_factors_of_p():
    images = images_of(3)
    half = ADA(groups=["color"], multipliers={"color": 0.5})
    np.testing.assert_array_equal(
        half(images, STREAM, p=0.8), ADA(groups=["color"])(images, STREAM, p=0.4)
    )
    none = ADA(groups=["blit", "color"], multipliers={"color": 0.0})
    blits = ADA(groups=["blit"])(images, STREAM, p=1.0)
    np.testing.assert_array_equal(none(images, STREAM, p=1.0), blits)


def test_cutout_is_a_group():
    ones = np.ones([500, 8, 8, 1], "float32")
    result = ADA(groups=["cutout"])(ones, STREAM, p=0.4).numpy()
    np.testing.assert_allclose(np.mean(result.min(axis=(1, 2, 3)) == 0), 0.4, atol=0.07)


def test_a_controller_finds_p_unless_it_is_given():
    assert ADA().adaptive and ADA().probability(3) is None
    assert not ADA(p=0.3).adaptive and ADA(p=0.3).probability(3) == 0.3
    schedule = ADA(p=lambda step: step / 10)
    assert not schedule.adaptive and schedule.probability(3) == 0.3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"p": 1.5}, r"`p`.*\[0, 1\].*p=1.5"),
        ({"target": 1}, r"`target`.*\(-1, 1\).*target=1"),
        ({"interval": 0}, "`interval`.*>= 1.*interval=0"),
        ({"interval": True}, "interval=True"),
        ({"images_for_one": 0}, "`images_for_one`.*images_for_one=0"),
        ({"groups": ["colour"]}, "'blit'.*'colour'.*Did you mean 'color'"),
        ({"multipliers": {"blitt": 1}}, "Did you mean 'blit'"),
        ({"multipliers": {"blit": 2}}, r"multipliers\['blit'\].*=2"),
    ],
)
def test_arguments_that_cannot_be(arguments, message):
    with pytest.raises(UserError, match=message):
        ADA(**arguments)
    assert ADA(interval=np.int64(8)).interval == 8
