"""The history of fakes: the first pass, then each is shown or changes places with one
of the pool, with probability 1/2.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gan.layers import ImageHistory
from tf_gan.training.rng import Stream


def numbered(start: int, n: int) -> tf.Tensor:
    """Images whose only pixel is their number."""
    return tf.reshape(tf.range(start, start + n, dtype=tf.float32), [n, 1, 1, 1])


def play(history: ImageHistory, steps: int, batch: int):
    """Shows batches of new numbers and yields, for each, the new ones, those that were
    shown, and the pool before.
    """

    @tf.function
    def show(new, step):
        shown, slots = history.choose(new, Stream(0, step))
        history.write(new, slots)
        return shown

    for step in range(steps):
        new, before = numbered(1 + step * batch, batch), history.images.numpy().ravel()
        shown = show(new, tf.constant(step))
        yield new.numpy().ravel(), shown.numpy().ravel(), before, history.images.numpy().ravel()


@pytest.mark.parametrize("batch", [1, 5])
def test_the_first_50_pass_and_fill_the_pool(batch):
    history = ImageHistory(50, (1, 1, 1))
    for new, shown, _, _ in play(history, 50 // batch, batch):
        np.testing.assert_array_equal(shown, new)
    np.testing.assert_array_equal(history.images.numpy().ravel(), np.arange(1, 51))
    assert history.count.numpy() == 50


def test_afterwards_each_changes_places_with_probability_one_half():
    history = ImageHistory(50, (1, 1, 1))
    changed, places = [], []
    for step, (new, shown, before, after) in enumerate(play(history, 1010, 5)):
        if step < 10:
            continue
        moved = shown != new
        changed.append(moved)
        # Of the pool, none twice.
        assert set(shown[moved]) <= set(before) and len(set(shown[moved])) == moved.sum()
        expected = before.copy()  # The twin in NumPy: each puts itself where it took one from.
        for image, instead in zip(new[moved], shown[moved], strict=True):
            places.append(int(np.flatnonzero(before == instead)[0]))
            expected[places[-1]] = image
        np.testing.assert_array_equal(after, expected)
    assert np.mean(changed) == pytest.approx(0.5, abs=0.03)  # 4 standard errors of 5,000 are 0.028.
    counts = np.bincount(places, minlength=50)
    assert counts.min() > 20 and counts.max() < 85  # 50 each, with a deviation of 7.


def test_a_pool_that_a_batch_does_not_fill_evenly():
    history = ImageHistory(3, (1, 1, 1))
    batches = list(play(history, 2, 2))
    np.testing.assert_array_equal(batches[1][1], [3, 4])  # It was not full before: all pass.
    np.testing.assert_array_equal(batches[1][3], [1, 2, 3])
    for new, shown, _, _ in play(history, 50, 5):
        # Beyond the size of the pool there is nobody left to change with.
        np.testing.assert_array_equal(shown[3:], new[3:])


def test_replicas_choose_what_one_would_have_chosen():
    history = ImageHistory(4, (1, 1, 1))
    list(play(history, 1, 4))
    new = numbered(10, 4)
    whole = history.choose(new, Stream(7, 2))
    parts = [
        history.choose(new[2 * r : 2 * r + 2], Stream(7, 2, replica=r, replicas=2)) for r in (0, 1)
    ]
    for number in (0, 1):
        np.testing.assert_array_equal(tf.concat([part[number] for part in parts], 0), whole[number])
    assert set(whole[1].numpy()) - {-1}


def test_the_same_in_xla():
    history = ImageHistory(4, (1, 1, 1))
    list(play(history, 2, 3))
    choose = lambda images: history.choose(images, Stream(3))  # noqa: E731
    for eager, compiled in zip(
        choose(numbered(9, 3)), tf.function(choose, jit_compile=True)(numbered(9, 3)), strict=True
    ):
        np.testing.assert_array_equal(eager, compiled)


def test_it_is_state_but_not_trained():
    history = ImageHistory(2, (3, 3, 1))
    assert [tuple(weight.shape) for weight in history.weights] == [(2, 3, 3, 1), ()]
    assert history.trainable_weights == [] and isinstance(history, keras.layers.Layer)


def test_images_in_half_precision():
    history = ImageHistory(2, (1, 1, 1))
    new = tf.cast(numbered(1, 2), tf.float16)
    shown, slots = history.choose(new, Stream(0))
    history.write(new, slots)
    assert shown.dtype == tf.float32
    np.testing.assert_array_equal(history.images.numpy().ravel(), [1, 2])
