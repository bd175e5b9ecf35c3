"""A disk that fills up: every writer says so, what was there stays whole, and with
space again the run goes on to the same end.
"""

import os
import subprocess

import keras
import numpy as np
import pytest
from support.small import points_gan

import tf_gan
from tf_gan.callbacks import (
    Checkpoints,
    KeepBest,
    MetricsLog,
    SampleGrid,
    TensorBoardScalars,
    checkpoints,
    metrics_log,
)
from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.evaluation import record
from tf_gan.io import atomic, events
from tf_gan.plots import render
from tf_gan.reports import status
from tf_gan.runs import directory

POINTS = np.random.default_rng(0).normal(size=(80, 2)).astype(np.float32)
FULL = (
    r"cannot be written: .*No space left on device\. Free some space.*the same command then does"
    r" the rest"
)


@pytest.fixture
def disk(tmp_path):
    """A file system of 2 MiB of its own."""
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tf_gan_test", str(path)],
        capture_output=True,
        text=True,
    )
    if mounted.returncode:
        pytest.skip(f"mounting a small tmpfs is refused here: {mounted.stderr.strip()}")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)


def fill(disk, leave=0):
    """Takes the free space but for some bytes; the file to remove."""
    space = os.statvfs(disk)
    (disk / "filling").write_bytes(bytes(max(0, space.f_bavail * space.f_frsize - leave)))
    return disk / "filling"


def model():
    gan = points_gan(64, moving_average=0.9)
    for number, variable in enumerate(gan.trainable_variables):
        variable.assign(np.random.default_rng(number).normal(0, 0.1, variable.shape))
    gan.average_generator.set_weights(gan.generator.get_weights())
    return gan


def fit(gan, folder, first=0, epochs=3, fills_at=None):
    """Trains; after epoch `fills_at` the disk is full."""
    callbacks = [
        MetricsLog(folder / "log.jsonl"),
        TensorBoardScalars(folder / "events/train"),
        SampleGrid(folder / "samples", 4, log_dir=folder / "events/samples"),
        Checkpoints(folder / "checkpoints"),
    ]
    if fills_at is not None:
        callbacks.append(
            keras.callbacks.LambdaCallback(
                on_epoch_end=lambda e, logs: fill(folder) if e == fills_at else None
            )
        )
    events.purge(folder / "events/train", first - 1)
    events.purge(folder / "events/samples", first)
    gan.fit(
        POINTS, batch_size=8, epochs=epochs, initial_epoch=first, verbose=0, callbacks=callbacks
    )


def event_steps(folder):
    return [event.step for path in sorted(folder.glob("*")) for _, event in events._records(path)][
        1:
    ]


def test_a_run_says_that_the_disk_is_full_and_goes_on_when_it_is_not(disk, tmp_path):
    whole = model()
    fit(whole, tmp_path / "whole")
    with pytest.raises(OSError, match=FULL):
        fit(model(), disk, fills_at=0)
    (disk / "filling").unlink()
    resumed = model()
    assert checkpoints.restore_latest(resumed, disk / "checkpoints").endswith("step-10")
    fit(resumed, disk, first=1)
    np.testing.assert_equal(whole.get_weights(), resumed.get_weights())
    assert [line["step"] for line in metrics_log.read(disk / "log.jsonl")] == [10, 20, 30]
    assert sorted(step for step in event_steps(disk / "events/train") if step) == [1, 2]
    for name in ("epoch_0001.png", "epoch_0002.png", "epoch_0003.png"):
        assert (disk / "samples" / name).read_bytes() == (
            tmp_path / "whole/samples" / name
        ).read_bytes()


def test_a_checkpoint_that_does_not_fit_leaves_the_one_before(disk):
    gan = model()
    saved = Checkpoints(disk / "checkpoints", keep=9)
    saved.set_model(gan)
    saved.save()
    filling = fill(disk, leave=8192)
    gan.step.assign(5)
    with pytest.raises(OSError, match=rf"step-5 {FULL}"):
        saved.save()
    fresh = model()
    assert checkpoints.restore_latest(fresh, disk / "checkpoints").endswith("step-0")
    filling.unlink()
    saved.set_model(gan)
    saved.save()
    assert checkpoints.steps(disk / "checkpoints") == [0, 5]
    assert checkpoints.restore_latest(fresh, disk / "checkpoints").endswith("step-5")
    assert not list((disk / "checkpoints").glob("*_temp*"))


def test_pictures_events_logs_configs_and_exports_say_so(disk, tmp_path):
    writer = events.Writer(disk / "events")
    writer.write(0, [])
    pixels = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    render.save_png(disk / "a.png", pixels)
    directory.prepare_directory(disk, default_config())
    best = KeepBest(disk / "best", "kid")
    best.set_model(model())
    best.on_epoch_end(0, {"kid": 1.0})
    status.start(disk, 0)
    names = ("source", "step", "weights", "seed", "name", "protocol")
    entry = dict.fromkeys(names, 0) | {"value": 1.0}
    record.write(disk / "metrics.json", [entry])
    files = ("a.png", "config.json", "best/best.json", "status.json", "metrics.json")
    before = {name: (disk / name).read_bytes() for name in files}
    listed = sorted(disk.iterdir())
    filling = fill(disk)
    for write in (
        lambda: render.save_png(disk / "a.png", pixels),
        lambda: render.save_animation(disk / "a.gif", [pixels, pixels]),
        lambda: [
            writer.write(step, [events.Summary.Value(tag="loss" * 500, simple_value=1.0)])
            for step in range(9)
        ],
        lambda: directory.prepare_directory(disk, default_config()),
        lambda: directory.write_rollbacks(disk, ["NaN"]),
        lambda: best.on_epoch_end(1, {"kid": 2.0}),
        lambda: status.update(disk, step=5),
        lambda: record.write(disk / "metrics.json", [entry | {"value": 2.0}]),
        lambda: tf_gan.features.save_statistics(
            disk / "statistics.npz", tf_gan.metrics.frechet.Statistics.of(pixels[..., 0])
        ),
    ):
        with pytest.raises(OSError, match=FULL):
            write()
    with (
        pytest.raises(UserError, match=r"Cannot write .*No space left"),
        atomic.atomic_output(disk / "export/1") as temporary,
    ):
        temporary.mkdir()
        (temporary / "weights").write_bytes(bytes(10_000))
    filling.unlink()
    assert sorted(disk.iterdir()) == listed
    assert {name: (disk / name).read_bytes() for name in files} == before
