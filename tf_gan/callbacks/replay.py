"""Frames of a training on points: what both players do, to be played again."""

import pathlib
import zipfile
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_gan.data.examples import Examples, as_examples
from tf_gan.errors import UserError
from tf_gan.io import atomic
from tf_gan.metrics import mode_count
from tf_gan.models.gan import GAN
from tf_gan.penalties import input_gradient
from tf_gan.training.rng import Fold, Stream
from tf_gan.training.update import LossScope

CELLS = 40  # In each direction: where samples are counted, and in the plane D is looked at.
LINE = 400  # Where D is looked at on the line.
SHOWN, ARROWS, COUNTED = 500, 60, 5000  # Fakes: drawn, with a gradient, counted.
# Arrays of a frame in the file, beside `step` and the scalars.
FRAMED = ("fakes", "logits", "gradients", "counts")
SCALARS = ("discriminator_loss", "generator_loss", "modes", "good_share")
FLOAT16 = 65504.0  # The largest number of float16.


class Replay(keras.callbacks.Callback):
    """Keeps frames of a training on points of one or two numbers in a file, for
    `tf-gan-replay`: fakes, D's logits on a grid, D's gradient at some fakes, the losses,
    the modes found.

    All frames show the same latents and the same real points. The generator is the one
    that is trained, not its moving average: D's gradient is what moves it.

    There is a frame before the first step and, from then on, wherever a call of the
    compiled program passes a multiple of n steps. n begins at 1 and doubles when there
    would be more than `frames`; frames that are then too many go. So the frames depend
    on the steps alone: a run that was stopped and resumed leaves the file of one that
    was not. The last frame is that of the end of `fit`.

    List it before `Checkpoints`.

    Args:
        path: The file, such as `replay.npz`.
        training: The training data, points of shape `(1,)` or `(2,)`: a float array, or
            `tf_gan.data.Examples`.
        frames: How many to keep at most, >= 3.
        mixture: Means, shape `(M, D)`, and deviation of the Gaussians that the data are
            drawn from, whose modes are counted; None for other data.

    Raises:
        ValueError: for other data, or fewer frames.
    """

    def __init__(
        self,
        path,
        training: np.ndarray | Examples,
        frames: int = 200,
        *,
        mixture: tuple[np.ndarray, float] | None = None,
    ):
        super().__init__()
        training = as_examples(training)
        if frames < 3 or training.image_shape not in ((1,), (2,)):
            raise UserError(
                "Expected frames >= 3 and points of shape (1,) or (2,). Received:"
                f" frames={frames}, data of shape {training.image_shape}"
            )
        self.path, self.frames, self.mixture = pathlib.Path(path), frames, mixture
        # Not `spread`, which has other rows: older files were drawn with these.
        rows = np.unique(np.linspace(0, len(training) - 1, SHOWN).astype(int))
        self.real = training[rows].arrays().astype(np.float32)
        self.low, self.high = spread(self.real)
        self._function: Callable | None = None

    # === When ===

    def on_train_begin(self, logs=None):
        self._stride, self._frames = 1, []
        step = self._step()
        if self.path.exists():
            stored = read(self.path)
            self._stride = int(stored["stride"])
            self._frames = [
                {name: stored[name][i] for name in ("step", *SCALARS, *FRAMED)}
                for i in range(len(stored["step"]))
                if stored["step"][i] <= step
            ]
            self._thin()
        if step == 0 and not self._frames:
            self._add()

    def on_train_batch_end(self, batch, logs=None):
        # The end of `fit` may add one more.
        if _passes(self._last(), self._step(), self._stride):
            self._add()

    def on_train_end(self, logs=None):
        if self._step() != self._last():
            self._frames.append(self._look())
            self._write()

    def _step(self) -> int:
        return int(self.model.step.numpy())

    def _last(self) -> int:
        return int(self._frames[-1]["step"]) if self._frames else -1

    def _add(self) -> None:
        self._frames.append(self._look())
        self._thin()
        while len(self._frames) >= self.frames:
            self._stride *= 2
            self._thin()
        self._write()

    def _thin(self) -> None:
        """Leaves out the frames at which no multiple of the stride was passed."""
        steps = [-1] + [int(frame["step"]) for frame in self._frames]
        self._frames = [
            frame
            for before, frame in zip(steps, self._frames, strict=False)
            if _passes(before, int(frame["step"]), self._stride)
        ]

    # === What ===

    def _look(self) -> dict[str, Any]:
        if self._function is None:
            model, size = self.model, COUNTED
            self._latents = model.sample_latents(size, Stream(model.seed, Fold.GENERATION))
            self._function = tf.function(self._forward, autograph=False)
        fakes, logits, gradients, *losses = (
            value.numpy().astype(np.float64) for value in self._function(self._latents)
        )
        modes, share = np.nan, np.nan
        if self.mixture and np.isfinite(fakes).all():
            found = mode_count(fakes, *self.mixture)
            modes, share = found.count, found.good_share
        edges = [np.linspace(self.low, self.high, CELLS + 1)] * fakes.shape[1]
        counts, _ = np.histogramdd(fakes, edges)
        scalars = dict(zip(SCALARS, (*losses, modes, share), strict=True))
        return {
            "step": np.int64(self._step()),
            **{name: np.float32(value) for name, value in scalars.items()},
            "fakes": _half(fakes[:SHOWN]),
            "logits": _half(logits),
            "gradients": _half(gradients),
            "counts": counts.ravel().astype(np.uint16),
        }

    def _forward(self, latents):
        model = self.model

        def discriminator(x):
            logits, *_ = tf.nest.flatten(model.discriminator(x, training=False))
            return tf.cast(logits, tf.float32)

        with LossScope([]):  # Nothing is written, and no layer keeps a loss.
            fakes = tf.cast(model.generator(latents, training=False), tf.float32)
            real, fake = discriminator(self.real), discriminator(fakes[: len(self.real)])
            return (
                fakes,
                discriminator(grid(self.low, self.high, fakes.shape[1]))[:, 0],
                input_gradient(discriminator, fakes[:ARROWS]),
                model.adversarial_loss.discriminator_loss(real, fake),
                model.adversarial_loss.generator_loss(real, fake),
            )

    # === Where ===

    def _write(self) -> None:
        stacked = {
            name: np.stack([frame[name] for frame in self._frames])
            for name in ("step", *SCALARS, *FRAMED)
        }
        atomic.savez(
            self.path,
            **stacked,
            stride=np.int64(self._stride),
            reach=np.array([self.low, self.high]),
            real=_half(self.real),
        )


def shows(model: keras.Model, examples: Examples) -> bool:
    """Returns whether `Replay` can show a training: data of one or two numbers, without
    classes, and a discriminator from such points to logits.
    """
    return (
        isinstance(model, GAN)
        and model.gives_logits
        and not model.num_classes
        and examples.image_shape in ((1,), (2,))
        and model.discriminator.input_shape == (None, *examples.image_shape)
        and model.generator.input_shape == (None, model.latent_dim)
    )


def grid(low: float, high: float, dimensions: int) -> np.ndarray:
    """Returns where D is looked at, float32: the middles of `CELLS` x `CELLS` cells of the
    plane, the second coordinate going round first, or `LINE` points of the line.
    """
    n = CELLS if dimensions == 2 else LINE
    middles = low + (high - low) * (np.arange(n) + 0.5) / n
    axes = np.meshgrid(*[middles] * dimensions, indexing="ij")
    return np.stack(axes, axis=-1).reshape(-1, dimensions).astype(np.float32)


def spread(points: np.ndarray) -> tuple[float, float]:
    """Returns where points are, in all directions alike, and a fifth more on each side."""
    low, high = float(points.min()), float(points.max())
    margin = 0.2 * (high - low) or 1.0
    return low - margin, high + margin


def read(path) -> dict[str, np.ndarray]:
    """Returns the arrays of a file of frames: `step` and each of `SCALARS`, shape `(F,)`,
    `fakes` `(F, 500, D)`, `logits` `(F, 1600)` or `(F, 400)`, `gradients` `(F, 60, D)`,
    `counts` `(F, 40^D)`; `real` `(N, D)`, `reach` `(2,)`, `stride` `()`.

    Raises:
        UserError: if it is no such file.
    """
    try:
        # `np.load` leaves a file open that it cannot read.
        with pathlib.Path(path).open("rb") as file, np.load(file) as arrays:
            stored = dict(arrays)
        if {"step", *SCALARS, *FRAMED, "stride", "reach", "real"} - set(stored):
            raise ValueError("arrays are missing")
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{path} cannot be read as the frames of a training ({error}). Delete it: a resumed"
            " run starts a new one"
        ) from error
    return stored


def _passes(before: int, step: int, stride: int) -> bool:
    """Returns whether a multiple of the stride lies after `before`, and not after `step`."""
    return step // stride > before // stride


def _half(values: np.ndarray) -> np.ndarray:
    return np.clip(values, -FLOAT16, FLOAT16).astype(np.float16)
