"""Paths that name nothing here, and addresses, are refused in words."""

import pathlib

import pytest
from support.configs import small_config

import tf_gan
from tf_gan import data
from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.io.paths import check_path
from tf_gan.runs import build, directory


@pytest.mark.parametrize(
    "path", ["runs/x", "/data/gs", "a b/ü", ".", "c:/x", "a:b", "x/gs://y", pathlib.Path("runs")]
)
def test_paths(path):
    check_path(path, "--workdir")


@pytest.mark.parametrize(
    ("path", "written", "message"),
    [
        (
            "gs://b/x",
            False,
            r"gs://b/x\. Copy it .*: gcloud storage cp --recursive gs://b/x FOLD",
        ),
        ("gs://b/x", True, r"afterwards: gcloud storage cp --recursive runs/mine gs://b/x$"),
        (pathlib.Path("s3://b/x"), True, r"Received: s3://b/x\. .*aws s3 cp --recursive runs/mine"),
        ("S3://b/X", False, r"aws s3 cp --recursive s3://b/X FOLDER$"),
        ("hf://datasets/me/x", True, r"copy it afterwards$"),
        ("https://x.org/a.zip", False, r"Received: https://x\.org/a\.zip\. .*and name that$"),
    ],
)
def test_addresses(path, written, message):
    with pytest.raises(UserError, match=f"Expected --x to be a path on this machine.*{message}"):
        check_path(path, "--x", written=written)


def test_nothing_is_trained_into_an_address(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"run directory .*Received: gs://bucket/run\. Write to"):
        tf_gan.train(small_config(), "gs://bucket/run")
    with pytest.raises(UserError, match=r"run directory .*Received: gs://bucket/run\. Copy it"):
        directory.read_config("gs://bucket/run")
    assert not any(tmp_path.iterdir())


def test_no_cache_at_an_address():
    config = default_config().data
    with config.unlocked():
        config.update({"name": "npz", "path": "/nowhere", "cache": "s3://bucket/x"})
    with pytest.raises(UserError, match=r"config\.data\.cache .*Received: s3://bucket/x"):
        data.load(config)


@pytest.mark.parametrize("path", ["", "a\0b", pathlib.Path("a\0b/c")])
def test_paths_that_name_nothing(path):
    with pytest.raises(UserError, match=r"Invalid value for --output\. Expected the name of a fi"):
        check_path(path, "--output")


def test_a_nul_byte_is_refused_in_the_users_words(tiny_gan, tmp_path):
    """Python says "embedded null byte", in the middle of the work."""
    path, words = f"{tmp_path}/a\0b", r"Invalid value for {}\. .* without NUL bytes\. Received: "
    for name in ("out\0", "out\0.keras"):
        with pytest.raises(UserError, match=words.format("argument `path`")):
            tiny_gan.export(tmp_path / name, "keras" if "keras" in name else "saved_model")
    with pytest.raises(UserError, match=words.format("the run directory")):
        tf_gan.train(small_config(), path)
    with pytest.raises(UserError, match=words.format("the run directory")):
        build.load(path)
    for name in ("npz", "image_folder", "image_pairs", "photographs"):
        with pytest.raises(UserError, match=words.format(r"config\.data\.path")):
            size = 0 if name == "npz" else 8
            fields = {"data.name": name, "data.path": path, "data.image_size": size}
            tf_gan.train(small_config(**fields), tmp_path / "run")
    assert list(tmp_path.iterdir()) == []
