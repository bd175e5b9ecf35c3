"""`metrics.json`: what is replaced, what stays, and what is left alone."""

import json
from concurrent import futures

import numpy as np
import pytest

from tf_gan.errors import UserError
from tf_gan.evaluation import record


def test_the_same_measurement_is_replaced_and_others_stay(tmp_path):
    path = tmp_path / "metrics.json"
    entry = {"source": "a", "step": 1, "weights": "averaged", "seed": 0, "name": "x", "value": 1.0}
    record.write(path, [entry, entry | {"name": "y"}])
    record.write(path, [entry | {"value": 2.0}, entry | {"step": 2}])
    record.write(path, [entry | {"value": 3.0, "standing_batches": 16}])
    keys = ("name", "step", "standing_batches")
    values = {tuple(map(e.get, keys)): e["value"] for e in json.loads(path.read_text())}
    assert values == {
        ("x", 1, None): 2.0,
        ("y", 1, None): 1.0,
        ("x", 2, None): 1.0,
        ("x", 1, 16): 3.0,
    }


def test_numbers_of_numpy_are_written(tmp_path):
    path = tmp_path / "metrics.json"
    details = {"max": np.float32(0.5), "each": np.array([1.0, np.nan]), "n": np.int64(3)}
    record.write(path, [{"name": "x", "value": 1.0, "error": np.float64(0.25), "details": details}])
    (entry,) = json.loads(path.read_text())
    assert entry["error"] == 0.25
    assert entry["details"] == {"max": 0.5, "each": [1.0, None], "n": 3}


def test_another_protocol_is_another_measurement(tmp_path):
    path = tmp_path / "metrics.json"
    entry = {"source": "a", "step": 1, "weights": "averaged", "seed": 0, "name": "x"}
    record.write(
        path,
        [
            entry | {"protocol": "against 100 images", "value": 1.0},
            entry | {"protocol": "against 200 images", "value": 2.0},
        ],
    )
    record.write(
        path, [entry | {"protocol": "against 100 images", "value": 3.0, "details": {"sigma": 0.2}}]
    )
    assert [(e["protocol"], e["value"]) for e in record.read(path)] == [
        ("against 200 images", 2.0),
        ("against 100 images", 3.0),
    ]


@pytest.mark.parametrize("change", [{"source": "b"}, {"weights": "last"}, {"seed": 1}])
def test_other_samples_are_another_measurement(tmp_path, change):
    path = tmp_path / "metrics.json"
    entry = {"source": "a", "step": 1, "weights": "averaged", "seed": 0, "name": "x"}
    record.write(path, [entry | {"value": 1.0}])
    record.write(path, [entry | change | {"value": 2.0}])
    assert [each["value"] for each in record.read(path)] == [1.0, 2.0]


def test_what_is_not_finite_is_null(tmp_path):
    path = tmp_path / "metrics.json"
    record.write(
        path,
        [
            {
                "name": "x",
                "value": float("nan"),
                "details": {"ratio": np.inf, "list": [1.5, -np.inf]},
            }
        ],
    )

    def refuse(text):
        raise AssertionError(text)

    entries = json.loads(path.read_text(), parse_constant=refuse)
    assert entries == [
        {"name": "x", "value": None, "details": {"ratio": None, "list": [1.5, None]}}
    ]


@pytest.mark.parametrize(
    "content", [b"precious", b"{}", b'""', b"[1]", b"null", b"[" * 100_000, b"\xff\xfe"]
)
def test_a_damaged_file_is_named_and_left_alone(tmp_path, content):
    path = tmp_path / "metrics.json"
    path.write_bytes(content)
    with pytest.raises(UserError, match=rf"{path} cannot be read as a list of metrics .*Move it"):
        record.write(path, [])
    assert path.read_bytes() == content


def test_entries_of_writers_at_the_same_time_all_stay(tmp_path):
    path = tmp_path / "metrics.json"

    def write(writer):
        for number in range(10):
            record.write(path, [{"name": f"{writer}-{number}", "value": 1.0}])

    with futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert {entry["name"] for entry in record.read(path)} == {
        f"{writer}-{number}" for writer in range(8) for number in range(10)
    }


def test_no_file_is_no_entries(tmp_path):
    assert record.read(tmp_path / "metrics.json") == []


def test_the_verdict_is_by_all_that_was_measured_of_the_same_samples(tmp_path):
    path = tmp_path / "metrics.json"
    facts = {"source": "a", "step": 2, "weights": "averaged", "seed": 0}
    entry = facts | {"protocol": "how", "error": None}
    sharp, kid = {"name": "sharpness_2k", "value": 0.9}, {"name": "kid_2k", "value": 0.2}
    record.write(path, [entry | sharp, entry | kid, entry | sharp | {"step": 1, "value": 0.1}])
    assert record.write_verdict(path, facts).startswith("Not good yet: far from real pictures")
    real = {"source": "real", "seed": 0, "protocol": "how"} | kid
    record.write(path, [real | {"seed": 1}])
    assert record.write_verdict(path, facts).startswith("Not good yet: far from real pictures")
    record.write(path, [real])
    text = record.write_verdict(path, facts)
    assert text.startswith("Not enough measured to say: recall, nearest_neighbour_ratio missing.")
    (stored,) = [each for each in record.read(path) if each["name"] == "verdict"]
    assert (stored["text"], stored["step"], stored["value"]) == (text, 2, None)
    assert record.write_verdict(path, facts | {"step": 3}) == ""
    record.write(path, [entry | sharp | {"step": 3, "standing_batches": 16}])
    assert record.write_verdict(path, facts | {"step": 3}) == ""
    assert record.write_verdict(path, facts | {"step": 3, "standing_batches": 16}) != ""
