"""Sets larger than a quarter of the memory are read from a cache on disk."""

import os

import numpy as np
import pytest
from PIL import Image

from tf_gan.data import image_folder, keep
from tf_gan.data.keep import Example
from tf_gan.data.pictures import decoded
from tf_gan.data.stored import StoredImages
from tf_gan.errors import UserError

SHAPE = (2, 3, 1)


def read(numbers):
    """Example i is blank with the value i and the label -i; 3 cannot be used."""
    for i in numbers:
        if i != 3:
            yield Example(i, np.full(SHAPE, i, np.uint8), -i)


@pytest.fixture
def small_memory(monkeypatch):
    monkeypatch.setattr(keep, "memory_limit", lambda: 24)  # Four images of 6 bytes.


def kept(folder, chosen, count=10, read=read, **protocol):
    return keep.keep(
        read, chosen, count, SHAPE, name="a/set", protocol=lambda: protocol, folder=str(folder)
    )


def test_few_images_stay_in_memory(tmp_path, small_memory):
    images, numbers, labels = kept(tmp_path, [2, 3, 5, 8])
    assert isinstance(images, np.ndarray) and not any(tmp_path.iterdir())
    assert (images[:, 0, 0, 0].tolist(), numbers.tolist()) == ([2, 5, 8], [2, 5, 8])
    assert labels.tolist() == [-2, -5, -8]


def test_many_images_are_read_once_whatever_is_chosen(tmp_path, small_memory, capsys, caplog):
    calls = []

    def counted(numbers):
        calls.append(numbers)
        return read(numbers)

    for chosen in ([0, 1, 2, 3, 4], [4, 5, 6, 7, 8, 9]):
        images, numbers, labels = kept(tmp_path, chosen, read=counted)
        usable = [i for i in chosen if i != 3]
        assert isinstance(images, StoredImages)
        assert np.asarray(images)[:, 1, 2, 0].tolist() == usable == numbers.tolist()
        assert labels.tolist() == [-i for i in usable]
    assert calls == [list(range(10))]
    assert capsys.readouterr().out.startswith(
        f"a/set: 10 images are read once, into {tmp_path}/set"
    )
    assert [message[:39] for message in caplog.messages] == [
        "Left out: 1 of the 5 images of a/set, w"
    ]
    kept(tmp_path, list(range(6)), read=counted, other=1)  # What they depend on has changed.
    assert len(calls) == 2


def test_images_of_another_shape_have_a_cache_of_their_own(tmp_path, small_memory):
    """Also those of as many bytes."""
    for shape in ((2, 3, 1), (3, 2, 1)):
        rows = np.indices(shape)[0].astype(np.uint8)
        images, _, _ = keep.keep(
            lambda numbers, rows=rows: (Example(i, rows) for i in numbers),
            list(range(10)),
            *(10, shape),
            name="set",
            protocol=dict,
            folder=str(tmp_path),
        )
        np.testing.assert_array_equal(images, [rows] * 10)


@pytest.mark.parametrize("name", ["images.bin", "index.npz"])
def test_a_damaged_cache_is_made_anew(tmp_path, small_memory, name):
    kept(tmp_path, list(range(10)))
    (file,) = tmp_path.glob(f"set-*/{name}")
    file.write_bytes(file.read_bytes()[:-1])
    assert len(kept(tmp_path, list(range(10))).images) == 9


def test_an_error_while_a_cache_is_made_leaves_none(tmp_path, small_memory):
    def failing(numbers):
        yield from read(numbers[:5])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept(tmp_path, list(range(10)), read=failing)
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]
    with pytest.raises(UserError, match="Found: 10 pictures, none of them usable"):
        kept(tmp_path, list(range(10)), read=lambda numbers: [])


def test_what_a_process_left_that_was_killed_is_in_nobodys_way(tmp_path, small_memory):
    kept(tmp_path, list(range(10)))
    (place,) = tmp_path.glob("set-*")
    place.rename(tmp_path / f".{place.name}.tmp")
    assert len(kept(tmp_path, list(range(10))).images) == 9
    assert not any(tmp_path.glob(".set-*.tmp"))


def test_progress_is_printed_now_and_then(tmp_path, small_memory, monkeypatch, capsys):
    kept(tmp_path, list(range(10)))
    assert len(capsys.readouterr().out.splitlines()) == 1
    monkeypatch.setattr(keep, "SECONDS", -1.0)
    kept(tmp_path, list(range(10)), other=1)
    assert "a/set: 3 of 10 images are read" in capsys.readouterr().out


def test_a_disk_without_room(tmp_path, small_memory, monkeypatch):
    monkeypatch.setattr(keep.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 50}))
    with pytest.raises(UserError, match=r"a/set takes 0\.0 GiB.* config\.data\.cache or \$TF_GAN"):
        kept(tmp_path, list(range(10)))


def test_a_folder_is_the_same_in_memory_and_from_the_disk(tmp_path, monkeypatch, caplog):
    folder = tmp_path / "pictures"
    for i in range(30):
        (folder / "ab"[i % 2]).mkdir(parents=True, exist_ok=True)
        Image.new("L", (5, 5), 8 * i).save(folder / "ab"[i % 2] / f"{i}.png")
    (folder / "a" / "bad.png").touch()
    options = {"labels": True, "held_out": 0.3, "seed": 2, "cache": str(tmp_path / "cache")}
    for split in ("train", "test"):
        memory = image_folder(str(folder), 4, 1, split=split, **options)
        with monkeypatch.context() as patch:
            patch.setattr(keep, "memory_limit", lambda: 0)
            disk = image_folder(str(folder), 4, 1, split=split, **options)
            os.utime(folder / "a" / "0.png", (1, 1))  # The next split sees another folder.
        assert isinstance(memory.images, np.ndarray) and isinstance(disk.images, StoredImages)
        np.testing.assert_array_equal(disk.images, memory.images)
        np.testing.assert_array_equal(disk.labels, memory.labels)
        assert (disk.name, disk.class_names) == (memory.name, memory.class_names)
    assert len(list((tmp_path / "cache").glob("pictures-*"))) == 2


def test_folders_of_one_name_have_caches_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr(keep, "memory_limit", lambda: 0)

    cache = tmp_path / "cache"

    def read_at(parent):
        examples = image_folder(f"{tmp_path}/{parent}/images", 4, 1, cache=str(cache))
        return set(examples.arrays().flat)

    for parent, value in (("dogs", 0), ("cats", 255)):
        (tmp_path / parent / "images").mkdir(parents=True)
        for i in range(100):
            file = tmp_path / parent / "images" / f"{i}.bmp"
            Image.new("L", (5, 5), value).save(file)
            os.utime(file, (1, 1))
    assert (read_at("dogs"), read_at("cats")) == ({-1.0}, {1.0})
    (tmp_path / "cats").rename(tmp_path / "lions")
    assert read_at("lions") == {1.0}
    assert len(list(cache.glob("images-*"))) == 2  # That of the cats was found.


def test_a_fingerprint_is_of_names_lengths_times_and_beginnings(tmp_path):
    files = [tmp_path / name for name in "abc"]

    def found(content=b"one", time=1, names=("a", "b", "c")):
        for file in files:
            file.write_bytes(content if file.name == "c" else b"one")
            os.utime(file, (time if file.name == "c" else 1,) * 2)
        return keep.fingerprint(names, files)

    changes = [{"content": b"two"}, {"time": 2}, {"names": ("a", "b", "d")}]
    assert found() == found()
    assert len({found(), *(found(**change) for change in changes)}) == 4
    long = b"1" * keep.BEGINNING  # What comes behind it is not read: its length tells.
    assert found(content=long + b"1") != found(content=long + b"11")


def test_pictures_are_decoded_in_order(caplog):
    def decode(number):
        if number == 700:
            raise ValueError("700 is no picture")
        return np.uint8([number % 256])

    items = list(decoded(((n, n) for n in range(1500)), decode))
    assert [number for number, _ in items] == [n for n in range(1500) if n != 700]
    assert all(image[0] == number % 256 for number, image in items)
    assert caplog.messages == ["Left out: 700 is no picture"]


def test_a_quarter_of_the_memory():
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 2**20 < keep.memory_limit() <= total // 4


@pytest.mark.parametrize("group", ["memory.max", "memory/memory.limit_in_bytes"])
@pytest.mark.parametrize(("text", "limit"), [("4096\n", 1024), ("max\n", None)])
def test_a_quarter_of_the_memory_of_a_container(monkeypatch, group, text, limit):
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with monkeypatch.context() as patch:
        patch.setattr(os.path, "exists", lambda file: file == f"/sys/fs/cgroup/{group}")
        patch.setattr(keep.pathlib.Path, "read_text", lambda file: text)
        assert keep.memory_limit() == (limit or total // 4)
