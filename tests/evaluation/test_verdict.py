"""The verdict on a run, on rows made by hand."""

import math

import pytest

from tf_gan.evaluation import Score
from tf_gan.evaluation.verdict import ROWS, rank, verdict
from tf_gan.reports import scores as shown

NAMES = {
    "kid": "kid_contrastive_2k_vs_50",
    "recall": "recall_contrastive_50",
    "precision": "precision_contrastive_50",
    "density": "density_contrastive_50",
    "coverage": "coverage_contrastive_50",
    "sharpness": "sharpness_2k",
    "ratio": "nearest_neighbour_ratio_2k",
}
GOOD = {"kid": (0.007, 0.011), "recall": 0.58, "sharpness": 0.97, "ratio": 1.38}
REAL = {"kid": (-0.017, 0.015), "recall": 0.94, "sharpness": 1.04, "ratio": 0.0}


def scores(values: dict) -> list[Score]:
    """Returns scores by values, or by pairs of a value and its error."""
    pairs = {name: x if isinstance(x, tuple) else (x, None) for name, x in values.items()}
    return [Score(NAMES[name], value, "how", error) for name, (value, error) in pairs.items()]


def test_smudges_are_not_good():
    smudges = {"kid": (0.097, 0.02), "recall": 0.2, "sharpness": 0.22, "ratio": 1.76}
    smudges |= {"precision": 1.0, "density": 2.4, "coverage": 0.94}
    assert verdict(scores(smudges), []) == (
        "Not good yet: blurred (sharpness 0.22; real pictures have 1), few kinds of pictures"
        " (recall 0.20; 1 is best), far from real pictures (kid 0.097; 0 is best). No sign of"
        " copies (nearest_neighbour_ratio 1.76; new pictures have 1)."
    )


def test_a_good_run():
    text = verdict(scores(GOOD), scores(REAL))
    assert text == (
        "Good by these numbers: sharp (sharpness 0.97; real pictures have 1), many kinds of"
        " pictures (recall 0.58; real pictures have 0.94), like real pictures (kid 0.007; real"
        " pictures have -0.017). No sign of copies (nearest_neighbour_ratio 1.38; new pictures"
        " have 1). Look at the samples too."
    )


def test_real_pictures_count_that_were_compared_with_the_same_images():
    def kid(value, reference, name="kid_contrastive_2k_vs_50"):
        return Score(name, value, "how", 0.01, {"reference": {"images": reference}})

    own = [kid(0.3, "new")]
    for stale in (kid(0.4, "old"), kid(0.4, "old", "kid_contrastive_350_vs_50")):
        assert "far from real pictures (kid 0.300; 0 is best)" in verdict(own, [stale])
    real = kid(0.29, "new", "kid_contrastive_350_vs_50")
    assert "like real pictures (kid 0.300; real pictures have 0.290)" in verdict(own, [real])


# Rows of docs/metrics.md are among them.
@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"sharpness": 0.49}, {"blurred"}),
        ({"sharpness": 2.1}, {"noise"}),
        ({"recall": 0.46}, {"few kinds"}),
        ({"kid": (0.09, 0.03)}, {"far from"}),
        ({"ratio": 0.31}, {"copies"}),
        ({"kid": (0.05, 0.07), "recall": 0.96, "sharpness": 1.09, "ratio": 0.0}, {"copies"}),
        ({"kid": (0.6, 0.1), "recall": 0.0, "sharpness": 1.1}, {"few kinds", "far from"}),
        (
            {"kid": (1.29, 0.11), "recall": 0.0, "sharpness": 0.0, "ratio": 1.05},
            {"blurred", "few kinds", "far from"},
        ),
        (
            {"kid": (13_923, 396), "recall": 0.0, "sharpness": 96.0, "ratio": 3.37},
            {"noise", "few kinds", "far from"},
        ),
    ],
)
def test_each_fault_is_named(changes, faults):
    text = verdict(scores(GOOD | changes), scores(REAL))
    assert text.startswith("Not good yet: ")
    faulty = text.split(": ", 1)[1].split("). ")[0]
    words = ("blurred", "noise", "few kinds", "far from", "copies of")
    assert {word for word in words if word in faulty} == {
        "copies of" if fault == "copies" else fault for fault in faults
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sharpness": 0.49}, "blurred"),
        ({"sharpness": 0.51}, "sharp ("),
        ({"sharpness": 1.99}, "sharp ("),
        ({"sharpness": 2.01}, "noise"),
        ({"recall": 0.46}, "few kinds"),  # Real pictures have 0.94.
        ({"recall": 0.48}, "many kinds"),
        ({"kid": (0.032, 0.0)}, "like real"),  # Real pictures have -0.017.
        ({"kid": (0.034, 0.0)}, "far from"),
        ({"kid": (0.182, 0.1)}, "like real"),
        ({"kid": (0.184, 0.1)}, "far from"),
        ({"ratio": 0.49}, "copies of"),
        ({"ratio": 0.51}, "Perhaps some copies"),
        ({"ratio": 0.79}, "Perhaps some copies"),
        ({"ratio": 0.81}, "No sign of copies"),
    ],
)
def test_the_limits_are_those_of_the_documentation(changes, words):
    assert words in verdict(scores(GOOD | changes), scores(REAL))


def test_what_is_within_the_errors_is_no_fault():
    assert verdict(scores(GOOD | {"kid": (0.09, 0.06)}), scores(REAL)).startswith("Good")
    # Real pictures that are as far are the best that is possible.
    far = {"kid": (0.2, 0.01), "recall": 0.35}
    assert verdict(scores(GOOD | far), scores(REAL | far)).startswith("Good")
    # Those that were measured otherwise do not count.
    details = {"reference": "other images"}
    names = {"kid_contrastive_2k_vs_50": 0.2, "recall_contrastive_50": 0.35}
    other = [Score(name, value, "how", None, details) for name, value in names.items()]
    assert verdict(scores(GOOD | far), other).startswith("Not good yet: few kinds")


def test_not_enough_measured():
    kept = {name: GOOD[name] for name in ("sharpness", "ratio")}
    text = verdict(scores(kept), [])
    assert text.startswith("Not enough measured to say: kid, recall missing. So far: sharp (")
    assert "No sign of copies" in text
    one = verdict(scores({"sharpness": 0.3}), [])
    assert one == "Not good yet: blurred (sharpness 0.30; real pictures have 1)."
    assert verdict(scores({"precision": 1.0, "density": 2.4, "coverage": 0.94}), []) == ""
    assert "nearest_neighbour_ratio missing" in verdict(scores(GOOD | {"ratio": math.nan}), [])


def test_a_ratio_between_copies_and_new_pictures_says_where_to_look():
    text = verdict(scores(GOOD | {"ratio": 0.7}), scores(REAL))
    assert text.startswith("Good") and "Perhaps some copies" in text
    assert "tf-gan-sample --kind=neighbours" in text


def test_the_order_of_reading():
    names = ["coverage_50", "nearest_neighbour_ratio_2k", "sharpness_2k", "recall_50", "kid"]
    assert sorted(names, key=rank) == names[::-1]
    assert tuple(shown.GOOD)[: len(ROWS)] == ROWS  # The report has the same.
    assert rank("kidney_2k") == rank("precision_50") == 4
