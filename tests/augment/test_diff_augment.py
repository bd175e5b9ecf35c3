import numpy as np
import pytest
import tensorflow as tf

from tf_gan.augment import DiffAugment
from tf_gan.training.rng import Stream

STREAM = Stream(3, 14)


def images_of(channels, batch=7, size=(9, 6)):
    values = np.random.default_rng(0).uniform(-1, 1, [batch, *size, channels])
    return values.astype("float32")


def draws_of(number, count, batch=7):
    """Returns the draws of the operation with this number, `(count, B)`, after those that
    choose whether it is done.
    """
    draws = STREAM.fold(number).uniform([batch, 1 + count]).numpy().astype("float64").T
    return draws[1:]


def flip(image, coin):
    return image[:, ::-1] if coin < 0.5 else image


def color(image, brightness, saturation, contrast):
    colors, alpha = np.split(image, [1 if image.shape[2] < 3 else 3], axis=2)
    colors = colors + brightness - 0.5
    grey = colors.mean(axis=2, keepdims=True)
    colors = (colors - grey) * saturation * 2 + grey
    colors = (colors - colors.mean()) * (contrast + 0.5) + colors.mean()
    return np.concatenate([colors, alpha], axis=2)


def translation(image, down, right):
    result = np.zeros_like(image)
    height, width = image.shape[:2]
    limits = int(height / 8 + 0.5), int(width / 8 + 0.5)
    down, right = (int(u * (2 * d + 1)) - d for u, d in zip((down, right), limits, strict=True))
    for y, x in np.ndindex(height, width):
        if 0 <= y - down < height and 0 <= x - right < width:
            result[y, x] = image[y - down, x - right]
    return result


def cutout(image, down, right):
    result = image.copy()
    places = []
    for u, side in zip((down, right), image.shape[:2], strict=True):
        size = int(side / 2 + 0.5)
        middle = int(u * (side + (size + 1) % 2))
        places.append(slice(max(middle - size // 2, 0), middle - size // 2 + size))
    result[tuple(places)] = 0
    return result


TWINS = {"flip": (flip, 1), "color": (color, 3), "translation": (translation, 2)}
TWINS["cutout"] = (cutout, 2)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("policy", [*TWINS, "flip,color,translation,cutout"])
def test_operations_are_their_definitions_in_the_papers_order(policy, channels):
    expected = images = images_of(channels)
    for number, (name, (twin, count)) in enumerate(TWINS.items()):
        if name in policy:
            draws = draws_of(number, count)
            expected = np.stack(
                [twin(image, *own) for image, own in zip(expected, draws.T, strict=True)]
            )
    np.testing.assert_allclose(DiffAugment(policy)(images, STREAM), expected, atol=1e-6)
    assert np.any(expected != images)


def test_shifts_and_holes_have_their_whole_range():
    """Of 24 x 17 pixels, in a batch where each possible draw is met."""
    ones = np.ones([3000, 24, 17, 1], "float32")
    moved = DiffAugment("translation")(ones, STREAM).numpy()[..., 0]
    assert set(np.sum(moved.max(axis=2), axis=1)) == {24 - n for n in range(4)}
    assert set(np.sum(moved.max(axis=1), axis=1)) == {17 - n for n in range(3)}
    cut = 1 - DiffAugment("cutout")(ones, STREAM).numpy()[..., 0]
    rows, columns = np.sum(cut.max(axis=2), axis=1), np.sum(cut.max(axis=1), axis=1)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (6, 12, 5, 9)
    # Of 25 centres, 0 and 24 leave half of the hole, and 6 ... 18 all of it.
    np.testing.assert_allclose(np.mean(rows == 12), 13 / 25, atol=0.04)
    np.testing.assert_allclose(np.mean(rows == 6), 2 / 25, atol=0.02)


def test_half_of_the_images_are_flipped_and_p_of_them_at_all():
    image = np.tile(np.float32([[[[0.0], [1.0]]] * 2]), [4000, 1, 1, 1])
    for p in (1.0, 0.3):
        flipped = DiffAugment("flip")(image, STREAM, p=p)[:, 0, 0, 0]
        np.testing.assert_allclose(np.mean(flipped), p / 2, atol=0.03)


def test_p_is_the_probability_of_each_operation():
    images = images_of(3, batch=2000, size=(4, 4))
    done = {}
    for name in ("color", "translation", "cutout"):
        result = DiffAugment(name)(images, STREAM, p=tf.constant(0.25)).numpy()
        done[name] = np.any(result != images, axis=(1, 2, 3))
    # 2 of 9 translations of 4 x 4 pixels by at most 1 change nothing in one axis or both.
    np.testing.assert_allclose(done["color"].mean(), 0.25, atol=0.04)
    np.testing.assert_allclose(done["cutout"].mean(), 0.25, atol=0.04)
    np.testing.assert_allclose(done["translation"].mean(), 0.25 * 8 / 9, atol=0.04)
    assert abs(np.corrcoef(done["color"], done["cutout"])[0, 1]) < 0.1


def test_the_order_of_the_names_does_not_matter():
    images = images_of(3)
    first, second = DiffAugment("cutout, color"), DiffAugment("color,cutout")
    assert first.policy == second.policy == "color,cutout"
    np.testing.assert_array_equal(first(images, STREAM), second(images, STREAM))
