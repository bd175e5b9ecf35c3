"""From what a user gives to `fit` to full batches of one shape, and what is refused
before training starts.
"""

import gc
import itertools
import threading
import time
import types
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gan.data import Examples, HalfLabelledExamples, ImagePairs, adapter, checks
from tf_gan.errors import UserError
from tf_gan.models import Batch

RANGE = (-1.0, 1.0)


def numbers(n: int, start: int = 0) -> np.ndarray:
    """`n` images of shape `(2, 1)`; image i is the number i / 100."""
    return np.tile(np.arange(start, start + n, dtype=np.float32)[:, None, None] / 100, (1, 2, 1))


def model(**attributes):
    """A stand-in for a model of images `(2, 1)` in [-1, 1], without classes."""
    own = types.SimpleNamespace(
        value_range=RANGE,
        image_shape=(2, 1),
        discriminator_steps=1,
        seed=0,
        step=tf.constant(0),
        distribute_strategy=tf.distribute.get_strategy(),
        to_batch=lambda data: Batch(*keras.utils.unpack_x_y_sample_weight(data)[:2]),
        check_images=lambda images, first=0: checks.check_images(
            images, own.value_range, own.image_shape, first
        ),
        check_data_labels=lambda labels, n: None,
        check_evaluation_labels=lambda labels, n: None,
        training_view=lambda examples: examples,
    )
    vars(own).update(attributes)
    return own


def training_batches(
    x, y=None, *, batch_size=4, shuffle=False, steps_per_epoch=None, minibatches=1, **attributes
):
    return adapter.training_batches(
        model(discriminator_steps=minibatches, **attributes),
        x,
        y,
        batch_size=batch_size,
        shuffle=shuffle,
        steps_per_epoch=steps_per_epoch,
    )


def read(dataset, count=None) -> list[list[int]]:
    """The numbers of the images of each batch."""
    batches = dataset if count is None else dataset.take(count)
    return [
        np.rint(100 * (b[0] if isinstance(b, tuple) else b).numpy()[:, 0, 0]).astype(int).tolist()
        for b in batches
    ]


def replicas(count: int, pipelines: int = 1):
    """A stand-in for a strategy with several replicas: it returns the dataset of each
    input pipeline.
    """
    contexts = [tf.distribute.InputContext(pipelines, i, count) for i in range(pipelines)]
    return types.SimpleNamespace(
        num_replicas_in_sync=count,
        distribute_datasets_from_function=lambda function: [function(c) for c in contexts],
    )


class Batches(keras.utils.PyDataset):
    """Batches of 4 of the numbers 0 to 9, the last of 2."""

    epochs = 0

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return numbers(10)[4 * index : 4 * index + 4]

    def on_epoch_end(self):
        self.epochs += 1


# === Arrays ===


@pytest.mark.parametrize(
    "convert",
    [np.asarray, tf.constant, Examples, lambda x: x.astype(np.float64)],
    ids=["array", "tensor", "Examples", "float64"],
)
def test_arrays(convert):
    dataset, steps = training_batches(convert(numbers(10)))
    assert steps == 2
    assert dataset.element_spec == tf.TensorSpec((4, 2, 1), tf.float32)
    assert read(dataset, 3) == [[0, 1, 2, 3], [4, 5, 6, 7], [0, 1, 2, 3]]


def test_arrays_are_shuffled_from_the_seed_and_go_on_at_the_step():
    def order(count, **arguments):
        return read(training_batches(numbers(8), shuffle=True, **arguments)[0], count)

    assert order(6, seed=3) == order(6, seed=3) != order(6, seed=4)
    assert order(2, seed=3, step=tf.constant(4)) == order(6, seed=3)[4:]
    assert sorted(itertools.chain(*order(2, seed=3))) == list(range(8))


def test_minibatches_of_a_step_lie_one_after_the_other():
    dataset, steps = training_batches(numbers(25), minibatches=3)
    assert steps == 2
    assert read(dataset, 2) == [list(range(12)), list(range(12, 24))]
    assert read(training_batches(numbers(25), minibatches=3, step=tf.constant(1))[0], 1) == [
        list(range(12, 24))
    ]


def test_labels_of_arrays():
    dataset, _ = training_batches(numbers(8), np.arange(8) + 50, shuffle=True)
    for images, labels in dataset.take(4):
        np.testing.assert_allclose(100 * images[:, 0, 0] + 50, labels, atol=1e-4)
    with pytest.raises(UserError, match=r"Expected 8 integer labels.*shape \(7,\)"):
        training_batches(numbers(8), np.arange(7))


def test_bytes_of_examples_are_scaled():
    images = np.array([0, 255, 51, 204], np.uint8).reshape(4, 1, 1) * np.ones((1, 2, 1), np.uint8)
    dataset, _ = training_batches(Examples(images, np.arange(4)))
    images, labels = next(iter(dataset))
    np.testing.assert_allclose(images[:, 0, 0], [-1, 1, -0.6, 0.6], atol=1e-6)
    assert labels.numpy().tolist() == [0, 1, 2, 3]


# === Datasets ===


@pytest.mark.parametrize("drop_remainder", [True, False])
def test_datasets_give_full_batches_of_static_shape(drop_remainder):
    dataset, steps = training_batches(
        tf.data.Dataset.from_tensor_slices(numbers(11)).batch(4, drop_remainder=drop_remainder)
    )
    assert steps is None
    assert dataset.element_spec.shape == (4, 2, 1)
    assert read(dataset) == read(dataset) == [[0, 1, 2, 3], [4, 5, 6, 7]]


@pytest.mark.parametrize("wanted", [None, True, False])
def test_iterators_of_datasets_end_at_once(wanted):
    options = tf.data.Options()
    if wanted is not None:
        options.autotune.enabled = wanted
    data = tf.data.Dataset.from_tensor_slices(numbers(8)).batch(4).with_options(options)
    dataset, _ = training_batches(data)
    validation, _ = adapter.evaluation_data(model(), data, None)
    assert dataset.options().autotune.enabled is bool(wanted)
    assert validation.options().autotune.enabled is bool(wanted)
    assert data.options().autotune.enabled is wanted


def test_datasets_of_pairs_keep_their_labels():
    pairs = tf.data.Dataset.from_tensor_slices((numbers(11), np.arange(11))).batch(4)
    dataset, _ = training_batches(pairs, minibatches=2)
    ((images, labels),) = dataset
    assert (images.shape, labels.numpy().tolist()) == ((8, 2, 1), list(range(8)))
    assert read(dataset) == [list(range(8))]


def test_datasets_are_grouped_into_minibatches():
    dataset, _ = training_batches(
        tf.data.Dataset.from_tensor_slices(numbers(28)).batch(4), minibatches=3
    )
    assert dataset.element_spec.shape == (12, 2, 1)
    assert read(dataset) == [list(range(12)), list(range(12, 24))]
    with pytest.raises(
        UserError, match=r"takes 3 batches \(discriminator_steps\).*a dataset with 2 of them"
    ):
        training_batches(tf.data.Dataset.from_tensor_slices(numbers(8)).batch(4), minibatches=3)


def test_py_dataset():
    batches = Batches()
    dataset, steps = training_batches(batches)
    assert (steps, dataset.element_spec.shape, batches.epochs) == (None, (4, 2, 1), 0)
    assert read(dataset) == read(dataset) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert batches.epochs == 2


def test_py_dataset_that_shuffles_where_an_epoch_begins():
    class Turned(Batches):
        def on_epoch_begin(self):
            self.begun = getattr(self, "begun", 0) + 1

        def __getitem__(self, index):
            return super().__getitem__(index) + 0.1 * getattr(self, "begun", 0)

    dataset, _ = training_batches(Turned())
    assert firsts(dataset) == [10, 14] and firsts(dataset) == [20, 24]


def test_py_dataset_with_labels():
    class Pairs(Batches):
        def __getitem__(self, index):
            return super().__getitem__(index), np.arange(10)[4 * index : 4 * index + 4]

    dataset, _ = training_batches(Pairs())
    assert [labels.numpy().tolist() for _, labels in dataset] == [[0, 1, 2, 3], [4, 5, 6, 7]]


# === Generators ===


def generator(batches: int):
    return (numbers(4, 4 * i) for i in range(batches))


def firsts(batches) -> list[int]:
    return [batch[0] for batch in read(batches)]


def test_a_generator_loses_no_batch_to_the_look_at_its_first_one():
    dataset, steps = training_batches(generator(5))
    assert (steps, dataset.element_spec.shape) == (None, (4, 2, 1))
    assert firsts(dataset) == [0, 4, 8, 12, 16]
    assert firsts(dataset) == []  # It cannot start again.


@pytest.mark.parametrize("data", [lambda: generator(5), lambda: Batches(3)])
def test_iterators_of_generators_end_at_once(data):
    dataset, _ = training_batches(data())
    assert dataset.options().autotune.enabled is False


def test_a_generator_is_grouped_into_minibatches():
    assert read(training_batches(generator(5), minibatches=2)[0]) == [
        list(range(8)),
        list(range(8, 16)),
    ]


def test_a_generator_with_labels():
    dataset, _ = training_batches(
        (numbers(4, 4 * i), np.arange(4 * i, 4 * i + 4)) for i in range(3)
    )
    for images, labels in dataset:
        np.testing.assert_allclose(100 * images[:, 0, 0], labels, atol=1e-4)
    assert labels.numpy().tolist() == [8, 9, 10, 11]


def test_images_in_tuples_of_one():
    assert firsts(training_batches((images,) for images in generator(3))[0]) == [0, 4, 8]


def test_none_in_the_place_of_labels():
    class Pairs(Batches):
        def __getitem__(self, index):
            return super().__getitem__(index), None

    assert firsts(training_batches(pair for pair in Pairs())[0]) == [0, 4]
    assert firsts(training_batches(Pairs())[0]) == [0, 4]


def test_a_generator_of_lists():
    batches = ([numbers(4, 4 * i), np.arange(4 * i, 4 * i + 4)] for i in range(3))
    found = [labels.numpy().tolist() for _, labels in training_batches(batches)[0]]
    assert found == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]


@pytest.mark.parametrize("paired", [True, False])
def test_float_pairs_with_a_crop(paired):
    images = np.zeros((6, 5, 7, 1), np.float32)
    pairs = ImagePairs(images, sources=images[: 6 if paired else 4], paired=paired, crop=4)
    dataset, _ = training_batches(pairs, batch_size=2, image_shape=(4, 4, 1))
    assert next(iter(dataset))[0].shape == (2, 4, 4, 1)


@pytest.mark.parametrize("stop", [1, 2, 4])
def test_a_new_iterator_goes_on_where_the_last_one_stopped(stop):
    options = tf.data.Options()
    # What was read ahead would be lost with the iterator.
    options.experimental_optimization.inject_prefetch = False
    dataset = training_batches(generator(5))[0].with_options(options)
    before = firsts(itertools.islice(dataset, stop))
    gc.collect()
    assert before + firsts(dataset) == [0, 4, 8, 12, 16]


def test_batches_of_a_generator_are_not_kept():
    class Array(np.ndarray):  # Plain arrays take no weak references.
        pass

    references = []

    def arrays():
        for i in range(50):
            array = numbers(4, 4 * i).view(Array)
            references.append(weakref.ref(array))
            yield array

    dataset, _ = training_batches(arrays())
    assert len(firsts(dataset)) == 50
    gc.collect()
    assert sum(reference() is not None for reference in references) <= 3


# === Replicas ===


@pytest.mark.parametrize(
    ("minibatches", "count", "trailing"),
    [(2, 2, ()), (3, 2, (5,)), (2, 4, (3, 1)), (1, 3, (2,)), (4, 1, (2,))],
)
def test_by_replica(minibatches, count, trailing):
    share = 2
    batch = np.random.default_rng(0).random((minibatches * count * share, *trailing))
    rows = [
        (m * count + r) * share + i
        for r in range(count)
        for m in range(minibatches)
        for i in range(share)
    ]
    np.testing.assert_array_equal(
        adapter._by_replica(tf.constant(batch), minibatches, count), batch[rows]
    )


def test_datasets_for_replicas():
    pairs = tf.data.Dataset.from_tensor_slices((numbers(17), np.arange(17))).batch(4)
    dataset, _ = training_batches(pairs, minibatches=2, distribute_strategy=replicas(2))
    assert [spec.shape for spec in dataset.element_spec] == [(8, 2, 1), (8,)]
    for start, (images, labels) in zip((0, 8), dataset, strict=True):
        # Replica 0 sees the first half of both minibatches, replica 1 the second.
        assert (labels.numpy() - start).tolist() == [0, 1, 4, 5, 2, 3, 6, 7]
        np.testing.assert_allclose(100 * images[:, 0, 0], labels, atol=1e-4)


@pytest.mark.parametrize("minibatches", [1, 2])
@pytest.mark.parametrize("pipelines", [1, 2, 4])
def test_the_replicas_of_all_workers_see_the_batch_of_one_device(minibatches, pipelines):
    arguments = {
        "batch_size": 8,
        "minibatches": minibatches,
        "shuffle": True,
        "seed": 1,
        "step": tf.constant(3),
    }
    whole = np.array(read(training_batches(numbers(64), **arguments)[0], 1)[0])
    workers, steps = training_batches(
        numbers(64), distribute_strategy=replicas(4, pipelines), **arguments
    )
    assert steps == 64 // (8 * minibatches)
    # Of a worker, an element for each replica.
    shares = list(itertools.chain(*(read(worker, 4 // pipelines) for worker in workers)))
    np.testing.assert_array_equal(
        shares, whole.reshape(minibatches, 4, 2).swapaxes(0, 1).reshape(4, -1)
    )


def test_batches_that_do_not_divide_among_replicas():
    with pytest.raises(
        UserError,
        match=r"divides among 3 replicas. Received: batch_size=4. The nearest are 3 and 6",
    ):
        training_batches(numbers(8), distribute_strategy=replicas(3))
    for minibatches in (1, 3):  # 12 images divide, but each minibatch is to.
        with pytest.raises(
            UserError, match=r"divides among 3 replicas. Received: batches of 4 images"
        ):
            training_batches(
                tf.data.Dataset.from_tensor_slices(numbers(12)).batch(4),
                minibatches=minibatches,
                distribute_strategy=replicas(3),
            )


# === Workers ===


class Slow(keras.utils.PyDataset):
    """Seven batches of two numbers, the first ones the slowest; batch 5 may fail."""

    def __init__(self, fails=False, **kwargs):
        super().__init__(**kwargs)
        self.fails, self.threads, self.epochs, self.read = fails, set(), 0, 0

    def __len__(self):
        return 7

    def __getitem__(self, index):
        time.sleep(0.02 if index < 3 else 0)
        self.threads.add(threading.get_ident())
        self.read += 1
        if self.fails and index == 5:
            raise RuntimeError("batch five")
        return numbers(2, 2 * index)

    def on_epoch_end(self):
        self.epochs += 1


@pytest.mark.parametrize("workers", [0, 1, 4])
def test_workers_read_ahead_and_keep_the_order(workers):
    batches = Slow(workers=workers, max_queue_size=3)
    dataset, _ = training_batches(batches)
    for _ in range(2):
        assert read(dataset) == [[2 * i, 2 * i + 1] for i in range(7)]
    assert batches.epochs == 2
    assert workers <= 1 or len(batches.threads) > 2


def test_an_error_of_a_worker_is_raised_and_ends_the_epoch():
    dataset, _ = training_batches(Slow(fails=True, workers=3))
    with pytest.raises(tf.errors.UnknownError, match="batch five"):
        read(dataset)


def test_workers_stop_with_the_iterator():
    class Endless(Slow):
        num_batches = None

    batches = Endless(workers=3, max_queue_size=4)
    dataset, _ = training_batches(batches, steps_per_epoch=5)
    iterator = iter(dataset)
    next(iterator)
    del iterator
    gc.collect()
    time.sleep(0.3)
    before = batches.read
    time.sleep(0.3)
    assert batches.read == before < 40


# === Data without an end ===


def endless_batches():
    class Endless(Batches):
        num_batches = None

    return Endless()


@pytest.mark.parametrize(
    "make",
    [
        lambda: tf.data.Dataset.from_tensor_slices(numbers(8)).batch(4).repeat(),
        lambda: tf.data.Dataset.from_tensor_slices(numbers(8)).repeat().batch(4),
        endless_batches,
    ],
)
@pytest.mark.parametrize("minibatches", [1, 2])
def test_data_without_an_end_need_a_number_of_steps(make, minibatches):
    with pytest.raises(UserError, match=r"`steps_per_epoch` beside data without an end"):
        training_batches(make(), minibatches=minibatches)
    dataset, steps = training_batches(make(), minibatches=minibatches, steps_per_epoch=3)
    assert steps is None and len(next(iter(dataset))) == 4 * minibatches
    # Arrays know their length.
    assert training_batches(numbers(8), steps_per_epoch=3)[1] == 2


# === Images in [0, 1] ===


def unit_images(n: int = 64, low: float = 0.0) -> np.ndarray:
    return np.random.default_rng(0).uniform(low, 1.0, (n, 2, 1)).astype(np.float32)


@pytest.mark.parametrize(
    "convert",
    [np.asarray, Examples, lambda x: tf.data.Dataset.from_tensor_slices(x).batch(32), list],
    ids=["array", "Examples", "dataset", "generator"],
)
def test_images_in_the_unit_range_are_warned_of_once(convert):
    def data(images):
        return iter([images]) if convert is list else convert(images)

    with pytest.warns(
        UserWarning, match=r"in \[-1, 1\].*`images \* 2 - 1`.*Examples\(images"
    ) as seen:
        training_batches(data(unit_images()))
    assert [each.filename for each in seen] == [__file__]
    for images, value_range in (
        (unit_images(low=-1.0), RANGE),
        (unit_images(), (0.0, 1.0)),
        (unit_images(), None),
        (unit_images(8), RANGE),  # Too few to tell.
        (unit_images(low=0.6), RANGE),
    ):
        training_batches(data(images), value_range=value_range)


def test_of_many_images_the_first_thousand_are_looked_at():
    images = unit_images(5000)
    images[1000:] -= 1
    with pytest.warns(UserWarning, match="None of the first 1,000 images") as seen:
        training_batches(images)
    assert len(seen) == 1
    images[999] = -0.5
    training_batches(images)
    images = unit_images(5000)
    images[0] = -0.5
    training_batches(images)  # What comes later is not looked at by itself.


# === Validation data ===


def evaluation_data(x, y=None):
    return adapter.evaluation_data(model(), x, y)


def test_sample_weights_are_refused():
    triple = (numbers(4), np.arange(4), np.ones(4))
    with pytest.raises(UserError, match=r"without sample weights\. Received: a tuple of 3"):
        evaluation_data(triple)
    with pytest.raises(UserError, match=r"weights of examples are not supported"):
        evaluation_data(tf.data.Dataset.from_tensors(triple))
    with pytest.raises(UserError, match=r"weights of examples are not supported"):
        training_batches(tf.data.Dataset.from_tensors(triple))
    x, y = evaluation_data(numbers(4), np.arange(4))
    np.testing.assert_array_equal(x, numbers(4))
    assert y.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("make", [lambda batches: batches, iter], ids=["PyDataset", "generator"])
def test_validation_batches_are_checked(make):
    class Pictures(Batches):
        def __getitem__(self, index):
            return super().__getitem__(index) * 0 + 255

    with pytest.raises(UserError, match=r"They look like uint8 values given as floats"):
        evaluation_data(make(Pictures()))


def test_validation_batches_stay_whole():
    batches = Batches()
    assert evaluation_data(batches)[0] is batches
    assert read(evaluation_data(iter(batches))[0]) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


@pytest.mark.parametrize("x", [numbers(0), Examples(numbers(0)), generator(0)])
def test_nothing_to_evaluate_on(x):
    with pytest.raises(UserError, match=r"Expected (images to evaluate on|batches of images)\."):
        evaluation_data(x)


# === Labels ===


def test_labels_that_may_be_unknown():
    values = checks.check_labels([0, -1, 2], 3, 3, lowest=-1)
    assert values.tolist() == [0, -1, 2]
    with pytest.raises(UserError, match=r"from 0 to 2\. Received: labels from -1 to 2"):
        checks.check_labels([0, -1, 2], 3, 3)
    with pytest.raises(UserError, match=r"from 0 to 2, or -1 where they are not known\. Received"):
        checks.check_labels([0, -2, 2], 3, 3, lowest=-1)
    with pytest.raises(UserError, match=r"beside the images, or -1 where they are not known\. Rec"):
        checks.check_labels(None, 3, 3, lowest=-1)


# === What is refused ===


def test_a_batch_too_small_for_its_halves():
    examples = HalfLabelledExamples(numbers(8), np.arange(8))
    with pytest.raises(
        UserError, match=r"of a multiple of 2\. Received: batch_size=1\. The smallest is 2\."
    ):
        training_batches(examples, batch_size=1)


@pytest.mark.parametrize("batch_size", [0, -1, -64])
@pytest.mark.parametrize("convert", [np.asarray, Examples])
def test_batches_of_nothing(convert, batch_size):
    with pytest.raises(UserError, match=f"integer >= 1. Received: batch_size={batch_size}$"):
        training_batches(convert(numbers(192)), batch_size=batch_size)


def poisoned(n: int, index: int, value=np.nan) -> np.ndarray:
    images = numbers(n) / 100
    images[index, 1, 0] = value
    return images


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (numbers(0), r"an empty set \(the array\)"),
        (tf.data.Dataset.from_tensor_slices(numbers(4)).batch(4).take(0), "data without a batch"),
        (generator(0), "data without a batch"),
        (
            numbers(4).astype(np.uint8),
            r"uint8 images in 0..255. Scale them first, to the range of",
        ),
        (
            tf.data.Dataset.from_tensors(numbers(4).astype(np.uint8)),
            r"dtype uint8. For uint8 images `tf_gan.data.scale",
        ),
        (numbers(4).astype(np.int32), "Expected float images. Received: dtype int32"),
        (Examples(numbers(4).astype(np.int32)), "Expected float images. Received: dtype int32"),
        (
            numbers(4)[..., 0],
            (
                r"shape \(N, 2, 1\). Received: shape \(4, 2\). Add the channel axis: `images\[...,"
                r" None\]`"
            ),
        ),
        (
            tf.data.Dataset.from_tensor_slices(numbers(4)),
            r"Received: shape \(2, 1\). This is one image: add the batch axis.*`.batch\(",
        ),
        (numbers(4)[:, :1], r"shape \(N, 2, 1\). Received: shape \(4, 1, 1\)"),
        (Examples(np.zeros((4, 3, 1), np.uint8)), r"Received: shape \(1, 3, 1\)"),
        (poisoned(9, 5), "NaN or infinity in image 5"),
        (poisoned(9, 5, -np.inf), "NaN or infinity in image 5"),
        (iter([poisoned(4, 2)]), "NaN or infinity in image 2"),
        (
            numbers(4) * 0 + 255,
            r"values in \[255, 255\]. They look like uint8 values given as floats",
        ),
        (
            numbers(4) - 1.5,
            r"in \[-1, 1\], the generator's range. Received: values in \[-1.5, -1.47\].$",
        ),
        (numbers(19, -9) * 100, r"Received: values in \[-9, 9\].$"),  # No bytes.
        (
            numbers(3),
            r"batch_size=4, discriminator_steps=1\). Received: only 3 images in the array",
        ),
        (numbers(4).tolist(), "a `keras.utils.PyDataset` or a generator. Received: list"),
        (None, "Received: NoneType"),
    ],
)
def test_refused(x, message):
    with pytest.raises(UserError, match=message):
        training_batches(x)


def test_nan_far_from_the_start_is_named_by_its_place_in_the_array():
    with pytest.raises(UserError, match="NaN or infinity in image 4999"):
        training_batches(poisoned(5000, 4999))


@pytest.mark.parametrize(
    "x",
    [Examples(numbers(8)), tf.data.Dataset.from_tensors(numbers(4)), Batches(), generator(2)],
    ids=lambda x: type(x).__name__,
)
def test_labels_beside_data_that_carry_their_own(x):
    with pytest.raises(
        UserError, match=f"`y` only beside an array `x`.*Received: x of type {type(x).__name__}"
    ):
        training_batches(x, np.arange(8))


def test_steps_of_more_images_than_there_are():
    with pytest.raises(
        UserError,
        match=(
            r"A step takes 12 images \(batch_size=4, discriminator_steps=3\). Received: only 11"
            r" images"
        ),
    ):
        training_batches(numbers(11), minibatches=3)
    assert training_batches(numbers(12), minibatches=3)[1] == 1


def test_the_hint_for_bytes_given_as_floats_suits_the_range():
    with pytest.raises(UserError, match="look like uint8 values") as error:
        training_batches(numbers(4) * 0 + 200, value_range=(0.0, 1.0))
    assert "127.5" not in str(error.value)  # Would give -1..1, which is refused again.


def test_the_range_has_a_slack_for_rounding():
    training_batches(numbers(4) * 0 + 1.0019)  # A thousandth of the width 2.
    with pytest.raises(UserError, match="Received: values in"):
        training_batches(numbers(4) * 0 + 1.0021)
    training_batches(numbers(4) + 1000, value_range=None)  # Without bounds all values are fine.


def test_a_partial_batch_is_refused_where_shapes_are_static():
    images = np.zeros([10, 2], np.float32)
    checks.check_full_batches(images, 5)
    checks.check_full_batches(
        tf.data.Dataset.from_tensor_slices(images).batch(4, drop_remainder=True), 32
    )
    with pytest.raises(UserError, match="10 images, batch_size=4"):
        checks.check_full_batches((images, None), 4)
    with pytest.raises(UserError, match="drop_remainder=True"):
        checks.check_full_batches(tf.data.Dataset.from_tensor_slices(images).batch(4), 32)
