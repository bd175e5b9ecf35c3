"""Minibatches that are half labelled: who is in them, in which order, and which labels
are kept.
"""

import numpy as np
import pytest

from tf_gan.data import Examples, HalfLabelledExamples, keep_labels
from tf_gan.errors import UserError


def numbers(n: int = 20, known=(3, 7, 11), **fields) -> HalfLabelledExamples:
    """Examples whose i-th image is the number i, with the label 100 + i for the known
    ones.
    """
    labels = np.full(n, -1)
    labels[list(known)] = 100 + np.array(known)
    return HalfLabelledExamples(
        np.arange(n, dtype=np.float32)[:, None], labels, value_range=None, **fields
    )


def taken(examples, batch_size, count, **order):
    """Images and labels of the first `count` batches, each of shape `(count, rows)`."""
    batches = list(examples.batches(batch_size, **order).take(count))
    return np.stack([x.numpy()[:, 0] for x, _ in batches]).astype(int), np.stack(
        [y.numpy() for _, y in batches]
    )


def test_labelled_images_and_others_take_turns():
    images, labels = taken(numbers(), 6, 12)
    assert set(images[:, ::2].ravel()) == {3, 7, 11}
    np.testing.assert_array_equal(labels[:, ::2], 100 + images[:, ::2])
    # Labelled images too are among the others, without their labels.
    assert (labels[:, 1::2] == -1).all()


@pytest.mark.parametrize(("n", "batch_size"), [(20, 8), (21, 8), (6, 12)])
def test_an_epoch_shows_every_image_once_without_its_label(n, batch_size):
    examples, half = numbers(n, known=(3,)), batch_size // 2
    steps = examples.steps_per_epoch(batch_size)
    assert steps == n // half
    epochs = taken(examples, batch_size, 3 * steps)[0][:, 1::2].reshape(3, -1)
    for epoch in epochs:
        assert len(set(epoch)) == steps * half
    assert (epochs[0] != epochs[1]).any()


# 16: more than two turns of the three labelled images in a minibatch.
@pytest.mark.parametrize("batch_size", [4, 6, 16])
def test_each_turn_shows_every_labelled_image_once(batch_size):
    draws = taken(numbers(), batch_size, 30)[0][:, ::2].ravel()
    turns = draws[: len(draws) // 3 * 3].reshape(-1, 3)
    assert all(set(turn) == {3, 7, 11} for turn in turns.tolist())
    assert len({tuple(turn) for turn in turns.tolist()}) == 6  # All orders come about.


@pytest.mark.parametrize("known", [20, 2100])  # By a sort, and by a block cipher.
def test_no_turn_of_the_labelled_images_has_the_order_of_another(known):
    examples = numbers(known + 5, known=range(known))
    turns = taken(examples, 2 * known, 300)[0][:, ::2]
    assert (np.sort(turns) == np.arange(known)).all()
    assert len({turn.tobytes() for turn in turns}) == 300


def test_the_two_halves_have_orders_of_their_own():
    images, _ = taken(numbers(known=range(20)), 40, 3)
    assert (images[:, ::2] != images[:, 1::2]).any(axis=1).all()


def test_order_depends_on_seed_and_number_alone():
    whole = taken(numbers(), 6, 12, seed=5)
    for again in (
        taken(numbers(), 6, 12, seed=5),
        taken(numbers(), 6, 12, seed=5, rows=list(range(6))),
    ):
        np.testing.assert_array_equal(again, whole)
    other = taken(numbers(), 6, 12, seed=6)[0]
    assert (other[:, ::2] != whole[0][:, ::2]).any() and (other[:, 1::2] != whole[0][:, 1::2]).any()
    for first in (1, 5, 11):  # The last one is in the second epoch.
        np.testing.assert_array_equal(
            taken(numbers(), 6, 12 - first, seed=5, first_batch=first), np.array(whole)[:, first:]
        )
    late = taken(numbers(), 6, 2, first_batch=2 * 10**10)
    assert set(late[0][:, ::2].ravel()) <= {3, 7, 11}


def test_without_shuffle_the_order_is_that_of_the_arrays():
    images, _ = taken(numbers(4, known=(1, 2, 3)), 4, 3, shuffle=False)
    assert images[:, ::2].tolist() == [[1, 2], [3, 1], [2, 3]]
    assert images[:, 1::2].tolist() == [[0, 1], [2, 3], [0, 1]]


def test_rows_are_those_rows_of_the_batch():
    whole, labels = taken(numbers(), 8, 5)
    part, part_labels = taken(numbers(), 8, 5, rows=[4, 5, 6, 7])
    np.testing.assert_array_equal(part, whole[:, 4:])
    np.testing.assert_array_equal(part_labels, labels[:, 4:])


def test_batches_larger_than_the_set_allows():
    assert numbers(20).steps_per_epoch(40) == 1
    assert [numbers(20).steps_per_epoch(size) for size in (1, 42)] == [0, 0]
    with pytest.raises(UserError, match="batch_size=42, 20 images"):
        numbers(20).batches(42)


def test_no_label_is_known():
    images = np.zeros((8, 2), np.float32)
    for labels in (None, np.full(8, -1)):
        with pytest.raises(UserError, match=r"half of a minibatch.*Received: bare, which has none"):
            HalfLabelledExamples(images, labels, None, name="bare").batches(4)


def test_of_keeps_all_fields():
    examples = Examples(
        np.zeros((3, 2), np.uint8), np.array([0, -1, 1]), (0.0, 1.0), ("a", "b"), "three"
    )
    half = HalfLabelledExamples.of(examples)
    assert (half.name, half.value_range, half.class_names, half.num_classes) == (
        "three",
        (0.0, 1.0),
        ("a", "b"),
        2,
    )
    assert isinstance(half[:2], HalfLabelledExamples) and len(half[:2]) == 2


# === Which labels are kept ===


def labelled(n=60, classes=3, **fields):
    return Examples(
        np.arange(n, dtype=np.float32)[:, None],
        np.arange(n) % classes,
        None,
        name="sixty",
        **fields,
    )


def test_so_many_of_each_class_chosen_by_the_seed():
    kept = keep_labels(labelled(), 4, seed=1)
    assert np.bincount(kept.labels + 1).tolist() == [48, 4, 4, 4]
    known = kept.labels >= 0
    np.testing.assert_array_equal(kept.labels[known], labelled().labels[known])
    np.testing.assert_array_equal(keep_labels(labelled(), 4, seed=1).labels, kept.labels)
    assert (keep_labels(labelled(), 4, seed=2).labels != kept.labels).any()
    # More labels of the same seed are these and others.
    assert (keep_labels(labelled(), 5, seed=1).labels[known] >= 0).all()


def test_the_number_of_classes_stays():
    assert keep_labels(labelled(), 1).num_classes == 3
    assert keep_labels(labelled(), 1)[:0].num_classes == 3


@pytest.mark.parametrize(
    ("examples", "per_class", "message"),
    [
        (
            labelled(59),
            20,
            (
                r"at least 20 images of each class, .*labels_per_class.*Received: 19 of class 2 in"
                r" sixty"
            ),
        ),
        (
            Examples(np.zeros((3, 1)), None, None, name="bare"),
            1,
            "Expected images with labels .*Received: bare, which has none",
        ),
        (
            Examples(np.zeros((3, 1)), np.full(3, -1), None, name="unknown"),
            1,
            "Expected images with labels .*Received: unknown, which has none",
        ),
        (labelled(), 0, "per_class=0"),
    ],
)
def test_labels_that_are_not_there(examples, per_class, message):
    with pytest.raises(UserError, match=message):
        keep_labels(examples, per_class)
