"""Random crops of photographs: where they lie, in which order they come, and what else
lies in folders.
"""

import logging

import numpy as np
import pytest
from PIL import Image

from tf_gan import data
from tf_gan.data import RandomCrops, photographs
from tf_gan.errors import UserError


def marked(height, width, number):
    """A picture whose pixels say where they are: (row, column, number)."""
    rows, columns = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    return np.stack([rows, columns, np.full_like(rows, number)], axis=-1).astype(np.uint8)


PICTURES = [marked(9, 20, 0), marked(30, 8, 1), marked(8, 8, 2), marked(40, 40, 3)]


def crops(batches, count):
    return [np.rint((batch.numpy() + 1) * 127.5).astype(int) for batch in batches.take(count)]


def orientation(crop):
    """Returns which of the eight turned and mirrored forms a crop has: the one that
    makes rows and columns count up.
    """
    forms = [np.rot90(side, turns) for side in (crop, crop[:, ::-1]) for turns in range(4)]
    rows, columns = np.meshgrid(np.arange(crop.shape[0]), np.arange(crop.shape[0]), indexing="ij")
    fits = [
        np.array_equal(form[..., 0] - form[0, 0, 0], rows)
        and np.array_equal(form[..., 1] - form[0, 0, 1], columns)
        for form in forms
    ]
    assert sum(fits) == 1
    return fits.index(True), forms[fits.index(True)]


def test_crops_are_pieces_of_the_photographs_turned_and_mirrored():
    examples = RandomCrops.of(PICTURES, 8, crops=8)
    assert (len(examples), examples.image_shape, examples.num_classes) == (32, (8, 8, 3), 0)
    seen, places = set(), {number: set() for number in range(4)}
    for batch in crops(examples.batches(16, seed=3), 60):
        for crop in batch:
            form, upright = orientation(crop)
            number = upright[0, 0, 2]
            top, left = upright[0, 0, :2]
            np.testing.assert_array_equal(upright, PICTURES[number][top : top + 8, left : left + 8])
            seen.add(form)
            places[number].add((top, left))
    assert seen == set(range(8))
    assert places[2] == {(0, 0)}  # The only place.
    # All places, the last ones too.
    assert places[0] == {(y, x) for y in (0, 1) for x in range(13)}
    assert {y for y, _ in places[1]} == set(range(23)) and {x for _, x in places[3]} == set(
        range(33)
    )


def test_an_epoch_shows_each_photograph_equally_often():
    examples = RandomCrops.of(PICTURES, 8, crops=3)
    first, second = (
        [batch[:, 0, 0, 2] for batch in crops(examples.batches(4, seed=0, first_batch=start), 3)]
        for start in (0, 3)
    )
    for epoch in (first, second):
        assert np.bincount(np.concatenate(epoch)).tolist() == [3, 3, 3, 3]
    assert np.concatenate(first).tolist() != np.concatenate(second).tolist()


def test_a_batch_is_a_function_of_the_seed_and_its_number():
    examples = RandomCrops.of(PICTURES, 8, crops=4)
    whole = crops(examples.batches(4, seed=1), 9)
    np.testing.assert_array_equal(whole[5:], crops(examples.batches(4, seed=1, first_batch=5), 4))
    np.testing.assert_array_equal(
        np.array(whole)[:, 2:], crops(examples.batches(4, seed=1, rows=[2, 3]), 9)
    )
    assert not np.array_equal(whole, crops(examples.batches(4, seed=2), 9))


def test_crops_by_their_number():
    examples = RandomCrops.of(PICTURES, 8, crops=4)
    fixed = examples[:6]
    assert fixed.images.shape == (6, 8, 8, 3) and fixed.images.dtype == np.uint8
    assert fixed.images[:, 0, 0, 2].tolist() == [0, 1, 2, 3, 0, 1]
    np.testing.assert_array_equal(examples[:6].images, fixed.images)
    np.testing.assert_array_equal(examples[np.array([4, 1])].images, fixed.images[[4, 1]])
    assert len(examples.arrays()) == 16


def test_a_batch_larger_than_an_epoch():
    with pytest.raises(UserError, match="batch_size=17, 16"):
        RandomCrops.of(PICTURES, 8, crops=4).batches(17)


@pytest.mark.parametrize(
    ("pictures", "arguments", "message"),
    [
        (PICTURES, {"crop": 9}, r"at least 9 x 9 pixels.*Received: one of 30 x 8"),
        (PICTURES, {"crop": 0}, "crop=0"),
        (PICTURES, {"crop": 8, "crops": 0}, "crops=0"),
        ([np.zeros((9, 9, 3))], {"crop": 8}, "uint8 .*dtype float64"),
        ([np.zeros((9, 9), np.uint8)], {"crop": 8}, r"shape \(H, W, C\)"),
    ],
)
def test_pictures_that_cannot_be_cut(pictures, arguments, message):
    with pytest.raises(UserError, match=message):
        RandomCrops.of(pictures, **arguments)


# === Folders ===


def test_all_kinds_of_pictures(tmp_path, caplog):
    Image.new("L", (20, 10), 128).save(tmp_path / "grey.png")
    Image.fromarray(np.full((12, 12), 257 * 200, np.uint16)).save(tmp_path / "sixteen.png")
    Image.new("RGB", (9, 30), (1, 2, 3)).save(tmp_path / "tall.png")
    Image.new("RGB", (30, 7)).save(tmp_path / "low.png")
    (tmp_path / "broken.png").write_bytes((tmp_path / "tall.png").read_bytes()[:60])
    with caplog.at_level(logging.WARNING):
        examples = photographs(str(tmp_path), 8)
    assert examples.sizes.tolist() == [[10, 20], [12, 12], [30, 9]]
    assert examples[:3].images[:, 0, 0].tolist() == [[128] * 3, [200] * 3, [1, 2, 3]]
    messages = sorted(record.getMessage() for record in caplog.records)
    assert len(messages) == 2
    assert "broken.png" in messages[0]
    assert (
        "low.png" in messages[1]
        and "at least 8 x 8 pixels, the size of the crops, received 30 x 7" in messages[1]
    )


def test_pictures_that_are_all_too_small(tmp_path):
    Image.new("RGB", (7, 7)).save(tmp_path / "a.png")
    with pytest.raises(UserError, match="Found: 1 pictures, none of them usable"):
        photographs(str(tmp_path), 8)


@pytest.mark.parametrize(
    "arguments", [{"crop": 0}, {"crop": 8, "channels": 2}, {"crop": 8, "crops": 0}], ids=str
)
def test_bad_arguments(arguments, tmp_path):
    with pytest.raises(UserError, match="Invalid value for argument"):
        photographs(str(tmp_path), **arguments)


def test_by_the_name_in_a_config(tmp_path):
    from tf_gan.config import default_config

    Image.new("RGB", (20, 20), (9, 9, 9)).save(tmp_path / "a.png")
    section = default_config().data.copy_and_resolve_references()
    with section.unlocked():
        section.update({"name": "photographs", "path": str(tmp_path), "image_size": 16, "crops": 5})
    examples = data.load(section)
    assert (len(examples), examples.image_shape, examples.name) == (5, (16, 16, 3), tmp_path.name)
    section.image_size = 0
    with pytest.raises(UserError, match=r"config\.data\.image_size"):
        data.load(section)
