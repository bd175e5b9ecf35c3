"""The same latents at several epochs: PNG grids, TensorBoard images, a GIF of the grids."""

import pathlib
import time
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from PIL import Image
from rich.console import Console

from tf_gan.errors import integer, non_negative, positive
from tf_gan.io import events
from tf_gan.plots import render
from tf_gan.plots.training_picture import training_picture


class SampleGrid(keras.callbacks.Callback):
    """Writes a PNG of the samples for one fixed set of latents: `epoch_0000.png` before
    training, then after every `every`-th epoch; with `minutes` also within epochs,
    `epoch_0003_step_00001234.png`, the first of them within a minute. A notebook shows
    the newest one.

    Args:
        directory: Where to write; made if it is not there.
        n: Number of samples, >= 1.
        every: Epochs between pictures, >= 1. The last epoch always makes one.
        seed: Fixes the latents.
        columns: Images in a row; by default as square a grid as possible.
        minutes: Minutes between pictures at most, >= 0; 0 for those of the epochs only.
        log_dir: Directory of TensorBoard's events, in which the pictures of the epochs are
            images named `samples`; None for none.
    """

    def __init__(
        self,
        directory,
        n: int = 64,
        every: int = 1,
        seed: int = 0,
        columns: int | None = None,
        *,
        minutes: float = 0.0,
        log_dir=None,
    ):
        super().__init__()
        non_negative(minutes=minutes)
        self.directory, self.every = pathlib.Path(directory), integer("every", every)
        self.n, self.seed, self.columns, self.minutes = n, seed, columns, minutes
        self.log_dir = log_dir
        self._next = float("inf")
        # The epochs done, and those that the last picture of an epoch shows.
        self._epoch: int | None = None
        self._last: int | None = None
        self._writer: events.Writer | None = None
        self._display: Any = None

    def on_train_begin(self, logs=None):
        self._epoch = self._last = None
        self.directory.mkdir(parents=True, exist_ok=True)
        if self.log_dir is not None:
            self._writer = events.Writer(self.log_dir)
        if self.minutes:
            self._next = time.monotonic() + min(60.0, 60.0 * self.minutes)

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch
        if int(self.model.step.numpy()) == 0:  # The beginning of the whole run.
            self._once(epoch)

    def on_train_batch_end(self, batch, logs=None):
        if time.monotonic() >= self._next and not self.model.at_epoch_end:
            self.sample_now()

    def on_epoch_end(self, epoch, logs=None):
        self._epoch = epoch + 1
        if self._epoch % self.every == 0 or time.monotonic() >= self._next:
            self._once(self._epoch)

    def on_train_end(self, logs=None):
        if self._epoch is not None:
            self._once(self._epoch)
        if self._writer is not None:
            self._writer.close()

    def _once(self, epoch: int) -> None:
        if epoch != self._last:
            self._last = epoch
            self.sample(epoch)

    def sample_now(self) -> None:
        """Writes a picture within an epoch, such as before training stops."""
        step = int(self.model.step.numpy())
        self._write(f"epoch_{self._epoch:04d}_step_{step:08d}.png")

    def sample(self, epoch: int) -> None:
        """Writes the picture of the end of an epoch, counted from 1."""
        picture = self._write(f"epoch_{epoch:04d}.png")
        if self._writer is not None:
            image = tf.compat.v1.Summary.Image(
                height=picture.shape[0],
                width=picture.shape[1],
                colorspace=3,
                encoded_image_string=render.png(picture),
            )
            self._writer.write(epoch, [tf.compat.v1.Summary.Value(tag="samples", image=image)])

    def _write(self, name: str) -> np.ndarray:
        picture = training_picture(self.model, self.n, self.seed, self.columns)
        render.save_png(self.directory / name, picture)
        self._show(picture)
        if self.minutes:
            self._next = time.monotonic() + 60.0 * self.minutes
        return picture

    def _show(self, picture) -> None:
        """Shows the picture in a notebook, in place of the one before."""
        if not Console().is_jupyter:
            return
        from IPython import display

        image = Image.fromarray(picture)
        if self._display is None:
            self._display = display.display(image, display_id=True)
        else:
            self._display.update(image)


class SampleGIF(keras.callbacks.Callback):
    """At the end of training, makes a GIF of all pictures that `SampleGrid` wrote, also
    before the run was resumed.

    Args:
        path: The GIF.
        directory: The directory of `SampleGrid`; list this callback after it.
        frames_per_second: > 0.
    """

    def __init__(self, path, directory, frames_per_second: float = 4.0):
        super().__init__()
        positive(frames_per_second=frames_per_second)
        self.path, self.directory = pathlib.Path(path), pathlib.Path(directory)
        self.frames_per_second = frames_per_second

    def on_train_end(self, logs=None):
        files = sorted(
            self.directory.glob("epoch_*.png"),
            key=lambda file: [int(part) for part in file.stem.split("_") if part.isdigit()],
        )
        if files:
            render.save_animation(
                self.path, [render.load(file) for file in files], self.frames_per_second
            )
