"""The curves of a run: the logs of its epochs, by what is shown together."""

import bisect
import math
import re
import statistics

from tf_gan.io import json_lines

POINTS = 800  # At most, of a curve: about the pixels of a chart.
# Title, what it says, names of the logs. The first that fits counts.
CHARTS = (
    (
        "Losses",
        "What each network descends, and the penalty. They need not fall: look at the samples.",
        r".*(loss|penalty|regularization).*",
    ),
    (
        "Value function",
        "E[log D(x)] + E[log(1 - D(G(z)))]: -log 4, about -1.39, if D tells nothing apart.",
        r"V\(D,G\)",
    ),
    (
        "Verdict of the discriminator",
        "Means of D on real images and on fakes. The closer they are, the harder to tell apart.",
        r"D\(x\)|D\(G\(z\)\)|logit\(x\)|logit\(G\(z\)\)",
    ),
    (
        "Held-out images",
        "D on training images, on images it never saw, and on samples.",
        r"logit\((train|held_out|samples)\)",
    ),
    (
        "Held-out gap",
        "r_v: 0 if D judges new images as it does training images, 1 if it takes them for samples.",
        r"r_v",
    ),
    (
        "Distance of samples",
        "Sliced Wasserstein distance from training images: falls while the samples get better.",
        r"distance\(samples\)",
    ),
    ("Learning rate", "Of each optimizer.", r".*learning_rate.*"),
)
SPEED = ("Images a second", "Training images, evaluation and pictures included.")
OTHER = "A score, or another log."
# Real, then fake; the discriminator's, then the generator's.
FIRST = ("D(x)", "logit(x)", "logit(train)", "logit(held_out)", "discriminator", "generator")


def read_log(path) -> tuple[list[dict], int]:
    """Returns the lines of a log by their steps, and how many cannot be read. Of lines with
    the same step, and the same `kind` where they have one, the last one counts.

    Args:
        path: A file of JSON objects, one a line, with `step`; it may be missing.
    """
    try:
        found, broken = json_lines.read(path)
    except OSError:
        return [], 0
    lines = {(line["step"], str(line.get("kind", ""))): line for line in found}
    return [lines[key] for key in sorted(lines)], broken


def number(value) -> float | None:
    """Returns a value of a log as a finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def charts(lines: list[dict], images_per_step: float, starts: list[dict]) -> list[dict]:
    """Returns the charts of a run: `{"title", "text", "series": [{"name", "x", "y"}]}`;
    x in epochs.

    Args:
        lines: The lines of `metrics.jsonl`.
        images_per_step: Training images in a step.
        starts: `{"step"}` of each time that training started.
    """
    series: dict[str, list[tuple[float, float]]] = {}
    for line in lines:
        x = number(line.get("epoch"))
        for name, value in line.items():
            y = number(value)
            if name not in ("epoch", "step", "seconds") and x is not None and y is not None:
                series.setdefault(name, []).append((x, y))
    found: dict[str, dict] = {}
    for name in sorted(series, key=_sort_key):
        title, text = _chart_of(name)
        chart = found.setdefault(title, {"title": title, "text": text, "series": []})
        chart["series"].append(_curve(name, series[name]))
    speed = speeds(lines, images_per_step, starts)
    if speed:
        title, text = SPEED
        found[title] = {"title": title, "text": text, "series": [_curve("images/s", speed)]}
    order = [title for title, *_ in CHARTS]
    place = {title: index for index, title in enumerate(order)} | {SPEED[0]: len(order) + 1}
    return sorted(found.values(), key=lambda chart: place.get(chart["title"], len(order)))


def _sort_key(name: str) -> tuple[int, str]:
    """Returns what the logs of a chart are sorted by."""
    found = (index for index, start in enumerate(FIRST) if name.startswith(start))
    return next(found, len(FIRST)), name


def _chart_of(name: str) -> tuple[str, str]:
    for title, text, pattern in CHARTS:
        if re.fullmatch(pattern, name):
            return title, text
    return name, OTHER


def speeds(
    lines: list[dict], images_per_step: float, starts: list[dict]
) -> list[tuple[float, float]]:
    """Returns `(epoch, images a second)`, without the epochs in which training started,
    which compile the program; unless there are no others.

    The seconds of the line of an epoch that was resumed are those after the resume.
    """
    begins = [0.0, *sorted(each["step"] for each in starts)]
    first: list[tuple[float, float]] = []
    later: list[tuple[float, float]] = []
    before = 0.0
    for line in lines:
        step, seconds, epoch = (number(line.get(key)) for key in ("step", "seconds", "epoch"))
        if step is None:
            continue
        started = begins[max(0, bisect.bisect_left(begins, step) - 1)]
        begin = max(before, started)
        if seconds and epoch is not None and step > begin and images_per_step:
            speed = (epoch, (step - begin) * images_per_step / seconds)
            (first if begin == started else later).append(speed)
        before = step
    return later or first


def recent_speed(speed: list[tuple[float, float]]) -> float | None:
    """Returns the median of the last speeds, None if there are none."""
    return statistics.median([value for _, value in speed][-10:]) if speed else None


def _curve(name: str, points: list[tuple[float, float]]) -> dict:
    kept = thinned(points)
    return {
        "name": name,
        "x": [float(f"{x:.6g}") for x, _ in kept],
        "y": [float(f"{y:.6g}") for _, y in kept],
    }


def thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Returns at most `POINTS` points that look like all of them: of each stretch the
    smallest and the largest value, and the two ends.
    """
    if len(points) <= POINTS:
        return points
    count, kept = POINTS // 2 - 1, {0, len(points) - 1}
    for part in range(count):
        rows = range(part * len(points) // count, (part + 1) * len(points) // count)
        kept |= {min(rows, key=lambda i: points[i][1]), max(rows, key=lambda i: points[i][1])}
    return [points[index] for index in sorted(kept)]
