"""Checkpoints of a whole game, by TensorFlow's own manager."""

import logging
import pathlib

import keras
import tensorflow as tf


class Checkpoints(keras.callbacks.Callback):
    """Saves weights, moving average, both optimizers and the count of steps every few epochs and at the end.

    Args:
        directory: Where to write.
        every: Epochs between checkpoints, >= 1. The last epoch always makes one.
        keep: How many to keep, >= 1.
    """

    def __init__(self, directory, every: int = 1, keep: int = 3):
        super().__init__()
        self.directory, self.every, self.keep = str(directory), every, keep

    def set_model(self, model):
        super().set_model(model)
        self._manager = manager(model, self.directory, self.keep)

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every == 0 or epoch + 1 == self.params.get("epochs"):
            self.save()

    def on_train_end(self, logs=None):
        self.save()

    def save(self) -> None:
        """Saves, unless this step is saved already."""
        step = int(self.model.step.numpy())
        if not (self._manager.latest_checkpoint or "").endswith(f"step-{step}"):
            self._manager.save(checkpoint_number=step)


def manager(model: keras.Model, directory, keep: int = 3) -> tf.train.CheckpointManager:
    """Returns the manager of a model's checkpoints in a directory."""
    return tf.train.CheckpointManager(tf.train.Checkpoint(model=model), str(directory), max_to_keep=keep, checkpoint_name="step")


def restore_latest(model: keras.Model, directory) -> str | None:
    """Restores the newest checkpoint that can be read.

    Args:
        model: A compiled game of the same networks and optimizers.
        directory: Where `Checkpoints` wrote.

    Returns:
        The path of the checkpoint, or None if there is none.

    Raises:
        ValueError: if there are checkpoints and none of them can be read.
    """
    failures = []
    if not pathlib.Path(directory).is_dir():
        return None
    for path in reversed(manager(model, directory).checkpoints):
        try:
            tf.train.Checkpoint(model=model).restore(path).assert_existing_objects_matched()
        except (tf.errors.OpError, AssertionError, ValueError, OSError, IndexError) as error:  # IndexError: an index file cut short.
            failures.append(f"{path}: {str(error).strip().splitlines()[0]}")
            logging.warning("Checkpoint %s cannot be read; trying the one before.", failures[-1])
        else:
            return path
    if failures:
        raise ValueError("No checkpoint can be read. Tried:\n  " + "\n  ".join(failures))
    return None
