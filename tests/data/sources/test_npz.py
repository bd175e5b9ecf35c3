"""Images from `.npz` files, and files that hold something else."""

import gc
import pathlib
import pickle
import sys

import numpy as np
import pytest
from support.bomb import Bomb

from tf_gan.data import npz
from tf_gan.errors import UserError

REFUSED = r"Expected a \.npz file of numeric arrays"
IMAGES = np.random.default_rng(0).integers(0, 256, (5, 4, 3, 3), np.uint8)


@pytest.fixture
def saved(tmp_path):
    def save(*args, **arrays) -> str:
        np.savez(tmp_path / "a.npz", *args, **arrays)
        return str(tmp_path / "a.npz")

    return save


def test_images_and_labels(saved):
    path = saved(images=IMAGES, labels=np.arange(5), other=np.zeros(2))
    examples = npz(path, value_range=(0, 1))
    np.testing.assert_array_equal(examples.images, IMAGES)
    assert (examples.images.dtype, examples.labels.tolist()) == (np.uint8, [0, 1, 2, 3, 4])
    assert (examples.value_range, examples.name) == ((0, 1), path)


@pytest.mark.parametrize("dtype", [np.uint16, np.int64, np.uint64])
def test_other_integers_than_bytes_are_refused(saved, dtype):
    path = saved(images=np.zeros((3, 4, 4, 1), dtype))
    with pytest.raises(UserError, match=f"in uint8 or floats .*dtype {np.dtype(dtype)}"):
        npz(path)


def test_a_single_array_needs_no_name(saved):
    examples = npz(saved(IMAGES))
    np.testing.assert_array_equal(examples.images, IMAGES)
    assert examples.labels is None


def test_grey_images_get_a_channel(saved):
    grey = npz(saved(images=IMAGES[..., 0])).images
    assert grey.shape == (5, 4, 3, 1)
    np.testing.assert_array_equal(grey[..., 0], IMAGES[..., 0])
    # Points stay as they are.
    assert npz(saved(images=np.zeros((7, 2), np.float32))).images.shape == (7, 2)


def test_floats_are_kept(saved):
    images = IMAGES / np.float32(255)
    np.testing.assert_array_equal(npz(saved(images=images), value_range=(0, 1)).arrays(), images)


def test_pickles_are_refused(saved, tmp_path):
    for path in (
        saved(images=np.array([Bomb()])),
        saved(images=IMAGES, labels=np.array([Bomb()] * 5)),
    ):
        with pytest.raises(UserError, match=REFUSED):
            npz(path)
    (tmp_path / "pickle.npz").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(UserError, match=REFUSED):
        npz(str(tmp_path / "pickle.npz"))
    assert not Bomb.exploded


def test_no_images(saved):
    with pytest.raises(UserError, match=r"array named `images`.*Found: \['labels', 'pictures'\]"):
        npz(saved(pictures=IMAGES, labels=np.arange(5)))


@pytest.mark.parametrize(
    "labels",
    [np.arange(4), np.zeros((5, 1), int), np.zeros(5), np.array(list("abcde"))],
    ids=["four", "matrix", "floats", "text"],
)
def test_wrong_labels(saved, labels):
    with pytest.raises(UserError, match="Expected `labels` to be 5 integers"):
        npz(saved(images=IMAGES, labels=labels))


def test_a_number_is_no_image(saved):
    with pytest.raises(UserError, match=r"`images` of shape \(N, \.\.\.\) .*Found: shape \(\),"):
        npz(saved(images=np.float32(3), labels=np.arange(5)))


@pytest.mark.parametrize("content", [b"", b"images"], ids=["empty", "text"])
def test_files_of_other_kinds(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(UserError, match=rf"{REFUSED}\. Received: path='.*a\.npz'"):
        npz(str(tmp_path / "a.npz"))


def test_no_file(tmp_path):
    for path in (tmp_path, tmp_path / "missing.npz", ""):
        with pytest.raises(UserError, match=REFUSED):
            npz(str(path))


def test_damaged_files(saved):
    path = pathlib.Path(saved(images=IMAGES))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    with pytest.raises(UserError, match="Bad CRC-32"):
        npz(str(path))


def test_arrays_that_the_memory_does_not_hold(saved, monkeypatch):
    path = saved(images=IMAGES)
    monkeypatch.setattr(sys.modules["tf_gan.data.sources.npz"], "MEMORY_LIMIT", 100)
    with pytest.raises(UserError, match=r"Its arrays take 0\.0 GiB, and images are held in mem"):
        npz(path)


def test_a_file_that_was_cut_off_is_closed_again(saved):
    path = pathlib.Path(saved(images=IMAGES))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match=REFUSED):
        npz(str(path))
    gc.collect()  # A file that is still open warns now, and a warning is an error.


def test_a_single_array_saved_without_npz(tmp_path):
    np.save(tmp_path / "a.npy", IMAGES)
    with pytest.raises(UserError, match=REFUSED):
        npz(str(tmp_path / "a.npy"))
