"""TensorBoard's event files: written so that nothing is lost, and cut back where a run
goes on.
"""

import os
import pathlib
import socket
import time

import tensorflow as tf
from tensorflow.core.framework.summary_pb2 import Summary
from tensorflow.core.util.event_pb2 import Event

from tf_gan.io import atomic


class Writer:
    """Writes events of TensorBoard. What has been written is on the disk, or an error
    says that it is not; `tf.summary` says nothing on a full one.

    Args:
        directory: Where the file is to be; both are made with the first event.
    """

    def __init__(self, directory):
        name = f"events.out.tfevents.{time.time():.0f}.{socket.gethostname()}.{os.getpid()}.v2"
        self.path, self._file = pathlib.Path(directory, name), None

    def write(self, step: int, values: list[Summary.Value]) -> None:
        """Writes the values of a step.

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
    """Takes out of a directory's event files what was written for steps after
    `last_step`, so that it can be written again without a double.

    Files are replaced when their new form is whole, and removed when nothing is left of
    them. What a crash cut off at the end of one is left out.

    Args:
        directory: Where the event files are; sub-folders are left alone.
        last_step: Last step to keep, in the unit that the files count in.

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
