"""Data at addresses, such as `s3://bucket/faces`: downloaded once, by fsspec."""

import functools
import hashlib
import pathlib
import shutil
import time

import filelock
import fsspec
from fsspec.registry import known_implementations

from tf_gan.errors import UserError, reason
from tf_gan.io import atomic, caches, paths

AT_ONCE = 256  # Files that are asked for together.
SECONDS = 10.0  # Between lines about the progress.


@functools.cache
def local(path: str, folder: str = "") -> str:
    """Returns where on this machine the data of a path are.

    What an address names is downloaded once, and found by later runs. An
    interrupted download resumes with the files that are missing. A line on stdout says which.

    Args:
        path: A path, which is returned as it is, or an address that fsspec knows: of a
            file, of a folder, which is taken with all that is below it, or a pattern
            such as `s3://bucket/train-*.parquet`. At `http://` and `https://` there are
            files alone.
        folder: Folder of the cache; empty for `<caches.directory()>/downloads`.

    Raises:
        UserError: if a package for the address is missing, nothing is there, it cannot
            be read, or the disk has no room for it.
    """
    if not paths.is_address(path):
        return path
    root = pathlib.Path(folder).expanduser() if folder else caches.directory() / "downloads"
    place = root / hashlib.sha256(path.encode()).hexdigest()[:12]
    name = path[len(_folder(path)) :].strip("/")
    with atomic.naming_errors(place):
        root.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(root / f".{place.name}.lock"):
            if place.exists():
                print(f"{path} is read from {place}; without that folder it is downloaded again.")
            else:
                _download(path, place)
    return str(place / name)


def _download(address: str, place: pathlib.Path) -> None:
    """Downloads what an address names into a folder, under the last part of its name."""
    system, top, sizes = _listed(address)
    part = place.with_name(f".{place.name}.part")
    targets = {name: part / name.removeprefix(top).lstrip("/") for name in sizes}
    if any(".." in target.parts for target in targets.values()):
        raise UserError(f"Names of files in {address} lead out of it, by `..`")
    missing = [
        name
        for name, target in targets.items()
        if not (target.is_file() and target.stat().st_size == sizes[name])
    ]
    to_come, free = sum(sizes[name] for name in missing), shutil.disk_usage(place.parent).free
    if to_come > free:
        raise UserError(
            f"{_amount(to_come)} of {address} are to be downloaded, and {place.parent} has"
            f" {_amount(free)} of room. Set config.data.cache or $TF_GAN_CACHE to a folder with"
            " more"
        )
    files = f"{len(sizes):,} file{'s' if len(sizes) > 1 else ''}"
    total = _amount(sum(sizes.values()))
    print(f"{address}: {files}, {total}, downloaded once, into {place}", flush=True)
    printed = time.monotonic()
    for first in range(0, len(missing), AT_ONCE):
        names = missing[first : first + AT_ONCE]
        for name in names:
            targets[name].parent.mkdir(parents=True, exist_ok=True)
        try:
            system.get(names, [str(targets[name]) for name in names])
        except Exception as error:
            raise _unreadable(address, error) from error
        if time.monotonic() - printed > SECONDS:
            printed = time.monotonic()
            done = len(sizes) - len(missing) + first + len(names)
            print(f"{address}: {done:,} of {files} are there", flush=True)
    wanted = set(targets.values())
    for file in part.rglob("*"):
        if file.is_file() and file not in wanted:  # Of an earlier attempt; no longer there.
            file.unlink()
    part.rename(place)


def _amount(count: int) -> str:
    """Returns a number of bytes as text."""
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"


def _listed(address: str) -> tuple[fsspec.AbstractFileSystem, str, dict[str, int]]:
    """Returns the file system of an address, the name of the folder above what it
    names, and the sizes of the files by their names.
    """
    try:
        system, path = fsspec.url_to_fs(address)
        if system.isfile(path):
            found = {path: system.info(path)}
        elif "*" in path:
            found = system.glob(path, detail=True)
        else:
            found = system.find(path, detail=True)
    except ImportError as error:
        raise UserError(
            f"Reading {address} takes a package that is not installed: pip install"
            f" {_package(address.partition(':')[0].lower())}"
        ) from error
    except Exception as error:
        raise _unreadable(address, error) from error
    sizes = {
        name: info["size"] or 0  # None where a server does not say it.
        for name, info in found.items()
        if info["type"] == "file" and not name.endswith("/")  # Which S3 has for folders.
    }
    if not sizes:
        raise UserError(f"No files at {address}. Expected the address of a file or a folder")
    return system, _folder(path), sizes


def _folder(path: str) -> str:
    """Returns the folder that holds what a path or a pattern names."""
    return path.rstrip("/").partition("*")[0].rpartition("/")[0]


def _package(scheme: str) -> str:
    """Returns what pip is to install for a scheme that fsspec knows."""
    package = known_implementations[scheme]["class"].partition(".")[0]
    extra = "http" if scheme == "https" else scheme
    return f"'fsspec[{extra}]'" if package == "fsspec" else package


def _unreadable(address: str, error: Exception) -> UserError:
    """Returns what to say of an error of a file system: each raises its own."""
    what = reason(error)
    if isinstance(error, FileNotFoundError):
        return UserError(f"Nothing is at {address}: {what}")
    if isinstance(error, ValueError):  # Such as a scheme that fsspec does not know.
        return UserError(
            f"{address} cannot be read: {what}. Copy it to a folder first, and name that"
        )
    return UserError(
        f"{address} cannot be read: {type(error).__name__}, {what}. Are the network and the"
        " credentials there? The same command downloads what is missing"
    )
