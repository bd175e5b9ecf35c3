"""Addresses are no paths."""

import pathlib

import pytest
from support.command import small

import tf_gan
from tf_gan import data
from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.io.paths import check_local
from tf_gan.runs import directory


@pytest.mark.parametrize(
    "path", ["runs/x", "/data/gs", "", ".", "c:/x", "a:b", "x/gs://y", pathlib.Path("runs")]
)
def test_paths(path):
    check_local(path, "--workdir")


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
        ("hf://datasets/me/x", False, r"hf download NAME --repo-type=dataset --local-dir=FOLDER$"),
        ("hf://datasets/me/x", True, r"copy it afterwards$"),
        ("https://x.org/a.zip", False, r"Received: https://x\.org/a\.zip\. .*and name that$"),
    ],
)
def test_addresses(path, written, message):
    with pytest.raises(UserError, match=f"Expected --x to be a path on this machine.*{message}"):
        check_local(path, "--x", written=written)


def test_nothing_is_trained_into_an_address(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"--workdir .*Received: gs://bucket/run\. Write to"):
        tf_gan.train(small(), "gs://bucket/run")
    with pytest.raises(UserError, match=r"--workdir .*Received: gs://bucket/run\. Copy it"):
        directory.read_config("gs://bucket/run")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("field", ["path", "cache"])
@pytest.mark.parametrize("name", ["image_folder", "photographs", "npz", "parquet", "image_pairs"])
def test_data_at_an_address(name, field):
    config = default_config().data
    with config.unlocked():
        config.update({"name": name, "path": "/nowhere", "image_size": 8})
        config.update({field: "s3://bucket/x"})
    with pytest.raises(UserError, match=rf"config\.data\.{field} .*Received: s3://bucket/x"):
        data.load(config)
