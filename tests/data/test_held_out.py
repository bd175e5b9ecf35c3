"""Which pictures training never sees."""

import collections

import pytest

from tf_gan.data.held_out import split_names
from tf_gan.data.split import UnknownSplitError
from tf_gan.errors import UserError


def names(n):
    return [f"{i:04}.png" for i in range(n)]


@pytest.mark.parametrize(
    ("n", "held_out", "count"),
    [
        (100, 0.1, 10),
        (4, 0.1, 1),
        (249, 0.1, 25),
        (250, 0.1, 50),
        (1000, 0.1, 100),
        (1000, 0.5, 500),
        (1000, 0.0001, 50),
        (1000, 7, 7),
        (14, 7, 7),
    ],
)
def test_counts(n, held_out, count):
    train, test = (split_names(names(n), split, held_out, 0) for split in ("train", "test"))
    assert len(test) == count
    assert sorted(train + test) == list(range(n))
    assert (train, test) == (sorted(train), sorted(test))


def test_the_choice_depends_on_seed_and_names_and_hardly_on_what_comes_later():
    chosen = {seed: split_names(names(1000), "test", 0.1, seed) for seed in range(2)}
    # Of two random choices of 100 out of 1,000, 10 are expected in both, 3 a deviation.
    assert len(set(chosen[0]) & set(chosen[1])) < 25
    assert chosen[0] == split_names(names(1000), "test", 0.1, 0)
    more = split_names([*names(1000), "new.png"], "test", 0.1, 0)
    assert len(set(chosen[0]) & set(more)) >= 99


def test_each_class_has_its_share():
    classes = ["a"] * 60 + ["b"] * 30 + ["c"] * 10 + ["d"]
    test = split_names(names(101), "test", 10, 0, classes)
    assert collections.Counter(classes[i] for i in test) == {"a": 6, "b": 3, "c": 1}
    # a comes at 1/16, 3/16, 5/16 ..., b at 1/4 and 3/4.
    test = split_names(names(10), "test", 3, 0, ["a"] * 8 + ["b"] * 2)
    assert len([i for i in test if i >= 8]) == 1
    # Half of all, the only one of its class not among them.
    test = split_names(names(5), "test", 2, 0, ["a", "a", "a", "a", "b"])
    assert len(test) == 2 and 4 not in test


@pytest.mark.parametrize("held_out", [-0.1, 0.6, 1, 1.5, float("nan"), float("inf")])
def test_values_that_are_neither_a_share_nor_a_count(held_out):
    with pytest.raises(UserError, match=r"a share of the images from 0 to 0\.5"):
        split_names(names(100), "train", held_out, 0)


def test_more_than_half():
    with pytest.raises(UserError, match=r"at most half of the 13 images\. Received: 7\. Take"):
        split_names(names(13), "train", 7, 0)


@pytest.mark.parametrize(("n", "held_out", "warnings"), [(3, 0.1, 1), (100, 0, 0)])
def test_nothing_is_held_out(caplog, n, held_out, warnings):
    assert split_names(names(n), "train", held_out, 0) == list(range(n))
    assert len(caplog.messages) == warnings
    with pytest.raises(UnknownSplitError, match=f"None of the {n} images is held out"):
        split_names(names(n), "test", held_out, 0)


def test_another_split():
    with pytest.raises(UnknownSplitError, match=r"train or test\. Received: 'validation'"):
        split_names(names(100), "validation", 0.2, 0)


def test_copies_are_held_out_together_or_not_at_all():
    names = [f"{number}.png" for number in range(60)]
    copies = [names[start : start + 3] for start in range(0, 30, 3)]
    for seed in range(20):
        test = {names[row] for row in split_names(names, "test", 0.2, seed, copies=copies)}
        train = {names[row] for row in split_names(names, "train", 0.2, seed, copies=copies)}
        assert len(test) == 12 and test | train == set(names) and not test & train
        assert all(set(group) <= test or set(group) <= train for group in copies)
    # Without copies, the choice is as before.
    assert split_names(names, "test", 0.2, 0, copies=[]) == split_names(names, "test", 0.2, 0)
    assert len(split_names(names, "test", 0.2, 0, copies=[names])) == 12  # All are the same.
