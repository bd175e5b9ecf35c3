import io
import re
import time
import types

import numpy as np
import pytest
from rich.console import Console
from support.small import points_gan

import tf_gan
from tf_gan.callbacks import Progress, progress
from tf_gan.config import default_config

POINTS = np.random.default_rng(0).normal(size=(80, 2)).astype(np.float32)  # 10 steps of 8 an epoch.


@pytest.fixture(scope="module")
def model():
    return points_gan(4, steps_per_execution=4)


def fit(model, callback, epochs=6):
    model.step.assign(0)
    model.fit(POINTS, batch_size=8, epochs=epochs, verbose=0, callbacks=[callback])


def test_a_file_gets_few_lines_without_escape_codes(model, capsys):
    fit(model, Progress(8))
    first, compiled, *lines = capsys.readouterr().out.splitlines()
    assert first == f"{progress.COMPILING}." and len(lines) == 2
    assert re.fullmatch(r"The first steps took \d+ s, compiling included\.", compiled)
    assert re.match(
        r"epoch 1/6  step 10/60  0:00:\d\d left  [\d,]+ images/s  discriminator_loss \S+ "
        r" generator_loss \S+$",
        lines[0],
    )
    assert lines[1].startswith("epoch 6/6  step 60/60  0:00:00 left  ")
    fit(model, Progress(seconds=0.0))
    lines = capsys.readouterr().out.splitlines()[2:]
    assert [line.split("  ")[0] for line in lines] == [f"epoch {n}/6" for n in range(1, 7)]
    assert "steps/s" in lines[0] and not set("\x08\x1b\r") & set("".join(lines))


def test_the_time_left_is_that_of_the_limit_where_it_comes_first():
    callback = Progress(minutes=2)
    callback._begin = time.monotonic() - 50
    assert callback._left(600.0) == "0:01:10 left until the time limit"
    assert callback._left(30.0) == "0:00:30 left"
    callback._begin -= 100
    assert callback._left(600.0) == "0:00:00 left until the time limit"
    callback.minutes = 0.0
    assert callback._left(600.0) == "0:10:00 left"


def test_the_speed_is_that_of_the_steps_behind_the_first_call(model, monkeypatch):
    callback = Progress()
    callback.set_model(model)
    callback.set_params({"epochs": 9})
    callback._epoch, callback._total, callback._begin = 6, 90, time.monotonic()
    callback._timer = 100.0, 50
    monkeypatch.setattr(progress.time, "perf_counter", lambda: 110.0)
    model.step.assign(70)
    text = "epoch 7/9  step 70/90  0:00:10 left  2.0 steps/s"
    assert callback._text({}, {}) == text
    callback.images_per_step = 8
    assert callback._text({}, {}) == text.replace("2.0 steps", "16 images")


def test_a_terminal_gets_one_bar(model, monkeypatch):
    file = io.StringIO()
    monkeypatch.setattr(
        progress, "Console", lambda **_: Console(file=file, force_terminal=True, width=150)
    )
    callback = Progress(8)
    fit(model, callback)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", file.getvalue())
    assert "epoch 6/6  step 60/60" in text and "D loss" in text
    assert text.count("The first steps took") == 1
    assert text.index(progress.COMPILING) < text.index(
        "epoch "
    )  # Of some step: the bar is drawn ten times a second.
    assert file.getvalue().endswith("\x1b[?25h")  # The cursor is there again.
    assert text.count("\n") < 6


def test_the_cursor_comes_back_after_an_error(model, monkeypatch):
    file = io.StringIO()
    monkeypatch.setattr(progress, "Console", lambda **_: Console(file=file, force_terminal=True))
    callback = Progress()
    callback.set_model(model)
    callback.on_train_begin()
    callback.close()
    callback.close()
    assert file.getvalue().endswith("\x1b[?25h")


def test_the_cursor_comes_back_where_a_run_fails(tmp_path, monkeypatch):
    file = io.StringIO()
    monkeypatch.setattr(progress, "Console", lambda **_: Console(file=file, force_terminal=True))

    def fail(self, epoch, logs=None):
        raise RuntimeError("of a callback")

    monkeypatch.setattr(tf_gan.callbacks.Health, "on_epoch_end", fail)
    config = default_config()
    config.epochs, config.networks.generator = 1, {"units": (8,)}
    with pytest.raises(RuntimeError, match="of a callback"):
        tf_gan.train(config, tmp_path / "run")
    assert file.getvalue().endswith("\x1b[?25h")


def test_a_notebook_gets_one_line(model, monkeypatch, capsys):
    notebook = types.SimpleNamespace(is_terminal=True, is_jupyter=True)
    monkeypatch.setattr(progress, "Console", lambda **_: notebook)
    fit(model, Progress())
    out = capsys.readouterr().out
    assert re.match(r"\rCompiling the first step[^\r]+\repoch 1/6", out)
    assert out.count("\n") == 1 and out.endswith("\n")
    assert "\repoch 6/6  step 60/60" in out


def test_a_resumed_run_counts_from_where_it_stands(model, capsys):
    model.step.assign(14)
    model.fit(POINTS, batch_size=8, epochs=3, initial_epoch=1, verbose=0, callbacks=[Progress(8)])
    _, _, first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("epoch 2/3  step 20/30") and last.startswith("epoch 3/3  step 30/30")


def test_a_second_fit_begins_at_the_first_epoch(model, capsys):
    model.step.assign(14)
    model.fit(POINTS, batch_size=8, epochs=1, verbose=0, callbacks=[Progress(8)])
    assert capsys.readouterr().out.splitlines()[-1].startswith("epoch 1/1  step 24/24")


def test_batches_of_before_a_resume_are_not_the_first_steps(model, monkeypatch, capsys):
    times = iter(range(0, 1000, 10))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(times))
    callback = Progress(8)
    callback.set_model(model)
    callback.set_params({"steps": 10, "epochs": 2})
    model.step.assign(14)
    callback.on_train_begin()
    callback.on_epoch_begin(1)
    callback.on_train_batch_end(3)
    assert "first steps" not in capsys.readouterr().out
    model.step.assign(18)
    callback.on_train_batch_end(7)
    assert "The first steps took 10 s, compiling included." in capsys.readouterr().out
