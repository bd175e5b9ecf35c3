"""Directions from files."""

import pytest

from tf_gan import explorer
from tf_gan.errors import UserError


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Expected .*directions.json to be a file that the page of tf-gan-explore saved"),
        ('{"directions": [{"name": "x"}]}', "KeyError: 'vector'"),
        ('{"directions": [{"name": "x", "vector": [1, 2]}]}', "Received: 2 for 'x'"),
        ('{"directions": [{"name": "x", "vector": [1, NaN, 2]}]}', "Expected numbers .* 'x'"),
        (
            '{"directions": [{"name": "x", "vector": [1]}, {"name": "x", "vector": [2]}]}',
            "to have a name of its own: 'x'",
        ),
        ('{"directions": [{"name": "x", "vector": 1}]}', "Expected numbers .* 'x'"),
    ],
)
def test_damaged_files_are_refused(tmp_path, text, message):
    (tmp_path / "directions.json").write_text(text)
    with pytest.raises(UserError, match=message):
        explorer.read_directions(tmp_path, 3)


def test_a_missing_file(tmp_path):
    with pytest.raises(UserError, match=r"directions\.json cannot be read: No such file"):
        explorer.read_directions(tmp_path)
