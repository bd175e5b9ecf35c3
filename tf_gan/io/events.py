"""Write TensorBoard event files without loss, and cut them back to the step at which a
run resumes.
"""

import os
import pathlib
import socket
import time

import tensorflow as tf

from tf_gan.io import atomic

Event, Summary = tf.compat.v1.Event, tf.compat.v1.Summary


class Writer:
    """Writes events of TensorBoard. After `write` the events are on the disk, or an
    error is raised; `tf.summary` is silent on a full disk.

    Args:
        directory: Folder of the file. The first event makes the folder and the file.
    """

    def __init__(self, directory):
        name = f"events.out.tfevents.{time.time():.0f}.{socket.gethostname()}.{os.getpid()}.v2"
        self.path, self._file = pathlib.Path(directory, name), None

    def write(self, step: int, values: list) -> None:
        """Writes the values of a step.

        Args:
            step: Integer >= 0.
            values: Scalars or images with their tags: `Summary.Value`s.

        Raises:
            OSError: if they cannot be written.
        """
        with atomic.naming_errors(self.path):
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = tf.io.TFRecordWriter(str(self.path))
                self._file.write(
                    Event(wall_time=time.time(), file_version="brain.Event:2").SerializeToString()
                )
            self._file.write(
                Event(
                    wall_time=time.time(), step=step, summary=Summary(value=values)
                ).SerializeToString()
            )
            self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def purge(directory, last_step: int) -> None:
    """Removes the events after `last_step` from the event files of a directory, so that
    a resumed run writes them once.

    A file is replaced when its new form is whole, and removed if it has no events left.
    A record that a crash cut off at the end of a file is left out.

    Args:
        directory: Folder of the event files; sub-folders are left alone.
        last_step: Last step to keep, in the unit of the files: steps or epochs.

    Raises:
        OSError: if the new form cannot be written.
    """
    for path in sorted(pathlib.Path(directory).glob("events.out.tfevents.*")):
        records = list(_records(path))
        if all(event.step > last_step or event.file_version for _, event in records):
            path.unlink()
            continue
        kept = [
            record for record, event in records if event.step <= last_step or event.file_version
        ]
        with atomic.atomic_file(path) as temporary, tf.io.TFRecordWriter(str(temporary)) as writer:
            for record in kept:
                writer.write(record)
            writer.flush()


def _records(path):
    records = iter(tf.data.TFRecordDataset(str(path)))
    while True:
        try:
            record = next(records).numpy()
        except (StopIteration, tf.errors.DataLossError):
            return
        yield record, Event.FromString(record)
