"""A verdict in words on a run on a folder of pictures, by four of its scores.

The limits come from the pictures of docs/metrics.md, "Scores of your own pictures".
"""

import math

from tf_gan.evaluation.score import Score
from tf_gan.reports.scores import VERDICT, key

# The metrics that it needs, and the rows of their scores, in the order of reading.
METRICS = ("kernel", "precision_recall", "sharpness", "memorization")
ROWS = VERDICT

FAR = 0.05  # `kid` above that of real pictures by this and by two errors: other pictures.
FEW = 0.5  # Recall below this share of that of real pictures: kinds are missing.
BLUR, NOISE = 0.5, 2.0  # Sharpness between them is that of real pictures.
COPIES, NEW = 0.5, 0.8  # Nearest-neighbour ratio of copies is below, of new pictures above.


def rank(name: str) -> int:
    """Returns the place of a score in the order of reading, `len(ROWS)` for the others.

    Args:
        name: Its name, with the marks of its protocol or without them.
    """
    row = key(name)
    return ROWS.index(row) if row in ROWS else len(ROWS)


def verdict(scores: list[Score], real: list[Score]) -> str:
    """Returns what the scores of a run say together: "Not good yet: blurred (sharpness
    0.22; real pictures have 1). ..."; "" if none of `ROWS` is among them.

    Each limit finds one fault; a run is good if none is found and all of `ROWS` were
    measured. Precision, density and coverage take no part: smudges in the middle of the
    data have good ones.

    Args:
        scores: The scores of the samples. Of several in the same row the last counts.
        real: Those of real pictures in the place of samples; those that were compared with
            the same images by the same features count. Without them `kid` 0 and recall 1
            are taken.
    """
    found = _rows(scores)
    best: dict[str, Score] = {}
    for row, score in found.items():
        alike = [each for each in real if _compared(each) == _compared(score)]
        best |= {name: each for name, each in _rows(alike).items() if name == row}
    if not found:
        return ""
    faults: list[str] = []
    merits: list[str] = []
    copies = ""
    if "sharpness" in found:
        value = found["sharpness"].value
        text = f"(sharpness {value:.2f}; real pictures have 1)"
        if value < BLUR:
            faults.append(f"blurred {text}")
        elif value > NOISE:
            faults.append(f"noise, or edges that are too hard {text}")
        else:
            merits.append(f"sharp {text}")
    if "recall" in found:
        value, whole = found["recall"].value, _value(best, "recall", 1.0)
        text = f"(recall {value:.2f}; {_real(best, 'recall', whole)})"
        bad = value < FEW * whole
        (faults if bad else merits).append(f"{'few' if bad else 'many'} kinds of pictures {text}")
    if "kid" in found:
        value, least = found["kid"].value, _value(best, "kid", 0.0)
        text = f"(kid {value:.3f}; {_real(best, 'kid', least)})"
        bad = value - least > max(FAR, 2 * (found["kid"].error or 0.0))
        (faults if bad else merits).append(f"{'far from' if bad else 'like'} real pictures {text}")
    if "nearest_neighbour_ratio" in found:
        value = found["nearest_neighbour_ratio"].value
        text = f"(nearest_neighbour_ratio {value:.2f}; new pictures have 1)"
        if value < COPIES:
            faults.append(f"copies of training pictures {text}")
        elif value < NEW:
            copies = f" Perhaps some copies {text}: look at tf-gan-sample --kind=neighbours."
        else:
            copies = f" No sign of copies {text}."
    if faults:
        return f"Not good yet: {', '.join(faults)}.{copies}"
    missing = [row for row in ROWS if row not in found]
    if missing:
        known = f" So far: {', '.join(merits)}." if merits else ""
        return f"Not enough measured to say: {', '.join(missing)} missing.{known}{copies}"
    return f"Good by these numbers: {', '.join(merits)}.{copies} Look at the samples too."


def _rows(scores: list[Score]) -> dict[str, Score]:
    """Returns the scores of `ROWS`, those that are numbers."""
    places = {rank(score.name): score for score in scores if math.isfinite(score.value)}
    return {row: places[place] for place, row in enumerate(ROWS) if place in places}


def _compared(score: Score):
    """Returns what samples were compared with, and by which features."""
    return score.details.get("reference")


def _value(scores: dict[str, Score], row: str, default: float) -> float:
    return scores[row].value if row in scores else default


def _real(scores: dict[str, Score], row: str, value: float) -> str:
    """Returns what real pictures have, as far as it is known."""
    if row not in scores:
        return f"{value:g} is best"
    return f"real pictures have {value:.{3 if row == 'kid' else 2}f}"
