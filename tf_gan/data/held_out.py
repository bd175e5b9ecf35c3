"""Which pictures of a set training never sees: a choice by the seed of the run."""

import hashlib
import logging
from collections import Counter, defaultdict
from collections.abc import Sequence

from tf_gan.data.split import UnknownSplitError
from tf_gan.errors import UserError

SMALLEST_SET = 4  # Smaller sets hold nothing out.
# A score needs some images: sets of 250 or more hold out at least 50.
LARGE_SET, LEAST = 250, 50


def split_names(
    names: Sequence[str],
    split: str,
    held_out: float,
    seed: int,
    classes: Sequence[str] | None = None,
    copies: Sequence[Sequence[str]] = (),
) -> list[int]:
    """Returns which examples belong to a split, as positions in ascending order.

    Each name has a place in a permutation, the SHA-256 of seed and name; the first ones
    are held out. So the choice depends on the seed and the names alone, and an example
    that comes later moves few others. With classes, the i-th of the n of a class comes
    at (i + 1/2) / n: each class has its share in both parts as far as it goes.

    Args:
        names: Names of the examples, each once, such as paths below a folder.
        split: `"train"` or `"test"`, the part that is held out.
        held_out: Share of the examples to hold out, from 0 to 0.5, but at least 50 of
            250 or more, and 1 of 4 or more; or how many, an integer > 1, at most half of
            them. 0 for none.
        seed: Integer.
        classes: Class of each example, or None.
        copies: Groups of names of examples that are the same: a group is held out as a
            whole or not at all, as far as there are others.

    Raises:
        UserError: for another `held_out`.
        UnknownSplitError: for another split, and the test split where nothing is held out.
    """
    if split not in ("train", "test"):
        raise UnknownSplitError(f"Expected the split train or test. Received: {split!r}")
    count = _count(len(names), held_out)
    if split == "test" and not count:
        raise UnknownSplitError(
            f"None of the {len(names)} images is held out for a test split. Expected"
            f" config.data.held_out > 0 and at least {SMALLEST_SET} images. Received:"
            f" config.data.held_out={held_out:g}"
        )
    labels = classes or [""] * len(names)
    members, places = defaultdict(list), {}
    for position, name in enumerate(names):
        key = hashlib.sha256(f"{seed} {name}".encode(errors="surrogateescape")).digest()
        members[labels[position]].append((key, position))
    sizes = Counter(labels)
    for label, keyed in members.items():
        for rank, (key, position) in enumerate(sorted(keyed)):
            # Of equal places the one in the larger class: it has more images left.
            places[position] = ((rank + 0.5) / sizes[label], -sizes[label], key)
    order = sorted(places, key=places.__getitem__)
    positions = {name: position for position, name in enumerate(names)}
    same = {
        positions[name]: {positions[each] for each in group} for group in copies for name in group
    }
    chosen: set[int] = set()
    for position in order:
        group = same.get(position, {position})
        if position not in chosen and len(chosen) + len(group) <= count:
            chosen |= group
        if len(chosen) == count:
            break
    for position in order:  # Where there are hardly any others than copies.
        if len(chosen) == count:
            break
        chosen.add(position)
    return [position for position in range(len(names)) if (position in chosen) == (split == "test")]


def _count(total: int, held_out: float) -> int:
    """Returns how many of `total` images are held out."""
    if not (0 <= held_out <= 0.5 or (held_out > 1 and held_out % 1 == 0)):
        raise UserError(
            "Expected config.data.held_out to be a share of the images from 0 to 0.5, such as 0.1,"
            f" or how many, such as 200. Received: {held_out:g}"
        )
    if held_out == 0 or total == 0:  # Who reads the folder says that nothing is there.
        return 0
    if held_out > total // 2 and held_out > 1:
        raise UserError(
            f"Expected config.data.held_out to be at most half of the {total} images. Received:"
            f" {held_out:g}. Take a smaller number, or 0 to train on all of them"
        )
    if total < SMALLEST_SET:
        logging.warning(
            "No image is held out for a test: there are only %d, fewer than %d.",
            total,
            SMALLEST_SET,
        )
        return 0
    if held_out > 1:
        return int(held_out)
    return max(round(held_out * total), LEAST if total >= LARGE_SET else 1)
