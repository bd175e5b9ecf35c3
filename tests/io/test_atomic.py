"""Files that appear whole or not at all."""

import pytest
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.io import atomic


def test_a_file_appears_at_the_end(tmp_path):
    path = tmp_path / "a" / "b.txt"
    with atomic.atomic_output(path) as temporary:
        temporary.write_text("whole")
        assert temporary.parent == path.parent and not path.exists()
        assert not temporary.name.isdigit() and temporary.suffix == ".txt"
    assert [entry.name for entry in path.parent.iterdir()] == [
        "b.txt"
    ] and path.read_text() == "whole"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(28, "No space left on device"), "Cannot write .*/x/1: No space left on device"),
        (
            tf.errors.UnknownError(
                None,
                None,
                "{{function_node x}} write failed; Disk quota exceeded [Op:SaveV2]\nmore",
            ),
            "Cannot write .*/x/1: write failed; Disk quota exceeded$",
        ),
        (ValueError("differs"), "^differs$"),
    ],
)
def test_after_an_error_nothing_is_left(tmp_path, error, message):
    (tmp_path / "kept").touch()
    with (
        pytest.raises(ValueError, match=message),
        atomic.atomic_output(tmp_path / "x" / "1") as temporary,
    ):
        temporary.mkdir()
        (temporary / "half").touch()
        raise error
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept"]


def test_nothing_is_replaced(tmp_path):
    (tmp_path / "4").mkdir()
    with (
        pytest.raises(UserError, match=r"4 is there already\. The next free version is 5"),
        atomic.atomic_output(tmp_path / "4"),
    ):
        raise AssertionError("not reached")
    with (
        pytest.raises(UserError, match="appeared meanwhile"),
        atomic.atomic_output(tmp_path / "5") as temporary,
    ):
        temporary.mkdir()
        (tmp_path / "5").mkdir()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["4", "5"]


def test_a_dangling_link_is_not_replaced(tmp_path):
    link = tmp_path / "g.onnx"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"g\.onnx is there already"), atomic.atomic_output(link):
        raise AssertionError("not reached")
    assert link.is_symlink() and list(tmp_path.iterdir()) == [link]


def test_the_next_version(tmp_path):
    assert atomic.next_version(tmp_path / "none") == 1
    for name in ("2", "10", "notes", ".11.tmp"):
        (tmp_path / name).mkdir()
    assert atomic.next_version(tmp_path) == 11
