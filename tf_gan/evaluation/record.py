"""The file `metrics.json` of a run: a list of measured values with their protocols."""

import contextlib
import json
import math
import pathlib
from collections.abc import Iterator

import filelock
import numpy as np

from tf_gan.errors import UserError
from tf_gan.evaluation.score import Score
from tf_gan.evaluation.verdict import verdict
from tf_gan.io import atomic


def write(path, entries: list[dict]) -> None:
    """Adds entries to a file of metrics. One that measured the same by the same
    protocol before is replaced; all others stay, also those that another process writes
    at the same time.

    Args:
        path: The file; a JSON list. Values that are not finite are null in it.
        entries: Dictionaries with at least `source`, `step`, `weights`, `seed`, `name`
            and `protocol`.

    Raises:
        UserError: if the file is there and is no such list.
        OSError: if it cannot be written; the file is named.
    """
    path = pathlib.Path(path)
    with _alone(path):
        before = read(path)
        new = {_identity(entry) for entry in entries}
        entries = _finite([entry for entry in before if _identity(entry) not in new] + entries)
        with atomic.atomic_file(path) as temporary:
            temporary.write_text(json.dumps(entries, indent=2, allow_nan=False) + "\n")


def write_verdict(path, facts: dict) -> str:
    """Adds the verdict on samples, in words, by all that was measured of them so far: an
    entry without a value, with the verdict as `text`. Returns it, "" if there is none.

    Args:
        path: The file.
        facts: The `source`, `step`, `weights` and `seed` of the samples.

    Raises:
        UserError: if the file is no list of metrics.
        OSError: if it cannot be written; the file is named.
    """
    entries = read(path)
    real = {"source": "real", "seed": facts["seed"]}
    text = verdict(_scores(entries, facts), _scores(entries, real))
    if text:
        protocol = "by the limits of docs/metrics.md, scores of your own pictures"
        write(
            path, [facts | {"name": "verdict", "value": None, "protocol": protocol, "text": text}]
        )
    return text


def _scores(entries: list[dict], facts: dict) -> list[Score]:
    """Returns the values of entries with some facts."""
    facts = {"standing_batches": None} | facts  # Not noted where it is 0.
    return [
        Score(
            entry["name"],
            entry["value"],
            entry["protocol"],
            entry.get("error"),
            entry.get("details") or {},
        )
        for entry in entries
        if all(entry.get(key) == fact for key, fact in facts.items())
        and entry.get("value") is not None
    ]


def read(path) -> list[dict]:
    """Returns the entries of a file of metrics, none if it is not there.

    Args:
        path: The file.

    Raises:
        UserError: if it cannot be read as such a list.
    """
    path = pathlib.Path(path)
    if not path.exists():
        return []
    try:
        entries = json.loads(path.read_text())
        if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
            raise TypeError("not a list of objects")
    except (OSError, TypeError, ValueError, RecursionError) as error:
        raise UserError(
            f"{path} cannot be read as a list of metrics ({error}). Move it away and try again"
        ) from error
    return entries


@contextlib.contextmanager
def _alone(path: pathlib.Path) -> Iterator[None]:
    """Waits until no other process writes the file, and keeps them waiting. The lock of
    the run is another one: a run that is being trained can be evaluated.
    """
    lock = path.with_name(f".{path.name}.lock")
    with atomic.naming_errors(lock):
        held = filelock.FileLock(lock).acquire()
    with held:
        yield


def _identity(entry: dict) -> tuple:
    keys = ("source", "step", "weights", "standing_batches", "seed", "name", "protocol")
    return tuple(entry.get(key) for key in keys)


def _finite(value):
    """Returns a value for JSON, which has no NaN, None in its place, and no arrays of
    NumPy.
    """
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return list(map(_finite, value))
    return None if isinstance(value, float) and not math.isfinite(value) else value
