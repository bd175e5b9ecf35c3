"""Whether a run still gets better."""

import json

import numpy as np
import pytest

from tf_gan.runs import progress


def write(folder, values):
    lines = [{"epoch": i, "step": 10 * i, progress.LOG: value} for i, value in enumerate(values)]
    lines.append({"epoch": len(values), "step": 10 * len(values)})  # An epoch without it.
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


NOISE = np.random.default_rng(0).normal(0, 0.01, 12)


@pytest.mark.parametrize(
    ("values", "begin"),
    [
        (1 - 0.05 * np.arange(12) + NOISE, "Still improving: "),
        (0.5 + 0.01 * (-1) ** np.arange(12), "No longer improving by this number: "),
        (0.2 + 0.05 * np.arange(12) + NOISE, "Getting worse: "),
        (1 - 0.05 * np.arange(6), "Still improving: "),
        (1 - 0.05 * np.arange(5), ""),
        ([*np.ones(11), float("nan")], ""),
        ([*np.ones(11), None], ""),
    ],
)
def test_verdict(tmp_path, values, begin):
    write(tmp_path, [None if value is None else float(value) for value in values])
    words = progress.verdict(tmp_path)
    assert words.startswith(begin) and bool(words) == bool(begin)


@pytest.mark.parametrize(
    ("errors", "begin"),
    [
        (2.1, "Still improving: "),
        (1.9, "No longer improving by this number: "),
        (-1.9, "No longer improving by this number: "),
        (-2.1, "Getting worse: "),
    ],
)
def test_falls_of_two_standard_errors_count(tmp_path, errors, begin):
    spread = 0.3 * np.array([-1.0, 0.0, 1.0])
    mean = 2 - errors * np.sqrt((0.3**2 + 0.3**2) / 3)
    write(tmp_path, [9.0, 9.0, 9.0, *2 + spread, *mean + spread])
    expected = f"{begin}{progress.LOG} {mean:.3g} in the last third, 2 in the third before."
    assert progress.verdict(tmp_path).startswith(expected)


def test_a_run_without_logs(tmp_path):
    assert progress.verdict(tmp_path) == ""
