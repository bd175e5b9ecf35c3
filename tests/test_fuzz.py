"""Damaged and hostile pictures, arrays, config files and settings: refused in words.
Nothing crashes, hangs or fills memory.
"""

import importlib
import io
import json
import os
import pathlib
import resource
import struct
import tempfile
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

import tf_gan
from tf_gan.cli import train
from tf_gan.config import default_config
from tf_gan.data import image_folder, npz
from tf_gan.errors import UserError
from tf_gan.runs import build, check, directory

FEW = settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
PIXELS = np.random.default_rng(0).integers(0, 256, (9, 11, 3), np.uint8)


def encoded(format, **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, format=format, **options)
    return buffer.getvalue()


FORMATS = {"png": "PNG", "jpg": "JPEG", "gif": "GIF", "bmp": "BMP", "webp": "WEBP", "tif": "TIFF"}
PICTURES = {suffix: encoded(format) for suffix, format in FORMATS.items()}


def npz_file(**arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def damages(whole: bytes):
    """Bytes of a file after a few changes: bytes overwritten, the rest cut off, a part
    twice.
    """
    position = st.integers(0, len(whole) - 1)

    def apply(edits):
        content = bytearray(whole)
        for kind, at, value in edits:
            at %= max(1, len(content))
            if kind == "set" and content:
                content[at] = value
            elif kind == "cut":
                del content[at:]
            elif kind == "twice":
                content[at:at] = content[at : at + value]
        return bytes(content)

    edit = st.tuples(
        st.sampled_from(["set", "set", "set", "cut", "twice"]), position, st.integers(0, 255)
    )
    return st.lists(edit, min_size=1, max_size=6).map(apply)


def read_or_refuse(read, expected: str) -> None:
    """Calls a reader; all that it may raise is a user's error that says what was expected."""
    try:
        read()
    except UserError as error:
        assert expected in str(error) and len(str(error)) > 20


# === Pictures ===


@FEW
@given(
    st.sampled_from(sorted(PICTURES)).flatmap(
        lambda suffix: st.tuples(st.just(suffix), damages(PICTURES[suffix]))
    )
)
def test_damaged_pictures(picture):
    suffix, content = picture
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "whole.png").write_bytes(PICTURES["png"])
        pathlib.Path(folder, f"damaged.{suffix}").write_bytes(content)
        examples = image_folder(folder, 4)
    assert 1 <= len(examples) <= 2 and examples.image_shape == (4, 4, 3)


@FEW
@given(st.binary(max_size=400), st.sampled_from(sorted(PICTURES)))
@example(b"", "png")
@example(b"\x89PNG\r\n\x1a\n", "png")
@example(b"\xff\xd8\xff", "jpg")
def test_files_that_are_no_pictures(content, suffix):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, f"a.{suffix}").write_bytes(content)
        read_or_refuse(lambda: image_folder(folder, 4), "Expected pictures (PNG, JPEG, ...)")


@pytest.mark.parametrize("size", [(9_500, 9_500), (40_000, 40_000), (2**31 - 1, 2**31 - 1)])
def test_decompression_bombs_are_not_decoded(tmp_path, caplog, size):
    """What a header says is looked at before memory is taken."""
    whole = PICTURES["png"]
    header = b"IHDR" + struct.pack(">II", *size) + whole[24:29]
    (tmp_path / "bomb.png").write_bytes(
        whole[:12] + header + struct.pack(">I", zlib.crc32(header)) + whole[33:]
    )
    (tmp_path / "a.png").write_bytes(PICTURES["png"])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert len(image_folder(str(tmp_path), 4)) == 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KiB.
    assert "bomb.png" in caplog.text
    if size == (9_500, 9_500):  # Pillow itself refuses the others.
        assert "9500 x 9500 pixels, more than 89,478,485" in caplog.text


def test_pipes_devices_and_loops_do_not_hang(tmp_path, caplog):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "device.png").symlink_to("/dev/zero")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere")
    (tmp_path / "again").symlink_to(tmp_path)
    os.makedirs(os.path.join(os.fsencode(tmp_path), b"\xff\xfe"))
    with open(os.path.join(os.fsencode(tmp_path), b"\xff\xfe", b"\xe9.png"), "wb") as file:
        file.write(PICTURES["png"])
    examples = image_folder(str(tmp_path), 4, labels=False)
    assert len(examples) == 1
    for name in ("pipe.png", "device.png", "loop.png", "gone.png"):
        assert name in caplog.text


# === Arrays ===


@FEW
@given(damages(npz_file(images=PIXELS[None], labels=np.arange(1))))
def test_damaged_arrays(content):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "a.npz")
        path.write_bytes(content)
        read_or_refuse(lambda: npz(str(path)), "Expected")


def archive(path, name: str, data: bytes) -> str:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, data)
    return str(path)


def array_header(shape) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": "|u1", "fortran_order": False, "shape": shape}
    )
    return buffer.getvalue()


def test_names_in_archives_lead_nowhere(tmp_path):
    """Members are read, never written to where their names say."""
    buffer = io.BytesIO()
    np.save(buffer, PIXELS[None])
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    examples = npz(archive(inner / "a.npz", "../../escaped.npy", buffer.getvalue()))
    assert len(examples) == 1
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "a.npz", "b"]


def test_arrays_that_claim_to_be_huge(tmp_path):
    for shape in ((2**50, 2, 2, 1), (2**36, 1, 1, 1), (10**30, 3, 3, 1)):
        with pytest.raises(UserError, match=r"Expected a \.npz file"):
            npz(archive(tmp_path / "a.npz", "images.npy", array_header(shape) + bytes(100)))


def test_archives_that_unpack_to_too_much(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.import_module("tf_gan.data.sources.npz"), "MEMORY_LIMIT", 2**20)
    path = archive(tmp_path / "a.npz", "images.npy", array_header((2**21, 1, 1, 1)) + bytes(2**21))
    assert os.path.getsize(path) < 10_000
    with pytest.raises(UserError, match=r"take 0.0 GiB"):
        npz(path)


# === Configs ===

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = [
    f"{key}.{inner}" if inner else key
    for key, value in default_config().items()
    for inner in (value if hasattr(value, "items") else [""])
]


def build_of(fields) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "config.json").write_text(
            fields if isinstance(fields, str) else json.dumps(fields)
        )
        config = directory.read_config(folder)
        check.check(config)


@FEW
@given(JSON)
@example([])
@example({"data": 5})
@example({"epochs": True})
def test_config_files_of_any_json(fields):
    read_or_refuse(lambda: build_of(fields), "")


@FEW
@given(st.sampled_from(FIELDS), JSON)
@example("networks.generator", {"units": {"a": [1]}})
def test_config_files_with_a_field_of_any_value(field, value):
    fields = json.loads(default_config().to_json())
    section, *key = field.split(".")
    if key:
        fields[section][key[0]] = value
    else:
        fields[section] = value
    read_or_refuse(lambda: build_of(fields), "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 100_000,
        '{"epochs": 1e999}',
        '{"seed": "__import__"}',
        '{"data": {"name": null}}',
        "\x00",
        '"text"',
    ],
)
def test_config_files_that_are_none(text):
    with pytest.raises(UserError, match=r"config\.json cannot be read"):
        build_of(text)


# Of an array that is too large, TensorFlow waits ten seconds for memory: once is enough.
NASTY = [
    ("networks.name", "../mlp"),
    ("networks.name", "os"),
    ("model.name", "__init__"),
    ("model.name", "model"),
    ("data.name", "../../etc/passwd"),
    ("networks.generator.units", (0,)),
    ("networks.generator.units", (-5,)),
    ("networks.generator.units", (10**12,)),
    ("model.latent_dim", 0),
    ("model.latent_dim", 2**62),
    ("model.moving_average", -1.0),
    ("model.prior_range", (float("nan"), 1.0)),
    ("optimizer.generator_learning_rate", float("nan")),
    ("optimizer.beta_1", 2.0),
    ("objective.label_smoothing", 7.0),
    ("objective.updates", "never"),
    ("seed", -(2**70)),
    ("batch_size", 10**19),
    ("rollbacks", -1),
    ("on_nonfinite", "ignore"),
    ("deterministic", "maybe"),
]


@pytest.mark.parametrize(
    ("field", "value"), NASTY, ids=[f"{field}={value}" for field, value in NASTY]
)
def test_settings_that_make_no_sense(tmp_path, field, value):
    config = default_config()
    config.epochs = 1
    with config.unlocked():
        config.update_from_flattened_dict({field: value})
    if field in ("seed", "model.prior_range"):  # Any integer is a seed; the others must be refused.
        read_or_refuse(lambda: (check.check(config), build.build(config)), "")
        return
    with pytest.raises(
        UserError, match=r"Expected|Received|expected|does not fit|Unknown|must|Cannot|[Ii]nvalid"
    ):
        tf_gan.train(config, tmp_path)
    assert not (tmp_path / "checkpoints").exists()


@pytest.mark.parametrize("name", ["../escaped", "/etc", "..", ".", "", "a/b", "a\0b"])
def test_names_of_configs_do_not_lead_out_of_runs(name):
    with pytest.raises(UserError, match="name of a folder in runs/"):
        train.folder_name(name)
    assert train.folder_name("mnist_best") == "mnist_best"
