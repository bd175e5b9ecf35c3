"""Turns what users give to `fit` into batches of one static shape, checked before
training starts.
"""

import keras
import numpy as np
import tensorflow as tf

from tf_gan.data.batched import as_dataset
from tf_gan.data.checks import check_floats
from tf_gan.data.examples import Examples, as_examples
from tf_gan.errors import UserError, integer


def training_batches(model, x, y, *, batch_size: int, shuffle: bool, steps_per_epoch=None):
    """Returns the dataset and the steps per epoch for `GenerativeModel.fit`.

    Each element holds the `model.discriminator_steps` minibatches of a step, one after
    the other. The order of arrays is that of `model.seed`, from `model.step` on.

    Args:
        model: A compiled `GenerativeModel`.
        x: An array, `Examples`, or batches of images or of `(images, labels)`: a
            `tf.data.Dataset`, a `keras.utils.PyDataset` or a generator. A PyDataset is
            read by `workers` threads; its `use_multiprocessing` is not followed.
        y: Labels for an array `x`, or None.
        batch_size: Images in a minibatch of an array, >= 1.
        shuffle: Whether to shuffle arrays.
        steps_per_epoch: Steps that the caller takes for an epoch; None for as many as
            the data have.

    Returns:
        `(dataset, steps)`: steps that the data have in an epoch; None where the dataset
        ends by itself or its length is not known.

    Raises:
        UserError: for data that the model cannot take, or that have no end while
            `steps_per_epoch` is None.
    """
    if isinstance(x, tf.distribute.DistributedDataset):
        return x, None
    if isinstance(x, (np.ndarray, tf.Tensor)):
        x = as_examples(x, None if y is None else np.asarray(y))
    elif y is not None:
        raise UserError(
            "Expected `y` only beside an array `x`; other data carry their labels. Received: x of"
            f" type {type(x).__name__}"
        )
    if isinstance(x, Examples):
        return _examples_batches(model, x, batch_size, shuffle)
    return _dataset_batches(model, x, steps_per_epoch), None


def steps_of(x, minibatches: int) -> tuple[int | None, bool]:
    """Returns the steps in an epoch of data in batches, None where nobody knows, and
    whether they are certain: the last batch may be a partial one, which is left out.

    Args:
        x: What `training_batches` takes.
        minibatches: Minibatches in a step.
    """
    batches, is_certain = None, False
    if isinstance(x, keras.utils.PyDataset):
        batches = x.num_batches
    elif isinstance(x, tf.data.Dataset):
        batches, is_certain = int(x.cardinality()), _has_static_shapes(x)
    if not batches or batches < 0:
        return None, False
    return max(1, batches // minibatches), is_certain


def _has_static_shapes(dataset: tf.data.Dataset) -> bool:
    return all(spec.shape.is_fully_defined() for spec in tf.nest.flatten(dataset.element_spec))


def _dataset_batches(model, x, steps_per_epoch) -> tf.data.Dataset:
    dataset, first = as_dataset(x)
    batch = model.to_batch(first)
    images, minibatches = batch.images, model.discriminator_steps
    model.check_images(np.asarray(images))
    model.check_data_labels(batch.condition, len(images))
    cardinality = dataset.cardinality()
    if steps_per_epoch is None and (
        cardinality == tf.data.INFINITE_CARDINALITY or getattr(x, "num_batches", 0) is None
    ):
        raise UserError(
            "Expected `steps_per_epoch` beside data without an end: an epoch would never be over."
            " Received: steps_per_epoch=None and a dataset that repeats itself. Leave out"
            " `.repeat()`, or say how many steps an epoch has"
        )
    if minibatches > 1 or not _has_static_shapes(dataset):
        dataset = dataset.rebatch(len(images) * minibatches, drop_remainder=True)
        if minibatches > 1 and 0 < cardinality < minibatches:
            raise UserError(
                f"A step takes {minibatches} batches (discriminator_steps). Received: a dataset"
                f" with {cardinality} of them"
            )
    replicas = model.distribute_strategy.num_replicas_in_sync
    if len(images) % replicas:
        raise UserError(
            f"Expected a batch that divides among {replicas} replicas. Received: batches of"
            f" {len(images)} images"
        )
    if minibatches > 1 and replicas > 1:
        dataset = dataset.map(
            lambda *batch: tf.nest.map_structure(
                lambda t: _by_replica(t, minibatches, replicas), batch
            )
        )
    return dataset


def evaluation_data(model, x, y):
    """Returns what `keras.Model.evaluate` takes as its `x` and `y`, checked like
    training data.

    Args:
        model: A `GenerativeModel`.
        x: An array, `Examples`, or batches, as for `training_batches`.
        y: Labels of an array, or None.

    Raises:
        UserError: for images or labels that the model cannot take, and for sample
            weights.
    """
    if isinstance(x, (tuple, list)):
        raise UserError(
            "Expected validation data as images, (images, labels), `tf_gan.data.Examples` or a"
            " dataset of batches, without sample weights. Received: a"
            f" {type(x).__name__} of {len(x)}"
        )
    if isinstance(x, Examples):
        x, y = x.arrays(), x.labels
    if isinstance(x, (np.ndarray, tf.Tensor)):
        y = None if y is None else np.asarray(y)
        if len(x) == 0:
            raise UserError("Expected images to evaluate on. Received: none")
        batch = model.to_batch(np.asarray(x) if y is None else (np.asarray(x), y))
        check_floats(batch.images)
        model.check_images(batch.images)
        model.check_evaluation_labels(batch.condition, len(batch.images))
    elif isinstance(x, (tf.data.Dataset, keras.utils.PyDataset)) or hasattr(x, "__next__"):
        dataset, first = as_dataset(x)
        # Keras knows where a PyDataset ends, and takes no generator of bare arrays.
        x = x if isinstance(x, keras.utils.PyDataset) else dataset
        batch = model.to_batch(first)
        model.check_images(np.asarray(batch.images))
        model.check_evaluation_labels(batch.condition, len(batch.images))
    return x, y


def _by_replica(tensor, minibatches: int, replicas: int):
    """Reorders a batch so that the share of each replica is a part of each minibatch."""
    parts = tf.reshape(tensor, [minibatches, replicas, -1, *tensor.shape[1:]])
    return tf.reshape(tf.transpose(parts, [1, 0, 2, *range(3, len(parts.shape))]), tf.shape(tensor))


def _examples_batches(model, examples: Examples, batch_size: int, shuffle: bool):
    batch_size = integer("batch_size", batch_size)
    if len(examples) == 0:
        raise UserError(f"Expected images to train on. Received: an empty set ({examples.name})")
    if examples.images.dtype == np.uint8:
        # Bytes are always in range; one image shows shape and range.
        model.check_images(examples[:1].arrays())
    else:
        for start in range(0, len(examples), 4096):
            part = examples[np.arange(start, min(start + 4096, len(examples)))]
            whole = part.images.shape[1:] == part.image_shape
            model.check_images(part.images if whole else part.arrays(), start)
    model.check_data_labels(*examples.targets())
    examples = model.training_view(examples)
    strategy, minibatches = model.distribute_strategy, model.discriminator_steps
    replicas = strategy.num_replicas_in_sync
    parts = replicas * examples.share_multiple
    if batch_size % parts:
        multiple = examples.share_multiple
        shares = f" in shares of a multiple of {multiple}" if multiple > 1 else ""
        below = batch_size // parts * parts
        advice = f"nearest are {below} and {below + parts}" if below else f"smallest is {parts}"
        raise UserError(
            f"Batch sizes are global: expected one that divides among {replicas} replicas{shares}."
            f" Received: batch_size={batch_size}. The {advice}."
        )
    total = batch_size * minibatches
    steps = examples.steps_per_epoch(total)
    if steps < 1:
        raise UserError(
            f"A step takes {total} images (batch_size={batch_size},"
            f" discriminator_steps={minibatches}). Received: only {len(examples)} images in"
            f" {examples.name}. Take a smaller `batch_size`."
        )
    order = {"seed": model.seed, "shuffle": shuffle, "first_batch": int(model.step.numpy())}
    if replicas == 1:
        return examples.batches(total, **order), steps

    def worker_batches(context: tf.distribute.InputContext):
        per_worker = replicas // context.num_input_pipelines
        share = batch_size // replicas
        # What the replicas of this worker see, one replica after the other: its share
        # of each minibatch.
        rows = [
            minibatch * batch_size + replica * share + i
            for replica in range(
                context.input_pipeline_id * per_worker, (context.input_pipeline_id + 1) * per_worker
            )
            for minibatch in range(minibatches)
            for i in range(share)
        ]
        batches = examples.batches(total, rows=rows, **order)
        return batches.rebatch(share * minibatches) if per_worker > 1 else batches

    return strategy.distribute_datasets_from_function(worker_batches), steps
