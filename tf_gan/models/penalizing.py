"""The penalties on the discriminator, and what one of them remembers."""

from collections.abc import Callable

import keras
import tensorflow as tf

from tf_gan import penalties
from tf_gan.errors import UserError
from tf_gan.penalties import LeCam, Penalty
from tf_gan.training.rng import Stream


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
    """The part of `GAN` that adds penalties to D's loss."""

    penalties: tuple = ()

    lecam: LeCam | None = None  # The penalty, if it is one of `penalties`.

    def set_penalties(self, identifiers) -> None:
        """Sets the penalties of `compile`, and makes the averages that LeCam needs.

        Raises:
            ValueError: for unknown names; for two of LeCam, or one where D does not have
                the logits of one discriminator.
        """
        self.penalties = penalties.get_all(identifiers)
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

    def lecam_term(self, real, fake) -> tf.Tensor:
        """Returns the penalty in this step, of D's logits."""
        averages = self.mean_logits.real.value, self.mean_logits.fake.value
        step = self.step.value
        return self.lecam.at(step).of_logits(real, fake, averages, step)

    def penalty_terms(self, logits: Callable, reals, fakes, random: Stream) -> dict:
        """Returns the penalties with the weights of this step, by the names of their logs.

        Args:
            logits: Function from images to D's logits.
            reals: The real side of what D compares.
            fakes: The fake side of it.
            random: The random numbers of the update.
        """
        terms: dict[str, tf.Tensor] = {}
        for number, penalty in enumerate(self.penalties):
            if penalty is self.lecam:
                continue
            if isinstance(penalty, Penalty):
                penalty = penalty.at(self.step.value)
            name = getattr(penalty, "log", Penalty.log)
            term = penalty(logits, reals, fakes, random.fold(1 + number))
            terms[name] = terms[name] + term if name in terms else term
        return terms

    def after_update(self, extras):
        if self.lecam is not None:
            *extras, real, fake = extras
            self.mean_logits.move(real, fake, self.lecam.decay)
        if extras:
            super().after_update(tuple(extras))
