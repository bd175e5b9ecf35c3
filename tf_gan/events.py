"""TensorBoard's event files of a run that goes on."""

import pathlib

import tensorflow as tf
from tensorflow.core.util import event_pb2


def purge(directory, last_step: int) -> None:
    """Takes out of a directory's event files what was written for steps after `last_step`, so that it can be written again without a double.

    Files are replaced when their new form is whole. What a crash cut off at the end of one is left out.

    Args:
        directory: Where the event files are; sub-folders are left alone.
        last_step: Last step to keep, in the unit that the files count in.
    """
    for path in sorted(pathlib.Path(directory).glob("events.out.tfevents.*")):
        kept = [record for record, step in _records(path) if step <= last_step]
        temporary = path.with_name(f".{path.name}.tmp")
        with tf.io.TFRecordWriter(str(temporary)) as writer:
            for record in kept:
                writer.write(record)
        temporary.replace(path)


def _records(path):
    records = iter(tf.data.TFRecordDataset(str(path)))
    while True:
        try:
            record = next(records).numpy()
        except (StopIteration, tf.errors.DataLossError):
            return
        yield record, event_pb2.Event.FromString(record).step
