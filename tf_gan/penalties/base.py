"""What all penalties share."""

import copy
import numbers
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.schedules import Schedule


class Penalty:
    """Base class of the penalties.

    To be implemented by subclasses: `__call__(discriminator, real_images, fake_images,
    random)`, the weighted penalty as a scalar.

    Args:
        weight: Factor before the penalty: a number >= 0, or a schedule (see
            `tf_gan.schedules`).
    """

    uses_global_batch = False  # Whether it needs values of all replicas.
    log = "gradient_penalty"  # Name of its log; penalties with one name are added up.

    def __init__(self, weight: float | Schedule = 10.0):
        is_number = isinstance(weight, numbers.Real) and 0 <= float(weight) < float("inf")
        if not is_number and not isinstance(weight, Schedule):
            raise UserError(
                "Invalid value for argument `weight`. Expected a number >= 0, or a schedule."
                f" Received: weight={weight!r}"
            )
        self.weight: Any = weight

    def at(self, step) -> "Penalty":
        """Returns the penalty of a step: the same with a number as its weight."""
        if not isinstance(self.weight, Schedule):
            return self
        penalty = copy.copy(self)
        penalty.weight = self.weight(step)
        return penalty

    def __call__(
        self, discriminator: Callable, real_images: tf.Tensor, fake_images: tf.Tensor, random
    ) -> tf.Tensor:
        raise NotImplementedError

    def get_config(self) -> dict:
        return {"weight": keras.saving.serialize_keras_object(self.weight)}

    @classmethod
    def from_config(cls, config: dict) -> "Penalty":
        return cls(**keras.saving.deserialize_keras_object(config))
