"""Writes the logs of each epoch: as JSON lines, and for TensorBoard."""

import json
import math
import pathlib
import time

import keras
import tensorflow as tf

from tf_gan.io import atomic, events, json_lines


class MetricsLog(keras.callbacks.Callback):
    """Appends the logs of every epoch to a file, one JSON object a line: `epoch` (from
    1), `step`, `seconds`, then the logs, and the learning rate of each optimizer as
    `discriminator_learning_rate` and so on.

    When a run is resumed, the lines of steps after its checkpoint are removed first.

    Args:
        path: The file, such as `metrics.jsonl`.
    """

    def __init__(self, path):
        super().__init__()
        self.path = pathlib.Path(path)

    def on_train_begin(self, logs=None):
        cut_back(self.path, int(self.model.step.numpy()))

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        line = {
            "epoch": epoch + 1,
            "step": int(self.model.step.numpy()),
            "seconds": round(time.perf_counter() - self._start, 3),
        }
        rates = {
            f"{objective.name}_learning_rate": keras.ops.convert_to_numpy(
                objective.optimizer.learning_rate
            )
            for objective in getattr(self.model, "objectives", ())
        }
        for name, value in {**(logs or {}), **rates}.items():
            # JSON has no NaN and no infinity: null.
            line[name] = float(value) if math.isfinite(float(value)) else None
        with atomic.naming_errors(self.path), self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")


class TensorBoardScalars(keras.callbacks.Callback):
    """Writes the logs of every epoch as TensorBoard scalars named `epoch_<log>`. Epochs
    count from 0, as in `keras.callbacks.TensorBoard`.

    Args:
        log_dir: Directory of the events.
    """

    def __init__(self, log_dir):
        super().__init__()
        self.log_dir = log_dir

    def on_train_begin(self, logs=None):
        self._writer = events.Writer(self.log_dir)

    def on_epoch_end(self, epoch, logs=None):
        self._writer.write(
            epoch,
            [
                tf.compat.v1.Summary.Value(tag=f"epoch_{name}", simple_value=float(value))
                for name, value in (logs or {}).items()
            ],
        )

    def on_train_end(self, logs=None):
        self._writer.close()


def cut_back(path: pathlib.Path, step: int) -> None:
    """Removes the lines of steps after `step`, which will be run again; makes the folder
    of the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        kept = [line for line in read(path) if line["step"] <= step]
        with atomic.atomic_file(path) as temporary:
            temporary.write_text("".join(json.dumps(line) + "\n" for line in kept))


def read(path) -> list[dict]:
    """Returns the lines of a metrics log, without those that cannot be read.

    Args:
        path: The file, which may be missing.
    """
    lines, _ = json_lines.read(path)
    return lines
