"""The nearest training image of a sample, and where it stands in the picture."""

import numpy as np
import pytest

from tf_gan import plots
from tf_gan.data import Examples
from tf_gan.errors import UserError
from tf_gan.plots import neighbours, render


def images(n, seed=0, shape=(4, 4, 1)):
    return np.random.default_rng(seed).uniform(-1, 1, (n, *shape)).astype(np.float32)


@pytest.mark.parametrize("block", [1, 7, 1024])
def test_nearest_is_the_smallest_distance_over_all_pixels(monkeypatch, block):
    monkeypatch.setattr(neighbours, "BLOCK", block)
    training, samples = images(50), images(9, seed=1)
    distances = np.linalg.norm((samples[:, None] - training[None]).reshape(9, 50, -1), axis=-1)
    found = neighbours.nearest(samples, Examples(training))
    np.testing.assert_array_equal(found, training[distances.argmin(axis=1)])


def test_a_mirrored_copy_is_found():
    training = images(9)
    found = neighbours.nearest(training[:3, :, ::-1], Examples(training, mirror=True))
    np.testing.assert_array_equal(found, training[:3, :, ::-1])


def test_bytes_are_compared_in_the_range_of_the_samples():
    """0, 51, ..., 255 in (-1, 1) are -1, -0.6, ..., 1: the nearest to -0.5 is -0.6. The
    first of equals counts.
    """
    training = np.tile(np.uint8([0, 51, 51, 102, 153, 204, 255]).reshape(7, 1, 1, 1), (1, 2, 2, 1))
    samples = np.tile(np.float32([-0.5, 0.95, -3]).reshape(3, 1, 1, 1), (1, 2, 2, 1))
    found = neighbours.nearest(samples, Examples(training))
    np.testing.assert_allclose(found[:, 0, 0, 0], [-0.6, 1, -1], atol=1e-6)


def test_shapes_must_agree():
    with pytest.raises(UserError, match=r"of shape \(4, 4, 1\). Received: shape \(2, 2, 1\)"):
        neighbours.nearest(images(1, shape=(2, 2, 1)), Examples(images(3)))


class Memory:
    """A stand-in for a model that repeats training images."""

    data_range = (-1.0, 1.0)

    def __init__(self, training):
        self.training = training

    def generate(self, n, seed, truncation=None):
        return self.training[seed : seed + n]


class PlotOptions:
    n = columns = 0
    seed, truncation = 3, None

    def __init__(self, training):
        self.training = training

    def examples(self):
        return Examples(self.training)


@pytest.mark.parametrize(("n", "columns"), [(0, 0), (2, 3)])
def test_the_neighbour_stands_beyond_the_line_beside_the_last_sample(n, columns):
    training = images(40)
    options = PlotOptions(training)
    options.n, options.columns = n, columns
    rows, columns = n or 4, columns or 5
    picture = neighbours.plot(Memory(training), options)
    # Tiles of 4 pixels are shown 8 times as large, with gaps of 2 around each.
    assert (picture.shape, picture.dtype) == (
        (rows * 34 + 2, columns * 34 + 2 + 4 + 36, 3),
        np.uint8,
    )
    left, line, right = np.split(picture, [columns * 34 + 2, columns * 34 + 6], axis=1)
    np.testing.assert_array_equal(
        left, render.grid(training[3 : 3 + rows * columns], columns, (-1, 1))
    )
    assert (line == (255, 210, 0)).all()
    # A memory's neighbours are the samples themselves.
    np.testing.assert_array_equal(right, left[:, -36:])


def test_without_bounds_both_have_the_range_of_the_training_images():
    model = Memory(training=3 * images(2) + 5)
    model.data_range = None
    examples = Examples(np.concatenate([model.training[1:], images(4)]), None, None)
    picture = neighbours.beside_nearest(model, model.training, examples, 2)
    found = model.training[1:]
    value_range = float(found.min()), float(found.max())
    left = render.grid(model.training, 2, value_range)
    np.testing.assert_array_equal(picture[:, : left.shape[1]], left)
    np.testing.assert_array_equal(picture[:, -36:], render.grid(found, 1, value_range))


def test_it_is_a_kind():
    assert plots.get("neighbours") is neighbours and plots.suffix("neighbours") == ".png"
