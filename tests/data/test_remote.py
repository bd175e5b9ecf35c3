"""Data at addresses are downloaded once; what does not work is said in words."""

import pathlib
import types

import fsspec
import numpy as np
import pytest
from PIL import Image

from tf_gan import data
from tf_gan.config import default_config
from tf_gan.data import remote
from tf_gan.errors import UserError, WriteError
from tf_gan.io import caches
from tf_gan.runs import config_file, own_pictures


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TF_GAN_CACHE", str(tmp_path / "cache"))
    remote.local.cache_clear()  # A process asks once.
    yield tmp_path / "cache" / "downloads"
    remote.local.cache_clear()


@pytest.fixture
def bucket(tmp_path):
    """Files in fsspec's memory: four pictures in two folders, arrays, and parts of a set."""
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    for number in range(4):
        file = tmp_path / f"{number}.png"
        Image.new("L", (9, 8), 60 * number).save(file)
        memory.pipe(f"/bucket/faces/{'ab'[number % 2]}/{number}.png", file.read_bytes())
    np.savez(tmp_path / "x.npz", images=np.zeros((5, 4, 4, 1), np.uint8))
    memory.pipe("/bucket/x.npz", (tmp_path / "x.npz").read_bytes())
    for name in ("train-0", "train-1", "test-0"):
        memory.pipe(f"/bucket/set/{name}.parquet", name.encode())
    return memory


def section(name, path, **fields):
    config = default_config().data
    with config.unlocked():
        config.update({"name": name, "path": path, "image_size": 8, "held_out": 0.0} | fields)
    return config


def test_a_folder_is_downloaded_once(bucket, cache, capsys):
    config = section("image_folder", "memory://bucket/faces", channels=1, labels=True)
    examples = data.load(config)
    assert examples.images[:, 0, 0, 0].tolist() == [0, 120, 60, 180]
    assert examples.class_names == ("a", "b") and examples.name == "faces"
    assert config.path == "memory://bucket/faces"  # What a run writes down.
    out = capsys.readouterr().out
    assert out.startswith("memory://bucket/faces: 4 files, 0.0 MB, downloaded once, into ")
    assert str(cache) in out
    remote.local.cache_clear()
    bucket.store.clear()  # Nothing is asked for again.
    np.testing.assert_array_equal(data.load(config).images, examples.images)
    assert "is read from" in capsys.readouterr().out


def test_files_and_patterns(bucket):
    assert data.load(section("npz", "memory://bucket/x.npz")).images.shape == (5, 4, 4, 1)
    found = remote.local("memory://bucket/set/train-*.parquet")
    assert found.endswith("/train-*.parquet")
    assert sorted(file.read_text() for file in caches.directory().rglob("*.parquet")) == [
        "train-0",
        "train-1",
    ]
    assert remote.local("/data/x") == "/data/x" and remote.local("c:/x") == "c:/x"


def test_other_places_for_it(bucket, tmp_path):
    found = remote.local("memory://bucket/faces/", str(tmp_path / "large"))
    assert found.startswith(f"{tmp_path}/large/") and found.endswith("/faces")


def test_the_cache_of_a_config(bucket, cache, tmp_path):
    large = tmp_path / "large"
    data.load(section("npz", "memory://bucket/x.npz", cache=str(large)))
    assert len(list(large.rglob("x.npz"))) == 1 and not cache.exists()


def test_the_network_goes_away(bucket, cache, monkeypatch, capsys):
    """What was downloaded before stays."""
    get, asked = bucket.get, []

    def broken(names, targets):
        asked.extend(names)
        get(names[:1], targets[:1])
        raise ConnectionError("connection reset by peer")

    monkeypatch.setattr(remote, "AT_ONCE", 2)
    monkeypatch.setattr(type(bucket), "get", lambda self, *paths: broken(*paths))
    message = r"memory://bucket/faces cannot be read: ConnectionError, connection reset by peer\."
    with pytest.raises(UserError, match=message):
        remote.local("memory://bucket/faces")
    assert len(asked) == 2
    asked.clear()
    monkeypatch.setattr(
        type(bucket), "get", lambda self, names, targets: [asked.extend(names), get(names, targets)]
    )
    remote.local("memory://bucket/faces")
    assert len(asked) == 3  # The fourth is there.
    assert len(list(cache.rglob("*.png"))) == 4


def test_an_interrupted_download_resumes_with_what_is_there_now(bucket, cache, monkeypatch):
    get = bucket.get

    def broken(self, names, targets):
        get(names[:2], targets[:2])
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(type(bucket), "get", broken)
        with pytest.raises(UserError, match="cannot be read"):
            remote.local("memory://bucket/faces")
    bucket.rm("/bucket/faces/a/0.png")  # Was downloaded.
    room = sum(bucket.size(f"/bucket/faces/b/{number}.png") for number in (1, 3))
    monkeypatch.setattr(remote.shutil, "disk_usage", lambda path: types.SimpleNamespace(free=room))
    remote.local("memory://bucket/faces")
    assert sorted(file.name for file in cache.rglob("*.png")) == ["1.png", "2.png", "3.png"]


def test_a_file_of_which_a_part_came_is_downloaded_again(bucket, monkeypatch):
    get = bucket.get

    def broken(self, names, targets):
        get(names[:1], targets[:1])
        pathlib.Path(targets[0]).write_bytes(b"half")
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(type(bucket), "get", broken)
        with pytest.raises(UserError, match="cannot be read"):
            remote.local("memory://bucket/faces")
    found = pathlib.Path(remote.local("memory://bucket/faces"))
    for name in ("a/0.png", "a/2.png", "b/1.png", "b/3.png"):
        assert (found / name).read_bytes() == bucket.cat(f"/bucket/faces/{name}")


def test_a_server_that_does_not_say_how_large_files_are(bucket, cache, monkeypatch):
    found = {
        name: info | {"size": None}
        for name, info in bucket.find("/bucket/faces", detail=True).items()
    }
    monkeypatch.setattr(type(bucket), "find", lambda self, *args, **kwargs: found)
    remote.local("memory://bucket/faces")
    assert len(list(cache.rglob("*.png"))) == 4


def test_what_a_bucket_has_in_place_of_folders_is_no_file(bucket, monkeypatch, capsys):
    """An empty object whose name ends in a slash."""
    find = bucket.find
    folder = {"/bucket/faces/a/": {"type": "file", "size": 0}}
    monkeypatch.setattr(type(bucket), "find", lambda self, *a, **k: folder | find(*a, **k))
    remote.local("memory://bucket/faces")
    assert "faces: 4 files, " in capsys.readouterr().out


def test_names_stay_in_their_folder(bucket):
    bucket.store["/bucket/faces/../../x.png"] = bucket.store["/bucket/faces/a/0.png"]
    with pytest.raises(UserError, match="lead out of it"):
        remote.local("memory://bucket/faces")


def test_a_full_disk_is_told_before(bucket, monkeypatch):
    monkeypatch.setattr(remote.shutil, "disk_usage", lambda path: types.SimpleNamespace(free=1e5))
    bucket.pipe("/bucket/faces/large.png", bytes(2_500_000))
    with pytest.raises(UserError, match=r"2\.5 MB of .* 0\.1 MB of room\. Set config\.data\.cache"):
        remote.local("memory://bucket/faces")


def test_a_cache_that_cannot_be_written(bucket, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match="cannot be written"):
        remote.local("memory://bucket/faces", str(tmp_path / "file"))


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("memory://bucket/nothing", r"No files at memory://bucket/nothing\. Expected the address"),
        ("memory://bucket/set/x-*.parquet", "No files at memory://bucket/set/x-"),
        ("file:///nowhere/at/all", "No files at file:///nowhere/at/all"),
        ("foo://bucket/x", r"cannot be read: Protocol not known: foo\. Copy it to a folder"),
        ("ftp://127.0.0.1:1/x", r"ftp://.* cannot be read: ConnectionRefusedError, Connection"),
    ],
)
def test_addresses_where_nothing_is(bucket, address, message):
    with pytest.raises(UserError, match=message):
        remote.local(address)


@pytest.mark.parametrize(
    ("address", "package"),
    [
        ("s3://bucket/x", "s3fs"),
        ("gs://bucket/x", "gcsfs"),
        ("hf://datasets/me/x", "huggingface_hub"),
        ("abfs://box/x", "adlfs"),
        ("https://example.org/x.npz", "'fsspec[http]'"),
        ("smb://host/x", "'fsspec[smb]'"),
    ],
)
def test_a_missing_package_is_named(monkeypatch, address, package):
    def missing(address):
        raise ImportError("Install it")

    monkeypatch.setattr(remote.fsspec, "url_to_fs", missing)
    with pytest.raises(UserError) as raised:
        remote.local(address)
    assert str(raised.value) == (
        f"Reading {address} takes a package that is not installed: pip install {package}"
    )


def test_own_pictures_at_an_address(bucket, tmp_path):
    config = config_file.load("own_pictures")
    with config.unlocked():
        config.data.path = "memory://bucket/faces"
    filled, text = own_pictures.fill(config, tmp_path / "run")
    assert text.startswith("Found 4 pictures in memory://bucket/faces: 9x8 pixels; 4 grey.")
    assert filled.data.path == "memory://bucket/faces" and filled.data.channels == 1
