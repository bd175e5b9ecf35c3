"""The penalties on the discriminator, in every step or in every k-th, and what one of them
remembers.
"""

from collections.abc import Callable
from typing import cast

import keras
import tensorflow as tf

from tf_gan import losses, penalties
from tf_gan.errors import UserError, integer, warn
from tf_gan.models.objective import Batch, Lazy, Loss, Objective
from tf_gan.penalties import LeCam, Penalty
from tf_gan.training.rng import Stream
from tf_gan.training.update import side_pass


class MeanLogits(keras.layers.Layer):
    """Moving averages of D(x) and of D(G(z)), two weights that are not trained."""

    def __init__(self, **kwargs):
        super().__init__(trainable=False, name="mean_logits", **kwargs)
        self.real, self.fake = (
            self.add_weight(
                name=name, initializer="zeros", trainable=False, aggregation="only_first_replica"
            )
            for name in ("real", "fake")
        )

    def move(self, real, fake, decay: float) -> None:
        """Moves the averages by the logits of a batch."""
        for variable, logits in ((self.real, real), (self.fake, fake)):
            variable.assign(decay * variable.value + (1.0 - decay) * tf.reduce_mean(logits))


class Penalizing(keras.Model):
    """The part of `GAN` that adds penalties to D's loss.

    With an interval k > 1 those on gradients are lazy: they are no part of D's loss; in
    every k-th step, before its other updates, D's optimizer makes a step of its own on
    their sum, times the number of D's updates until the next one.
    """

    penalties: tuple = ()
    penalty_interval = 1
    discriminator_steps: int
    lecam: LeCam | None = None  # The penalty, if it is one of `penalties`.

    def set_penalties(self, identifiers, interval: int = 1) -> None:
        """Sets the penalties of `compile`, and makes the averages that LeCam needs.

        Raises:
            ValueError: for unknown names; for two of LeCam, or one where D does not have
                the logits of one discriminator; for an interval that is not an integer
                >= 1 or has no effect.
        """
        self.penalties = penalties.get_all(identifiers)
        self._set_interval(interval)
        found = [penalty for penalty in self.penalties if isinstance(penalty, LeCam)]
        self.lecam = found[0] if found else None
        if not found:
            return
        if len(found) > 1 or not self.gives_logits:
            raise UserError(
                "Expected one LeCam penalty, and a model of one discriminator whose first output"
                f" are its logits. Received: {len(found)}, and {type(self).__name__}"
            )
        if not hasattr(self, "mean_logits"):
            self.mean_logits = MeanLogits()

    def _set_interval(self, interval: int) -> None:
        self.penalty_interval = interval = integer("penalty_interval", interval)
        if interval > 1 and not self.lazy_penalties:
            raise UserError(
                f"penalty_interval={interval} has no effect without penalties on gradients."
                " Expected penalty_interval=1, or penalties such as 'r1'"
            )
        if interval > 1 and isinstance(self.adversarial_loss, losses.Relativistic):
            warn(
                f"penalty_interval={interval} with the relativistic loss: on hard data, such as"
                " the grid of 25 Gaussians, training with lazy penalties fails where"
                " penalty_interval=1 finds all modes (Huang et al., 2025, appendix E)"
            )

    @property
    def lazy_penalties(self) -> tuple:
        """The penalties that are due in every k-th step alone: those on gradients."""
        return on_gradients(self.penalties) if self.penalty_interval > 1 else ()

    @property
    def lazy_updates(self) -> int:
        """D's updates from one lazy penalty to the next; 0 if penalties are not lazy."""
        return self.penalty_interval * self.discriminator_steps if self.penalty_interval > 1 else 0

    def lazy_penalty(self, forward, batch: Batch, random: Stream) -> Loss:
        """Returns the loss of the step in which penalties are due."""
        terms = self.penalty_terms(
            self.logits_of(batch), *sides_of(forward), random, self.lazy_penalties
        )
        return Loss(self.lazy_updates * tf.add_n(list(terms.values())), terms)

    def build_lazy(self, objectives: tuple[Objective, ...]) -> tuple[Lazy, ...]:
        if self.penalty_interval == 1:
            return ()
        return (Lazy(objectives[0], "penalty", self.lazy_penalty, self.penalty_interval),)

    def logits_of(self, batch: Batch) -> Callable:
        """Returns a function from images to D's logits that leaves no statistics."""

        def logits(x):
            with side_pass(self.discriminator):
                return self.outputs(x, batch)[0]

        return logits

    def lecam_term(self, real, fake) -> tf.Tensor:
        """Returns the penalty in this step, of D's logits."""
        averages = self.mean_logits.real.value, self.mean_logits.fake.value
        step, penalty = self.step.value, cast(LeCam, self.lecam)
        return cast(LeCam, penalty.at(step)).of_logits(real, fake, averages, step)

    def penalty_terms(
        self, logits: Callable, reals, fakes, random: Stream, due: tuple | None = None
    ) -> dict:
        """Returns the penalties with the weights of this step, by the names of their logs.

        Args:
            logits: Function from images to D's logits.
            reals: The real side of what D compares.
            fakes: The fake side of it.
            random: The random numbers of the update.
            due: The penalties; None for those of every step.
        """
        terms: dict[str, tf.Tensor] = {}
        for number, penalty in enumerate(self.penalties):
            given = penalty not in self.lazy_penalties if due is None else penalty in due
            if penalty is self.lecam or not given:
                continue
            if isinstance(penalty, Penalty):
                penalty = penalty.at(self.step.value)
            name = getattr(penalty, "log", Penalty.log)
            term = _scalar(penalty(logits, reals, fakes, random.fold(1 + number)))
            terms[name] = terms[name] + term if name in terms else term
        return terms

    def after_update(self, extras):
        if self.lecam is not None:
            *extras, real, fake = extras
            self.mean_logits.move(real, fake, self.lecam.decay)
        if extras:
            super().after_update(tuple(extras))


def _scalar(term) -> tf.Tensor:
    """Returns what a penalty returned in float32, once it is a scalar."""
    if term is None or (value := tf.convert_to_tensor(term)).shape.rank:
        raise UserError(
            "A penalty returns a scalar, such as a mean over the images. Received:"
            f" {None if term is None else f'shape {value.shape}'}"
        )
    return tf.cast(value, tf.float32)


def on_gradients(penalties: tuple) -> tuple:
    """Returns the penalties on gradients, which may be lazy."""
    return tuple(each for each in penalties if getattr(each, "log", Penalty.log) == Penalty.log)


def sides_of(forward) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns what penalties compare, the real side and the fakes, of one type."""
    return tf.cast(forward.real_inputs, forward.fakes.dtype), forward.fakes
