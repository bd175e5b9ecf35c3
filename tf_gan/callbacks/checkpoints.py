"""Checkpoints of a whole model, by TensorFlow's own manager."""

import logging
import os
import pathlib
import shutil
import time

import keras
import tensorflow as tf

from tf_gan import compat, distribute
from tf_gan.callbacks.health import check_weights
from tf_gan.errors import UserError, integer, non_negative, reason
from tf_gan.io import atomic


class Checkpoints(keras.callbacks.Callback):
    """Saves weights, moving average, optimizers, the count of steps and the means so
    far of an epoch's logs, every so often and at the end.

    List it after the callbacks that write files that a resumed run does not write again.

    Args:
        directory: Where to write.
        every: Epochs between checkpoints, >= 1. The last epoch always makes one.
        keep: How many to keep, >= 1.
        steps: Steps between checkpoints, counted from call to call of the compiled
            program; 0 for none but the epochs'.
        minutes: Minutes between checkpoints; 0 for none but those of the epochs.

    Raises:
        UserError: for arguments out of range.
    """

    def __init__(
        self, directory, every: int = 1, keep: int = 3, *, steps: int = 0, minutes: float = 0.0
    ):
        super().__init__()
        non_negative(minutes=minutes)
        self.directory, self.minutes = str(directory), minutes
        self.every, self.keep = integer("every", every), integer("keep", keep)
        self.steps = integer("steps", steps, 0)

    def set_model(self, model):
        super().set_model(model)
        clean(self.directory)
        self._manager, self._saved = manager(model, self.directory, self.keep), None
        self._reached = 0  # The step at the end of the last epoch.

    def on_train_begin(self, logs=None):
        self._last_step, self._last_time = int(self.model.step.numpy()), time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        # What other callbacks do at the end of an epoch comes before its last step is
        # saved: it would not be done again.
        if self._due() and not self.model.at_epoch_end:
            self.save()

    def on_epoch_end(self, epoch, logs=None):
        self._reached = int(self.model.step.numpy())
        if (epoch + 1) % self.every == 0 or epoch + 1 == self.params.get("epochs") or self._due():
            self.save()

    def _due(self) -> bool:
        late = self.minutes and time.monotonic() - self._last_time >= 60 * self.minutes
        return bool(
            late or (self.steps and int(self.model.step.numpy()) - self._last_step >= self.steps)
        )

    def on_train_end(self, logs=None):
        self.save()

    def save(self) -> None:
        """Saves, unless this step is saved already, or a callback has set weights of an
        earlier step, without the state of the optimizers.

        Raises:
            NonFiniteError: if a weight is NaN or infinite: training can resume from what
                is saved.
            OSError: if it cannot be written, such as on a full disk. The checkpoints
                from before stay as they are.
        """
        self._last_step, self._last_time = int(self.model.step.numpy()), time.monotonic()
        if self._saved == self._last_step or self._last_step < self._reached:
            return
        check_weights(self.model)
        with atomic.naming_errors(pathlib.Path(self.directory, f"step-{self._last_step}")):
            self._manager.save(checkpoint_number=self._last_step)
        self._saved = self._last_step


def manager(model: keras.Model, directory, keep: int = 3) -> tf.train.CheckpointManager:
    """Returns the manager of a compiled model's checkpoints in a directory."""
    checkpoint = tf.train.Checkpoint(model=model, means=_means(model))
    paths = [str(pathlib.Path(directory, f"step-{step}")) for step in steps(directory)]
    # One whose appearance in TensorFlow's list a crash prevented is to be replaced in
    # its turn.
    if paths:
        with atomic.naming_errors(directory), compat.without_deprecations():
            times = [os.path.getmtime(f"{path}.index") for path in paths]
            tf.compat.v1.train.update_checkpoint_state(
                str(directory),
                paths[-1],
                paths,
                all_model_checkpoint_timestamps=times,
                last_preserved_timestamp=0.0,
            )
    return tf.train.CheckpointManager(
        checkpoint, str(directory), max_to_keep=keep, checkpoint_name="step"
    )


def _means(model: keras.Model) -> dict[str, list[tf.Variable]]:
    """Returns the state of the means of the logs by name, which an epoch that resumes needs.

    Of several workers each holds its own, all with the same values, as what is tracked
    are means over the replicas. One of them writes, all read it.
    """
    model.make_train_function()  # With all that the logs need.
    strategy = model.distribute_strategy
    means = {}
    for name, tracker in model.trackers.items():
        variables = [variable.value for variable in tracker.variables]
        if distribute.has_several_workers(strategy):
            results = map(strategy.experimental_local_results, variables)
            variables = [local for locals_ in results for local in locals_]
        means[name] = variables
    return means


def steps(directory) -> list[int]:
    """Returns the steps of the checkpoints in a directory, ascending. It is the files
    that count, not the list that TensorFlow keeps of them.
    """
    return sorted(
        int(path.stem.removeprefix("step-"))
        for path in pathlib.Path(directory).glob("step-*.index")
        if path.stem[5:].isdecimal()
    )


def clean(directory) -> None:
    """Removes what a crash left of checkpoints that were not finished, or not removed
    whole.
    """
    directory = pathlib.Path(directory)
    for folder in directory.glob("step-*_temp"):
        shutil.rmtree(folder, ignore_errors=True)
    for path in directory.glob("step-*.data-*"):
        if not path.with_name(f"{path.name.split('.data-')[0]}.index").exists():
            path.unlink(missing_ok=True)


def restore(model: keras.Model, path: str, train: bool = True) -> None:
    """Restores one checkpoint; raises what TensorFlow raises where it cannot be read.

    Args:
        model: A compiled model of the same networks and optimizers.
        path: Its name without a suffix, such as `checkpoints/step-100`.
        train: Whether training resumes, which needs the means of the epoch so far.
    """
    tf.train.Checkpoint(model=model).restore(
        path
    ).assert_existing_objects_matched().expect_partial()
    if train:
        tf.train.Checkpoint(means=_means(model)).restore(path).expect_partial()


def restore_latest(model: keras.Model, directory, train: bool = True) -> str | None:
    """Restores the newest checkpoint that can be read.

    Args:
        model: A compiled model of the same networks and optimizers.
        directory: Where `Checkpoints` wrote.
        train: Whether training resumes, which needs the means of the epoch so far.

    Returns:
        The path of the checkpoint, or None if there is none.

    Raises:
        ValueError: if there are checkpoints and none of them can be read.
    """
    failures = []
    for step in reversed(steps(directory)):
        path = str(pathlib.Path(directory, f"step-{step}"))
        failure = _try_restore(model, path, train)
        if failure is None:
            return path
        failures.append(failure)
        logging.warning("Checkpoint %s cannot be read; trying the one before.", failure)
    if failures:
        raise UserError("No checkpoint can be read. Tried:\n  " + "\n  ".join(failures))
    return None


def restore_step(model: keras.Model, directory, step: str | int) -> None:
    """Restores the checkpoint of one step, without the means of its epoch.

    Args:
        model: A model of the same networks.
        directory: Where `Checkpoints` wrote.
        step: The step, such as 12000.

    Raises:
        UserError: if there is no such checkpoint, or it cannot be read.
    """
    there = [str(each) for each in steps(directory)]
    if str(step) not in there:
        raise UserError(
            f"Expected the checkpoint to be latest, best, or one of the steps in {directory}:"
            f" {', '.join(there) or 'none yet'}. Received: {step}"
        )
    failure = _try_restore(model, str(pathlib.Path(directory, f"step-{step}")), train=False)
    if failure is not None:
        raise UserError(f"The checkpoint cannot be read. Choose another one. {failure}")


def _try_restore(model: keras.Model, path: str, train: bool) -> str | None:
    """Restores a checkpoint; returns its path and why it cannot be read, or None."""
    try:
        restore(model, path, train)
    # IndexError: an index file cut short.
    except (tf.errors.OpError, AssertionError, ValueError, OSError, IndexError) as error:
        return f"{path}: {reason(error)}"
    return None
