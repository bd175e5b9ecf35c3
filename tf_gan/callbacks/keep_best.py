"""Keeps the checkpoint of the epoch with the best value of a log."""

import json
import math
import pathlib

import keras

from tf_gan.callbacks.checkpoints import Checkpoints, steps
from tf_gan.errors import UserError, integer, one_of
from tf_gan.io import atomic

MODES = ("min", "max")


class KeepBest(keras.callbacks.Callback):
    """Saves all that `Checkpoints` saves after each epoch whose value of a log is better
    than all before, in place of the last best one.

    `best.json` beside the checkpoint keeps the value, so that a training that resumes
    continues to compare. List it behind the callbacks that add logs, such as `Evaluation`,
    and before `Checkpoints`.

    Args:
        path: Folder of the best checkpoint, such as `checkpoints/best`.
        monitor: Start of the name of the log, such as `kid`; the first log whose name
            starts with it counts. Epochs without it are passed over.
        mode: `"min"` if small values are good, `"max"` if large ones are.
        patience: Values in a row that are not better after which training ends; 0 for
            never.
        every: Epochs between those that must have the log, as those of `Evaluation`.

    Raises:
        UserError: for arguments out of range, and in training if the log is missing.
    """

    def __init__(self, path, monitor: str, mode: str = "min", patience: int = 0, every: int = 1):
        super().__init__()
        one_of("mode", mode, MODES)
        for name, value, least in (("patience", patience, 0), ("every", every, 1)):
            integer(name, value, least)
        self.path, self.monitor, self.mode = pathlib.Path(path), monitor, mode
        self.patience, self.every = patience, every
        self.state = self._read()

    @property
    def is_exhausted(self) -> bool:
        """Whether the last `patience` values of the log were not better than one before."""
        is_same_log = self.state.get("log", "").startswith(self.monitor)
        return is_same_log and 0 < self.patience <= self.state.get("without", 0)

    def set_model(self, model):
        super().set_model(model)
        self._checkpoint = Checkpoints(self.path, keep=1)
        self._checkpoint.set_model(model)

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        name = next((name for name in logs if name.startswith(self.monitor)), None)
        if name is None and any(log.startswith(self.monitor) for log in self.model.trackers):
            return  # Of a lazy loss, which was not due in this epoch.
        if name is None:
            if (epoch + 1) % self.every == 0:
                raise UserError(
                    f"Epoch {epoch + 1} has no log whose name starts with {self.monitor!r}, by"
                    f" which the best checkpoint is chosen. Expected one of {sorted(logs)}"
                )
            return
        self._compare(name, float(logs[name]), epoch + 1)
        if self.is_exhausted:
            print(
                f"Training ends after epoch {epoch + 1}: {name} has not become better (patience:"
                f" {self.patience})."
            )
            self.model.stop_training = True

    def _compare(self, name: str, value: float, epoch: int) -> None:
        step, state = int(self.model.step.numpy()), self.state
        if state.get("log") != name:  # Such as one of another number of samples.
            state = {"log": name, "value": None, "without": 0, "seen": 0}
        best = state["value"]
        is_better = math.isfinite(value) and (
            best is None or (value < best if self.mode == "min" else value > best)
        )
        if is_better:
            self._checkpoint.save()
            state = state | {"value": value, "epoch": epoch, "step": step, "without": 0}
        elif step > state["seen"]:  # Not an epoch that is run once more after a resume.
            state = state | {"without": state["without"] + 1}
        self.state = state | {"seen": max(step, state["seen"])}
        with atomic.atomic_file(self.path / "best.json") as temporary:
            temporary.write_text(json.dumps(self.state) + "\n")

    def _read(self) -> dict:
        """Returns what is known of the training so far, nothing without its checkpoint."""
        try:
            state = json.loads((self.path / "best.json").read_text())
            # A crash between the two files: the epochs since are run again.
            is_whole = state["value"] is None or state["step"] in steps(self.path)
            return state if is_whole else {}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise UserError(
                f"{self.path / 'best.json'} cannot be read ({error}). Remove it to choose the best"
                " checkpoint again"
            ) from error

    def on_train_end(self, logs=None):
        if self.state.get("value") is not None:
            is_run = self.path.parent.parent.joinpath("config.json").exists()
            use = "--checkpoint=best of tf-gan-sample, -evaluate and -export uses it"
            if not is_run:
                restore = "tf_gan.callbacks.checkpoints.restore_latest"
                use = f"{restore}(model, {str(self.path)!r}) reads it"
            print(
                f"The best {self.state['log']}, {self.state['value']:.4g}, is of epoch"
                f" {self.state['epoch']} (step {self.state['step']:,}), kept in {self.path}:"
                f" {use}."
            )
