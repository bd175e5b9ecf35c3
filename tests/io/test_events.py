import shutil

import pytest
import tensorflow as tf
from support.configs import quick

import tf_gan
from tf_gan.config import default_config
from tf_gan.io import events


def write(directory, steps):
    with tf.summary.create_file_writer(str(directory)).as_default():
        for step in steps:
            tf.summary.scalar("loss", step / 10, step=step)


def steps(directory):
    found = []
    for path in directory.glob("events.out.tfevents.*"):
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            found += [event.step for value in event.summary.value if value.tag == "loss"]
    return sorted(found)


def test_events_are_on_the_disk_when_they_are_written(tmp_path):
    writer = events.Writer(tmp_path / "new")
    assert not (tmp_path / "new").exists()
    for step in (3, 4):
        writer.write(step, [events.Summary.Value(tag="loss", simple_value=0.5)])
        assert steps(tmp_path / "new")[-1] == step
    writer.close()


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


@pytest.mark.slow
def test_a_run_that_begins_anew_has_its_first_picture_once(tmp_path):
    """As after a kill between the first picture and the first checkpoint."""
    config = quick(default_config())
    tf_gan.train(config, tmp_path)
    shutil.rmtree(tmp_path / "checkpoints")
    tf_gan.train(config, tmp_path)
    found = []
    for path in tmp_path.glob("events/samples/*"):
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            found += [event.step for _ in event.summary.value]
    assert sorted(found) == list(range(config.epochs + 1))


def test_a_file_of_which_nothing_is_left_goes(tmp_path):
    write(tmp_path, range(2))
    events.purge(tmp_path, -1)
    assert not list(tmp_path.iterdir())
