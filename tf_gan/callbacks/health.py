"""Watches a training for the ways in which GANs fail."""

import json
import logging
import pathlib

import keras
import numpy as np

from tf_gan import losses
from tf_gan.callbacks import metrics_log
from tf_gan.data.examples import Examples, as_examples
from tf_gan.errors import NonFiniteError, UserError, integer
from tf_gan.io import atomic
from tf_gan.models.network_checks import arguments_of
from tf_gan.training.fit import nonfinite_variable

ADVICE = (
    "Checkpoints from before are intact. Try smaller learning rates or a penalty (r1, wgan_gp), or"
    " look at the data of that step."
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


# What tells that a training fails; the tests make small runs fail and find them there.
WON = (0.9, 0.1)  # D(x) above and D(G(z)) below, for losses with log-odds,
APART = 5.0  # or logits of real images above those of fakes by so much, for pairs,
HINGE = 0.25  # or its hinge loss below: 0.6 with good faces, 0.1 with samples that are blots.
BY_HEART = 0.5  # r_v of `DiscriminatorGap` above,
LOOKS = 3  # in so many looks in a row.
ALIKE = 0.35  # Mean distance of samples over that of training images below.
SAME = 0.01  # Largest difference of samples over the range of images below.

# What to try: the argument of `compile` that it needs, and the words.
AGAINST_A_VICTORY = (
    ("penalties", "a penalty (config.objective.penalties=r1, or a larger penalty_weight)"),
    (
        "augment",
        "augmentation (config.objective.augment=color,translation,cutout) where pictures are few",
    ),
    ("", "a smaller learning rate for the discriminator"),
)
AGAINST_COLLAPSE = (
    (
        "loss",
        "the relativistic loss with R1 and R2 (config.objective.loss=relativistic,"
        " penalties=r1,r2)",
    ),
    ("", "a smaller learning rate for the generator"),
    ("discriminator_steps", "more discriminator steps"),
)


class Health(keras.callbacks.Callback):
    """Stops at the first value that is not finite, and warns of a discriminator that
    has won, of one that learns the training images by heart, and of samples that are
    alike.

    Args:
        patience: Epochs in a row in which D has won before the warning, >= 1.
        every: Epochs between the comparisons of samples, >= 1.
        samples: How many samples to compare, >= 2.
        training: The training images, a float array or `tf_gan.data.Examples`, whose
            distances samples are compared with; None compares samples with each other alone.
        steps: Steps in a row in which D has won before the warning, >= 0: an epoch of
            few pictures is short.
        path: File to which the warnings are appended, one JSON object a line: `epoch`
            (from 1), `step`, `kind`, `message`, `advice`. When a run is resumed, the
            lines of steps after its checkpoint are removed first. None only logs them.

    Raises:
        ValueError: for a number that is not an integer, or out of range.
        NonFiniteError: during training, with the name of the value and the step.
    """

    def __init__(
        self,
        patience: int = 10,
        every: int = 10,
        samples: int = 16,
        *,
        training: np.ndarray | Examples | None = None,
        steps: int = 200,
        path=None,
    ):
        super().__init__()
        self.path = None if path is None else pathlib.Path(path)
        self.patience, self.every = integer("patience", patience), integer("every", every)
        self.samples = integer("samples", samples, least=2)
        self.steps = integer("steps", steps, least=0)
        self._distance = None if training is None else _distance_of(training, samples)

    def on_train_begin(self, logs=None):
        self._won, self._won_from, self._by_heart = 0, int(self.model.step.numpy()), 0
        self.model.nonfinite_step.assign(-1)
        self._warned = set()
        if self.path is not None:
            metrics_log.cut_back(self.path, int(self.model.step.numpy()))
            self.path.touch()

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
        self._epoch = epoch + 1
        check_weights(self.model)
        logs, step = logs or {}, int(self.model.step.numpy())
        if not self._has_won(logs):
            self._won, self._won_from = 0, step
        else:
            self._won += 1
        if self._won >= self.patience and step - self._won_from >= self.steps:
            self._warn(
                "won",
                f"The discriminator has classified nearly all images correctly for {self._won}"
                f" epochs ({step - self._won_from} steps): the generator learns almost nothing"
                " from it.",
                _advice(self.model, *AGAINST_A_VICTORY),
            )
        if "r_v" in logs:  # Not every epoch has a look.
            self._by_heart = self._by_heart + 1 if logs["r_v"] > BY_HEART else 0
        if self._by_heart >= LOOKS and "r_v" in logs:
            self._warn(
                "by heart",
                "The discriminator has memorized the training images: it rates held-out images"
                f" more like samples than like training images (r_v {logs['r_v']:.2f}; 0 where it"
                " judges them alike, 1 where it takes them for samples). Longer training will make"
                " the samples worse.",
                "Train again with config.keep_best=distance, which keeps the best checkpoint. Try"
                " more pictures, a larger penalty_weight and, where they are not on yet,"
                " augmentation (config.objective.augment=color,translation,cutout) and"
                " config.data.mirror=True.",
            )
        if (epoch + 1) % self.every == 0 or epoch + 1 == (self.params or {}).get("epochs"):
            self._compare_samples(epoch)

    def _has_won(self, logs: dict) -> bool:
        loss = getattr(self.model, "adversarial_loss", None)
        # Sigmoids of other logits, such as Wasserstein's, near 1 and 0 are no victory.
        if "D(x)" in logs and getattr(loss, "log_odds", True):
            return logs["D(x)"] > WON[0] and logs.get("D(G(z))", 0.5) < WON[1]
        if isinstance(loss, losses.Hinge):
            return logs.get("discriminator_loss", HINGE) < HINGE
        # A difference of logits means nothing in the Wasserstein loss.
        pairs = isinstance(loss, losses.Relativistic | losses.RelativisticAverage)
        return pairs and logs.get("logit(x)", 0.0) - logs.get("logit(G(z))", 0.0) > APART

    def _compare_samples(self, epoch: int) -> None:
        """Warns if all samples look the same, or much more alike than training images."""
        try:
            samples = self.model.generate(self.samples, seed=0).reshape(self.samples, -1)
        except UserError:  # A model that makes images from images, and has seen none.
            return
        low, high = self.model.data_range or (0.0, 1.0)
        advice = _advice(self.model, *AGAINST_COLLAPSE)
        if np.abs(samples - samples[:1]).max() < SAME * (high - low):
            self._warn(
                "collapsed",
                f"All samples look the same after epoch {epoch + 1}: the generator maps every"
                " latent to one image (mode collapse).",
                advice,
            )
        elif self._distance and epoch:
            share = _spread(samples) / self._distance
            if share >= ALIKE:  # As after the first epochs: a later collapse is told again.
                self._warned -= {"alike", "collapsed"}
                return
            self._warn(
                "alike",
                f"Samples are alike after epoch {epoch + 1}: their mean distance is {share:.2f} of"
                " that of training images (mode collapse).",
                advice,
            )

    def _warn(self, kind: str, message: str, advice: str) -> None:
        if kind in self._warned:
            return
        self._warned.add(kind)
        logging.warning("%s %s", message, advice)
        if self.path is not None:
            facts = {"epoch": self._epoch, "step": int(self.model.step.numpy()), "kind": kind}
            line = json.dumps(facts | {"message": message, "advice": advice})
            with atomic.naming_errors(self.path), self.path.open("a") as file:
                file.write(f"{line}\n")


def _advice(model, *ways: tuple[str, str]) -> str:
    """Returns what to try, of `(argument of compile that it needs, or "", what)`."""
    taken = arguments_of(type(model), "compile")
    return f"Try {', or '.join(what for needs, what in ways if not needs or needs in taken)}."


def _spread(rows: np.ndarray) -> float:
    """Returns the mean distance of the rows from each other, root mean square."""
    rows = rows.astype(np.float64)
    return float(np.sqrt(np.square(rows - rows.mean(axis=0)).sum(axis=1).mean()))


def _distance_of(training: np.ndarray | Examples, n: int) -> float:
    """Returns the mean distance of training images from each other."""
    images = as_examples(training).spread(8 * n).arrays()
    return _spread(images.reshape(len(images), -1))
