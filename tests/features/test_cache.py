"""Arrays on disk: found again, kept apart by their protocol, computed again where a
file is damaged.
"""

import json
import logging
import os
import pathlib

import numpy as np
import pytest

from tf_gan.data import Examples
from tf_gan.errors import UserError
from tf_gan.features import cache
from tf_gan.io import caches

PROTOCOL = {"data": "mnist train", "count": 3, "weights": "ab"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TF_GAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Computed:
    """Counts how often it was asked."""

    def __init__(self, **arrays):
        self.arrays, self.calls = arrays, 0

    def __call__(self):
        self.calls += 1
        return self.arrays


def test_computed_once(folder):
    compute = Computed(
        mean=np.array([1.5, 2]), covariance=np.eye(2), count=np.array(3), names=np.array(["a", "b"])
    )
    for _ in range(3):
        arrays = cache.cached("reference", "mnist train-3", PROTOCOL, compute)
        assert list(arrays) == ["mean", "covariance", "count", "names"]
        for key, value in compute.arrays.items():
            np.testing.assert_array_equal(arrays[key], value, strict=True)
    assert compute.calls == 1
    (file,) = folder.glob("*/*")
    assert file == cache.path("reference", "mnist train-3", PROTOCOL)
    assert file.name.startswith("mnist_train_3-")
    assert file.parent.name == "reference"
    with np.load(file, allow_pickle=False) as content:
        assert json.loads(str(content["protocol"])) == PROTOCOL


@pytest.mark.parametrize(
    "change", [{"count": 4}, {"weights": "cd"}, {"data": "mnist test"}, {"resize": "none"}]
)
def test_other_protocols_are_kept_apart(change):
    first, second = Computed(a=np.array(1)), Computed(a=np.array(2))
    cache.cached("reference", "x", PROTOCOL, first)
    assert cache.cached("reference", "x", PROTOCOL | change, second)["a"] == 2
    assert cache.cached("reference", "x", PROTOCOL, first)["a"] == 1
    assert (first.calls, second.calls) == (1, 1)


def test_the_order_of_a_protocol_does_not_matter():
    assert cache.path("k", "x", PROTOCOL) == cache.path("k", "x", dict(reversed(PROTOCOL.items())))


def test_the_order_of_a_protocol_computes_nothing_again(caplog):
    compute = Computed(a=np.array(1))
    for protocol in (PROTOCOL, dict(reversed(PROTOCOL.items()))):
        cache.cached("reference", "x", protocol, compute)
    assert (compute.calls, caplog.text) == (1, "")


def damage(file: pathlib.Path, how: str) -> None:
    content = file.read_bytes()
    if how == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif how == "empty":
        file.write_bytes(b"")
    elif how == "flipped":
        file.write_bytes(
            content.replace(np.float64(1234.5).tobytes(), np.float64(1234.6).tobytes())
        )
    elif how == "pickle":
        np.savez(file, a=np.array([{}]), protocol=np.array(json.dumps(PROTOCOL)))
    elif how == "other":
        np.savez(file, a=np.array(5), protocol=np.array("{}"))
    elif how == "nameless":
        np.savez(file, a=np.array(5))
    else:
        with open(file, "wb") as stream:
            np.save(stream, np.zeros(3))


@pytest.mark.parametrize("how", ["cut", "empty", "flipped", "pickle", "other", "nameless", "array"])
def test_a_damaged_file_is_reported_and_written_anew(how, caplog):
    compute = Computed(a=np.full(100, 1234.5))
    cache.cached("reference", "x", PROTOCOL, compute)
    file = cache.path("reference", "x", PROTOCOL)
    damage(file, how)
    with caplog.at_level(logging.WARNING):
        np.testing.assert_array_equal(
            cache.cached("reference", "x", PROTOCOL, compute)["a"], 1234.5
        )
    assert f"{file} in the cache cannot be used" in caplog.text
    assert ("it was made with another protocol, {}" in caplog.text) == (how == "other")
    assert compute.calls == 2
    caplog.clear()
    np.testing.assert_array_equal(cache.cached("reference", "x", PROTOCOL, compute)["a"], 1234.5)
    assert (compute.calls, caplog.text) == (2, "")


def test_unwritable_cache_still_returns_arrays(folder, caplog):
    folder.write_text("A file where the folder should be.")
    with caplog.at_level(logging.WARNING):
        assert cache.cached("reference", "x", PROTOCOL, Computed(a=np.array(7)))["a"] == 7
    assert "cannot be written" in caplog.text
    assert "TF_GAN_CACHE" in caplog.text


def test_files_may_be_read_by_whom_the_umask_lets():
    before = os.umask(0o022)
    try:
        cache.cached("reference", "x", PROTOCOL, Computed(a=np.array(7)))
    finally:
        os.umask(before)
    assert cache.path("reference", "x", PROTOCOL).stat().st_mode & 0o777 == 0o644


def test_failed_computation_leaves_no_file(folder, monkeypatch):
    def fail():
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        cache.cached("reference", "x", PROTOCOL, fail)
    monkeypatch.setattr(np, "savez", lambda *_, **__: fail())
    with pytest.raises(RuntimeError, match="stopped"):
        cache.cached("reference", "x", PROTOCOL, Computed(a=np.zeros(3)))
    assert not [file for file in folder.rglob("*") if file.is_file()]


@pytest.mark.parametrize(
    "arrays", [{"a": np.array([{}])}, {"protocol": np.zeros(2)}], ids=["objects", "reserved name"]
)
def test_arrays_that_cannot_be_kept(arrays):
    with pytest.raises(UserError, match="Expected arrays of numbers or text"):
        cache.cached("reference", "x", PROTOCOL, Computed(**arrays))


def test_where_the_cache_is(monkeypatch):
    monkeypatch.delenv("TF_GAN_CACHE")
    assert caches.directory() == pathlib.Path.home() / ".cache" / "tf_gan"
    monkeypatch.setenv("TF_GAN_CACHE", "~/elsewhere")
    assert caches.directory() == pathlib.Path.home() / "elsewhere"


def test_checksum_of_examples():
    images = np.arange(48, dtype=np.uint8).reshape(3, 4, 4, 1)
    first = cache.checksum(Examples(images, np.arange(3)))
    assert first == cache.checksum(Examples(images.copy(), np.arange(3), name="another name"))
    others = [
        Examples(images + 1, np.arange(3)),
        Examples(images.reshape(3, 2, 8, 1), np.arange(3)),
        Examples(images, np.arange(3)[::-1]),
        Examples(images, np.arange(3), (0, 1)),
        Examples(images),
    ]
    assert len({first, *map(cache.checksum, others)}) == 6
