"""Where images are kept that a source has read: in memory, or in a file of bytes."""

import contextlib
import hashlib
import logging
import os
import pathlib
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import filelock
import numpy as np

from tf_gan.data.pictures import check_any
from tf_gan.data.stored import StoredImages
from tf_gan.errors import UserError
from tf_gan.io import atomic, caches

SHARE = 4  # Images take up to a quarter of the memory.
SECONDS = 10.0  # Between lines about the progress.
LOOKED_AT, BEGINNING = 64, 4096  # At most so many files, and the bytes of each.
IMAGES, INDEX = "images.bin", "index.npz"


class Example(NamedTuple):
    """What a source has read: the number of an example in it, its image and its label."""

    number: int
    image: np.ndarray
    label: int = 0


class Kept(NamedTuple):
    """Images `(N, H, W, C)` with their numbers in the source and labels, `(N,)`."""

    images: np.ndarray | StoredImages
    numbers: np.ndarray
    labels: np.ndarray


def memory_limit() -> int:
    """Returns how many bytes of images are kept in memory: a quarter of it."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        text = pathlib.Path(file).read_text().strip() if os.path.exists(file) else ""
        total = min(total, int(text)) if text.isdecimal() else total  # Of a container.
    return total // SHARE


def keep(
    read: Callable[[list[int]], Iterable[Example]],
    chosen: list[int],
    count: int,
    image_shape: tuple[int, ...],
    *,
    name: str,
    protocol: Callable[[], Mapping[str, Any]],
    folder: str = "",
) -> Kept:
    """Reads the chosen examples of a source into memory if they take a quarter of it
    at most. Otherwise all examples are read once, into a cache on disk that later runs
    find, whatever they choose.

    Args:
        read: Function of the numbers of examples, in ascending order, that returns these
            `Example`s in order; those that cannot be used may be missing.
        chosen: Numbers of the examples that are wanted, in ascending order.
        count: Number of the examples in the source.
        image_shape: Shape of one image; they are uint8.
        name: What to call the set in messages: its path; on disk the end of it.
        protocol: Function that returns all that the images depend on beside their
            shape, as values that JSON knows.
        folder: Folder of the cache; empty for `<caches.directory()>/images`.

    Raises:
        UserError: if no example can be used, or the disk has no room for the cache.
    """
    size = int(np.prod(image_shape))
    if len(chosen) * size <= memory_limit():
        images = np.empty((len(chosen), *image_shape), np.uint8)
        numbers, labels = [], []
        for row, example in enumerate(read(chosen)):
            images[row] = example.image
            numbers.append(example.number)
            labels.append(example.label)
        check_any(numbers, name, len(chosen))
        return Kept(images[: len(numbers)], np.array(numbers), np.array(labels, np.int32))
    place = _place(folder, name, {**protocol(), "image_shape": list(image_shape)})
    index = _filled(place, read, count, size, name)
    stored = StoredImages(place / IMAGES, image_shape)
    rows = np.flatnonzero(np.isin(index["numbers"], chosen))
    if len(rows) < len(chosen):
        logging.warning(
            "Left out: %d of the %d images of %s, which could not be used when the cache %s was"
            " made",
            *(len(chosen) - len(rows), len(chosen), name, place),
        )
    return Kept(stored[rows], index["numbers"][rows], index["labels"][rows])


def fingerprint(names: list[str], files: list[pathlib.Path]) -> str:
    """Returns the SHA-256 of names, lengths and times of files, and of how some of them
    begin: files in another folder may agree in the rest.
    """
    digest = hashlib.sha256()
    for name, file in zip(names, files, strict=True):
        status = file.stat() if file.exists() else file.lstat()  # A link that leads nowhere.
        line = f"{name} {status.st_size} {status.st_mtime_ns}\n"
        digest.update(line.encode(errors="surrogateescape"))
    for file in files[:: len(files) // LOOKED_AT + 1]:
        # Reading a pipe would wait for ever; a file that cannot be read is named later.
        if file.is_file():
            with contextlib.suppress(OSError), file.open("rb") as stream:
                digest.update(stream.read(BEGINNING))
    return digest.hexdigest()


def _place(folder: str, name: str, protocol: Mapping) -> pathlib.Path:
    root = pathlib.Path(folder).expanduser() if folder else caches.directory() / "images"
    return root / caches.entry(pathlib.Path(name).name, protocol)


def _filled(place: pathlib.Path, read, count: int, size: int, name: str) -> dict[str, np.ndarray]:
    """Returns the index of a cache, which is made if it is not there or damaged. One
    process makes it; others wait.
    """
    with atomic.naming_errors(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(place.with_name(f".{place.name}.lock")):
            index = _index(place, size)
            if index is None:
                _fill(place, read(list(range(count))), count, size, name)
                index = _index(place, size)
                assert index is not None, "the cache was just made"
    return index


def _index(place: pathlib.Path, size: int) -> dict[str, np.ndarray] | None:
    try:
        with (place / INDEX).open("rb") as stream:  # Closed also where it is damaged.
            file = np.load(stream, allow_pickle=False)
            index = {key: file[key] for key in ("numbers", "labels")}
        whole = (place / IMAGES).stat().st_size == size * len(index["numbers"])
    except Exception:  # noqa: BLE001 - Not there, or damaged, which has no common error.
        return None
    return index if whole else None


def _fill(place: pathlib.Path, examples: Iterable[Example], count: int, size: int, name: str):
    free = shutil.disk_usage(place.parent).free
    if count * size > free:
        raise UserError(
            f"{name} takes {count * size / 2**30:.1f} GiB, more than a quarter of the memory, and"
            f" is to be kept in {place}, where {free / 2**30:.1f} GiB are free. Set"
            " config.data.cache or $TF_GAN_CACHE to a folder with more room, or take a smaller"
            " config.data.image_size"
        )
    shutil.rmtree(place, ignore_errors=True)
    temporary = place.with_name(f".{place.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    print(f"{name}: {count:,} images are read once, into {place}", flush=True)
    numbers, labels, printed = [], [], time.monotonic()
    try:
        with (temporary / IMAGES).open("wb", buffering=2**22) as file:
            for example in examples:
                file.write(np.ascontiguousarray(example.image).data)
                numbers.append(example.number)
                labels.append(example.label)
                if time.monotonic() - printed > SECONDS:
                    printed = time.monotonic()
                    print(f"{name}: {len(numbers):,} of {count:,} images are read", flush=True)
        check_any(numbers, name, count)
        np.savez(
            temporary / INDEX,
            numbers=np.array(numbers, np.int64),
            labels=np.array(labels, np.int32),
        )
        temporary.rename(place)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
