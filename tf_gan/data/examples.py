"""Image sets, and the batches that training sees of them."""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tf_gan.data.batched import without_autotuning
from tf_gan.data.checks import check_floats, integer_labels
from tf_gan.data.order import Order
from tf_gan.data.ranges import to_float
from tf_gan.data.stored import StoredImages, gather_from
from tf_gan.errors import UserError, integer

MIRRORED = 3  # Folded into the seed for which images are mirrored.


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Examples:
    """Images as they are stored, in memory or in a file, and the range in which models
    see them.

    A slice or an index array gives other `Examples`: `examples[:64]`.

    Args:
        images: Array of shape `(N, ...)`: uint8 in 0..255, or floats that are in
            `value_range` already; or `StoredImages`.
        labels: Integer array of shape `(N,)`, or None. -1 stands for a label that is
            not known.
        value_range: `(low, high)` of the images that `batches` and `arrays` return;
            None where float data have no bounds.
        class_names: Names of the labels, or None.
        name: What to call the set in messages and on disk.
        mirror: Whether `batches` mirrors half of the images, left and right, anew in
            each epoch.
    """

    images: np.ndarray | StoredImages
    labels: np.ndarray | None = None
    value_range: tuple[float, float] | None = (-1.0, 1.0)
    class_names: tuple[str, ...] | None = None
    name: str = "examples"
    mirror: bool = dataclasses.field(default=False, kw_only=True)

    share_multiple = 1  # A replica's share of a minibatch must be a multiple of this.

    def __post_init__(self):
        if self.value_range is None and self.images.dtype == np.uint8:
            raise UserError(
                "uint8 images need a `value_range` to be scaled to, such as (-1, 1). Received:"
                " value_range=None"
            )
        if self.value_range is not None:
            low, high = (float(bound) for bound in self.value_range)
            if low >= high:
                raise UserError(
                    "Expected value_range=(low, high) with low < high. Received:"
                    f" value_range={self.value_range}"
                )
            object.__setattr__(self, "value_range", (low, high))
        if self.mirror and len(self.image_shape) != 3:
            raise UserError(
                "Expected mirror=False for data that are no images, shape (H, W, C). Received:"
                f" {self.name}, of shape {self.image_shape}"
            )
        if self.labels is not None:
            object.__setattr__(self, "labels", integer_labels(self.labels, len(self)))

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        fields = {"value_range": self.value_range, "num_classes": self.num_classes}
        shown = ", ".join(f"{name}={value}" for name, value in fields.items())
        return f"{type(self).__name__}({self.name!r}, shape={self.shape}, {shown})"

    @property
    def image_shape(self) -> tuple[int, ...]:
        return tuple(self.images.shape[1:])

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of what `arrays` returns."""
        return (len(self), *self.image_shape)

    @property
    def num_classes(self) -> int:
        """Number of classes; 0 without labels."""
        if self.labels is None:
            return 0
        return (
            len(self.class_names or ())
            or max((int(label) for label in np.unique(self.labels)), default=-1) + 1
        )

    def __getitem__(self, index) -> "Examples":
        """Returns the examples of a slice or an index array."""
        check_index(index)
        labels = None if self.labels is None else self.labels[index]
        return dataclasses.replace(self, images=self.images[index], labels=labels)

    def spread(self, count: int | None) -> "Examples":
        """Returns `count` evenly spaced images, or all where there are no more: folders and
        files may hold one class after the other.
        """
        if count is None or count >= len(self):
            return self
        return self[np.arange(count) * len(self) // count]

    def whole(self) -> np.ndarray | StoredImages:
        """Returns all images as they are stored, each of shape `image_shape`."""
        return self.images

    def arrays(self) -> np.ndarray:
        """Returns all images as float32 in `value_range`."""
        return to_float(self.whole(), self.value_range)

    def mean(self) -> np.ndarray:
        """Returns the mean of all images as they are stored, float64 of the shape of
        one.
        """
        starts = range(0, len(self), 4096)
        images = self.whole()
        parts = (np.asarray(images[start : start + 4096]) for start in starts)
        return sum(part.sum(axis=0, dtype=np.float64) for part in parts) / len(self)

    def steps_per_epoch(self, batch_size: int) -> int:
        """Returns how many full batches an epoch has."""
        return len(self) // batch_size

    def batches(
        self,
        batch_size: int,
        *,
        seed: int = 0,
        shuffle: bool = True,
        first_batch: int = 0,
        rows: list | None = None,
    ) -> tf.data.Dataset:
        """Returns an endless dataset of full batches.

        Batch number `b` belongs to epoch `b // steps_per_epoch(batch_size)`. The order
        within an epoch is a permutation that depends on the seed and the epoch alone, so
        a dataset that starts at batch `n` costs no more than one that starts at 0.

        Args:
            batch_size: Images in a batch, 1 <= batch_size <= N. What is left of an
                epoch after its last full batch is not seen in it.
            seed: Integer.
            shuffle: Whether to permute; otherwise the order is that of the arrays.
            first_batch: Number of the first batch.
            rows: Positions in the batch to return, for a worker that sees a part of
                each batch; by default all of them, in order.

        Returns:
            `tf.data.Dataset` of images, float32 of shape `(rows, ...)`, or of `(images,
            labels)`.
        """
        batch_size = integer("batch_size", batch_size)
        if self.steps_per_epoch(batch_size) < 1:
            raise UserError(
                "Expected at least one batch of images: `batch_size` must be from 1 to the number"
                f" of images. Received: batch_size={batch_size}, {len(self)} images in {self.name}"
            )
        positions = tf.range(batch_size) if rows is None else tf.constant(rows, tf.int32)
        with tf.device("CPU"):  # A set in memory stays in the host's, once.
            fetch = self.batch_fn(Order(batch_size, positions, seed, shuffle))
        dataset = tf.data.Dataset.range(first_batch, np.iinfo(np.int64).max).map(
            fetch, num_parallel_calls=2, deterministic=True
        )
        return without_autotuning(dataset.prefetch(2))

    def batch_fn(self, order: Order) -> Callable:
        """Returns a function from the number of a batch, an int64 scalar, to the batch:
        images, or `(images, labels)`.

        Args:
            order: Which examples make a batch.
        """
        gather = gather_from(self.images)
        labels = None if self.labels is None else tf.constant(self.labels, tf.int32)

        def fetch(number):
            index = order.index(number, len(self))
            batch = to_float(self.augmented(gather(index), order, number), self.value_range)
            return batch if labels is None else (batch, tf.gather(labels, index))

        return fetch

    def augmented(self, images: tf.Tensor, order: Order, number, *folds: int) -> tf.Tensor:
        """Returns the images of a batch as training sees them: mirrored or not, each as
        the seed, the number of the batch and the place in it say.

        Args:
            images: The images.
            order: Which examples make a batch.
            number: Number of the batch, an int64 scalar.
            *folds: What sets these draws apart from others of the same batch.
        """
        if not self.mirror:
            return images
        turned = order.uniform(number, MIRRORED, *folds) >= 0.5
        return tf.where(turned[:, None, None, None], images[:, :, ::-1], images)

    def targets(self) -> tuple[np.ndarray | None, int]:
        """Returns the labels (or None) and the number of images they belong to."""
        return self.labels, len(self)


def as_examples(images, labels: np.ndarray | None = None) -> Examples:
    """Returns images of an array as `Examples`; `Examples` as they are.

    Args:
        images: Float array `(N, ...)`, or `Examples`.
        labels: Integer array of shape `(N,)`, or None.

    Raises:
        UserError: for others, such as a dataset of batches.
    """
    if isinstance(images, Examples):
        return images
    if not isinstance(images, (np.ndarray, tf.Tensor)):
        raise UserError(
            "Expected an array of images, or `tf_gan.data.Examples`. Received:"
            f" {type(images).__name__}"
        )
    images = np.asarray(images)
    check_floats(images)
    return Examples(images, labels, None, name="the array")


def check_index(index) -> None:
    """Raises a UserError for a single integer: examples keep the batch axis."""
    if not isinstance(index, slice) and np.ndim(index) == 0:
        raise UserError(
            "Expected a slice or an array of indices, such as examples[3:4] or examples[[3]]; a"
            f" single image is examples[3:4].arrays()[0]. Received: {index!r}"
        )
