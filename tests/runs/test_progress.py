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
        (1 - 0.05 * np.arange(5), ""),
        ([*np.ones(11), float("nan")], ""),
        ([*np.ones(11), None], ""),
    ],
)
def test_verdict(tmp_path, values, begin):
    write(tmp_path, [None if value is None else float(value) for value in values])
    words = progress.verdict(tmp_path)
    assert words.startswith(begin) and bool(words) == bool(begin)


def test_a_run_without_logs(tmp_path):
    assert progress.verdict(tmp_path) == ""
