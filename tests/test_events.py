import tensorflow as tf
from tensorflow.core.util import event_pb2

from tf_gan import events


def write(directory, steps):
    with tf.summary.create_file_writer(str(directory)).as_default():
        for step in steps:
            tf.summary.scalar("loss", step / 10, step=step)


def steps(directory):
    found = []
    for path in directory.glob("events.out.tfevents.*"):
        for record in tf.data.TFRecordDataset(str(path)):
            event = event_pb2.Event.FromString(record.numpy())
            found += [event.step for value in event.summary.value if value.tag == "loss"]
    return sorted(found)


def test_later_steps_are_taken_out(tmp_path):
    write(tmp_path, range(6))
    events.purge(tmp_path, 3)
    assert steps(tmp_path) == [0, 1, 2, 3]
    write(tmp_path, [4, 5])
    assert steps(tmp_path) == [0, 1, 2, 3, 4, 5]


def test_a_record_that_was_cut_off_goes_too(tmp_path):
    write(tmp_path, range(4))
    path = next(tmp_path.glob("events*"))
    path.write_bytes(path.read_bytes()[:-5])
    events.purge(tmp_path, 10)
    assert steps(tmp_path) == [0, 1, 2]


def test_no_directory_is_fine(tmp_path):
    events.purge(tmp_path / "none", 3)
