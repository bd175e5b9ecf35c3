"""Examples: which images make a batch, and what a batch holds."""

import numpy as np
import pytest
import tensorflow as tf

from tf_gan.data import Examples, HalfLabelledExamples, ImagePairs, RandomCrops, digits
from tf_gan.errors import UserError


def numbers(n: int, **fields) -> Examples:
    """Examples whose i-th image is the number i."""
    return Examples(np.arange(n, dtype=np.float32)[:, None], value_range=None, **fields)


def taken(examples: Examples, batch_size: int, count: int, **order) -> np.ndarray:
    """The first `count` batches, shape `(count, rows)`."""
    return np.stack(
        [batch.numpy()[:, 0] for batch in examples.batches(batch_size, **order).take(count)]
    ).astype(int)


def test_spread_takes_some_of_each_part():
    assert numbers(7).spread(3).images[:, 0].tolist() == [0, 2, 4]
    assert numbers(6).spread(3).images[:, 0].tolist() == [0, 2, 4]
    examples = numbers(3)
    assert examples.spread(3) is examples.spread(9) is examples.spread(None) is examples


# === Order ===


def test_a_late_start_does_not_read_what_came_before():
    """The first batch of a dataset that starts at batch 10^9 is there at once:
    replaying 10^9 batches would take for ever.
    """
    late = taken(numbers(12), 4, 3, first_batch=3 * 10**8, seed=1)
    epoch = taken(numbers(12), 4, 3, first_batch=3 * 10**8 - 3, seed=1)
    assert sorted(late.ravel()) == sorted(epoch.ravel()) == list(range(12))
    assert len(taken(numbers(12), 4, 1, first_batch=10**9)) == 1


@pytest.mark.parametrize("n", [1, 2, 12, 13])
def test_each_epoch_holds_every_image_once(n):
    batch_size = max(1, n // 3)
    per_epoch = n // batch_size
    epochs = taken(numbers(n), batch_size, 3 * per_epoch).reshape(3, -1)
    for epoch in epochs:
        # 13 images in batches of 4: 12 of them, none twice.
        assert len(set(epoch)) == per_epoch * batch_size
        assert set(epoch) <= set(range(n))


def test_the_rest_of_an_epoch_is_another_one_each_time():
    left_out = {
        (set(range(13)) - set(epoch)).pop() for epoch in taken(numbers(13), 4, 30).reshape(10, 12)
    }
    assert len(left_out) >= 4  # Not always the same image.


def test_order_depends_on_seed_and_epoch_alone():
    first, second = taken(numbers(64), 16, 8, seed=5).reshape(2, 64)
    np.testing.assert_array_equal(first, taken(numbers(64), 16, 4, seed=5).reshape(64))
    # The permutation is the epoch's, not the batch size's.
    np.testing.assert_array_equal(first, taken(numbers(64), 8, 8, seed=5).reshape(64))
    others = [np.arange(64), second, taken(numbers(64), 16, 4, seed=6).reshape(64)]
    for other in others:
        # Two independent permutations agree at 1 position on average.
        assert np.sum(first == other) < 16


def test_every_position_gets_every_image():
    places = taken(numbers(4), 4, 400)
    counts = np.stack([np.bincount(places[:, position], minlength=4) for position in range(4)])
    assert np.abs(counts - 100).max() < 40  # Binomial(400, 1/4): deviation 8.7.


@pytest.mark.parametrize("first_batch", [1, 3, 7])
@pytest.mark.parametrize("shuffle", [True, False])
def test_starting_late_equals_skipping(first_batch, shuffle):
    late = taken(numbers(13), 4, 5, shuffle=shuffle, first_batch=first_batch)
    np.testing.assert_array_equal(
        late, taken(numbers(13), 4, first_batch + 5, shuffle=shuffle)[first_batch:]
    )


def test_starting_at_a_huge_batch_number():
    assert sorted(taken(numbers(6), 3, 2, first_batch=2 * 10**9).ravel()) == [0, 1, 2, 3, 4, 5]


def test_without_shuffle_the_order_is_that_of_the_arrays():
    batches = taken(numbers(7), 3, 4, shuffle=False)
    assert batches.tolist() == [[0, 1, 2], [3, 4, 5], [0, 1, 2], [3, 4, 5]]


def test_rows_are_those_rows_of_the_batch():
    whole = taken(numbers(12), 6, 4)
    np.testing.assert_array_equal(taken(numbers(12), 6, 4, rows=[1, 4, 5]), whole[:, [1, 4, 5]])


# === Elements ===


def test_labels_travel_with_their_images():
    examples = numbers(20, labels=100 + np.arange(20))
    images, labels = zip(*examples.batches(5).take(8), strict=True)
    np.testing.assert_array_equal(np.concatenate(labels), 100 + np.concatenate(images)[:, 0])
    assert labels[0].dtype == tf.int32


def test_batches_are_not_autotuned():
    """Autotuning's thread sleeps for twice as long each time, and the end of `fit`
    would wait for it.
    """
    assert numbers(8).batches(4).options().autotune.enabled is False


def test_shapes_are_static():
    examples = Examples(np.zeros((9, 5, 4, 3), np.uint8), np.zeros(9, np.int64))
    images, labels = examples.batches(4).element_spec
    assert (images.shape, images.dtype) == ((4, 5, 4, 3), tf.float32)
    assert (labels.shape, labels.dtype) == ((4,), tf.int32)
    assert examples[:9].batches(4, rows=[0, 2]).element_spec[0].shape == (2, 5, 4, 3)


@pytest.mark.parametrize("value_range", [(-1.0, 1.0), (0.0, 1.0), (-0.5, 0.5)])
def test_batches_and_arrays_scale_bytes_alike(value_range):
    images = np.arange(256, dtype=np.uint8).reshape(64, 2, 2, 1)
    examples = Examples(images, value_range=value_range)
    (batch,) = examples.batches(64, shuffle=False).take(1)
    np.testing.assert_array_equal(batch, examples.arrays())
    assert (batch.numpy().min(), batch.numpy().max()) == value_range


def test_floats_are_left_as_they_are():
    images = np.linspace(-7, 7, 8).reshape(4, 2)
    assert Examples(images).arrays().dtype == np.float32
    (batch,) = Examples(images).batches(4, shuffle=False).take(1)
    np.testing.assert_array_equal(batch, images.astype(np.float32))


def test_more_than_there_is():
    with pytest.raises(UserError, match=r"batch_size=14, 13 images in thirteen"):
        numbers(13, name="thirteen").batches(14)
    assert taken(numbers(13), 13, 1).shape == (1, 13)


def test_indexing():
    examples = numbers(5, labels=np.arange(5) * 10, class_names=("a",))
    part = examples[[3, 1]]
    assert (part.images[:, 0].tolist(), part.labels.tolist()) == ([3, 1], [30, 10])
    assert (len(part), part.image_shape, part.class_names, part.value_range) == (
        2,
        (1,),
        ("a",),
        None,
    )
    assert numbers(5)[:2].labels is None


@pytest.mark.parametrize("index", [0, -1, np.int64(2), np.array(1), True])
def test_an_integer_index_is_refused(index):
    pairs = ImagePairs(np.zeros((3, 4, 4, 1)), sources=np.zeros((3, 4, 4, 1)))
    crops = RandomCrops.of([np.zeros((9, 9, 1), np.uint8)], 8)
    for examples in (numbers(5), pairs, crops):
        with pytest.raises(UserError, match="a slice or an array of indices, such as"):
            examples[index]


def test_examples_are_compared_by_identity():
    """Arrays would make `==` ambiguous, and `hash` impossible."""
    labelled = numbers(5, labels=np.arange(5))
    half = HalfLabelledExamples.of(labelled)
    pairs = ImagePairs(np.zeros((3, 4, 4, 1)), sources=np.zeros((3, 4, 4, 1)))
    crops = RandomCrops.of([np.zeros((9, 9, 1), np.uint8)], 8)
    for examples in (labelled, half, pairs, crops):
        assert examples == examples and examples != examples[:2]
        assert {examples: 1}[examples] == 1


def test_repr_is_short():
    assert repr(digits()) == (
        "Examples('digits', shape=(1797, 8, 8, 1), value_range=(-1.0, 1.0), num_classes=10)"
    )
    assert repr(numbers(2, name="two")) == (
        "Examples('two', shape=(2, 1), value_range=None, num_classes=0)"
    )
    crops = RandomCrops.of([np.zeros((9, 9, 3), np.uint8)], 8, crops=4, name="a")
    assert repr(crops).startswith("RandomCrops('a', shape=(4, 8, 8, 3), ")
    assert crops.shape == crops.arrays().shape


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.arange(5), r"8 integer labels, shape \(8,\)\. Received: dtype int64, shape \(5,\)$"),
        (np.zeros(8), r"dtype float64.*labels\.astype"),
        (np.eye(8, dtype=int), r"labels\.argmax"),
        (np.array(["a"] * 8), r"np\.unique"),
        (np.array([b"a"] * 8), r"np\.unique"),
        (np.array(["a"] * 8, object), r"np\.unique"),
    ],
)
def test_labels_that_do_not_fit_the_images(labels, message):
    with pytest.raises(UserError, match=message):
        numbers(8, labels=labels)


def test_the_mean_is_that_of_the_images_that_training_sees():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 6, 6, 1), np.uint8)
    for examples in (
        Examples(pixels),
        ImagePairs(pixels, sources=pixels, crop=4),
        RandomCrops.of(list(pixels), 4, crops=3),
    ):
        np.testing.assert_allclose(examples.mean(), examples.whole().mean(axis=0))


def test_the_mean_counts_each_image_of_a_large_set_once():
    pixels = np.random.default_rng(0).integers(0, 256, (9000, 1, 1, 1), np.uint8)
    np.testing.assert_allclose(Examples(pixels).mean(), pixels.mean(axis=0))


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint64, np.int64])
def test_classes_of_labels_of_any_integer_dtype(dtype):
    assert numbers(5, labels=np.array([0, 3, 1, 2, 3], dtype)).num_classes == 4
    assert numbers(0, labels=np.array([], dtype)).num_classes == 0


def test_classes_that_no_image_has_count():
    assert numbers(3, labels=np.array([0, 1, 0]), class_names=("a", "b", "c")).num_classes == 3


@pytest.mark.parametrize("value_range", [(1.0, 1.0), (1.0, -1.0)])
def test_ranges_of_no_width(value_range):
    with pytest.raises(UserError, match=r"low < high\. Received: value_range="):
        Examples(np.zeros((2, 3)), value_range=value_range)


def test_the_shape_of_none():
    assert (numbers(5)[:0].shape, numbers(5)[:0].num_classes) == ((0, 1), 0)
    assert numbers(5, labels=np.arange(5))[:0].num_classes == 0


# === Mirrored images ===


def left_and_right(n, **fields):
    """Examples whose i-th image is the row i, -i."""
    rows = np.float32([[[[i], [-i]]] for i in range(1, n + 1)])
    return Examples(rows, value_range=None, mirror=True, **fields)


def test_half_of_the_images_are_mirrored_anew_in_each_epoch():
    examples = left_and_right(8)
    batches = np.stack(list(examples.batches(8, seed=3).take(40)))
    left, right = batches[:, :, 0, 0, 0], batches[:, :, 0, 1, 0]
    np.testing.assert_array_equal(left, -right)
    np.testing.assert_array_equal(np.sort(np.abs(left)), np.tile(np.arange(1.0, 9.0), (40, 1)))
    mirrored = np.take_along_axis(left < 0, np.abs(left).astype(int).argsort(), axis=1)
    assert np.mean(mirrored) == pytest.approx(0.5, abs=0.12)  # 320 draws: 4 deviations.
    assert len({row.tobytes() for row in mirrored}) > 30  # Of 2^8.
    np.testing.assert_array_equal(examples.arrays(), examples.images)


@pytest.mark.parametrize("shape", [(8, 2), (8, 4, 4), (8, 4, 4, 4, 1)])
def test_data_that_are_no_images_are_not_mirrored(shape):
    with pytest.raises(UserError, match=r"mirror=False for data that are no images"):
        Examples(np.zeros(shape, np.float32), mirror=True)


def test_mirrored_images_are_a_function_of_seed_batch_and_place():
    examples = left_and_right(12)
    whole = np.stack(list(examples.batches(6, seed=1).take(4)))
    part = examples.batches(6, seed=1, first_batch=1, rows=[4, 0]).take(3)
    np.testing.assert_array_equal(np.stack(list(part)), whole[1:, [4, 0]])
    half = HalfLabelledExamples.of(left_and_right(12, labels=np.arange(12)))
    assert {int(np.sign(image[0, 0, 0])) for image in next(iter(half.batches(12)))[0]} == {-1, 1}
