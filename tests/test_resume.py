"""A run that is stopped anywhere and resumed ends like a run that was not stopped, bit
for bit.
"""

import functools
import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import time
import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from ml_collections import ConfigDict
from support.command import command, together
from support.configs import quick
from support.routine import state
from support.small import points_gan

import tf_gan
from tf_gan import compat, distribute
from tf_gan.callbacks import (
    Checkpoints,
    MetricsLog,
    Progress,
    StopOnSignal,
    Stopped,
    checkpoints,
    metrics_log,
)
from tf_gan.callbacks.health import NonFiniteError
from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.runs import build, directory, train

POINTS = np.random.default_rng(0).normal(size=(80, 2)).astype(np.float32)  # 10 steps of 8 an epoch.


def model(steps_per_execution=1):
    gan = points_gan(moving_average=0.9, steps_per_execution=steps_per_execution)
    keras.utils.set_random_seed(0)
    for weight in gan.weights:
        weight.assign(
            np.random.default_rng(1).normal(size=weight.shape).astype(np.float32)
            if weight.trainable
            else weight
        )
    gan.average_generator.set_weights(gan.generator.get_weights())
    return gan


class Crash(keras.callbacks.Callback):
    def __init__(self, call):
        super().__init__()
        self.call, self.calls = call, 0

    def on_train_batch_end(self, batch, logs=None):
        self.calls += 1
        if self.calls == self.call:
            raise KeyboardInterrupt


def fit(gan, tmp_path, initial_epoch=0, callbacks=(), epochs=3, steps=1):
    saved = Checkpoints(tmp_path / "checkpoints", every=100, keep=10, steps=steps)
    gan.fit(
        POINTS,
        batch_size=8,
        epochs=epochs,
        initial_epoch=initial_epoch,
        verbose=0,
        callbacks=[MetricsLog(tmp_path / "log.jsonl"), saved, *callbacks],
    )


def log(path, name="log.jsonl"):
    return [
        {key: value for key, value in line.items() if key != "seconds"}
        for line in metrics_log.read(path / name)
    ]


@pytest.fixture(scope="module")
def three_epochs(tmp_path_factory):
    """Returns the model and the log of a run that is not stopped, one for each number of
    steps a call.
    """

    @functools.cache
    def run(steps_per_execution):
        whole, folder = model(steps_per_execution), tmp_path_factory.mktemp("whole")
        fit(whole, folder, steps=100)
        return whole, log(folder)

    return run


@pytest.mark.parametrize(
    ("steps_per_execution", "call", "step"), [(1, 17, 17), (4, 5, 18), (4, 3, 8), (1, 10, 9)]
)
def test_goes_on_in_the_middle_of_an_epoch(tmp_path, three_epochs, steps_per_execution, call, step):
    whole, whole_log = three_epochs(steps_per_execution)
    with pytest.raises(KeyboardInterrupt):
        fit(model(steps_per_execution), tmp_path / "cut", callbacks=[Crash(call)])
    resumed = model(steps_per_execution)
    assert checkpoints.restore_latest(resumed, tmp_path / "cut/checkpoints").endswith(
        f"step-{step}"
    )
    fit(resumed, tmp_path / "cut", initial_epoch=step // 10, steps=100)
    assert int(resumed.step.numpy()) == 30
    np.testing.assert_equal(state(resumed), state(whole))
    # The logs of the epoch that was cut are means over all its steps, those before the
    # stop included.
    assert len(log(tmp_path / "cut")) == 3
    assert log(tmp_path / "cut") == whole_log


def test_the_progress_of_an_epoch_is_its_own(tmp_path):
    gan = model(4)
    fit(gan, tmp_path)
    fit(gan, tmp_path)  # The same object goes on: epoch 0 again, a whole one.
    assert int(gan.step.numpy()) == 60
    assert [line["step"] for line in log(tmp_path)] == [10, 20, 30, 40, 50, 60]


def test_checkpoints_are_found_by_their_files(tmp_path):
    fit(model(), tmp_path, epochs=1)
    assert checkpoints.steps(tmp_path / "checkpoints") == list(range(1, 11))
    for text in ("", 'model_checkpoint_path: "step-3"\n', "no proto {{{"):
        (tmp_path / "checkpoints/checkpoint").write_text(text)
        assert checkpoints.restore_latest(model(), tmp_path / "checkpoints").endswith("step-10")
    (tmp_path / "checkpoints/checkpoint").unlink()
    assert checkpoints.restore_latest(model(), tmp_path / "checkpoints").endswith("step-10")


def test_what_a_crash_left_is_cleared_away(tmp_path):
    """Checkpoints that TensorFlow's list does not know are replaced in their turn;
    unfinished ones go.
    """
    folder = tmp_path / "checkpoints"
    fit(model(), tmp_path, epochs=1)
    (folder / "checkpoint").write_text(
        'model_checkpoint_path: "step-3"\nall_model_checkpoint_paths: "step-3"\n'
    )
    (folder / "step-4.index").unlink()
    (folder / "step-99_temp").mkdir()
    (folder / "step-99_temp/part-00000-of-00001.data-00000-of-00001").touch()
    resumed = model()
    assert checkpoints.restore_latest(resumed, folder).endswith("step-10")
    resumed.fit(
        POINTS,
        batch_size=8,
        epochs=2,
        initial_epoch=1,
        verbose=0,
        callbacks=[Checkpoints(folder, keep=2, steps=4)],
    )
    assert sorted(path.name.split(".")[0] for path in folder.iterdir()) == [
        "checkpoint",
        "step-18",
        "step-18",
        "step-20",
        "step-20",
    ]


@pytest.fixture(scope="module")
def one_epoch(tmp_path_factory):
    """A model after an epoch, and the directory with a checkpoint of each step."""
    whole, directory = model(), tmp_path_factory.mktemp("one_epoch")
    fit(whole, directory, epochs=1)
    return whole, directory


def damage(path, how):
    if how == "without data":
        pathlib.Path(str(path).replace(".index", ".data-00000-of-00001")).unlink()
        return
    target = (
        pathlib.Path(str(path).replace(".index", ".data-00000-of-00001")) if "data" in how else path
    )
    content = bytearray(target.read_bytes())
    if "flipped" in how:
        content[len(content) // 2] ^= 1
    target.write_bytes(
        b"" if "empty" in how else content[: len(content) // 2] if "truncated" in how else content
    )


@pytest.mark.parametrize(
    "how",
    [
        "truncated data",
        "truncated index",
        "flipped data",
        "flipped index",
        "empty data",
        "empty index",
        "without data",
    ],
)
def test_a_damaged_checkpoint_gives_way_to_the_one_before(one_epoch, tmp_path, how, caplog):
    whole, directory = one_epoch
    shutil.copytree(directory, tmp_path, dirs_exist_ok=True)
    damage(tmp_path / "checkpoints/step-10.index", how)
    resumed = model()
    assert checkpoints.restore_latest(resumed, tmp_path / "checkpoints").endswith("step-9")
    assert "step-10" in caplog.text
    fit(resumed, tmp_path, epochs=1)
    np.testing.assert_array_equal(whole.get_weights()[0], resumed.get_weights()[0])
    # The damaged one has been written again.
    assert checkpoints.restore_latest(model(), tmp_path / "checkpoints").endswith("step-10")


def test_a_single_flipped_bit_is_never_loaded(tmp_path):
    """The data file is all weights and states: whichever byte differs, the checksums
    tell.
    """
    fit(model(), tmp_path, epochs=1)
    path = tmp_path / "checkpoints/step-10.data-00000-of-00001"
    content = path.read_bytes()
    whole, resumed = model(), model()
    checkpoints.restore_latest(whole, tmp_path / "checkpoints")
    for position in np.random.default_rng(0).integers(len(content), size=12):
        broken = bytearray(content)
        broken[position] ^= 1 << int(position) % 8
        path.write_bytes(broken)
        # A byte that no variable uses.
        if checkpoints.restore_latest(resumed, tmp_path / "checkpoints").endswith("step-10"):
            np.testing.assert_equal(whole.get_weights(), resumed.get_weights())


# === Signals ===


class Raise(keras.callbacks.Callback):
    def on_train_batch_begin(self, batch, logs=None):
        if batch == 4:
            signal.raise_signal(signal.SIGTERM)


def test_a_signal_saves_and_stops(tmp_path):
    saved = Checkpoints(tmp_path, every=100)
    gan = model()
    before = signal.getsignal(signal.SIGTERM)
    with (
        StopOnSignal(saved.save) as stop,
        pytest.raises(Stopped, match="Stopped by SIGTERM after step 5"),
    ):
        gan.fit(POINTS, batch_size=8, epochs=3, verbose=0, callbacks=[Raise(), saved, stop])
    assert signal.getsignal(signal.SIGTERM) is before
    assert checkpoints.steps(tmp_path) == [5]


@pytest.mark.slow
def test_a_second_signal_ends_the_process_at_once():
    """In the middle of a call that Python cannot interrupt, too; the first one is
    answered meanwhile.
    """
    code = """
import hashlib
from tf_gan.callbacks import StopOnSignal
with StopOnSignal():
    print("ready", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)  # Many minutes, without Python's lock.
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert any(
        "SIGINT: finishing the running steps, then saving." in line for line in process.stderr
    )
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 128 + signal.SIGTERM
    process.communicate()


# === Without XLA ===


def convolutional(**changes):
    config = quick(default_config())
    config.networks.name = "dcgan"
    config.networks.generator = config.networks.discriminator = ConfigDict({"width": 4})
    config.objective.penalties, config.batch_size, config.epochs, config.checkpoint_every = (
        "",
        128,
        3,
        100,
    )
    config.update_from_flattened_dict(changes)
    return config


@pytest.mark.slow
def test_convolutions_without_xla_resume_bit_for_bit_under_op_determinism(tmp_path, monkeypatch):
    deterministic = []

    class Interrupt(StopOnSignal):
        def on_train_batch_end(self, batch, logs=None):
            deterministic.append(compat.is_op_determinism_enabled())
            self.received = (
                signal.SIGTERM if self.cut and int(self.model.step.numpy()) == 18 else None
            )
            super().on_train_batch_end(batch, logs)

    monkeypatch.setattr(train, "StopOnSignal", Interrupt)
    Interrupt.cut = False
    whole = tf_gan.train(convolutional(), tmp_path / "whole")
    assert whole.jit_compile is False and int(whole.step.numpy()) == 3 * 14
    Interrupt.cut = True
    with pytest.raises(Stopped, match="after step 18"):
        tf_gan.train(convolutional(), tmp_path / "cut")
    Interrupt.cut = False
    tf_gan.train(convolutional(), tmp_path / "cut")
    assert all(deterministic) and not compat.is_op_determinism_enabled()
    ends = [state(build.load(tmp_path / name)[0]) for name in ("whole", "cut")]
    np.testing.assert_equal(*ends)
    assert log(tmp_path / "whole", "metrics.jsonl") == log(tmp_path / "cut", "metrics.jsonl")


def test_op_determinism_ends_with_its_context():
    with distribute.deterministic(True):
        assert compat.is_op_determinism_enabled()
    assert not compat.is_op_determinism_enabled()


# === Back to a checkpoint ===


def poisoned(monkeypatch, at, times):
    """Puts a NaN into a gradient of D at step `at`, for the first `times` kinds of
    noise.
    """
    compute = tf_gan.GAN.compute

    def poisoned_compute(self, objectives, batch, random):
        parts = compute(self, objectives, batch, random)
        if objectives[0].name == "discriminator" and self.retry < times:
            gradients = parts.gradients[0]
            gradients[0] = tf.where(tf.equal(self.step.value, at), np.nan, gradients[0])
        return parts

    monkeypatch.setattr(tf_gan.GAN, "compute", poisoned_compute)


def rolling(**changes):
    config = quick(default_config())
    # 7 steps an epoch.
    config.batch_size, config.steps_per_execution, config.checkpoint_steps = 256, 1, 4
    config.on_nonfinite, config.rollbacks, config.objective.penalties = "rollback", 2, ""
    config.update_from_flattened_dict(changes)
    return config


@pytest.mark.slow
def test_a_nan_leads_back_to_the_last_checkpoint_with_other_noise(tmp_path, monkeypatch, caplog):
    unharmed = tf_gan.train(rolling(), tmp_path / "unharmed")
    poisoned(monkeypatch, at=9, times=1)
    gan = tf_gan.train(rolling(), tmp_path / "run")
    assert int(gan.step.numpy()) == 14 and gan.retry == 1
    assert all(np.isfinite(weight).all() for weight in gan.get_weights())
    assert np.abs(gan.generator.get_weights()[0] - unharmed.generator.get_weights()[0]).max() > 0
    (told,) = json.loads((tmp_path / "run/rollbacks.json").read_text())
    assert (
        "at step 9" in told and "gradient of discriminator/" in told and "(1 of 2)" in caplog.text
    )
    assert [line["step"] for line in log(tmp_path / "run", "metrics.jsonl")] == [7, 14]
    # A process that is started again knows what happened.
    more = tf_gan.train(rolling(epochs=3), tmp_path / "run")
    assert more.retry == 1 and int(more.step.numpy()) == 21


def test_the_minutes_are_those_of_all_attempts(tmp_path, monkeypatch):
    now, fit, shown = [0.0], train._fit, []

    def slow_fit(*arguments):
        now[0] += 200.0
        fit(*arguments)

    def shown_progress(images, minutes):
        shown.append(minutes)
        return Progress(images, minutes=minutes)

    clock = types.SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("tf_gan.callbacks.signals.time", clock)
    monkeypatch.setattr(train, "_fit", slow_fit)
    monkeypatch.setattr(train, "Progress", shown_progress)
    poisoned(monkeypatch, at=5, times=2)
    with pytest.raises(Stopped, match="limit of 5 minutes"):
        tf_gan.train(rolling(minutes=5.0), tmp_path)
    assert shown == pytest.approx([5, 5 / 3, 0.001])
    until = json.loads((tmp_path / "status.json").read_text())["until"]
    assert until == pytest.approx(time.time(), abs=100)


@pytest.mark.slow
def test_it_goes_back_so_many_times_only(tmp_path, monkeypatch):
    poisoned(monkeypatch, at=5, times=100)
    with pytest.raises(
        NonFiniteError, match=r"at step 5\.(.|\n)*config.rollbacks=1 does not allow another"
    ):
        tf_gan.train(rolling(rollbacks=1), tmp_path)
    assert checkpoints.steps(tmp_path / "checkpoints") == [4]
    with pytest.raises(NonFiniteError, match=r"became NaN or infinite at step 5\."):
        tf_gan.train(rolling(on_nonfinite="stop"), tmp_path)


# === The binary ===


def arguments(workdir) -> list[str]:
    return [
        f"--workdir={workdir}",
        "--config.epochs=4",
        "--config.samples=4",
        "--config.sample_every=2",
        "--config.checkpoint_every=2",
        "--config.checkpoint_steps=9",
        "--config.steps_per_execution=4",
        "--config.networks.generator.units=(8,)",
        "--config.networks.discriminator.units=(8,)",
        "--config.jit_compile=true",
    ]


# Trains, and sends itself a signal when a checkpoint appears.
KILLED = """
import os, sys, threading, time
from tf_gan.callbacks import checkpoints
from tf_gan.cli import train

folder, number = sys.argv.pop(1), int(sys.argv.pop(1))
newest = checkpoints.steps(folder)[-1:]

def watch():
    while checkpoints.steps(folder)[-1:] == newest:
        time.sleep(0.02)  # Leaves the cores to the training.
    os.kill(os.getpid(), number)

threading.Thread(target=watch, daemon=True).start()
train.run()
"""


def test_a_killed_run_ends_as_the_one_that_was_not(tmp_path):
    whole = command("train", *arguments(tmp_path / "whole"))
    assert whole.returncode == 0, whole.stderr
    folder = tmp_path / "cut/checkpoints"
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        words = ["tf-gan-train", folder, int(number), *arguments(tmp_path / "cut")]
        (process,) = together(KILLED, words, [{}])
        assert checkpoints.steps(folder)[-1] < 4 * 28
        if number == signal.SIGKILL:
            assert process.returncode == -number, process.stderr
            continue
        assert process.returncode == 0, process.stderr
        last = process.stdout.strip().splitlines()[-1]
        assert last == "It is saved: the same command resumes it."
    typed = [*map(str, arguments(tmp_path / "cut")), "--minutes=60"]
    resumed = command("train", *typed)
    assert resumed.returncode == 0, resumed.stderr
    assert "deprecated" not in resumed.stderr
    known = json.loads((tmp_path / "cut/status.json").read_text())
    assert known["command"] == shlex.join(["tf-gan-train", *typed])  # Without repetitions.
    a, b = (build.load(tmp_path / name)[0] for name in ("whole", "cut"))
    np.testing.assert_equal(a.get_weights(), b.get_weights())
    lines = [
        [
            {k: v for k, v in line.items() if k != "seconds"}
            for line in metrics_log.read(tmp_path / name / "metrics.jsonl")
        ]
        for name in ("whole", "cut")
    ]
    assert lines[0] == lines[1] and len(lines[0]) == 4
    pictures = sorted(path.name for path in (tmp_path / "whole/samples").iterdir())
    assert pictures == sorted(path.name for path in (tmp_path / "cut/samples").iterdir())
    for name in pictures:
        assert (tmp_path / "whole/samples" / name).read_bytes() == (
            tmp_path / "cut/samples" / name
        ).read_bytes()


def test_a_run_directory_is_for_one_process(tmp_path):
    with directory.lock(tmp_path):
        assert f"process {os.getpid()} on" in (tmp_path / ".owner").read_text()
        with (
            pytest.raises(UserError, match=f"in use by process {os.getpid()} on "),
            directory.lock(tmp_path),
        ):
            pass
    with pytest.raises(ZeroDivisionError), directory.lock(tmp_path):
        raise ZeroDivisionError
    assert not (tmp_path / ".owner").exists()


def test_a_stale_lock_is_recognised(tmp_path, capsys):
    (tmp_path / ".owner").write_text("process 4711 on elsewhere\n")
    with directory.lock(tmp_path):
        assert "process 4711 on elsewhere" in capsys.readouterr().out


@pytest.mark.parametrize("field", ["checkpoint_steps", "checkpoint_minutes"])
def test_intervals_are_not_negative(tmp_path, field):
    config = default_config()
    config[field] = -1
    with pytest.raises(UserError, match=f"config.{field} >= 0"):
        tf_gan.train(config, tmp_path)


def test_how_long_a_run_is_may_change_and_how_often_it_saves(tmp_path):
    config = default_config()
    directory.prepare_directory(tmp_path, config)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints/step-1.index").touch()
    config.epochs, config.checkpoint_steps, config.checkpoint_minutes = 7, 3, 2.0
    directory.prepare_directory(tmp_path, config)
    assert json.loads((tmp_path / "config.json").read_text())["checkpoint_steps"] == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("length", 5.0), ("minutes", 3.0), ("steps_per_execution", 7), ("patience", 2)),
        *(("sample_every", 7), ("sample_minutes", 2.0), ("images_per_second", 9.0)),
        *(("evaluate_every", 3), ("evaluate_metrics", "kernel"), ("evaluate_samples", 50)),
        *(("evaluate_held_out", "x"), ("evaluate_extractor", "classifier"), ("rollbacks", 9)),
        *(("checkpoint_every", 9), ("checkpoints_kept", 9), ("on_nonfinite", "rollback")),
        *(("keep_best", "distance"), ("replay_frames", 9), ("data.cache", "x")),
    ],
)
def test_what_a_run_writes_and_how_long_it_is_may_change(tmp_path, name, value):
    config = default_config()
    directory.prepare_directory(tmp_path, config)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints/step-1.index").touch()
    config.update_from_flattened_dict({name: value})
    directory.prepare_directory(tmp_path, config)
    config.batch_size = 7
    with pytest.raises(UserError, match=r"another config.*\n  batch_size: "):
        directory.prepare_directory(tmp_path, config)
