"""The order of training: permutations that differ by seed and epoch, and mix as NumPy's
permutations do.
"""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from tf_gan.data.order import Order

EPOCHS = 60  # Of the statistics; NumPy's own are measured over the same number.


def epochs(n: int, numbers, seed=0, first: int | None = None, folds=()) -> np.ndarray:
    """The first rows of some epochs, shape `(len(numbers), first or n)`."""
    order = Order(n, tf.range(first or n), seed, shuffle=True)
    rows = tf.data.Dataset.from_tensor_slices(np.asarray(numbers, np.int64)).map(
        lambda number: order.index(number, n, *folds), num_parallel_calls=2
    )
    return np.stack(list(rows.as_numpy_iterator()))


def numpys(n: int, count: int) -> np.ndarray:
    generator = np.random.default_rng(0)
    return np.stack([generator.permutation(n) for _ in range(count)])


def distinct(rows: np.ndarray) -> int:
    return len({row.tobytes() for row in rows})


def is_permutation(rows: np.ndarray) -> bool:
    return (np.sort(rows) == np.arange(rows.shape[-1])).all()


# === One permutation ===

# 65,537 and 262,145: the block cipher of `RandomIndexShuffle` alone is no permutation.
SIZES = [1, 2, 3, 50, 400, 1797, 2048, 2049, 60_000, 65_536, 65_537, 65_538, 200_000, 262_145]


@pytest.mark.parametrize("n", SIZES)
def test_every_epoch_is_a_permutation(n):
    rows = epochs(n, [0, 1, 255, 2**31, 2**40])
    assert is_permutation(rows)
    np.testing.assert_array_equal(epochs(n, [0, 1, 255, 2**31, 2**40]), rows)


def test_all_orders_of_a_few_are_as_frequent():
    rows = epochs(3, range(1200))
    counts = np.unique(rows, axis=0, return_counts=True)[1]
    # Binomial(1200, 1/6): deviation 12.9.
    assert len(counts) == 6 and np.abs(counts - 200).max() < 52


@pytest.mark.parametrize("n", [50, 5000])
def test_it_is_the_same_eagerly_in_a_function_and_in_a_data_set(n):
    order = Order(10, tf.constant([3, 1, 4]), 7, shuffle=True)
    eager = order.index(12, n).numpy()
    np.testing.assert_array_equal(tf.function(order.index)(tf.constant(12, tf.int64), n), eager)
    (inside,) = tf.data.Dataset.range(12, 13).map(lambda number: order.index(number, n))
    np.testing.assert_array_equal(inside, eager)
    epoch, batch = divmod(12, n // 10)
    whole = epochs(n, [epoch], seed=7)[0]
    np.testing.assert_array_equal(whole[batch * 10 + np.array([3, 1, 4])], eager)


# === No order comes twice ===


@pytest.mark.parametrize("n", [50, 400, 1797, 60_000, 200_000])
def test_a_thousand_epochs_have_a_thousand_orders(n):
    assert distinct(epochs(n, range(1001), first=min(n, 300))) == 1001


@pytest.mark.parametrize("n", [1797, 60_000])
def test_two_thousand_seeds_have_as_many_first_epochs(n):
    positions = tf.range(300)
    rows = tf.data.Dataset.range(2000).map(
        lambda seed: Order(n, positions, seed, shuffle=True).index(0, n), num_parallel_calls=2
    )
    assert distinct(np.stack(list(rows.as_numpy_iterator()))) == 2000


@pytest.mark.parametrize("n", [50, 60_000])
def test_large_epochs_and_seeds_count_in_full(n):
    """Not only their lowest 32 bits."""
    large = [0, 1, 2**31 - 1, 2**31, 2**32, 2**32 + 1, 2**40, 2**52]
    assert distinct(epochs(n, large, first=50)) == len(large)
    seeds = [-1, *large, 2**61]
    assert distinct(np.concatenate([epochs(n, [0], seed, 50) for seed in seeds])) == len(seeds)
    folds = [(), (0,), (1,), (-1,), (0, 0)]
    rows = [epochs(n, [0], 0, 50, each) for each in folds]
    assert distinct(np.concatenate(rows)) == len(folds)


def test_large_numbers_of_batches_count_in_full_where_images_are_mirrored():
    order = Order(50, tf.range(50), 0, shuffle=True)
    numbers = [0, 1, 2**31, 2**31 + 1, 2**32, 2**40]
    assert distinct(np.stack([order.uniform(number) for number in numbers])) == len(numbers)


# === It mixes ===


def assert_alike(ours: np.ndarray, numpys: np.ndarray) -> None:
    """The mean within five standard errors of NumPy's, no value further from it than
    one and a half times the furthest of NumPy's.
    """
    centre = numpys.mean()
    assert abs(ours.mean() - centre) < 5 * numpys.std() * (2 / len(numpys)) ** 0.5
    assert np.abs(ours - centre).max() < 1.5 * np.abs(numpys - centre).max()


def class_variance(rows: np.ndarray, batch_size: int) -> np.ndarray:
    """Variance of the count of a class in a batch, of data sorted in ten classes."""
    n = rows.shape[1]
    batches = (rows * 10 // n)[:, : n // batch_size * batch_size].reshape(len(rows), -1, batch_size)
    counts = np.stack([(batches == label).sum(2) for label in range(10)])
    return counts.var(axis=(0, 2))


@pytest.mark.parametrize(("n", "batch_size"), [(1797, 64), (5000, 128), (60_000, 64)])
def test_classes_are_spread_over_the_batches(n, batch_size):
    assert_alike(
        class_variance(epochs(n, range(EPOCHS)), batch_size),
        class_variance(numpys(n, EPOCHS), batch_size),
    )


def pairs_again(rows: np.ndarray, batch_size: int) -> np.ndarray:
    """Pairs that share a batch in two successive epochs, over what chance gives."""
    n = rows.shape[1]
    batch = np.argsort(rows) // batch_size  # Of each image.
    most = batch.max() + 1
    counts = np.stack(
        [np.bincount(a * most + b, minlength=most**2) for a, b in itertools.pairwise(batch)]
    )
    sizes = np.bincount(batch[0])
    chance = (sizes * (sizes - 1)).sum() ** 2 / (n * (n - 1))
    return (counts * (counts - 1)).sum(1) / chance


@pytest.mark.parametrize("batch_size", [64, 128])
def test_neighbours_in_a_batch_part_in_the_next_epoch(batch_size):
    ours = pairs_again(epochs(60_000, range(20)), batch_size)
    assert_alike(ours, pairs_again(numpys(60_000, 20), batch_size))
    assert abs(ours.mean() - 1) < 0.01


def most_frequent_step(rows: np.ndarray) -> np.ndarray:
    steps = np.diff(rows) % rows.shape[1]
    return np.array([np.bincount(row).max() for row in steps])


@pytest.mark.parametrize("n", [5000, 60_000])
def test_no_step_between_neighbours_is_frequent(n):
    assert_alike(
        most_frequent_step(epochs(n, range(EPOCHS))), most_frequent_step(numpys(n, EPOCHS))
    )


def test_neighbours_in_a_small_set_do_not_stay_neighbours():
    # 20 epochs of each of 40 seeds.
    orders = tf.data.Dataset.range(800).map(
        lambda i: Order(50, tf.range(50), i // 20, shuffle=True).index(i % 20, 50)
    )
    rows = np.stack(list(orders.as_numpy_iterator()))
    stay = (np.diff(rows) == 1).mean(axis=1)
    assert_alike(stay, (np.diff(numpys(50, 800)) == 1).mean(axis=1))
    assert abs(stay.mean() - 0.02) < 0.003
