"""From what a user gives to `fit` to batches of one static shape, checked before
training starts.
"""

import itertools

import keras
import numpy as np
import tensorflow as tf

from tf_gan.data.examples import Examples
from tf_gan.errors import UserError

TOLERANCE = 1e-3  # Of the width of the range: floats may leave it by rounding.


def training_batches(
    x,
    y,
    *,
    batch_size,
    minibatches,
    shuffle,
    seed,
    first_step,
    strategy,
    check,
    check_labels=lambda labels, n: None,
    training_view=lambda examples: examples,
):
    """Returns the dataset and the steps per epoch for `GenerativeModel.fit`.

    Each element holds `minibatches` minibatches, one after the other.

    Args:
        x: What `GenerativeModel.fit` takes.
        y: Labels for an array `x`, or None.
        batch_size: Images in a minibatch of an array.
        minibatches: Minibatches in a step.
        shuffle: Whether to shuffle arrays.
        seed: Integer for the order of arrays.
        first_step: Step to start from, for arrays.
        strategy: The model's `tf.distribute.Strategy`.
        check: Function that raises a ValueError for images that the model cannot take.
        check_labels: Function of labels, or None, and the number of their images that
            does so for labels.
        training_view: Function of `Examples` that returns them as the model's minibatches see
            them.

    Returns:
        `(dataset, steps_per_epoch)`; the steps are None where the dataset ends by
        itself or its length is not known.
    """
    if isinstance(x, tf.distribute.DistributedDataset):
        return x, None
    if isinstance(x, (np.ndarray, tf.Tensor)):
        x = _examples_from_arrays(np.asarray(x), y)
    elif y is not None:
        raise UserError(
            "Expected `y` only beside an array `x`; other data carry their labels. Received: x of"
            f" type {type(x).__name__}"
        )
    if isinstance(x, Examples):
        return _examples_batches(
            x,
            batch_size,
            minibatches,
            shuffle,
            seed,
            first_step,
            strategy,
            check,
            check_labels,
            training_view,
        )
    dataset, first = as_dataset(x)
    images, labels = unpack(first)
    check(np.asarray(images))
    check_labels(labels, len(images))
    batch_size = images.shape[0] * minibatches
    cardinality = dataset.cardinality()
    if minibatches > 1 or any(
        not spec.shape.is_fully_defined() for spec in tf.nest.flatten(dataset.element_spec)
    ):
        dataset = dataset.rebatch(batch_size, drop_remainder=True)
        if minibatches > 1 and 0 < cardinality < minibatches:
            raise UserError(
                f"A step takes {minibatches} batches (discriminator_steps). Received: a dataset"
                f" with {cardinality} of them"
            )
    replicas = strategy.num_replicas_in_sync
    if batch_size % replicas:
        raise UserError(
            f"Expected a batch that divides among {replicas} replicas. Received: batches of"
            f" {images.shape[0]} images"
        )
    if minibatches > 1 and replicas > 1:
        dataset = dataset.map(
            lambda *batch: tf.nest.map_structure(
                lambda t: _by_replica(t, minibatches, replicas), batch
            )
        )
    return dataset, None


def evaluation_data(x, y, check, check_labels=lambda labels, n: None):
    """Returns what `keras.Model.evaluate` takes as its `x` and `y`, checked like
    training data.

    Args:
        x: An array, `Examples`, or a dataset of batches.
        y: Labels of an array, or None.
        check: As in `training_batches`.
        check_labels: The same.
    """
    if isinstance(x, Examples):
        x, y = x.arrays(), x.labels
    if isinstance(x, (np.ndarray, tf.Tensor)):
        _check_floats(np.asarray(x))
        check(np.asarray(x))
        y = None if y is None else np.asarray(y)
        check_labels(y, len(x))
    elif isinstance(x, tf.data.Dataset):
        images, labels = unpack(as_dataset(x)[1])
        check(np.asarray(images))
        check_labels(labels, len(images))
    return x, y


def unpack(batch) -> tuple:
    """Returns `(images, labels)` of a batch; labels are None where it has none."""
    images, labels, *_ = (*batch, None) if isinstance(batch, (tuple, list)) else (batch, None)
    return images, labels


def check_full_batches(data, batch_size: int) -> None:
    """Raises a ValueError if the last batch of an evaluation would be a partial one: a
    TPU's programs have one shape.
    """
    images = data[0] if isinstance(data, (tuple, list)) else data
    if isinstance(images, (np.ndarray, tf.Tensor)) and len(images) % batch_size:
        what = f"{len(images)} images, batch_size={batch_size}"
    elif (
        isinstance(images, tf.data.Dataset)
        and tf.nest.flatten(images.element_spec)[0].shape[0] is None
    ):
        what = "a dataset whose batches may differ in size"
    else:
        return
    raise UserError(
        "On a TPU every batch has the same size: leave out the last partial one (batch(n,"
        f" drop_remainder=True)). Received: {what}"
    )


def _by_replica(tensor, minibatches: int, replicas: int):
    """Reorders a batch so that the share of each replica is a part of each minibatch."""
    parts = tf.reshape(tensor, [minibatches, replicas, -1, *tensor.shape[1:]])
    return tf.reshape(tf.transpose(parts, [1, 0, 2, *range(3, len(parts.shape))]), tf.shape(tensor))


def _check_floats(images: np.ndarray) -> None:
    if images.dtype == np.uint8:
        raise UserError(
            "Expected float images. Received: uint8 images in 0..255. Scale them first:"
            " `tf_gan.data.scale(images, (-1, 1))`, or pass `tf_gan.data.Examples(images,"
            " value_range=(-1, 1))`, which keeps them small in memory"
        )
    if not np.issubdtype(images.dtype, np.floating):
        raise UserError(f"Expected float images. Received: dtype {images.dtype}")


def _examples_from_arrays(images, labels) -> Examples:
    _check_floats(images)
    if labels is not None and len(labels) != len(images):
        raise UserError(
            f"Expected as many labels as images. Received: {len(images)} images, {len(labels)}"
            " labels"
        )
    return Examples(images, None if labels is None else np.asarray(labels), None, name="the array")


def _examples_batches(
    examples,
    batch_size,
    minibatches,
    shuffle,
    seed,
    first_step,
    strategy,
    check,
    check_labels,
    training_view,
):
    if len(examples) == 0:
        raise UserError(f"Expected images to train on. Received: an empty set ({examples.name})")
    if examples.images.dtype == np.uint8:
        check(examples[:1].arrays())  # Bytes are always in range; one image shows shape and range.
    else:
        for start in range(0, len(examples), 4096):
            check(examples.images[start : start + 4096], start)
    check_labels(*examples.targets())
    examples = training_view(examples)
    total = batch_size * minibatches
    steps = examples.steps_per_epoch(total)
    if steps < 1:
        raise UserError(
            f"A step takes {total} images (batch_size={batch_size},"
            f" discriminator_steps={minibatches}). Received: only {len(examples)} images in"
            f" {examples.name}. Take a smaller `batch_size`."
        )
    replicas = strategy.num_replicas_in_sync
    parts = replicas * examples.share_multiple
    if batch_size % parts:
        shares = (
            ""
            if examples.share_multiple == 1
            else f" in shares of a multiple of {examples.share_multiple}"
        )
        raise UserError(
            f"Batch sizes are global: expected one that divides among {replicas} replicas{shares}."
            f" Received: batch_size={batch_size}. The nearest are"
            f" {batch_size // parts * parts or parts} and {(batch_size // parts + 1) * parts}."
        )
    order = {"seed": seed, "shuffle": shuffle, "first_batch": first_step}
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


def as_dataset(data) -> tuple[tf.data.Dataset, object]:
    """Returns a `tf.data.Dataset` of batches, and its first batch, for a dataset, a
    `keras.utils.PyDataset` or a Python generator.

    Raises:
        ValueError: for other kinds of data, for batches that are neither images nor
            `(images, labels)`, or if there is no batch.
    """
    if isinstance(data, tf.data.Dataset):
        first, batches = next(iter(data.take(1)), None), None
    elif isinstance(data, keras.utils.PyDataset):
        first, batches = (None if data.num_batches == 0 else data[0]), lambda: _epoch(data)
    elif hasattr(data, "__next__"):
        first = next(data, None)
        # A generator cannot start again: whoever iterates anew goes on where the last
        # one stopped.
        chain = itertools.chain([first], data)
        batches = lambda: chain  # noqa: E731
    else:
        raise UserError(
            "Expected images as an array, `tf_gan.data.Examples`, a `tf.data.Dataset`, a"
            f" `keras.utils.PyDataset` or a generator. Received: {type(data).__name__}"
        )
    if first is None:
        raise UserError("Expected data to train on. Received: data without a batch")
    if isinstance(first, dict) or (isinstance(first, (tuple, list)) and not 1 <= len(first) <= 2):
        raise UserError(
            "Expected batches of images or of (images, labels). Received: batches of type"
            f" {type(first).__name__}"
        )
    if batches is None:
        return data, first
    first = tf.nest.map_structure(np.asarray, first)
    spec = tf.nest.map_structure(lambda a: tf.TensorSpec([None, *a.shape[1:]], a.dtype), first)
    return tf.data.Dataset.from_generator(batches, output_signature=spec), first


def _epoch(dataset: keras.utils.PyDataset):
    for index in itertools.count() if dataset.num_batches is None else range(dataset.num_batches):
        yield dataset[index]
    dataset.on_epoch_end()


def check_images(
    images: np.ndarray, value_range, image_shape: tuple[int, ...], first: int = 0
) -> None:
    """Checks images, of which the first has the number `first`, against a model.

    Raises:
        ValueError: for a shape, type, range or value that the model cannot take.
    """
    images = np.asarray(images)
    if tuple(images.shape[1:]) != tuple(image_shape):
        hint = ""
        if (
            images.ndim == len(image_shape)
            and images.shape[1:] == tuple(image_shape[:-1])
            and image_shape[-1] == 1
        ):
            hint = " Add the channel axis: `images[..., None]`."
        elif tuple(images.shape) == tuple(image_shape):
            hint = (
                " This is one image: add the batch axis, for a `tf.data.Dataset` with"
                " `.batch(...)`."
            )
        raise UserError(
            f"Expected images of shape (N, {', '.join(map(str, image_shape))}). Received: shape"
            f" {images.shape}.{hint}"
        )
    if not np.issubdtype(images.dtype, np.floating):
        raise UserError(
            f"Expected float images. Received: dtype {images.dtype}. For uint8 images see"
            " `tf_gan.data.scale`."
        )
    if not np.isfinite(images).all():
        bad = np.argwhere(~np.isfinite(images.reshape(len(images), -1)).all(axis=1))[0, 0]
        raise UserError(f"Expected finite images. Received: NaN or infinity in image {first + bad}")
    if value_range is None or images.size == 0:
        return
    low, high = value_range
    slack = TOLERANCE * (high - low)
    least, most = float(images.min()), float(images.max())
    if least < low - slack or most > high + slack:
        hint = ""
        if most > 2 * high and least >= 0:
            how = "divide by 127.5 and subtract 1" if low < 0 else "divide by 255"
            hint = f" They look like uint8 values given as floats: {how}."
        raise UserError(
            f"Expected images in [{low:g}, {high:g}], the generator's range. Received: values in"
            f" [{least:g}, {most:g}].{hint}"
        )


def check_labels(labels, n: int, num_classes: int) -> None:
    """Checks the labels of `n` images.

    Raises:
        ValueError: if there are none, or they are not `n` integers from 0 to
            `num_classes` - 1.
    """
    if labels is None:
        raise UserError(
            f"This model has {num_classes} classes: expected labels beside the images. Received:"
            " images without labels"
        )
    values = np.asarray(labels)
    if not np.issubdtype(values.dtype, np.integer) or values.shape != (n,):
        hint = ""
        if values.shape == (n, 1):
            hint = ". Take `labels[:, 0]`"
        elif values.shape == (n, num_classes):
            hint = ". One-hot labels become integers with `labels.argmax(axis=1)`"
        raise UserError(
            f"Expected {n} integer labels, shape ({n},). Received: dtype {values.dtype}, shape"
            f" {values.shape}{hint}"
        )
    if n and not 0 <= values.min() <= values.max() < num_classes:
        raise UserError(
            f"Expected labels from 0 to {num_classes - 1}. Received: labels from {values.min()} to"
            f" {values.max()}"
        )
