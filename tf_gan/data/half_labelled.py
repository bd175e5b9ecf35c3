"""Few labels among many images: which to keep, and minibatches that hold enough of
them.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from tf_gan.data.examples import Examples
from tf_gan.data.order import Order
from tf_gan.data.ranges import to_float
from tf_gan.data.stored import gather_from
from tf_gan.errors import UserError, integer

LABELLED = 1  # Folded into the seed for the order of the labelled images.


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class HalfLabelledExamples(Examples):
    """Examples whose minibatches are half labelled images, half images without labels.

    The unlabelled half goes through all images, with the label -1: an epoch shows each
    of them once. The labelled half goes through the images whose label is known, again
    and again, each time in another order. Both orders depend on the seed and the number
    of the batch alone. Labelled and unlabelled images alternate, so that each share of
    an even size is half labelled as well.

    Salimans et al., Improved Techniques for Training GANs (2016),
    https://arxiv.org/abs/1606.03498, train on such pairs of minibatches.

    Args:
        images: Array of shape `(N, ...)`: uint8 in 0..255, or floats that are in
            `value_range` already.
        labels: Integer array of shape `(N,)`; -1 stands for a label that is not known,
            and at least one is known.
        value_range: `(low, high)` of the images that `batches` and `arrays` return;
            None where float data have no bounds.
        class_names: Names of the labels, or None.
        name: What to call the set in messages and on disk.
        mirror: Whether `batches` mirrors half of the images, left and right, anew in
            each epoch.
    """

    share_multiple = 2

    @classmethod
    def of(cls, examples: Examples) -> "HalfLabelledExamples":
        """Returns the same images and labels, in half labelled minibatches."""
        return cls(
            **{field.name: getattr(examples, field.name) for field in dataclasses.fields(Examples)}
        )

    def steps_per_epoch(self, batch_size: int) -> int:
        return len(self) // (batch_size // 2) if batch_size > 1 else 0

    def batch_fn(self, order: Order):
        if self.labels is None or not (self.labels >= 0).any():
            raise UserError(
                "Expected images with labels, for half of a minibatch. Received:"
                f" {self.name}, which has none"
            )
        gather, labels = gather_from(self.images), tf.constant(self.labels, tf.int32)
        known = np.flatnonzero(self.labels >= 0)
        labelled = order.positions % 2 == 0
        half = dataclasses.replace(
            order, batch_size=order.batch_size // 2, positions=order.positions // 2
        )

        def fetch(number):
            draw = number * half.batch_size + tf.cast(half.positions, tf.int64)
            place = half.permute(
                tf.cast(draw % len(known), tf.int32),
                draw // len(known),
                len(known),
                LABELLED,
                # A minibatch may be several turns long.
                most_epochs=(half.batch_size - 1) // len(known) + 2,
            )
            index = tf.where(
                labelled,
                tf.gather(tf.constant(known, tf.int32), place),
                half.index(number, len(self)),
            )
            batch = self.augmented(gather(index), order, number)
            return to_float(batch, self.value_range), tf.where(
                labelled, tf.gather(labels, index), -1
            )

        return fetch


def keep_labels(examples: Examples, per_class: int, seed: int = 0) -> Examples:
    """Returns the examples with `per_class` labels of each class, chosen at random; all
    others become -1.

    Args:
        examples: Labelled examples.
        per_class: Labels to keep of each class, >= 1.
        seed: Integer that fixes the choice.

    Raises:
        ValueError: if there are no labels, or a class has fewer.
    """
    per_class = integer("per_class", per_class)
    if examples.labels is None or not examples.num_classes:  # Or all of them are -1.
        raise UserError(
            f"Expected images with labels to keep {per_class} of each class. Received:"
            f" {examples.name}, which has none"
        )
    counts = np.bincount(examples.labels[examples.labels >= 0], minlength=examples.num_classes)
    if counts.min() < per_class:
        least = int(counts.argmin())
        raise UserError(
            f"Expected at least {per_class} images of each class, to keep {per_class} labels"
            f" (config.data.labels_per_class). Received: {counts[least]} of class {least} in"
            f" {examples.name}"
        )
    shuffled = np.random.default_rng(seed).permutation(len(examples))
    kept = np.concatenate(
        [shuffled[examples.labels[shuffled] == label][:per_class] for label in range(len(counts))]
    )
    labels = np.full(len(examples), -1, np.int32)
    labels[kept] = examples.labels[kept]
    names = examples.class_names or tuple(map(str, range(len(counts))))
    return dataclasses.replace(examples, labels=labels, class_names=names)
