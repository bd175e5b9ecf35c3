"""Pairs of images: what stands beside what, in which order, and which folders are
refused.
"""

import dataclasses
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tf_gan import data
from tf_gan.config import default_config
from tf_gan.data import Examples, ImagePairs, StoredImages, image_pairs, keep, outlines
from tf_gan.errors import UserError


def numbers(n: int, start: int = 0, size: int = 1) -> np.ndarray:
    """`n` images; all pixels of image i are the number i."""
    return (
        np.full((n, size, size, 1), 1, np.float32)
        * np.arange(start, start + n, dtype=np.float32)[:, None, None, None]
    )


def pairs(n: int, m: int | None = None, **fields) -> ImagePairs:
    """Image i is the number i, source i the number 100 + i."""
    return ImagePairs(
        numbers(n),
        value_range=None,
        sources=numbers(n if m is None else m, 100),
        paired=m is None,
        **fields,
    )


def taken(
    examples: ImagePairs, batch_size: int, count: int, **order
) -> tuple[np.ndarray, np.ndarray]:
    """Images and sources of the first batches, each of shape `(count, rows)`."""
    batches = list(examples.batches(batch_size, **order).take(count))
    return tuple(
        np.stack([batch[part].numpy()[:, 0, 0, 0] for batch in batches]).astype(int)
        for part in (1, 0)
    )


# === Order ===


def test_pairs_travel_together_in_the_order_of_examples():
    images, sources = taken(pairs(13), 4, 9, seed=5)
    np.testing.assert_array_equal(sources, images + 100)
    plain = np.stack(
        [
            batch.numpy()[:, 0, 0, 0]
            for batch in Examples(numbers(13), value_range=None).batches(4, seed=5).take(9)
        ]
    )
    np.testing.assert_array_equal(images, plain)


def test_without_pairs_both_have_an_order_of_their_own():
    images, sources = taken(pairs(12, 20), 4, 15)
    for epoch in images.reshape(5, 12):
        assert sorted(epoch) == list(range(12))
    for epoch in sources.reshape(3, 20):
        assert sorted(epoch) == list(range(100, 120))
    assert len({tuple(epoch) for epoch in [*images.reshape(5, 12)]}) == 5
    # Not the order of the images; of 12, one agrees on average.
    assert np.sum(images[:3].ravel() + 100 == sources[:3].ravel()) < 6


@pytest.mark.parametrize("m", [None, 9])
@pytest.mark.slow
def test_starting_late_and_taking_rows(m):
    examples = dataclasses.replace(pairs(13, m), mirror=True)
    whole = taken(examples, 4, 9)
    for late, part in zip(taken(examples, 4, 4, first_batch=5), whole, strict=True):
        np.testing.assert_array_equal(late, part[5:])
    for rows, part in zip(taken(examples, 4, 9, rows=[1, 3]), whole, strict=True):
        np.testing.assert_array_equal(rows, part[:, [1, 3]])


def test_shapes_are_static_and_bytes_are_scaled():
    examples = ImagePairs(
        np.full((6, 4, 4, 3), 255, np.uint8), sources=np.zeros((6, 4, 4, 1), np.uint8)
    )
    assert [spec.shape.as_list() for spec in examples.batches(2).element_spec] == [
        [2, 4, 4, 1],
        [2, 4, 4, 3],
    ]
    sources, images = next(iter(examples.batches(2)))
    assert images.numpy().min() == 1 and sources.numpy().max() == -1
    assert (examples.image_shape, examples.source_shape, examples.num_classes) == (
        (4, 4, 3),
        (4, 4, 1),
        0,
    )
    np.testing.assert_array_equal(examples.arrays(), 1)
    np.testing.assert_array_equal(examples.source_arrays(), -1)


def test_slices_and_index_arrays():
    some = pairs(5)[[3, 1]]
    assert (some.images.ravel().tolist(), some.sources.ravel().tolist()) == ([3, 1], [103, 101])
    apart = pairs(5, 3)
    assert apart.source_arrays(2).ravel().tolist() == [100, 101]
    for index, sources in (
        (slice(3, 5), [100, 101]),
        ([4, 1], [101, 101]),
        (np.array([False, True, False, False, True]), [101, 101]),
        ([-1], [101]),
    ):
        assert apart[index].sources.ravel().tolist() == sources


# === Random windows ===


def ramps(n: int, size: int) -> np.ndarray:
    """Image i has the pixel 1000 i + 10 row + column."""
    rows, columns = np.mgrid[:size, :size]
    return (1000 * np.arange(n)[:, None, None] + 10 * rows + columns)[..., None].astype(np.float32)


@pytest.mark.parametrize("paired", [True, False])
def test_windows_are_cut_and_mirrored(paired):
    examples = ImagePairs(
        ramps(8, 7), value_range=None, sources=ramps(8, 7) + 0.5, paired=paired, crop=4, mirror=True
    )
    corners, mirrored, same, alike = set(), [], [], []
    for sources, images in examples.batches(4).take(24):
        for image, source in zip(images.numpy()[..., 0], sources.numpy()[..., 0], strict=True):
            places = []
            for window in (image, source - 0.5):
                number, flipped = int(window.min() // 1000), window[0, 0] > window[0, 1]
                upright = window[:, ::-1] if flipped else window
                row, column = divmod(int(upright[0, 0]) % 1000, 10)
                np.testing.assert_array_equal(
                    upright, ramps(8, 7)[number, row : row + 4, column : column + 4, 0]
                )
                corners.add((row, column))
                mirrored.append(flipped)
                places.append((row, column, flipped))
            alike.append(places[0] == places[1])
            same.append((image == source - 0.5).all())
    assert corners == {(row, column) for row in range(4) for column in range(4)}
    assert np.mean(mirrored) == pytest.approx(0.5, abs=0.21)  # Of pairs, 96 draws: 4 deviations.
    assert all(same) if paired else not any(same[:8])
    assert paired or np.mean(alike) < 0.2  # By chance one in 32.
    again = [
        tuple(t.numpy() for t in batch) for batch in examples.batches(4, first_batch=3).take(2)
    ]
    for batch, late in zip(list(examples.batches(4).take(5))[3:], again, strict=True):
        np.testing.assert_array_equal(batch[0], late[0])
        np.testing.assert_array_equal(batch[1], late[1])


def test_elsewhere_the_window_is_the_central_one():
    examples = ImagePairs(ramps(2, 7), value_range=None, sources=ramps(2, 7), crop=3)
    assert examples.image_shape == examples.source_shape == (3, 3, 1)
    np.testing.assert_array_equal(examples.arrays(), ramps(2, 7)[:, 2:5, 2:5])
    assert next(iter(examples.batches(2)))[0].shape == (2, 3, 3, 1)


# === What does not fit ===


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sources": numbers(3)}, "3 sources, 4 images"),
        ({"sources": numbers(4, size=2)}, "one height and width"),
        ({"sources": numbers(4).astype(np.uint8)}, "sources of uint8, images of float32"),
        ({"sources": numbers(4), "crop": 2}, "crop=2"),
    ],
)
def test_pairs_that_are_none(fields, message):
    with pytest.raises(UserError, match=message):
        ImagePairs(numbers(4), value_range=None, **fields)


def test_fewer_sources_than_a_batch():
    with pytest.raises(UserError, match=r"batch_size=4\. Received: 3 sources"):
        pairs(8, 3).batches(4)


# === Folders ===


def save(path: pathlib.Path, value, size=(9, 9)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (value, value, value)).save(path)


@pytest.fixture
def folder(tmp_path):
    """Pairs 0 to 3: the source is the number, the image ten times as much."""
    for number in (2, 0, 3, 1):
        save(tmp_path / "A" / "sub" / f"{number}.png", number)
        save(tmp_path / "B" / "sub" / f"{number}.bmp", 10 * number)
    return tmp_path


def test_files_of_one_name_are_pairs(folder):
    examples = image_pairs(str(folder), 6, 1)
    assert examples.image_shape == examples.source_shape == (6, 6, 1)
    assert examples.sources[:, 0, 0, 0].tolist() == [0, 1, 2, 3] and examples.images[
        :, 0, 0, 0
    ].tolist() == [0, 10, 20, 30]
    larger = image_pairs(str(folder), 6, jitter=2, mirror=True)
    assert larger.images.shape == (4, 8, 8, 3) and larger.image_shape == (6, 6, 3) and larger.mirror


def test_splits_lie_in_folders_of_their_name(folder):
    for domain, factor in (("A", 1), ("B", 10)):
        for number in (7, 8):
            save(folder / f"test{domain}" / f"{number}.png", factor * number)
    assert image_pairs(str(folder), 6, 1, split="test").images[:, 0, 0, 0].tolist() == [70, 80]
    assert len(image_pairs(str(folder), 6, 1)) == 4
    with pytest.raises(data.UnknownSplitError, match="no sub-folder validA"):
        image_pairs(str(folder), 6, split="valid")


def test_without_pairs_any_names_and_numbers_will_do(folder):
    save(folder / "B" / "more.png", 200)
    # Left out, with a warning, as in `image_folder`.
    (folder / "A" / "broken.png").write_bytes(b"\x89PNG")
    examples = image_pairs(str(folder), 6, 1, paired=False)
    assert (len(examples), len(examples.sources), examples.paired) == (5, 4, False)


def test_without_pairs_a_large_domain_is_read_from_a_file(folder, tmp_path, monkeypatch):
    for name, value in (("A/1", 10), ("A/2", 20), ("B/3", 30)):
        save(folder / f"test{name}.png", value)
    arguments = {"paired": False, "split": "test", "mirror": True}
    small = image_pairs(str(folder), 2, **arguments)
    monkeypatch.setattr(keep, "memory_limit", lambda: 0)
    large = image_pairs(str(folder), 2, **arguments, cache=str(tmp_path / "cache"))
    assert isinstance(large.sources, StoredImages) and any((tmp_path / "cache").iterdir())
    first, second = ([*each.batches(1, seed=3).take(4)] for each in (small, large))
    np.testing.assert_array_equal(np.array(first), np.array(second))
    np.testing.assert_array_equal(small.source_arrays(), large.source_arrays())
    np.testing.assert_array_equal(small.arrays(), large.arrays())
    cropped = dataclasses.replace(large, crop=1)
    np.testing.assert_array_equal(cropped.arrays(), small.arrays()[:, :1, :1])


def test_channels_that_are_none(folder):
    with pytest.raises(UserError, match="Received: channels=2"):
        image_pairs(str(folder), 2, 2)


@pytest.mark.parametrize(
    ("size", "jitter", "message"),
    [
        (0, 0, "image_size=0"),
        (8.0, 0, r"image_size=8\.0"),
        ((8, 8), 0, r"image_size=\(8, 8\)"),
        (8, 1.5, r"jitter=1\.5"),
    ],
)
def test_sizes_that_are_none(folder, size, jitter, message):
    with pytest.raises(UserError, match=message):
        image_pairs(str(folder), size, jitter=jitter)
    assert image_pairs(str(folder), np.int64(6), 1).image_shape == (6, 6, 1)


def test_files_without_a_partner_are_named(folder):
    save(folder / "A" / "alone.png", 1)
    for number in range(6):
        save(folder / "B" / f"extra_{number}.png", 1)
    with pytest.raises(
        UserError,
        match=r"Without a partner: '.*alone\.png', '.*extra_0\.png'.* and 2 more\. Remove them",
    ) as error:
        image_pairs(str(folder), 6)
    assert "paired=False" in str(error.value) and "extra_5" not in str(error.value)


def test_files_that_cannot_be_read_are_named(folder):
    (folder / "B" / "sub" / "2.bmp").write_bytes(b"BM not a picture")
    with pytest.raises(
        UserError, match=r"2\.bmp cannot be used as a picture.*Remove it and its partner"
    ):
        image_pairs(str(folder), 6)


def test_pairs_of_different_sizes_are_named(folder):
    save(folder / "B" / "sub" / "1.bmp", 10, size=(9, 12))
    with pytest.raises(UserError, match=r"1\.png' of 9 x 9 pixels, '.*1\.bmp' of 9 x 12"):
        image_pairs(str(folder), 6)


def test_the_sizes_of_pairs_are_those_of_the_upright_pictures(folder):
    turned = Image.new("RGB", (12, 9))
    exif = turned.getexif()
    exif[0x0112] = 6  # A quarter turn.
    (folder / "B" / "sub" / "1.bmp").unlink()
    turned.save(folder / "B" / "sub" / "1.jpg", exif=exif)
    save(folder / "A" / "sub" / "1.png", 1, size=(9, 12))
    assert len(image_pairs(str(folder), 6)) == 4
    save(folder / "A" / "sub" / "1.png", 1, size=(12, 9))
    with pytest.raises(UserError, match=r"1\.png' of 12 x 9 pixels, '.*1\.jpg' of 9 x 12"):
        image_pairs(str(folder), 6)


def test_two_files_of_one_name_in_a_folder(folder):
    save(folder / "A" / "sub" / "1.bmp", 1)
    with pytest.raises(UserError, match=r"two of a name in one folder: '.*1\.bmp' and '.*1\.png'"):
        image_pairs(str(folder), 6)


def test_folders_that_are_not_there(tmp_path):
    for path in ("", str(tmp_path)):
        with pytest.raises(UserError, match="sub-folders A, of source pictures, and B"):
            image_pairs(path, 6)
    (tmp_path / "A").mkdir()
    (tmp_path / "B").mkdir()
    with pytest.raises(UserError, match="Found: no picture"):
        image_pairs(str(tmp_path), 6)
    with pytest.raises(UserError, match="jitter=-1"):
        image_pairs(str(tmp_path), 6, jitter=-1)


def test_by_the_name_in_a_config(folder):
    config = default_config()
    with config.unlocked():
        config.data.update({"name": "image_pairs", "image_size": 6, "channels": 1, "jitter": 1})
    with pytest.raises(UserError, match="folder with sub-folders A and B"):
        data.load(config.data)
    with config.unlocked():
        config.data.path = str(folder)
    assert (len(data.load(config.data)), data.load(config.data).crop) == (4, 6)


# === Outlines ===


def test_an_outline_is_what_a_dilation_adds():
    image = np.zeros((6, 6), np.uint8)
    image[2:4, 2:4] = 100
    made = outlines(Examples(image[None, ..., None]))
    expected = np.zeros((6, 6))
    expected[1:5, 1:5] = 255  # A ring of one pixel, spread over 0..255.
    expected[2:4, 2:4] = 0
    np.testing.assert_array_equal(made.sources[0, ..., 0], expected)
    np.testing.assert_array_equal(made.images[0, ..., 0], image)


def test_outlines_without_pairs_are_of_other_images():
    digits = data.digits()
    paired, apart = outlines(digits), outlines(digits, paired=False)
    assert (len(paired), len(apart), len(apart.sources)) == (1797, 898, 899)
    np.testing.assert_array_equal(apart.images, paired.images[:898])
    np.testing.assert_array_equal(apart.sources, paired.sources[898:])
    np.testing.assert_array_equal(apart.labels, digits.labels[:898])
    assert paired.num_classes == 10
    with pytest.raises(UserError, match="uint8"):
        outlines(Examples(numbers(3)))


def test_outlines_of_any_set_by_its_name():
    config = default_config()
    with config.unlocked():
        config.data.update({"name": "digits_outlines", "paired": False})
    examples = data.load(config.data)
    assert examples.image_shape == (32, 32, 1) and not examples.paired
    # The mean over 4x4 pixels of an enlarged digit is about what the pixel was.
    means = examples.images.reshape(-1, 8, 4, 8, 4, 1).mean(axis=(2, 4))
    assert np.abs(means - data.digits().images[: len(examples)]).mean() < 12
    assert tf.nest.map_structure(lambda spec: spec.shape[0], examples.batches(5).element_spec) == (
        5,
        5,
    )
