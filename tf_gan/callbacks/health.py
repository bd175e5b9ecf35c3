"""Watches a training for the ways in which GANs fail."""

import logging

import keras
import numpy as np

from tf_gan.errors import UserError
from tf_gan.training.fit import nonfinite_variable


class NonFiniteError(ArithmeticError):
    """A loss, another log or a weight became NaN or infinite.

    Args:
        message: What became so, when, and what helps.
        step: Number of the step, or None where only weights tell.
    """

    def __init__(self, message: str, step: int | None = None):
        super().__init__(message)
        self.step = step


ADVICE = (
    "Checkpoints from before are intact. What helps: smaller learning rates, a penalty (r1,"
    " wgan_gp), a look at the data for that step."
)


def check_weights(model: keras.Model) -> None:
    """Raises a NonFiniteError if a trainable weight is not finite: its gradient was not, in a
    step since the last look.
    """
    if name := nonfinite_variable(model):
        step = int(model.step.numpy()) - 1
        raise NonFiniteError(
            f"Training stopped: the gradient of {name} became NaN or infinite, at step {step} or"
            f" before. {ADVICE}"
        )


class Health(keras.callbacks.Callback):
    """Stops at the first value that is not finite, and warns of a discriminator that
    has won and of samples that are all the same.

    Args:
        patience: Epochs in a row with D(x) above 0.99 and D(G(z)) below 0.01 before the
            warning, >= 1.
        every: Epochs between the comparisons of samples, >= 1.
        samples: How many samples to compare, >= 2.

    Raises:
        NonFiniteError: during training, with the name of the value and the step.
    """

    def __init__(self, patience: int = 10, every: int = 10, samples: int = 16):
        super().__init__()
        self.patience, self.every, self.samples = patience, every, samples

    def on_train_begin(self, logs=None):
        self._won = 0
        self.model.nonfinite_step.assign(-1)
        self._warned = set()

    def on_train_batch_end(self, batch, logs=None):
        step = int(self.model.nonfinite_step.numpy())
        if step < 0:
            return
        bad = [name for name, value in (logs or {}).items() if not np.isfinite(float(value))]
        what = " and ".join(bad) or "an image of the data, or a gradient,"
        raise NonFiniteError(
            f"Training stopped: {what} became NaN or infinite at step {step}. {ADVICE}", step
        )

    def on_epoch_end(self, epoch, logs=None):
        check_weights(self.model)
        logs = logs or {}
        # Logits of the Wasserstein, hinge and least-squares losses are no log-odds:
        # sigmoids near 1 and 0 are no victory there.
        log_odds = getattr(getattr(self.model, "adversarial_loss", None), "log_odds", True)
        won = log_odds and logs.get("D(x)", 0.5) > 0.99 and logs.get("D(G(z))", 0.5) < 0.01
        self._won = self._won + 1 if won else 0
        if self._won >= self.patience:
            self._warn(
                "won",
                f"The discriminator has told all real images from all fakes for {self._won} epochs"
                " (D(x) is near 1, D(G(z)) near 0): the generator learns next to nothing from it."
                " Try a smaller learning rate for the discriminator, label smoothing, a penalty"
                " such as r1, or dropout in the discriminator.",
            )
        if (epoch + 1) % self.every == 0 or epoch + 1 == (self.params or {}).get("epochs"):
            self._compare_samples(epoch)

    def _compare_samples(self, epoch: int) -> None:
        """Warns if all samples look the same."""
        try:
            samples = self.model.generate(self.samples, seed=0).reshape(self.samples, -1)
        except UserError:  # A model that makes images from images, and has seen none.
            return
        low, high = self.model.data_range or (0.0, 1.0)
        if np.abs(samples - samples[:1]).max() < 0.01 * (high - low):
            self._warn(
                "collapsed",
                f"All samples look the same after epoch {epoch + 1}: the generator maps every"
                " latent to one image (mode collapse). Try a smaller learning rate for the"
                " generator, more discriminator steps, or a penalty such as r1 or wgan_gp.",
            )

    def _warn(self, kind: str, message: str) -> None:
        if kind not in self._warned:
            self._warned.add(kind)
            logging.warning(message)
