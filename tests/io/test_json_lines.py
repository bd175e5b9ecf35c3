"""What is read of a log of JSON objects."""

import pytest

from tf_gan.io import json_lines


@pytest.mark.parametrize(
    "broken",
    [
        *(
            b'{"epoch": 2, "st',
            b'{"epoch": 2, "st\xff\xfe',
            b'{"epoch": 2}',
            b"null",
            b"[1]",
            b"\0",
        ),
        *(b'"step"', b'{"step": null}', b'{"step": "3"}', b'{"step": NaN}', b'{"step": Infinity}'),
        *(b'{"step": ' + b"9" * 400 + b"}", b"[" * 100_000),
    ],
)
def test_lines_that_are_no_objects_with_a_step_are_counted(tmp_path, broken):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"step": 2}\n\n' + broken + b'\n{"step": 1.5, "x": "\xc3\xa9"}')
    assert json_lines.read(path) == ([{"step": 2}, {"step": 1.5, "x": "\u00e9"}], 1)


def test_a_missing_file_has_no_lines(tmp_path):
    assert json_lines.read(tmp_path / "a.jsonl") == ([], 0)
