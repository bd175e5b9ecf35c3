"""ONNX Runtime Web, which runs the networks in the page: fetched once, from npm.

The package is not part of this one: its tarball has 33 MB. What the page needs of it,
3.7 MB, is kept in the cache. Version and checksum are pinned.
"""

import base64
import functools
import gzip
import hashlib
import importlib.util
import os
import pathlib
import shutil
import subprocess
import tarfile
import tempfile
import zlib

from tf_gan.errors import UserError, reason
from tf_gan.io import atomic, caches

NAME, VERSION = "onnxruntime-web", "1.30.0"
# As npm publishes it: the SHA-512 of the tarball.
INTEGRITY = "sha512-" + (
    "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
)
# Files in the cache, what they are in the tarball, and their SHA-256 there.
FILES = {
    "ort.mjs.gz": (
        "package/dist/ort.wasm.bundle.min.mjs",
        "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    ),
    "ort.wasm.gz": (
        "package/dist/ort-wasm-simd-threaded.wasm",
        "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
    ),
}
VARIABLE = "TF_GAN_ONNX_RUNTIME_WEB"
TIMEOUT = 300  # Seconds for npm.


class Unavailable(UserError):
    """The runtime cannot be had; the message says why and what to do."""


def fetch(tarball=None) -> dict[str, bytes]:
    """Returns the runtime as gzip files: the module, `"script"`, and the WebAssembly,
    `"wasm"`; from the cache, or else from a tarball or from npm, and then into the cache.

    Args:
        tarball: The file that `npm pack onnxruntime-web@1.30.0` writes; by default the
            one that $TF_GAN_ONNX_RUNTIME_WEB names. Without, `npm pack` is called, as
            the user has configured npm.

    Raises:
        Unavailable: if there is no such file, no npm or no network, or the file is
            another one.
    """
    folder = caches.directory() / f"{NAME}-{VERSION}"
    found = _cached(folder)
    if found is not None:
        return found
    tarball = tarball or os.environ.get(VARIABLE)
    if tarball:
        _unpack(pathlib.Path(tarball), folder)
    else:
        with tempfile.TemporaryDirectory() as temporary:
            _unpack(_packed(pathlib.Path(temporary)), folder)
    found = _cached(folder)
    assert found is not None, "the files were written and checked"
    return found


def _cached(folder: pathlib.Path) -> dict[str, bytes] | None:
    """Returns the runtime from the cache, or None if it is not there or damaged."""
    contents = []
    for name, (_, digest) in FILES.items():
        try:
            contents.append((folder / name).read_bytes())
            if hashlib.sha256(gzip.decompress(contents[-1])).hexdigest() != digest:
                return None
        except (OSError, EOFError, ValueError, zlib.error):
            return None
    return dict(zip(("script", "wasm"), contents, strict=True))


def _packed(folder: pathlib.Path) -> pathlib.Path:
    """Downloads the tarball with npm, and returns its path."""
    advice = (
        f"Run `npm pack {NAME}@{VERSION}` where there is a network, and name the file with"
        f" --runtime=FILE or ${VARIABLE}"
    )
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable(f"{NAME} is fetched with npm, which is not installed. {advice}")
    command = [npm, "pack", f"{NAME}@{VERSION}", "--silent", f"--pack-destination={folder}"]
    try:
        result = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"npm did not answer in {TIMEOUT} s. {advice}") from None
    files = list(folder.glob("*.tgz"))
    if result.returncode or len(files) != 1:
        lines = result.stderr.strip().splitlines() or [f"exit code {result.returncode}"]
        raise Unavailable(f"npm cannot fetch {NAME}: {lines[0]}. {advice}")
    return files[0]


def _unpack(tarball: pathlib.Path, folder: pathlib.Path) -> None:
    """Checks a tarball and writes what the page needs of it into the cache."""
    try:
        content = tarball.read_bytes()
    except OSError as error:
        raise Unavailable(f"{tarball} cannot be read: {reason(error)}") from error
    received = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
    if received != INTEGRITY:
        raise Unavailable(
            f"{tarball} is not {NAME} {VERSION}. Expected the checksum {INTEGRITY}. Received:"
            f" {received}"
        )
    with atomic.naming_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(tarball) as archive:
        for name, (member, _) in FILES.items():
            file = archive.extractfile(member)
            assert file is not None, "the checksum says that it is there"
            packed = gzip.compress(file.read(), mtime=0)
            with atomic.atomic_file(folder / name) as temporary:
                temporary.write_bytes(packed)
    with atomic.atomic_file(folder / "LICENSES.txt") as temporary:
        temporary.write_text(licences(), encoding="utf-8")


@functools.cache
def licences() -> str:
    """Returns the licence of the runtime, which its tarball lacks, and the notices of
    what it is made of, as far as the Python package `onnxruntime` is installed, which
    has them.
    """
    text = pathlib.Path(__file__).with_name("static").joinpath("LICENSE.onnxruntime")
    parts = [text.read_text(encoding="utf-8")]
    found = importlib.util.find_spec("onnxruntime")
    if found is not None and found.origin is not None:
        notices = pathlib.Path(found.origin).with_name("ThirdPartyNotices.txt")
        if notices.exists():
            parts.append(notices.read_text(encoding="utf-8", errors="replace"))
    return "\n\n".join(parts)
