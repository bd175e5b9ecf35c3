"""A log of one JSON object a line, also after a run that was broken off."""

import json
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_gan.callbacks.metrics_log import MetricsLog, TensorBoardScalars, read


def run(path, step: int, epochs: list[dict], first_epoch: int = 0, steps_per_epoch: int = 10):
    """Goes through a training of the given logs that starts at `step`."""
    model = types.SimpleNamespace(step=tf.Variable(step, dtype=tf.int64))
    callback = MetricsLog(path)
    callback.set_model(model)
    callback.on_train_begin()
    for number, logs in enumerate(epochs):
        callback.on_epoch_begin(first_epoch + number)
        model.step.assign_add(steps_per_epoch)
        callback.on_epoch_end(first_epoch + number, logs)


def test_a_line_for_each_epoch(tmp_path):
    path = tmp_path / "new" / "metrics.jsonl"
    run(path, 0, [{"loss": 0.5, "count": np.int64(3)}, {"loss": np.float32(0.25)}, {}])
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert all(0 <= line.pop("seconds") < 10 for line in lines)
    assert lines == [
        {"epoch": 1, "step": 10, "loss": 0.5, "count": 3.0},
        {"epoch": 2, "step": 20, "loss": 0.25},
        {"epoch": 3, "step": 30},
    ]
    assert list(lines[0]) == ["epoch", "step", "loss", "count"]


def test_scalars_of_tensorboard_count_epochs_as_keras_does(tmp_path):
    scalars = TensorBoardScalars(tmp_path)
    scalars.on_train_begin()
    for epoch, loss in enumerate((0.5, 0.25)):
        scalars.on_epoch_end(epoch, {"loss": loss})
    scalars.on_train_end()
    (path,) = tmp_path.iterdir()
    found = [
        (event.step, value.tag, value.simple_value)
        for event in tf.compat.v1.train.summary_iterator(str(path))
        for value in event.summary.value
    ]
    assert found == [(0, "epoch_loss", 0.5), (1, "epoch_loss", 0.25)]


def test_each_optimizer_has_its_learning_rate(tmp_path):
    rates = {"discriminator": 0.5, "generator": 0.25}
    objectives = [
        types.SimpleNamespace(name=name, optimizer=keras.optimizers.SGD(rate))
        for name, rate in rates.items()
    ]
    callback = MetricsLog(tmp_path / "a.jsonl")
    callback.set_model(types.SimpleNamespace(step=tf.Variable(1), objectives=objectives))
    callback.on_train_begin()
    callback.on_epoch_begin(0)
    callback.on_epoch_end(0, {})
    (line,) = read(tmp_path / "a.jsonl")
    assert {name: line[f"{name}_learning_rate"] for name in rates} == rates


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -np.inf, np.float32("nan")])
def test_what_json_cannot_say_becomes_null(tmp_path, value):
    run(tmp_path / "a.jsonl", 0, [{"bad": value, "good": 1.5}])
    (line,) = (tmp_path / "a.jsonl").read_text().splitlines()
    strict = json.loads(
        line, parse_constant=lambda constant: pytest.fail(f"{constant} is not JSON")
    )
    assert (strict["bad"], strict["good"]) == (None, 1.5)


@pytest.mark.parametrize(
    ("step", "kept"), [(0, []), (19, [10]), (20, [10, 20]), (40, [10, 20, 30, 40])]
)
def test_lines_after_the_current_step_are_taken_out(tmp_path, step, kept):
    path = tmp_path / "a.jsonl"
    run(path, 0, [{"loss": float(i)} for i in range(4)])
    before = path.read_text().splitlines()
    run(path, step, [])
    assert [line["step"] for line in read(path)] == kept
    assert path.read_text().splitlines() == before[: len(kept)]
    run(path, step, [{"loss": 9.0}], first_epoch=len(kept))
    assert [line["step"] for line in read(path)] == [*kept, step + 10]
    assert (read(path)[-1]["epoch"], read(path)[-1]["loss"]) == (len(kept) + 1, 9.0)
    assert [file.name for file in tmp_path.iterdir()] == ["a.jsonl"]


@pytest.mark.parametrize("cut", [1, 5, 30])
def test_a_line_that_was_cut_off_is_left_out(tmp_path, cut):
    path = tmp_path / "a.jsonl"
    run(path, 0, [{"loss": 1.0}, {"loss": 2.0}])
    whole = path.read_text().rstrip("\n")
    path.write_text(whole[:-cut])
    assert [line["loss"] for line in read(path)] == [1.0]
    run(path, 20, [{"loss": 3.0}])  # The rest of the cut line must not spoil the next one.
    assert [line["loss"] for line in read(path)] == [1.0, 3.0]
    assert len(path.read_text().splitlines()) == 2


@pytest.mark.parametrize("rest", [b'{"epoch": 2, "st\xff\xfe', b'{"epoch": 2}', b"[20]", b"\0\0"])
def test_a_damaged_last_line_stops_no_run(tmp_path, rest):
    path = tmp_path / "a.jsonl"
    run(path, 0, [{"loss": 1.0}])
    whole = path.read_bytes()
    path.write_bytes(whole + rest)
    assert [line["loss"] for line in read(path)] == [1.0]
    run(path, 10, [])
    assert path.read_bytes() == whole


def test_an_empty_log(tmp_path):
    (tmp_path / "a.jsonl").touch()
    assert read(tmp_path / "a.jsonl") == []
    run(tmp_path / "a.jsonl", 0, [{"loss": 1.0}])
    assert [line["step"] for line in read(tmp_path / "a.jsonl")] == [10]
