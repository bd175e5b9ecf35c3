"""Images in a file behave as the same images in memory."""

import dataclasses
import sys

import numpy as np
import pytest
import tensorflow as tf
from support.command import python

from tf_gan.data import Examples, HalfLabelledExamples, StoredImages, read_errors_named
from tf_gan.errors import UserError


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (23, 4, 6, 3), np.uint8)


@pytest.fixture
def stored(tmp_path, images):
    (tmp_path / "images.bin").write_bytes(images.tobytes())
    return StoredImages(tmp_path / "images.bin", images.shape[1:])


@pytest.mark.parametrize(
    "index", [slice(None), slice(3, 20, 4), slice(0, 0), [5, 1, 5], np.arange(23) % 2 == 0]
)
def test_parts(images, stored, index):
    part = stored[index]
    assert isinstance(part, StoredImages)
    assert (part.shape, part.ndim, part.dtype) == (images[index].shape, 4, np.uint8)
    np.testing.assert_array_equal(part, images[index])
    np.testing.assert_array_equal(part[1:], images[index][1:])
    np.testing.assert_array_equal(np.asarray(part, np.float32), images[index].astype(np.float32))


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("kind", [Examples, HalfLabelledExamples])
@pytest.mark.slow
def test_batches_are_those_of_images_in_memory(images, stored, kind, mirror):
    labels = np.arange(23) % 5 - 1
    pair = [kind(each, labels, mirror=mirror) for each in (images, stored)]
    for order in ({"seed": 4}, {"seed": 4, "first_batch": 7, "rows": [3, 0]}, {"shuffle": False}):
        batches = [list(examples.batches(6, **order).take(9)) for examples in pair]
        tf.nest.map_structure(np.testing.assert_array_equal, *batches)
        specs = [examples.batches(6, **order).element_spec for examples in pair]
        assert specs[0] == specs[1]
    np.testing.assert_array_equal(pair[1].arrays(), pair[0].arrays())
    np.testing.assert_array_equal(pair[1].mean(), images.mean(axis=0, dtype=np.float64))
    half = dataclasses.replace(pair[1], name="x")[[2, 1]]
    np.testing.assert_array_equal(half.arrays(), pair[0][[2, 1]].arrays())


def test_a_file_that_is_removed_is_still_read(tmp_path, images, stored):
    (tmp_path / "images.bin").unlink()
    np.testing.assert_array_equal(stored, images)


def test_a_file_that_changes_is_named(tmp_path, stored):
    batches = iter(Examples(stored).batches(8, shuffle=False))
    with (tmp_path / "images.bin").open("r+b") as file:
        file.truncate(72 * 3)
    message = r"images\.bin.* it is shorter than it was\. Remove"
    with pytest.raises(UserError, match=message), read_errors_named(stored):
        list(zip(batches, range(3), strict=False))
    with (
        pytest.raises(tf.errors.InvalidArgumentError, match="mine"),
        read_errors_named(np.zeros(3)),
    ):
        raise tf.errors.InvalidArgumentError(None, None, "mine")


MEASURE = """
import sys
import numpy as np
from tf_gan.data import Examples, StoredImages

def anonymous():  # Memory that the system cannot take back.
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("RssAnon")) // 1024

examples = Examples(StoredImages(sys.argv[1], (64, 64, 3)))
next(iter(examples.batches(64)))
before, total = anonymous(), 0.0
for batch in examples.batches(64).take(examples.steps_per_epoch(64)):
    total += float(batch[0, 0, 0, 0])
print(len(examples) * 64 * 64 * 3 // 2**20, anonymous() - before, total)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.slow
def test_an_epoch_of_a_large_set_needs_little_memory(tmp_path):
    with (tmp_path / "images.bin").open("wb") as file:
        file.truncate(64 * 64 * 3 * 40_000)  # 468 MiB, which take no space on the disk.
    result = python(MEASURE, tmp_path / "images.bin")
    assert result.returncode == 0, result.stderr
    size, growth, total = map(float, result.stdout.split())
    assert size == 468 and growth < 100
    assert total == -(40_000 // 64)  # All of them are read: black is -1.
