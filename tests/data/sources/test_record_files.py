"""Pictures in Parquet, TFRecord and ArrayRecord files."""

import io
import json
import os
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tf_gan import data
from tf_gan.config import default_config
from tf_gan.data import keep, load
from tf_gan.data.sources.record_files import split_of
from tf_gan.errors import UserError

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
array_record = pytest.importorskip("array_record.python.array_record_module")

KINDS = ("parquet", "tfrecord", "array_record")


def png(value, size=(6, 6)):
    buffer = io.BytesIO()
    Image.new("L", size, value).save(buffer, format="PNG")
    return buffer.getvalue()


def feature(value):
    if isinstance(value, int):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


def write(path, rows, **metadata):
    """Writes rows, dictionaries of bytes and integers, as the ending of the path says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        table = pyarrow.Table.from_pylist(rows)
        parquet.write_table(table.replace_schema_metadata(metadata), path)
        return path
    payloads = [
        tf.train.Example(
            features=tf.train.Features(feature={k: feature(v) for k, v in row.items()})
        ).SerializeToString()
        for row in rows
    ]
    if path.suffix == ".tfrecord":
        with tf.io.TFRecordWriter(str(path)) as writer:
            for payload in payloads:
                writer.write(payload)
    else:
        writer = array_record.ArrayRecordWriter(str(path), "group_size:1")
        for payload in payloads:
            writer.write(payload)
        writer.close()
    return path


def section(kind, path, **fields):
    config = default_config().data
    with config.unlocked():
        config.update({"name": kind, "path": str(path), "image_size": 4, "channels": 1})
        config.update({"held_out": 0.0} | fields)
    return config


def values(examples):
    return np.asarray(examples.images)[:, 0, 0, 0].tolist()


def rows(numbers):
    return [{"image": png(i), "label": i % 3, "name": b"x", "other": i} for i in numbers]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("labels", [False, True])
def test_files_in_a_folder_are_read_in_order(tmp_path, kind, labels):
    write(tmp_path / "b" / f"2.{kind}", rows(range(200, 204)))
    write(tmp_path / f"1.{kind}", rows(range(130)))
    (tmp_path / "README.md").write_text("no records")
    column = {"column": "image"} if kind == "parquet" else {}  # `name` holds bytes too.
    examples = load(section(kind, tmp_path, labels=labels, **column))
    expected = [*range(130), *range(200, 204)]
    assert values(examples) == expected
    assert examples.image_shape == (4, 4, 1) and examples.name == tmp_path.name
    found = None if examples.labels is None else examples.labels.tolist()
    assert found == ([i % 3 for i in expected] if labels else None)


@pytest.mark.parametrize("kind", KINDS)
def test_other_files_beside_the_records(tmp_path, kind, caplog):
    write(tmp_path / f"1.{kind}", rows([7]))
    for name in (f"._1.{kind}", f".cache/2.{kind}", f"1.{kind}.idx", f"1.{kind}.metadata"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"no records")
    (tmp_path / "link").symlink_to(tmp_path)
    assert values(load(section(kind, tmp_path, column="image"))) == [7]
    assert caplog.messages == [f"Left out: {tmp_path}/link, a link to a folder"]


def test_a_pattern_in_a_folder_with_brackets(tmp_path):
    for name in ("[x]/t-0", "[x]/t-1", "[x]/u-0", "x/t-0"):
        write(tmp_path / f"{name}.parquet", [{"image": png(len(name) + int(name[-1]))}])
    assert values(load(section("parquet", tmp_path / "[x]" / "t-*.parquet"))) == [7, 8]
    assert values(load(section("parquet", tmp_path / "[xy]" / "t-*.parquet"))) == [5]


@pytest.mark.parametrize("kind", KINDS)
def test_a_test_split_is_held_out_and_both_are_the_same_from_the_disk(tmp_path, kind, monkeypatch):
    path = write(tmp_path / f"a.{kind}", rows(range(40)))
    options = {"held_out": 0.25, "labels": True, "cache": str(tmp_path / "cache")}
    parts = [load(section(kind, path, split=s, **options), 3) for s in ("train", "test")]
    assert [len(part) for part in parts] == [30, 10]
    assert sorted(values(parts[0]) + values(parts[1])) == list(range(40))
    assert values(load(section(kind, path, split="test", **options), 4)) != values(parts[1])
    with pytest.raises(data.UnknownSplitError):
        load(section(kind, path, split="validation", **options))
    monkeypatch.setattr(keep, "memory_limit", lambda: 0)
    for part, split in zip(parts, ("train", "test"), strict=True):
        disk = load(section(kind, path, split=split, **options), 3)
        assert isinstance(disk.images, data.StoredImages)
        assert (values(disk), disk.labels.tolist()) == (values(part), part.labels.tolist())
    assert len(list((tmp_path / "cache").glob("a*"))) == 1  # Of both splits, of any seed.


def test_splits_that_the_names_of_files_say(tmp_path):
    for number, name in enumerate(("train-00000-of-00002", "train-00001-of-00002", "test-00000")):
        write(tmp_path / "data" / f"{name}.parquet", [{"image": png(number)}])
    options = {"held_out": 0.1}  # Not needed.
    assert values(load(section("parquet", tmp_path, **options))) == [0, 1]
    assert values(load(section("parquet", tmp_path, split="test", **options))) == [2]
    with pytest.raises(data.UnknownSplitError, match=r"no split 'validation'.*'test', 'train'"):
        load(section("parquet", tmp_path, split="validation", **options))
    only = load(section("parquet", tmp_path / "data" / "train-*.parquet"))
    assert values(only) == [0, 1]


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("mnist-test.tfrecord-00000-of-00001", "test"),
        ("default/validation/0000.parquet", "validation"),
        ("val2.parquet", "validation"),
        ("train-1.parquet", "train"),
        ("latest.parquet", "train"),
        ("testing.parquet", "test"),
        ("eval/0000.parquet", "test"),
        ("test-faces/train-0.parquet", "train"),
        ("test-faces/training/0.parquet", "train"),
        ("train/a/evaluation-0.parquet", "test"),
    ],
)
def test_names_of_splits(name, split):
    assert split_of(name) == split


def test_hugging_face_columns(tmp_path):
    features = {"image": {"_type": "Image"}, "kind": {"names": ["cat", "dog"]}}
    path = write(
        tmp_path / "a.parquet",
        [
            {"image": {"bytes": png(i), "path": f"{i}.png"}, "id": 5, "kind": i % 2}
            for i in range(5)
        ],
        huggingface=json.dumps({"info": {"features": features}}),
    )
    with pytest.raises(UserError, match=r"one column of integers.*label_column.*\['id', 'kind'\]"):
        load(section("parquet", path, labels=True))
    examples = load(section("parquet", path, labels=True, label_column="kind"))
    assert (examples.class_names, examples.labels.tolist()) == (("cat", "dog"), [0, 1, 0, 1, 0])
    with pytest.raises(UserError, match=r"out of \['id', 'kind'\]\. Received: 'image'"):
        load(section("parquet", path, labels=True, label_column="image"))


def test_each_label_column_has_a_cache_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(keep, "memory_limit", lambda: 0)
    path = tmp_path / "a.parquet"
    write(path, [{"image": png(number), "a": number % 2, "b": number % 3} for number in range(6)])
    found = [
        load(
            section(
                "parquet", path, labels=True, label_column=column, cache=str(tmp_path), held_out=0
            )
        ).labels.tolist()
        for column in ("a", "b")
    ]
    assert found == [[0, 1, 0, 1, 0, 1], [0, 1, 2, 0, 1, 2]]


def test_each_column_of_pictures_has_a_cache_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(keep, "memory_limit", lambda: 0)
    path = write(tmp_path / "a.parquet", [{"a": png(1), "b": png(2)}])
    for column, value in (("a", 1), ("b", 2)):
        examples = load(section("parquet", path, column=column, cache=str(tmp_path), held_out=0))
        assert values(examples) == [value]


def test_files_of_one_name_have_caches_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr(keep, "memory_limit", lambda: 0)
    for value in (10, 20):
        path = write(tmp_path / str(value) / "a.tfrecord", rows([value]))
        os.utime(path, (1, 1))
        assert values(load(section("tfrecord", path, cache=str(tmp_path)))) == [value]


def test_labels_that_are_no_classes(tmp_path):
    path = tmp_path / "a.parquet"
    write(path, [{"image": png(1), "id": 3_000_000_000}])
    with pytest.raises(UserError, match=r"3000000000 in record 0 of .*config\.data\.label_column"):
        load(section("parquet", path, labels=True, held_out=0))
    with pytest.raises(UserError, match=r"Expected 1 \(grey\), 3 \(RGB\) or 4 \(RGBA\)"):
        load(section("parquet", path, channels=5, held_out=0))


def test_records_that_are_no_pictures_are_named_and_left_out(tmp_path, caplog):
    path = write(tmp_path / "a.tfrecord", rows([7]) + [{"image": b"x", "name": b"y"}] + rows([9]))
    assert values(load(section("tfrecord", path))) == [7, 9]
    (message,) = caplog.messages
    assert f"record 1 of {path} cannot be used as a picture" in message


@pytest.mark.parametrize("kind", ["tfrecord", "array_record"])
def test_a_damaged_picture_in_the_first_record(tmp_path, kind, caplog):
    path = write(tmp_path / f"a.{kind}", [rows([0])[0] | {"image": b"x"}, *rows([7, 9])])
    assert values(load(section(kind, path))) == [7, 9]
    assert "record 0 of" in caplog.text


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_that_is_no_picture(tmp_path, kind):
    path = write(tmp_path / f"a.{kind}", rows(range(9)))
    with pytest.raises(UserError, match=r"'name'.*None of the first 8 is\..*config\.data\.column"):
        load(section(kind, path, column="name"))
    if kind == "parquet":
        with pytest.raises(UserError, match=r"Expected the columns \['nothing'\].*'image', "):
            load(section(kind, path, column="nothing"))


@pytest.mark.parametrize("kind", KINDS)
def test_files_that_are_others_or_not_there(tmp_path, kind):
    with pytest.raises(UserError, match=r"config\.data\.path to name .* where there is none"):
        load(section(kind, tmp_path))
    (tmp_path / f"a.{kind}").write_bytes(b"something else, of some length")
    with pytest.raises(UserError, match=f"a.{kind}"):
        load(section(kind, tmp_path))
    write(tmp_path / f"a.{kind}", rows(range(5)))
    whole = (tmp_path / f"a.{kind}").read_bytes()
    (tmp_path / f"a.{kind}").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=f"a.{kind}"):
        load(section(kind, tmp_path, column="image"))


def test_damage_that_arrow_finds(tmp_path, monkeypatch):
    def damaged(self, *args, **kwargs):
        raise pyarrow.ArrowInvalid("Column 1 has no page")

    monkeypatch.setattr(parquet.ParquetFile, "iter_batches", damaged)
    path = write(tmp_path / "a.parquet", rows([7]))
    with pytest.raises(UserError, match=r"a\.parquet, which cannot be read: Column 1 has no page"):
        load(section("parquet", path, column="image"))


def test_a_file_whose_last_record_is_cut_off(tmp_path):
    path = write(tmp_path / "a.tfrecord", rows(range(12)))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UserError, match=r"a\.tfrecord.*its last record is cut off"):
        load(section("tfrecord", path))


def test_a_file_that_changes_while_it_is_read(tmp_path, monkeypatch):
    path = write(tmp_path / "a.tfrecord", rows(range(5)))
    source = sys.modules["tf_gan.data.sources.tfrecord"]
    monkeypatch.setattr(source, "_count", lambda file: 6)
    with pytest.raises(UserError, match=r"a\.tfrecord changed while it was read: it had 6 records"):
        load(section("tfrecord", path))


@pytest.mark.parametrize(
    ("kind", "module"),
    [("parquet", "pyarrow"), ("array_record", "array_record.python")],
)
def test_without_the_library(tmp_path, monkeypatch, kind, module):
    path = write(tmp_path / f"a.{kind}", rows(range(5)))
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UserError, match=r"not installed: pip install 'tf_gan\[datasets\]'"):
        load(section(kind, path))
