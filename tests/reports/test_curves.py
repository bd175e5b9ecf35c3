import json
import math

import pytest
from support.run_directory import log

from tf_gan.reports import curves


def test_logs_by_what_is_shown_together():
    lines = [
        log(epoch) | {"V(D,G)": -1.0, "r_v": 0.1, "logit(held_out)": 2.0, "fid_2k": 9.0 - epoch}
        for epoch in (1, 2, 3)
    ]
    charts = {chart["title"]: chart for chart in curves.charts(lines, 64, [])}
    assert list(charts) == [
        *("Losses", "Value function", "Verdict of the discriminator", "Held-out images"),
        *("Held-out gap", "Learning rate", "fid_2k", "Images a second"),
    ]
    names = {title: [line["name"] for line in chart["series"]] for title, chart in charts.items()}
    assert names["Losses"] == ["discriminator_loss", "generator_loss"]
    assert names["Verdict of the discriminator"] == ["D(x)", "D(G(z))"]  # Real, then fake.
    assert charts["fid_2k"]["series"] == [{"name": "fid_2k", "x": [1, 2, 3], "y": [8, 7, 6]}]


def test_speed_without_the_epochs_that_compile_and_with_those_that_were_resumed():
    lines = [
        {"epoch": 1, "step": 10, "seconds": 60.0},
        {"epoch": 2, "step": 20, "seconds": 2.0},
        {"epoch": 3, "step": 30, "seconds": 4.0},  # Four of its steps; the others were before.
        {"epoch": 4, "step": 40, "seconds": 5.0},
    ]
    starts = [{"step": 0}, {"step": 26}]
    assert curves.speeds(lines, 64, starts) == [(2, 320.0), (4, 128.0)]
    assert curves.speeds(lines[:1], 64, starts) == [(1, 640 / 60)]
    assert curves.speeds([{"epoch": 1, "step": 10}], 64, []) == []
    assert curves.recent_speed([]) is None
    assert curves.recent_speed([(epoch, float(epoch)) for epoch in range(100)]) == 94.5


def test_an_epoch_that_was_resumed_counts_from_its_resume_where_there_are_no_others():
    lines = [
        {"epoch": 1, "step": 10, "seconds": 60.0},
        {"epoch": 2, "step": 20, "seconds": 2.0},
    ]
    starts = [{"step": 0}, {"step": 16}]
    assert curves.speeds(lines, 64, starts) == [(1, 640 / 60), (2, 4 * 64 / 2)]


def test_a_resume_between_epochs_leaves_the_speed_of_the_one_before():
    lines = [{"epoch": epoch, "step": 10 * epoch, "seconds": 2.0} for epoch in (1, 2, 3, 4)]
    assert [epoch for epoch, _ in curves.speeds(lines, 64, [{"step": 0}, {"step": 20}])] == [2, 4]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("gradient_penalty", "Losses"),
        ("activity_regularization", "Losses"),
        ("logit(samples)", "Held-out images"),
        ("logit(G(z))", "Verdict of the discriminator"),
        ("distance(samples)", "Distance of samples"),
        ("kid_2k", "kid_2k"),
    ],
)
def test_the_chart_of_a_log(name, title):
    (chart,) = curves.charts([{"epoch": 1, "step": 10, name: 2.0}], 64, [])
    assert chart["title"] == title and chart["text"]


def test_curves_have_six_digits():
    lines = [{"epoch": 1234.5, "step": 10, "kid": 0.00123456789}]
    assert curves.charts(lines, 64, [])[0]["series"] == [
        {"name": "kid", "x": [1234.5], "y": [0.00123457]}
    ]


def test_of_lines_with_one_step_and_kind_the_last_counts(tmp_path):
    lines = [{"step": 20, "x": 1}, {"step": 10, "x": 2}, {"step": 20, "x": 3}]
    lines.append({"step": 20, "kind": "won", "x": 4})
    (tmp_path / "log.jsonl").write_text("\n".join(map(json.dumps, lines)))
    found, broken = curves.read_log(tmp_path / "log.jsonl")
    assert [line["x"] for line in found] == [2, 3, 4] and broken == 0
    assert curves.read_log(tmp_path / "none.jsonl") == ([], 0)


@pytest.mark.parametrize("count", [1, 799, 801, 10_000, 100_003])
def test_long_curves_keep_their_extremes_and_ends(count):
    points = [(float(i), math.sin(i)) for i in range(count)]
    points[count // 3] = (float(count // 3), 50.0)
    kept = curves.thinned(points)
    assert len(kept) <= 800 and kept == sorted(set(kept))
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert max(y for _, y in kept) == 50.0
    assert min(y for _, y in curves.thinned([(x, -y) for x, y in points])) == -50.0
    assert set(kept) <= set(points)
