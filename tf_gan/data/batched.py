"""Data that come in batches: datasets, `PyDataset`s and generators."""

import collections
import itertools
from concurrent import futures

import keras
import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError


def as_dataset(data) -> tuple[tf.data.Dataset, object]:
    """Returns a `tf.data.Dataset` of batches and its first batch.

    Args:
        data: A `tf.data.Dataset`, a `keras.utils.PyDataset` or a generator.

    Raises:
        UserError: for other kinds of data, for batches that are neither images nor
            `(images, labels)`, or if there is no batch.
    """
    if isinstance(data, tf.data.Dataset):
        data = without_autotuning(data)
        first, batches = next(iter(data.take(1)), None), None
    elif isinstance(data, keras.utils.PyDataset):
        first, batches = (None if data.num_batches == 0 else data[0]), lambda: _epoch(data)
    elif hasattr(data, "__next__"):
        first = next(data, None)
        # A generator cannot start again: a new iterator begins where the last one stopped.
        chain = itertools.chain([first], data)
        batches = lambda: chain  # noqa: E731
    else:
        raise UserError(
            "Expected images as an array, `tf_gan.data.Examples`, a `tf.data.Dataset`, a"
            f" `keras.utils.PyDataset` or a generator. Received: {type(data).__name__}"
            + (". Labels of an array are the second argument, fit(x, y)" * isinstance(data, tuple))
        )
    if first is None:
        raise UserError("Expected batches of images. Received: data without a batch")
    if isinstance(first, dict) or (isinstance(first, (tuple, list)) and not 1 <= len(first) <= 2):
        if isinstance(first, dict):
            received = (
                f"dictionaries with {sorted(first)}. Such as dataset.map(lambda each:"
                " (each['image'], each['label']))"
            )
        else:
            received = f"{len(first)} parts; weights of examples are not supported"
        raise UserError(
            f"Expected batches of images or of (images, labels). Received: batches of {received}"
        )
    if batches is None:
        return data, first
    # Keras' (images, None).
    if isinstance(first, (tuple, list)) and len(first) == 2 and first[1] is None:
        first, pairs = first[0], batches
        batches = lambda: (images for images, _ in pairs())  # noqa: E731
    if isinstance(first, list):  # To TensorFlow a list is one tensor.
        first, listed = tuple(first), batches
        batches = lambda: map(tuple, listed())  # noqa: E731
    first = tf.nest.map_structure(np.asarray, first)
    spec = tf.nest.map_structure(lambda a: tf.TensorSpec([None, *a.shape[1:]], a.dtype), first)
    dataset = tf.data.Dataset.from_generator(batches, output_signature=spec)
    return without_autotuning(dataset), first


def without_autotuning(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Returns a dataset whose iterators end at once. The thread that tunes them sleeps for
    up to a minute before it lets one end, and with it `fit`. `tf.data.AUTOTUNE` stands for
    a call on each core then. A dataset whose options set `autotune.enabled` keeps them.
    """
    if dataset.options().autotune.enabled is not None:
        return dataset
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


def _epoch(dataset: keras.utils.PyDataset):
    """Yields the batches of an epoch in order, read ahead by `dataset.workers` threads."""
    dataset.on_epoch_begin()
    numbers = itertools.count() if dataset.num_batches is None else range(dataset.num_batches)
    if dataset.workers <= 1:
        yield from map(dataset.__getitem__, numbers)
    else:
        pool = futures.ThreadPoolExecutor(dataset.workers)
        read: collections.deque[futures.Future] = collections.deque()
        try:
            for number in numbers:
                read.append(pool.submit(dataset.__getitem__, number))
                if len(read) >= max(dataset.workers, dataset.max_queue_size):
                    yield read.popleft().result()
            yield from (batch.result() for batch in read)
        finally:
            pool.shutdown(cancel_futures=True)
    dataset.on_epoch_end()
