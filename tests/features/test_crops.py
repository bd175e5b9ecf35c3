"""Random crops: whole pictures, parts of a ramp, and that all numbers come from a stream."""

import numpy as np
import tensorflow as tf

from tf_gan.features.crops import random_crops
from tf_gan.training.rng import Stream

PLAIN = {"least_area": 1.0, "stretch": 0.0, "contrast": 0.0, "brightness": 0.0}
RAMP = np.broadcast_to(np.linspace(0, 1, 16, dtype=np.float32)[:, None], (200, 16, 16, 1))


def crops(images, seed=0, **arguments):
    return random_crops(tf.constant(images), Stream(seed), **PLAIN | arguments).numpy()


def test_of_the_whole_picture_they_are_the_picture_or_its_mirror_image():
    images = np.random.default_rng(0).uniform(size=(40, 9, 7, 3)).astype(np.float32)
    views = crops(images)
    plain, mirrored = (
        np.abs(views - each).max(axis=(1, 2, 3)) < 1e-5 for each in (images, images[:, :, ::-1])
    )
    assert (plain ^ mirrored).all() and 8 < plain.sum() < 32


def test_parts_are_enlarged():
    """Of a ramp from left to right a part is a ramp; its slope is the part's width, from
    sqrt(1/4) to 1, and its ends lie in the picture.
    """
    views = crops(RAMP, least_area=0.25)
    slopes = np.diff(views, axis=2)
    np.testing.assert_allclose(slopes, np.broadcast_to(slopes[:, :1, :1], slopes.shape), atol=1e-5)
    widths = 15 * np.abs(slopes[:, 0, 0, 0])
    assert 0.5 <= widths.min() < 0.52 and 0.98 < widths.max() <= 1 + 1e-5
    assert views.min() >= -1e-6 and views.max() <= 1 + 1e-6
    # The mean of sqrt(a), a from U(1/4, 1), is 7/9, with a deviation of about 0.14.
    assert abs(widths.mean() - 7 / 9) < 4 * 0.14 / 200**0.5


def test_the_place_is_uniform():
    """In both directions, and neither knows of the other."""
    both = np.stack([RAMP[:, :, :, 0], RAMP[:, :, :, 0].transpose(0, 2, 1)], axis=-1)
    views = crops(both, least_area=0.25)
    starts, sides = views.min(axis=(1, 2)), np.ptp(views, axis=(1, 2))
    # The larger parts have hardly any place to go.
    left, top = (starts / (1 - sides))[sides.max(axis=1) < 0.95].T
    for place in (left, top):
        assert place.min() < 0.05 and place.max() > 0.95 and abs(place.mean() - 0.5) < 0.1
    assert abs(np.corrcoef(left, top)[0, 1]) < 0.25


def test_a_stretched_part_is_as_much_narrower_as_it_is_taller():
    both = np.stack([RAMP[:, :, :, 0], RAMP[:, :, :, 0].transpose(0, 2, 1)], axis=-1)
    views = crops(both, least_area=0.25, stretch=0.2)
    tall = 15 * np.abs(np.diff(views[..., 1], axis=1))[:, 0, 0]
    wide = 15 * np.abs(np.diff(views[..., 0], axis=2))[:, 0, 0]
    assert (tall * wide).min() >= 0.25 and (tall * wide).max() <= 1 + 1e-5
    inside = np.maximum(tall, wide) < 0.999
    ratios = np.log(tall / wide)[inside] / 2
    assert -0.2 < ratios.min() < -0.15 and 0.15 < ratios.max() < 0.2


def test_brightness_and_contrast():
    means = crops(RAMP, brightness=0.2).mean(axis=(1, 2, 3)) - 0.5
    assert -0.2 < means.min() < -0.18 and 0.18 < means.max() < 0.2
    views = crops(RAMP, contrast=0.4)
    np.testing.assert_allclose(views.mean(axis=(1, 2, 3)), 0.5, atol=1e-5)
    logs = np.log(views.std(axis=(1, 2, 3)) / RAMP.std(axis=(1, 2, 3)))
    assert -0.4 < logs.min() < -0.36 and 0.36 < logs.max() < 0.4


def test_the_stream_fixes_them():
    arguments = {"least_area": 0.5, "stretch": 0.2, "contrast": 0.4, "brightness": 0.2}
    assert np.array_equal(crops(RAMP, **arguments), crops(RAMP, **arguments))
    assert not np.array_equal(crops(RAMP, **arguments), crops(RAMP, seed=1, **arguments))
