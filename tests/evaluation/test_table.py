"""Scores as text."""

from tf_gan.evaluation import Score
from tf_gan.evaluation.table import lacking, table
from tf_gan.evaluation.verdict import rank


def test_the_table_has_a_column_for_each_source():
    scores = {
        "gan": [Score("x", 1.5, "how x"), Score("y", 2.0, "how y", 0.25)],
        "real": [Score("x", 1.0, "how x")],
    }
    lines = table(scores).splitlines()
    assert lines[0].split() == ["gan", "real"]
    assert lines[1].split() == ["x", "1.5", "1"]
    assert lines[2].split() == ["y", "2", "+-", "0.25", "-"]
    assert lines[4:] == ["x: how x", "y: how y"]
    scores["real"] = [Score("x", 1.0, "how x of real images"), Score("z", 1.0, "how z")]
    assert table(scores).splitlines()[5:] == [
        "x: how x",
        "y: how y",
        "z: how z",
        "real, x: how x of real images",
    ]


def test_rows_in_an_order_without_protocols():
    scores = {"gan": [Score(name, 1.0, "how") for name in ("fid_2k", "recall_2k", "kid_2k")]}
    lines = table(scores, rank, protocols=False).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["kid_2k", "recall_2k", "fid_2k"]


def test_scores_of_another_number_of_images_stand_in_the_same_row():
    scores = {
        "gan": [Score("kid_2k_vs_50", 1.0, "how"), Score("mine_2k", 2.0, "how")],
        "real": [Score("kid_350_vs_50", 3.0, "how"), Score("mine_350", 4.0, "how")],
    }
    lines = [line.split() for line in table(scores, rank, protocols=False).splitlines()[1:]]
    assert lines == [["kid_2k_vs_50", "1", "3"], ["mine_2k", "2", "-"], ["mine_350", "-", "4"]]


def test_metrics_that_lack_the_same_share_a_line():
    text = lacking({"frechet": "no network", "parzen": "no images", "kernel": "no network"})
    assert text == "  frechet, kernel: no network\n  parzen: no images"
