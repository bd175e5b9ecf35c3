"""What an update is made of: a batch, a loss, and an objective that descends it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from tf_gan.errors import UserError


class Batch(NamedTuple):
    """One minibatch, or a replica's share of it.

    Args:
        images: Float tensor of shape `(B, *image_shape)`, in `data_range`.
        labels: Integers of shape `(B,)`, or None.
        sources: Images to translate, of shape `(B, *source_shape)`, or None.
    """

    images: Any
    labels: Any = None
    sources: Any = None

    @property
    def condition(self):
        """What the networks see beside images: the sources, or the labels, or None."""
        return self.labels if self.sources is None else self.sources


def split(batch: Batch, parts: int) -> list[Batch]:
    """Splits a batch into `parts` minibatches."""
    if parts == 1:
        return [batch]
    count = batch.images.shape[0]
    if count is not None and count % parts:
        raise UserError(
            f"A step takes discriminator_steps={parts} minibatches of equal size. Expected a batch"
            f" that is a multiple of {parts}. Received: {count} images"
        )
    columns = [[None] * parts if part is None else tf.split(part, parts) for part in batch]
    return [Batch(*minibatch) for minibatch in zip(*columns, strict=True)]


def repeated(batch: Batch, times: int) -> Batch:
    """Returns a batch in which each example comes so many times, one after the other."""
    if times == 1:
        return batch
    return Batch(*(None if part is None else tf.repeat(part, times, axis=0) for part in batch))


class Loss(NamedTuple):
    """What an objective descends on a batch.

    Args:
        value: Scalar, a mean over the batch.
        logs: Scalars by name.
        extras: Tensors with the batch first; `GenerativeModel.after_update` gets them,
            joined over the replicas.
    """

    value: tf.Tensor
    logs: dict[str, tf.Tensor]
    extras: tuple = ()


def check_terms(terms, hook: str) -> tuple[tf.Tensor, dict]:
    """Returns what a hook returned, a value and its logs.

    Raises:
        UserError: for anything else.
    """
    if not isinstance(terms, tuple) or len(terms) != 2 or not isinstance(terms[1], dict):
        raise UserError(
            f"Expected {hook} to return (value, logs), a scalar and a dict of scalars. Received:"
            f" {terms!r}"
        )
    if terms[0] is None or (value := tf.convert_to_tensor(terms[0])).shape.rank:
        raise UserError(
            f"Expected the value of {hook} to be a scalar, such as a mean over the batch. Received:"
            f" {None if terms[0] is None else f'shape {value.shape}'}"
        )
    return terms


class Objective:
    """Some networks, the optimizer that moves them, and the loss that they descend.

    Args:
        name: Such as `"discriminator"`; names its logs in messages and for callbacks.
        networks: Keras models whose trainable variables the optimizer moves.
        optimizer: Keras optimizer.
        loss: Function `(forward, batch, random) -> Loss` of what
            `GenerativeModel.forward` returned.
        needs_real: Whether the loss uses the discriminator's outputs on real images.
    """

    def __init__(
        self, name: str, networks: list, optimizer, loss: Callable, *, needs_real: bool = True
    ):
        self.name, self.networks, self.optimizer = name, tuple(networks), optimizer
        self.parts = self.networks  # Those whose variables move at present.
        self.loss, self.needs_real = loss, needs_real

    @property
    def variables(self) -> list[keras.Variable]:
        return [variable for network in self.parts for variable in network.trainable_variables]


class Lazy(Objective):
    """A further loss of an objective, which in every k-th step alone is descended, by an
    optimizer step of its own before the others.

    The loss has to be k times what it would be in every step. The optimizer makes more
    steps than the objective alone would: (k + 1) / k times as many; see
    `tf_gan.training.optimizers.corrected`. Karras et al., Analyzing and Improving the
    Image Quality of StyleGAN (2020), https://arxiv.org/abs/1912.04958, section 3.1, call
    it lazy regularization.

    Args:
        objective: The objective whose networks and optimizer it moves.
        name: Such as `"path_length"`.
        loss: Function `(forward, batch, random) -> Loss`.
        interval: k, >= 1: it is due where the number of the step is a multiple of k.
    """

    def __init__(self, objective: Objective, name: str, loss: Callable, interval: int):
        super().__init__(name, list(objective.networks), None, loss)
        self.objective, self.interval = objective, interval

    @property
    def variables(self) -> list[keras.Variable]:
        return self.objective.variables

    @property
    def optimizer(self):
        """The optimizer of the objective, as it is now: loss scaling wraps it."""
        return self.objective.optimizer

    @optimizer.setter
    def optimizer(self, value) -> None:
        assert value is None, "a lazy objective has no optimizer of its own"
