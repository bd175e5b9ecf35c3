"""Scores as text."""

import dataclasses
from collections.abc import Callable

from tf_gan.evaluation.score import Score
from tf_gan.reports.scores import key


def table(
    columns: dict[str, list[Score]],
    order: Callable[[str], int] | None = None,
    protocols: bool = True,
) -> str:
    """Returns scores as text: a row for each name, a column for each source, and below
    them the protocols.

    Args:
        columns: The scores of each source: of the run, and of the baselines.
        order: The place of a row, by its name; rows in the same place, and all without
            an order, keep the order of the scores. With it, a score stands in the row of the
            first source's score of the same kind: their counts, which are in the names, may
            differ.
        protocols: Whether the protocols are there.
    """
    if order is not None:
        columns = _aligned(columns)
    names = list(dict.fromkeys(score.name for scores in columns.values() for score in scores))
    if order is not None:
        names.sort(key=order)
    cells = {
        (source, score.name): _cell(score) for source, scores in columns.items() for score in scores
    }
    first = max(len(name) for name in names)
    widths = {
        source: 2 + max(len(source), *(len(cells.get((source, name), "-")) for name in names))
        for source in columns
    }
    lines = [" " * first + "".join(f"{source:>{width}}" for source, width in widths.items())]
    lines += [
        f"{name:{first}}"
        + "".join(f"{cells.get((source, name), '-'):>{width}}" for source, width in widths.items())
        for name in names
    ]
    if not protocols:
        return "\n".join(lines)
    scores = [(source, score) for source, part in columns.items() for score in part]
    first_of = {score.name: score.protocol for _, score in reversed(scores)}
    lines += ["", *(f"{name}: {first_of[name]}" for name in names)]
    lines += [
        f"{source}, {score.name}: {score.protocol}"
        for source, score in scores
        if score.protocol != first_of[score.name]
    ]
    return "\n".join(lines)


def _aligned(columns: dict[str, list[Score]]) -> dict[str, list[Score]]:
    """Returns the scores of each source, those of the same kind as one of the first source
    under its name.
    """
    first = {key(score.name): score.name for score in next(iter(columns.values()))}
    aligned = {}
    for source, scores in columns.items():
        names = {score.name for score in scores}
        kinds = [key(score.name) for score in scores]
        rows = [first.get(kind) if kind else None for kind in kinds]
        aligned[source] = [
            score if row is None or row in names else dataclasses.replace(score, name=row)
            for score, row in zip(scores, rows, strict=True)
        ]
    return aligned


def _cell(score: Score) -> str:
    return f"{score.value:.5g}" + ("" if score.error is None else f" +- {score.error:.2g}")


def lacking(reasons: dict[str, str]) -> str:
    """Returns the metrics that could not be measured as text, a line for each reason.

    Args:
        reasons: The reason for each metric.
    """
    named: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        named.setdefault(reason, []).append(name)
    return "\n".join(f"  {', '.join(names)}: {reason}" for reason, names in named.items())
