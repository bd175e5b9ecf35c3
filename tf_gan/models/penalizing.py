"""Gradient penalties of the discriminator, in every step or in every k-th."""

import warnings
from collections.abc import Callable

import keras
import tensorflow as tf

from tf_gan import losses
from tf_gan import penalties as gradient_penalties
from tf_gan.errors import UserError
from tf_gan.models.objective import Batch, Lazy, Loss, Objective
from tf_gan.penalties import Penalty
from tf_gan.training.rng import Stream
from tf_gan.training.update import side_pass


class Penalizing(keras.Model):
    """The half of `GAN` that adds penalties to D's loss.

    With an interval k > 1 they are lazy: they are no part of D's loss; in every k-th
    step, before its other updates, D's optimizer makes a step of its own on their sum,
    times the number of D's updates until the next one.
    """

    penalties: tuple = ()
    penalty_interval = 1
    discriminator_steps: int

    def set_penalties(self, identifiers, interval: int) -> None:
        """Sets the penalties of `compile`.

        Raises:
            ValueError: for unknown names, or an interval that is not an integer >= 1 or
                has no effect.
        """
        self.penalties = gradient_penalties.get_all(identifiers)
        if not isinstance(interval, int) or interval < 1:
            raise UserError(
                "Invalid value for argument `penalty_interval`. Expected an integer >= 1. Received:"
                f" penalty_interval={interval!r}"
            )
        if interval > 1 and not self.penalties:
            raise UserError(
                f"penalty_interval={interval} has no effect without penalties. Expected"
                " penalty_interval=1, or penalties such as 'r1'"
            )
        self.penalty_interval = interval
        if interval > 1 and isinstance(self.adversarial_loss, losses.Relativistic):
            warnings.warn(
                f"penalty_interval={interval} with the relativistic loss: on hard data, such as"
                " the grid of 25 Gaussians, training with lazy penalties fails where"
                " penalty_interval=1 finds all modes (Huang et al., 2025, appendix E)",
                stacklevel=3,
            )

    def penalties_now(self) -> list[Callable]:
        """Returns the penalties with the weights of this step."""
        step = self.step.value
        return [p.at(step) if isinstance(p, Penalty) else p for p in self.penalties]

    def gradient_penalty(self, forward, batch: Batch, random: Stream) -> tf.Tensor:
        """Returns the sum of the penalties, a scalar."""

        def logits(x):
            with side_pass(self.discriminator):
                return self.outputs(x, batch)[0]

        reals = tf.cast(forward.real_inputs, forward.fakes.dtype)
        return tf.add_n(
            [
                penalty(logits, reals, forward.fakes, random.fold(1 + number))
                for number, penalty in enumerate(self.penalties_now())
            ]
        )

    def lazy_penalty(self, forward, batch: Batch, random: Stream) -> Loss:
        """Returns the loss of the step in which penalties are due."""
        penalty = self.gradient_penalty(forward, batch, random)
        return Loss(self.lazy_updates * penalty, {"gradient_penalty": penalty})

    @property
    def lazy_updates(self) -> int:
        """D's updates from one lazy penalty to the next; 0 if penalties are not lazy."""
        return self.penalty_interval * self.discriminator_steps if self.penalty_interval > 1 else 0

    def build_lazy(self, objectives: tuple[Objective, ...]) -> tuple[Lazy, ...]:
        lazy = super().build_lazy(objectives)
        if self.penalty_interval == 1:
            return lazy
        return (*lazy, Lazy(objectives[0], "penalty", self.lazy_penalty, self.penalty_interval))
