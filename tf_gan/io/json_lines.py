"""Logs of one JSON object a line, also damaged ones."""

import json
import math
import pathlib


def read(path) -> tuple[list[dict], int]:
    """Returns the objects of a log that have a `step`, a finite number, in their order, and
    how many other lines there are, such as one that a crash cut off.

    Args:
        path: A file of JSON objects, one a line; it may be missing.
    """
    try:
        texts = pathlib.Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return [], 0
    lines, broken = [], 0
    for text in filter(str.strip, texts):
        try:
            line = json.loads(text)
            if not math.isfinite(line["step"]):
                raise ValueError
            lines.append(line)
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            broken += 1
    return lines, broken
