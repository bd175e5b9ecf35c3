"""ONNX Runtime Web from a tarball, from npm and from the cache."""

import base64
import gzip
import hashlib
import io
import tarfile

import pytest

from tf_gan.explorer import runtime

CONTENTS = {"ort.mjs.gz": b"export {};", "ort.wasm.gz": b"\0asm"}


@pytest.fixture
def tarball(tmp_path, monkeypatch):
    """A package with other contents, whose checksums are the expected ones."""
    buffer = io.BytesIO()
    files = {}
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in CONTENTS.items():
            member = runtime.FILES[name][0]
            entry = tarfile.TarInfo(member)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
            files[name] = (member, hashlib.sha256(content).hexdigest())
    digest = base64.b64encode(hashlib.sha512(buffer.getvalue()).digest()).decode()
    monkeypatch.setattr(runtime, "INTEGRITY", f"sha512-{digest}")
    monkeypatch.setattr(runtime, "FILES", files)
    monkeypatch.setenv("TF_GAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(runtime.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    path = tmp_path / "package.tgz"
    path.write_bytes(buffer.getvalue())
    return path


def npm(tmp_path, script):
    """Puts a program into the place of npm."""
    path = tmp_path / "bin/npm"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_tarball_is_kept_in_the_cache(tarball, tmp_path):
    found = runtime.fetch(tarball)
    assert gzip.decompress(found["script"]) == b"export {};"
    assert gzip.decompress(found["wasm"]) == b"\0asm"
    tarball.unlink()
    assert runtime.fetch() == found  # Without npm.
    folder = tmp_path / "cache/onnxruntime-web-1.30.0"
    assert "MIT License" in (folder / "LICENSES.txt").read_text()
    (folder / "ort.wasm.gz").write_bytes(gzip.compress(b"other"))
    with pytest.raises(runtime.Unavailable, match="npm, which is not installed"):
        runtime.fetch()  # A damaged cache is not used.


def test_the_variable_names_a_tarball(tarball, monkeypatch):
    monkeypatch.setenv(runtime.VARIABLE, str(tarball))
    assert gzip.decompress(runtime.fetch()["wasm"]) == b"\0asm"


def test_a_tarball_counts_before_the_variable(tarball, monkeypatch):
    monkeypatch.setenv(runtime.VARIABLE, "nowhere.tgz")
    assert gzip.decompress(runtime.fetch(tarball)["wasm"]) == b"\0asm"


def test_npm_fetches_it(tarball, tmp_path):
    npm(tmp_path, f'echo "$@" > {tmp_path}/arguments; /bin/cp {tarball} .')
    assert gzip.decompress(runtime.fetch()["wasm"]) == b"\0asm"
    assert (tmp_path / "arguments").read_text().startswith("pack onnxruntime-web@1.30.0 --silent")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo 'npm error code ENOTFOUND' >&2; exit 1", "fetch onnxruntime-web: npm error code"),
        ("echo no host >&2; echo a log >&2; exit 1", r"onnxruntime-web: no host\. Run"),
        ("exit 1", "exit code 1. Run `npm pack onnxruntime-web@1.30.0` where there is a network"),
    ],
)
def test_errors_of_npm_are_told(tarball, tmp_path, script, message):
    npm(tmp_path, script)
    with pytest.raises(runtime.Unavailable, match=message):
        runtime.fetch()
    assert not (tmp_path / "cache").exists()


def test_npm_that_does_not_answer(tarball, tmp_path, monkeypatch):
    npm(tmp_path, "exec /bin/sleep 60")
    monkeypatch.setattr(runtime, "TIMEOUT", 0.1)
    with pytest.raises(runtime.Unavailable, match=r"npm did not answer in 0.1 s"):
        runtime.fetch()


def test_another_file_is_refused(tarball, tmp_path):
    tarball.write_bytes(tarball.read_bytes() + b" ")
    with pytest.raises(runtime.Unavailable, match=r"package\.tgz is not onnxruntime-web 1\.30\.0"):
        runtime.fetch(tarball)
    with pytest.raises(runtime.Unavailable, match=r"missing\.tgz cannot be read: No such file"):
        runtime.fetch(tmp_path / "missing.tgz")
    assert not (tmp_path / "cache").exists()


def test_the_licences_are_mit_and_the_notices_of_others():
    text = runtime.licences()
    assert text.startswith("ONNX Runtime Web\n\nMIT License")
    assert "THIRD PARTY SOFTWARE NOTICES" in text  # onnxruntime is installed for the tests.


def test_the_page_needs_no_program_of_the_tarball(web_runtime):
    """The files of the pinned version, as fetched, are what the checksums say."""
    assert gzip.decompress(web_runtime["script"]).startswith(b"/*!\n * ONNX Runtime Web v1.30.0")
    assert gzip.decompress(web_runtime["wasm"])[:4] == b"\0asm"
