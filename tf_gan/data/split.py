"""Names of splits: parts of a data set, such as `train[:50000]` or `test`."""

import re

from tf_gan.errors import UserError

# The whole of a split, or what lies between two counts or percentages of it.
_PART = re.compile(r"(\w+)(?:\[(-?\d+%?)?:(-?\d+%?)?\])?")


class UnknownSplitError(UserError):
    """A data set has no such split."""


def overlaps(split: str, other: str) -> bool:
    """Returns whether two splits of a data set may share examples.

    `train+test` and `test` do, `train[:50000]` and `train[50000:]` do not. True where
    it depends on the size of the set, as for `train[:90%]` and `train[5000:]`.

    Args:
        split: Such as `"train"`, `"train[:50000]"`, `"train+test"`, `"all"`.
        other: Another one of the same set.
    """
    return any(_overlap(a.strip(), b.strip()) for a in split.split("+") for b in other.split("+"))


def _overlap(split: str, other: str) -> bool:
    names = [part.partition("[")[0] for part in (split, other)]
    if names[0] != names[1]:
        return "all" in names
    first, second = _PART.fullmatch(split), _PART.fullmatch(other)
    if not first or not second:
        return True
    return not (_ends_before(first[3], second[2]) or _ends_before(second[3], first[2]))


def _ends_before(stop: str | None, start: str | None) -> bool:
    """Returns whether `[:stop]` surely ends where `[start:]` begins, or before."""
    if stop is None or start is None or ("%" in stop) != ("%" in start):
        return False
    stop, start = stop.rstrip("%"), start.rstrip("%")
    return stop.startswith("-") == start.startswith("-") and int(stop) <= int(start)
