"""The page of a training while it lasts."""

import json
import logging
import os
import socket
import types

import numpy as np
import pytest
from PIL import Image
from support import small
from support.configs import small_config

import tf_gan
from tf_gan import data, models
from tf_gan.callbacks import Evaluation, Health, MetricsLog, Report, SampleGrid
from tf_gan.callbacks import report as report_module
from tf_gan.errors import NonFiniteError
from tf_gan.plots import neighbours
from tf_gan.reports import commands, read, status
from tf_gan.runs import run_callbacks

PIXELS = np.random.default_rng(0).integers(0, 256, (64, 8, 8, 1)).astype(np.uint8)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The directory of a `fit` in Python, and the states of its page in each epoch."""
    folder, states = tmp_path_factory.mktemp("fit"), []
    report = Report(folder, data.Examples(PIXELS), n=9, images_per_step=32)

    class Look(SampleGrid):
        def sample(self, epoch):
            if epoch:
                report.write()
            states.append(read.facts(folder))

    logs = MetricsLog(folder / "metrics.jsonl")
    small.gan().fit(
        small.IMAGES, batch_size=32, epochs=2, verbose=0, callbacks=[logs, report, Look(folder)]
    )
    return folder, states


def test_the_page_while_training_lasts_and_at_its_end(trained):
    folder, states = trained
    assert [each["state"]["word"] for each in states] == ["running", "running", "running"]
    assert [each["progress"]["step"] for each in states] == [0, 3, 6]
    assert states[0]["progress"]["steps"] == 6
    facts = read.facts(folder)
    assert facts["state"] == {"word": "done", "text": ""}
    found = status.read(folder)
    assert (found["pid"], found["host"]) == (os.getpid(), socket.gethostname())
    assert facts["progress"]["images"] == 6 * 32 and facts["progress"]["epochs"] == 2
    about = dict(facts["about"])
    assert about["Device"] and f"tf_gan {tf_gan.__version__}" in about["Versions"]
    titles = [chart["title"] for chart in facts["charts"]]
    assert titles[0] == "Losses" and "Learning rate" in titles and "Images a second" in titles
    assert '"word":"done"' in (folder / "report.html").read_text()


@pytest.mark.parametrize("name", models.names())
def test_each_model_has_its_kind_of_pictures(name):
    expected = commands.SAMPLE_KINDS.get(name, "")
    assert commands.sample_kind(models.get(name)) == expected


@pytest.mark.parametrize(("kind", "drawn"), [("translations", "translations"), ("", "grid")])
def test_pictures_of_a_model_of_the_users_own(trained, kind, drawn):
    known, config = status.read(trained[0]), {"model": {"name": "my_package.my_model"}}
    assert known["kind"] == ""
    found = commands.next_commands("x", config, known | {"kind": kind}, "done")
    assert f"--kind={drawn}" in " ".join(each["command"] for each in found)


def test_real_images_beside_the_samples(trained, tmp_path):
    """As many as the samples, in a grid of the same size."""
    gan_images = np.zeros((9, 8, 8, 1), np.uint8)
    tf_gan.plots.render.save_png(
        tmp_path / "grid.png", tf_gan.plots.render.picture(gan_images, (0, 255))
    )
    with Image.open(trained[0] / "real.png") as real, Image.open(tmp_path / "grid.png") as grid:
        assert real.size == grid.size
        first = np.asarray(real)[2:34:4, 2:34:4, :1]  # Enlarged four times.
    np.testing.assert_allclose(first.astype(int), PIXELS[0], atol=1)


def test_the_nearest_training_images_at_the_end(tmp_path, tiny_gan):
    training = data.digits()
    report = Report(tmp_path, training)
    report.set_model(tiny_gan)
    report.set_params({})
    report.on_train_begin()
    assert not (tmp_path / "neighbours.png").exists()
    report.on_train_end()
    expected = neighbours.plot(
        tiny_gan,
        types.SimpleNamespace(n=0, columns=0, seed=0, truncation=None, examples=lambda: training),
    )
    np.testing.assert_array_equal(tf_gan.plots.render.load(tmp_path / "neighbours.png"), expected)


@pytest.mark.parametrize(("most", "drawn"), [(1797 * 64, True), (1797 * 64 - 1, False)])
def test_among_too_many_pixels_nothing_is_searched(tmp_path, tiny_gan, monkeypatch, most, drawn):
    monkeypatch.setattr(report_module, "SEARCHED", most)
    report = Report(tmp_path, data.digits())
    report.set_model(tiny_gan)
    report._draw_neighbours()
    assert (tmp_path / "neighbours.png").exists() == drawn


def test_the_speed_is_that_of_the_steps_behind_the_first_call(tmp_path, monkeypatch):
    monkeypatch.setattr(report_module, "time", types.SimpleNamespace(monotonic=lambda: 20.0))
    report = Report(tmp_path, images_per_step=32)
    report._begin = (10.0, 100)
    assert report._speed(150) == {"speed": 160.0} and report._speed(100) == {}


def test_an_end_before_the_last_epoch_is_told_and_a_limit_noted(tmp_path, monkeypatch):
    monkeypatch.setattr(report_module.time, "time", lambda: 1000.0)
    report, gan = Report(tmp_path, minutes=2.0), small.gan()
    report.set_model(gan)
    report.set_params({"epochs": 4, "steps": 2})
    report.on_train_begin()
    assert status.read(tmp_path)["until"] == 1120.0
    for step, text in ((3, "Ended early, after 1.5 of 4 epochs."), (8, "")):
        gan.step.assign(step)
        report.on_train_end()
        assert read.facts(tmp_path)["state"] == {"word": "done", "text": text}


def test_a_page_that_cannot_be_written_does_not_end_training(tmp_path, caplog):
    (tmp_path / "report.html").mkdir()
    with caplog.at_level(logging.WARNING):
        small.gan().fit(
            small.IMAGES, batch_size=32, epochs=2, verbose=0, callbacks=[Report(tmp_path)]
        )
    (message,) = [each.getMessage() for each in caplog.records if "report" in each.getMessage()]
    assert "training continues" in message and "report.html cannot be written" in message


def test_training_images_of_any_kind(tmp_path, caplog):
    """Points are drawn as a cloud; what cannot be drawn does not end training."""
    points = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    report = Report(tmp_path, data.Examples(points, value_range=None))
    report._draw_training()
    with Image.open(tmp_path / "real.png") as picture:
        assert picture.size == (480, 480)
    numbers = data.Examples(small.IMAGES)  # Six numbers each are no picture.
    report = Report(tmp_path / "new", numbers)
    report.set_model(small.gan())
    report.set_params({})
    report.on_train_begin()
    assert "Expected images (N, H, W, 1, 3 or 4)" in caplog.text and "Traceback" not in caplog.text
    assert (tmp_path / "new/report.html").exists()


def test_how_often_a_page_is_written(tmp_path, monkeypatch):
    """Each write takes 0.05 s: so one in 5 s of short epochs, one for each long epoch, and
    two a minute within epochs.
    """
    clock, times = [0.0], []

    def write(*_, **__):
        times.append(clock[0])
        clock[0] += 0.05

    monkeypatch.setattr(report_module, "time", types.SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(report_module.reports, "write", write)
    report = Report(tmp_path)
    report.set_model(small.gan())
    report.set_params({"epochs": 150, "steps": 3})
    report.on_train_begin()
    for epoch in range(100):
        clock[0] += 0.3
        report.on_epoch_end(epoch)
    assert 6 <= len(times) <= 7 and times[0] == 0.0
    for epoch in range(100, 150):
        clock[0] += 20.0
        report.on_epoch_end(epoch)
    assert 56 <= len(times) <= 57
    for _ in range(100):
        clock[0] += 1.0
        report.on_train_batch_end(0)
    assert 59 <= len(times) <= 60


def test_a_search_for_nearest_images_does_not_delay_the_next_page(tmp_path, monkeypatch):
    clock, times = [0.0], []

    def search():
        clock[0] += 3.6
        report._searched = clock[0]

    monkeypatch.setattr(report_module, "time", types.SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(report_module.reports, "write", lambda *_, **__: times.append(clock[0]))
    report = Report(tmp_path)
    monkeypatch.setattr(report, "_draw_neighbours", search)
    report.set_model(small.gan())
    report.set_params({})
    report.on_train_begin()
    for clock[0] in (301.0, 332.0):
        report.on_train_batch_end(0)
    assert times == [0.0, 304.6, 332.0]


def test_health_keeps_its_warnings(tmp_path):
    """In a file that is cut back where steps are run again."""
    gan, path = small.gan(), tmp_path / "new/warnings.jsonl"
    health = Health(patience=1, every=1, steps=0, path=path)
    health.set_model(gan)
    health.set_params({"epochs": 9})
    health.on_train_begin()
    assert path.read_text() == ""
    gan.step.assign(5)
    for epoch in (0, 1):
        health.on_epoch_end(epoch, {"D(x)": 0.99, "D(G(z))": 0.01})
    (line,) = map(json.loads, path.read_text().splitlines())
    assert (line["epoch"], line["step"], line["kind"]) == (1, 5, "won")
    assert line["message"].endswith("from it.") and line["advice"].startswith("Try a penalty")
    health.on_train_begin()
    assert path.read_text()
    gan.step.assign(4)
    health.on_train_begin()
    assert path.read_text() == ""


def test_how_a_run_ended(tmp_path):
    for error, word, text in (
        (tf_gan.callbacks.Stopped("Stopped by SIGTERM after step 7."), "stopped", "by SIGTERM"),
        (KeyboardInterrupt(), "stopped", "KeyboardInterrupt"),
        (NonFiniteError("generator_loss became NaN", 7), "failed", "generator_loss became NaN"),
        (ZeroDivisionError("division by zero"), "failed", "ZeroDivisionError: division by zero"),
    ):
        run = tmp_path / type(error).__name__
        (run / "samples").mkdir(parents=True)
        with pytest.raises(type(error)), run_callbacks.ending_noted(run):
            raise error
        state = read.facts(run)["state"]
        assert state["word"] == word and text in state["text"]
        assert f'"word":"{word}"' in (run / "report.html").read_text()
    with pytest.raises(OSError, match="full"), run_callbacks.ending_noted(tmp_path / "nowhere"):
        raise OSError("full")


def test_callbacks_of_a_run_draw_as_many_real_images_as_samples(tmp_path):
    config = small_config(samples=5)
    report = run_callbacks.report(config, tmp_path, data.Examples(PIXELS), 0.0)
    grids = [
        each for each in run_callbacks.writers(config, tmp_path) if isinstance(each, SampleGrid)
    ]
    assert (report.n, report.images_per_step) == (grids[0].n, 16) == (5, 16)


def test_callbacks_of_a_run_have_the_settings_of_the_config(tmp_path):
    config = small_config(
        seed=5,
        sample_every=4,
        sample_minutes=2.0,
        evaluate_every=3,
        evaluate_samples=70,
    )
    config.objective.discriminator_steps = 2
    evaluation, *others = run_callbacks.writers(config, tmp_path)
    assert isinstance(evaluation, Evaluation)  # Before those that read its logs.
    assert (evaluation.every, evaluation.samples, evaluation.reference.seed) == (3, 70, 5)
    (grid,) = (each for each in others if isinstance(each, SampleGrid))
    assert (grid.every, grid.minutes) == (4, 2.0)
    report = run_callbacks.report(config, tmp_path, data.Examples(PIXELS), 7.0)
    assert (report.minutes, report.images_per_step) == (7.0, 2 * 16)


def test_the_animation_of_a_run_has_the_speed_of_the_config(tmp_path):
    *_, gif = run_callbacks.writers(small_config(images_per_second=9.0), tmp_path)
    assert gif.frames_per_second == 9.0


@pytest.mark.parametrize(("minutes", "done"), [(1.0, ["picture", "saved"]), (0.0, ["saved"])])
def test_where_pictures_come_by_the_minute_a_stop_leaves_one(tmp_path, monkeypatch, minutes, done):
    noted = []
    monkeypatch.setattr(SampleGrid, "sample_now", lambda self: noted.append("picture"))
    saved = types.SimpleNamespace(save=lambda: noted.append("saved"))
    config = small_config(sample_minutes=minutes)
    run_callbacks.save_at_stop(config, run_callbacks.writers(config, tmp_path), saved)
    assert noted == done
