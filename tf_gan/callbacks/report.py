"""The page of a run, `report.html`, while training writes it."""

import contextlib
import logging
import os
import pathlib
import platform
import socket
import time
from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

from tf_gan import reports
from tf_gan.data.examples import Examples, as_examples
from tf_gan.errors import UserError
from tf_gan.fast.cores import cores
from tf_gan.plots import neighbours, render
from tf_gan.reports import commands, pictures, status
from tf_gan.version import __version__

NEIGHBOURS = (4, 5)  # Rows and columns of the samples beside them.
SHARE = 0.01  # Of the time, that writing may take.
WITHIN_EPOCHS = 30.0  # Seconds between pages in long epochs.
BETWEEN_SEARCHES = 300.0  # Seconds between two searches for the nearest training images.
SEARCHED = 5e8  # Values of training images that are searched, at most.


class Report(keras.callbacks.Callback):
    """Writes `report.html` into a run directory: after each epoch, or less often where
    epochs are so short that it would take more than a hundredth of the time, in long
    epochs twice a minute, and at the end.

    The page shows what lies in the directory: list this callback after those that write
    there, such as `MetricsLog` and `SampleGrid`. It also writes `status.json`: how far
    the training is, and `neighbours.png`: samples beside the nearest training images,
    every few minutes and at the end, unless there are too many pixels to search. A page
    that cannot be written is a warning, not the end of training.

    Args:
        directory: The run directory.
        training: The training images, a float array or `tf_gan.data.Examples`, of which
            `n` are drawn beside the samples, in `real.png`, and the nearest ones; None
            draws none.
        n: How many, >= 1.
        images_per_step: Training images in a step, >= 0; 0 if that is not known.
        minutes: Minutes after which `fit` is stopped; 0 for no limit.
    """

    def __init__(
        self,
        directory,
        training: np.ndarray | Examples | None = None,
        n: int = 64,
        images_per_step: int = 0,
        minutes: float = 0.0,
    ):
        super().__init__()
        self.directory, self.n = pathlib.Path(directory), n
        self.training = None if training is None else as_examples(training)
        self.images_per_step, self.minutes = images_per_step, minutes
        self._cost, self._gap, self._warned = 0.0, 1.0, False
        self._searched, self._search_cost = time.monotonic(), 0.0
        # When, and at which step, the program was compiled.
        self._begin: tuple[float, int] | None = None

    def on_train_begin(self, logs=None):
        step = int(self.model.step.numpy())
        self._begin, self._last = None, time.monotonic()
        with self._not_fatal():
            self.directory.mkdir(parents=True, exist_ok=True)
            status.start(self.directory, step, **self._facts())
            self._draw_training()
        self.write()

    def on_train_batch_end(self, batch, logs=None):
        if self._begin is None:  # After the first call, which compiles the program.
            self._begin = time.monotonic(), int(self.model.step.numpy())
        if time.monotonic() - self._last >= max(WITHIN_EPOCHS, self._cost / SHARE):
            self.write()

    def on_epoch_end(self, epoch, logs=None):
        if time.monotonic() - self._last >= max(1.0, self._cost / SHARE):
            self.write()

    def on_train_end(self, logs=None):
        epoch, epochs = self._epochs()
        early = epochs and epoch < epochs
        text = f"Ended early, after {epoch:g} of {epochs} epochs." if early else ""
        with self._not_fatal():
            self._draw_neighbours()
        self.write(state="done", message=text)

    def write(self, **fields) -> None:
        """Writes the status and the page.

        Args:
            **fields: Further fields of the status, such as its state.
        """
        begin, step = time.monotonic(), int(self.model.step.numpy())
        self._gap, self._last = max(1.0, begin - self._last), begin
        with self._not_fatal():
            if begin - self._searched >= max(BETWEEN_SEARCHES, self._search_cost / SHARE):
                self._draw_neighbours()
        drawn = time.monotonic()  # The search has a share of the time of its own.
        with self._not_fatal():
            status.update(self.directory, step=step, **self._speed(step), **fields)
            reports.write([self.directory], reload=min(30.0, max(3.0, self._gap)))
        self._cost = time.monotonic() - drawn

    def _facts(self) -> dict:
        """Returns what is known of a training from its start on."""
        return {
            "steps_per_epoch": self.params.get("steps"),
            "epochs": self.params.get("epochs"),
            "images_per_step": self.images_per_step,
            "speed": None,
            "until": time.time() + 60 * self.minutes if self.minutes else None,
            "command": commands.this_training(),
            "kind": commands.sample_kind(self.model),
            "device": devices(self.model),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "versions": {
                "tf_gan": __version__,
                "TensorFlow": tf.__version__,
                "Keras": keras.__version__,
                "Python": platform.python_version(),
            },
        }

    def _speed(self, step: int) -> dict:
        if self._begin is None or step <= self._begin[1] or not self.images_per_step:
            return {}
        seconds = time.monotonic() - self._begin[0]
        return {"speed": (step - self._begin[1]) * self.images_per_step / seconds}

    def _epochs(self) -> tuple[float, int]:
        """Returns the epochs done, and those to do, 0 if that is not known."""
        steps = self.params.get("steps") or 0
        epoch = int(self.model.step.numpy()) / steps if steps else 0.0
        return epoch, (self.params.get("epochs") or 0) if steps else 0

    def _draw_training(self) -> None:
        path = self.directory / pictures.REAL
        if self.training is None or path.exists():
            return
        images = self.training.spread(self.n).arrays()
        is_cloud = images.ndim == 2 and images.shape[1] <= 2
        render.save_png(
            path,
            render.cloud(images, label="data")
            if is_cloud
            else render.picture(images, self.training.value_range),
        )

    def _draw_neighbours(self) -> None:
        """Draws samples beside the nearest training images."""
        begin, training, model = time.monotonic(), self.training, self.model
        if (
            training is None
            or model.latent_dim is None
            or model.image_shape != training.image_shape
            or len(model.image_shape) != 3
            or len(training) * np.prod(model.image_shape) > SEARCHED
        ):
            return
        samples = model.generate(NEIGHBOURS[0] * NEIGHBOURS[1], seed=0)
        picture = neighbours.beside_nearest(model, samples, training, NEIGHBOURS[1])
        render.save_png(self.directory / "neighbours.png", picture)
        self._searched, self._search_cost = time.monotonic(), time.monotonic() - begin

    @contextlib.contextmanager
    def _not_fatal(self) -> Iterator[None]:
        """Makes of any error one warning: the page is not worth the training."""
        try:
            yield
        except Exception as error:
            if not self._warned:
                self._warned = True
                is_bug = not isinstance(error, OSError | UserError)
                logging.warning(
                    "The report is not up to date; training continues. %s", error, exc_info=is_bug
                )


def devices(model: keras.Model) -> str:
    """Returns what a model is trained on, such as `2 CPU cores`."""
    gpus = tf.config.list_physical_devices("GPU")
    names = [tf.config.experimental.get_device_details(gpu).get("device_name") for gpu in gpus]
    text = ", ".join(str(name or "GPU") for name in names)
    text = text or f"{cores()} CPU core{'s' if cores() > 1 else ''}"
    replicas = model.distribute_strategy.num_replicas_in_sync
    return f"{text}, {replicas} replicas" if replicas > 1 else text
