import json

import keras
import numpy as np
import pytest
from support.command import command
from support.configs import small_config
from support.small import points_gan

import tf_gan
from tf_gan.callbacks import Checkpoints, KeepBest, checkpoints
from tf_gan.errors import UserError
from tf_gan.runs import build, run_callbacks


def model():
    return points_gan(moving_average=0.9)


class Fake(keras.callbacks.Callback):
    """Logs given values, one an epoch; none for None. Keeps the weights of each epoch."""

    def __init__(self, values):
        super().__init__()
        self.values, self.weights = values, {}

    def on_epoch_end(self, epoch, logs=None):
        if self.values[epoch] is not None:
            logs["kid_fake_2k"] = self.values[epoch]
        self.weights[epoch + 1] = self.model.get_weights()


def fit(gan, path, values, epochs, initial_epoch=0, **arguments):
    fake, best = Fake(values), KeepBest(path / "best", "kid", **arguments)
    gan.fit(
        np.zeros((16, 2), np.float32),
        batch_size=8,
        epochs=epochs,
        initial_epoch=initial_epoch,
        verbose=0,
        callbacks=[fake, best, Checkpoints(path, every=100)],
    )
    return fake, best


@pytest.mark.parametrize(("mode", "epoch"), [("min", 3), ("max", 1)])
@pytest.mark.slow
def test_keeps_all_of_the_best_epoch(tmp_path, capsys, mode, epoch):
    gan = model()
    values = [3.0, 2.5, 1.0, float("nan"), 1.0]
    fake, _ = fit(gan, tmp_path, values, 5, mode=mode)
    assert checkpoints.steps(tmp_path / "best") == [2 * epoch]
    assert checkpoints.steps(tmp_path) == [10]
    other = model()
    checkpoints.restore_latest(other, tmp_path / "best")
    np.testing.assert_equal(fake.weights[epoch], other.get_weights())
    assert int(other.discriminator_optimizer.iterations.numpy()) == 2 * epoch
    line = capsys.readouterr().out.strip()
    assert line.startswith(
        f"The best kid_fake_2k, {values[epoch - 1]:g}, is of epoch {epoch} (step {2 * epoch}), kept"
    )
    assert "restore_latest(model" in line and "\n" not in line


def test_a_lazy_loss_counts_in_epochs_in_which_it_was_due(tmp_path):
    gan, best = model(), KeepBest(tmp_path, "gradient_penalty")
    gan.compile(penalties="r1", penalty_interval=4)
    images = np.random.default_rng(0).normal(size=(16, 2)).astype(np.float32)
    # 2 steps an epoch; due in steps 0 and 4.
    history = gan.fit(images, batch_size=8, epochs=4, verbose=0, callbacks=[best])
    values = history.history["gradient_penalty"]
    assert len(values) == 2 and best.state["value"] == pytest.approx(min(values))


def test_goes_on_comparing_after_a_resume(tmp_path):
    gan, values = model(), [3.0, 1.0, 2.0, 1.5, 0.5]
    fit(gan, tmp_path, values, 3)
    fit(gan, tmp_path, values, 4, 3)
    assert checkpoints.steps(tmp_path / "best") == [4]
    fit(gan, tmp_path, values, 5, 4)
    assert checkpoints.steps(tmp_path / "best") == [10]


def test_patience_counts_values_over_a_resume(tmp_path, capsys):
    gan, values = model(), [2.0, 3.0, None, 3.0, 3.0, 1.0]
    _, best = fit(gan, tmp_path, values, 2, patience=3, every=6)
    assert not best.is_exhausted
    # The second epoch is run once more: it does not count twice.
    gan.step.assign(2)
    fake, best = fit(gan, tmp_path, values, 6, 1, patience=3, every=6)
    assert best.is_exhausted and max(fake.weights) == 5
    assert checkpoints.steps(tmp_path)[-1] == 10
    assert (
        "Training ends after epoch 5: kid_fake_2k has not become better (patience: 3)."
        in capsys.readouterr().out
    )
    assert KeepBest(tmp_path / "best", "kid", patience=3).is_exhausted
    assert not KeepBest(tmp_path / "best", "kid", patience=4).is_exhausted
    assert not KeepBest(tmp_path / "best", "kid").is_exhausted
    assert not KeepBest(tmp_path / "best", "fid", patience=3).is_exhausted  # Another log.


@pytest.mark.parametrize(
    ("mode", "values", "epoch"),
    [
        ("min", [float("nan"), 2.0, 3.0], 2),
        ("max", [float("inf"), 2.0, 3.0], 3),
        ("max", [2.0, 3.0, 1.0], 2),
    ],
)
def test_the_best_of_finite_values(tmp_path, mode, values, epoch):
    best = KeepBest(tmp_path, "kid", mode=mode)
    best.set_model(model())
    for number, value in enumerate(values):
        best.on_epoch_end(number, {"kid_2k": value})
    assert (best.state["epoch"], best.state["value"]) == (epoch, values[epoch - 1])


def test_the_log_begins_with_the_name(tmp_path):
    best = KeepBest(tmp_path, "kid")
    best.set_model(model())
    best.on_epoch_end(0, {"val_kid": 1.0, "kid_2k": 2.0})
    assert (best.state["log"], best.state["value"]) == ("kid_2k", 2.0)


@pytest.mark.parametrize("is_run", [True, False])
def test_how_the_best_checkpoint_is_used(tmp_path, capsys, is_run):
    if is_run:
        (tmp_path / "config.json").touch()
    best = KeepBest(tmp_path / "checkpoints/best", "kid")
    best.set_model(model())
    best.on_epoch_end(0, {"kid_2k": 1.0})
    best.on_train_end()
    out = capsys.readouterr().out
    assert ("--checkpoint=best of tf-gan-sample" in out) == is_run
    assert ("restore_latest(model, " in out) == (not is_run)


def test_epochs_that_must_have_the_log(tmp_path):
    best = KeepBest(tmp_path, "kid", every=2)
    best.set_model(model())
    best.on_epoch_end(0, {})
    with pytest.raises(UserError, match="Epoch 2 has no log"):
        best.on_epoch_end(1, {})


def test_epochs_that_are_run_again_count_once(tmp_path):
    gan, best = model(), KeepBest(tmp_path, "kid", patience=9)
    best.set_model(gan)
    for step in (2, 4, 6, 2, 4, 6, 8):
        gan.step.assign(step)
        best.on_epoch_end(step // 2 - 1, {"kid_2k": 1.0})
    assert best.state["without"] == 3  # In steps 4, 6 and 8.


def test_another_log_is_compared_anew_and_a_lost_checkpoint_too(tmp_path):
    best = KeepBest(tmp_path, "kid")
    best.set_model(model())
    best.on_epoch_end(0, {"kid_1k": 1.0})
    best.on_epoch_end(1, {"kid_2k": 5.0})
    assert json.loads((tmp_path / "best.json").read_text())["value"] == 5.0
    for path in tmp_path.glob("step-*"):
        path.unlink()
    assert KeepBest(tmp_path, "kid").state == {}
    (tmp_path / "best.json").write_text("{")
    with pytest.raises(UserError, match=r"best\.json cannot be read .*Remove it"):
        KeepBest(tmp_path, "kid")


def test_what_cannot_be_kept(tmp_path):
    with pytest.raises(UserError, match=r"no log whose name starts with 'kid'.*'D\(x\)'"):
        fit(model(), tmp_path, [None], 1)
    for arguments in ({"mode": "best"}, {"patience": -1}, {"every": 0}):
        with pytest.raises(UserError, match=f"`{next(iter(arguments))}`"):
            KeepBest(tmp_path, "kid", **arguments)


# === In runs ===


@pytest.mark.slow
def test_a_run_keeps_its_best_checkpoint(tmp_path, capsys):
    changes = {"keep_best": "D(G(z))", "checkpoint_every": 1, "epochs": 3}
    tf_gan.train(small_config(**changes), tmp_path)
    state = json.loads((tmp_path / "checkpoints/best/best.json").read_text())
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    smallest = min(lines, key=lambda line: line["D(G(z))"])
    assert (state["epoch"], state["step"]) == (smallest["epoch"], smallest["step"])
    assert f"is of epoch {smallest['epoch']} " in capsys.readouterr().out
    best, _ = build.load(tmp_path, "best")
    latest, _ = build.load(tmp_path)
    assert int(best.step.numpy()) == smallest["step"] and int(latest.step.numpy()) == 336
    step = checkpoints.steps(tmp_path / "checkpoints")[0]
    early, _ = build.load(tmp_path, str(step))
    assert int(early.step.numpy()) == step == 112
    for name in ("best", str(step)):
        result = command("sample", f"--workdir={tmp_path}", f"--checkpoint={name}", "--n=4")
        assert result.returncode == 0, result.stderr
    result = command("sample", f"--workdir={tmp_path}", "--checkpoint=7", "--n=4")
    assert result.returncode == 1 and result.stdout == ""
    assert "latest, best, or one of the steps" in result.stderr
    assert "112, 224, 336. Received: 7" in result.stderr


@pytest.mark.slow
def test_a_run_that_ends_by_patience_stays_ended(tmp_path, capsys):
    changes = {"keep_best": "constant", "patience": 1, "epochs": 5, "batch_size": 512}

    class Constant(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["constant"] = 1.0

    writers = run_callbacks.writers
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_callbacks, "writers", lambda *given: [Constant(), *writers(*given)])
        stopped = tf_gan.train(small_config(**changes), tmp_path)
        assert int(stopped.step.numpy()) == 6
        assert checkpoints.steps(tmp_path / "checkpoints")[-1] == 6
        again = tf_gan.train(small_config(**changes), tmp_path)
    assert int(again.step.numpy()) == 6
    out = capsys.readouterr().out
    assert "Training ends after epoch 2" in out and "This run ended in epoch 2: 1 values" in out


@pytest.mark.parametrize(("log", "every"), [("kid", 6), ("distance", 12), ("r_v", 12)])
def test_the_best_of_a_run_is_waited_for_as_long_as_its_log_takes(tmp_path, log, every):
    """Scores come every 6 epochs, the logs of the held-out gap every 4."""
    config = small_config(keep_best=log, patience=2, evaluate_every=6, sample_every=4)
    best = run_callbacks.keep_best(config, tmp_path)
    assert (best.every, best.patience) == (every, 2)


@pytest.mark.parametrize(
    "changes", [{}, {"evaluate_every": 1}, {"evaluate_every": 1, "evaluate_metrics": "sharpness"}]
)
def test_a_score_that_is_not_measured_keeps_nothing(changes, tmp_path):
    message = r"keep_best=kid needs its values during training: config\.evaluate_metrics=kernel and"
    with pytest.raises(UserError, match=message):
        tf_gan.train(small_config(keep_best="kid", **changes), tmp_path)


@pytest.mark.slow
def test_settings_without_effect(tmp_path):
    with pytest.raises(UserError, match=r"patience=2 has no effect without config\.keep_best"):
        tf_gan.train(small_config(patience=2), tmp_path)
    tf_gan.train(small_config(epochs=1, batch_size=512), tmp_path)
    with pytest.raises(UserError, match=r"no best checkpoint.*--config\.keep_best=NAME"):
        build.load(tmp_path, "best")
