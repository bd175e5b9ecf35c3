"""What a run directory is begun and resumed with."""

import json
import pathlib
import shutil

import keras
import numpy as np
import pytest
from support.configs import small_config

import tf_gan
from tf_gan.callbacks import Stopped
from tf_gan.errors import UserError
from tf_gan.reports import status
from tf_gan.runs import directory, fields, run_callbacks, settings


def pictures(folder, n, seed=0):
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for number in range(n):
        keras.utils.save_img(folder / f"{seed}_{number}.png", rng.integers(0, 256, (9, 9, 1)))
    return folder


def of_folder(path, **changes):
    return small_config(
        **{
            "data.name": "image_folder",
            "data.path": str(path),
            "data.image_size": 8,
            "data.channels": 1,
            "epochs": 1,
        }
        | changes
    )


def test_a_run_stopped_at_the_end_of_its_last_epoch_is_complete(tmp_path):
    config = of_folder(pictures(tmp_path / "pictures", 40), minutes=1e-5, checkpoint_every=1)
    tf_gan.train(config, tmp_path / "run")
    assert status.read(tmp_path / "run")["state"] == "done"
    assert (tmp_path / "run/samples/epoch_0001.png").exists()
    config.epochs = 3
    with pytest.raises(Stopped, match="the limit of 1e-05 minutes"):
        tf_gan.train(config, tmp_path / "run")


def test_other_pictures_than_at_the_start_are_refused(tmp_path):
    folder = pictures(tmp_path / "pictures", 40)
    config = of_folder(folder)
    tf_gan.train(config, tmp_path / "run")
    before = (tmp_path / "run/metrics.jsonl").read_bytes()
    pictures(folder, 8, seed=1)
    config.epochs = 2
    with pytest.raises(UserError, match=r"data have changed .*\(data\.count: 36 there, 43 now\)"):
        tf_gan.train(config, tmp_path / "run")
    assert (tmp_path / "run/metrics.jsonl").read_bytes() == before


@pytest.mark.slow
def test_paths_are_kept_absolute(tmp_path, monkeypatch):
    pictures(tmp_path / "a/pictures", 40)
    pictures(tmp_path / "b/pictures", 40, seed=1)
    monkeypatch.chdir(tmp_path / "a")
    config = of_folder("pictures")
    tf_gan.train(config, tmp_path / "run")
    assert directory.read_config(tmp_path / "run").data.path == str(tmp_path / "a/pictures")
    assert config.data.path == "pictures"
    config.epochs = 2
    monkeypatch.chdir(tmp_path / "b")
    with pytest.raises(UserError, match=r"another config.*\n  data\.path: "):
        tf_gan.train(config, tmp_path / "run")
    monkeypatch.chdir(tmp_path / "a")
    assert int(tf_gan.train(config, tmp_path / "run").step.numpy()) > 0


@pytest.mark.slow
def test_pictures_that_have_moved_are_read_where_they_are(tmp_path, caplog):
    config = of_folder(pictures(tmp_path / "before", 40))
    tf_gan.train(config, tmp_path / "run")
    (tmp_path / "before").rename(tmp_path / "after")
    config = of_folder(tmp_path / "after", epochs=2)
    tf_gan.train(config, tmp_path / "run")
    assert f"The data of this run were in {tmp_path}/before; now" in caplog.text
    assert directory.read_config(tmp_path / "run").data.path == str(tmp_path / "after")


def test_data_at_another_address_are_refused(tmp_path):
    config = small_config(**{"data.name": "npz", "data.path": "memory://bucket/a.npz"})
    directory.prepare_directory(tmp_path, config)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "step-1.index").touch()
    directory.prepare_directory(tmp_path, config)
    config.data.path = "memory://bucket/b.npz"
    with pytest.raises(UserError, match=r"another config.*\n  data\.path: "):
        directory.prepare_directory(tmp_path, config)


def begun(workdir, config):
    """Writes the config of a run that has a checkpoint."""
    directory.prepare_directory(workdir, config)
    (workdir / "checkpoints").mkdir()
    (workdir / "checkpoints" / "step-1.index").touch()


def test_facts_of_the_data_that_earlier_runs_did_not_keep(tmp_path):
    config = small_config()
    begun(tmp_path, config)
    config.data.count, config.data.class_names = 1797, ("a", "b")
    directory.prepare_directory(tmp_path, config)
    config.data.count = 1798
    with pytest.raises(UserError, match=r"data\.count: 1797 there, 1798 now"):
        directory.prepare_directory(tmp_path, config)


def test_measured_forms_of_convolutions_stay_with_their_checkpoints(tmp_path):
    config, file = small_config(), tmp_path / "convolutions.json"
    begun(tmp_path, config)
    file.write_text("{}")
    directory.prepare_directory(tmp_path, config)
    assert file.exists()
    (tmp_path / "checkpoints" / "step-1.index").unlink()  # The run begins anew.
    directory.prepare_directory(tmp_path, config)
    assert not file.exists()


def test_a_gap_is_between_training_images_and_those_held_out(tmp_path, tiny_gan):
    config = of_folder(pictures(tmp_path, 40), **{"data.held_out": 0.25})
    (gap,) = run_callbacks.gap(tiny_gan, tf_gan.data.load(config.data, 0), config)
    (training, _), (held_out, _) = gap._parts
    assert (len(training), len(held_out)) == (30, 10)
    assert not {image.tobytes() for image in training} & {image.tobytes() for image in held_out}
    assert config.data.split == "train"  # As it was.


def test_a_gap_needs_training_images_and_a_discriminator_with_logits(
    tmp_path, tiny_gan, monkeypatch
):
    config = of_folder(pictures(tmp_path, 40), **{"data.held_out": 0.25})
    examples = tf_gan.data.load(config.data, 0)
    config.data.split = "test"
    assert run_callbacks.gap(tiny_gan, examples, config) == []
    config.data.split = "train"
    monkeypatch.setattr(tf_gan.GAN, "gives_logits", False)
    assert run_callbacks.gap(tiny_gan, examples, config) == []


def test_a_home_is_expanded(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    config = of_folder("~/pictures")
    fields.make_path_absolute(config)
    assert config.data.path == "/home/me/pictures"


def test_a_run_in_use_is_refused_before_its_data_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(tf_gan.data, "load", lambda *_: pytest.fail("read"))
    with directory.lock(tmp_path), pytest.raises(UserError, match="is in use by process"):
        tf_gan.train(small_config(), tmp_path)


def test_runs_within_the_folder_of_pictures_are_refused(tmp_path, monkeypatch):
    folder = pictures(tmp_path / "pictures", 8)
    (tmp_path / "link").symlink_to(folder)
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    for path, workdir in (
        (folder, folder / "run"),
        ("..", "runs/mine"),
        (folder, tmp_path / "elsewhere/../pictures/run"),
        (tmp_path / "link", folder / "run"),
        (folder, tmp_path / "link/run"),
    ):
        with pytest.raises(UserError, match="lies in the folder of pictures"):
            tf_gan.train(of_folder(path), workdir)
    assert {file.suffix for file in folder.rglob("*") if file.is_file()} == {".png"}


@pytest.mark.parametrize(
    "name",
    [
        *("config.json", "report.html", "metrics.jsonl", "samples.gif", "replay.npz"),
        *("convolutions.json", "convolutions_old.json", "warnings.jsonl"),
        *("neighbours.png", "samples/epoch_0005.png"),
    ],
)
def test_files_of_the_users_own_stay(tmp_path, name):
    (tmp_path / "run" / name).parent.mkdir(parents=True)
    (tmp_path / "run" / name).write_text('{"mine": 1}')
    with pytest.raises(UserError, match=rf"has {name}, but not of a run of tf_gan"):
        tf_gan.train(small_config(epochs=1), tmp_path / "run")
    files = [file for file in (tmp_path / "run").rglob("[!.]*") if file.is_file()]
    assert files == [tmp_path / "run" / name]
    assert (tmp_path / "run" / name).read_text() == '{"mine": 1}'


@pytest.mark.slow
def test_another_start_than_before_is_refused(tmp_path):
    config = small_config(epochs=1)
    tf_gan.train(config, tmp_path / "first")
    tf_gan.train(config, tmp_path / "second")
    other = small_config(epochs=2, init_from=str(tmp_path / "first"))
    with pytest.raises(UserError, match="holds a run that started from random weights"):
        tf_gan.train(other, tmp_path / "second")
    tf_gan.train(small_config(epochs=1, init_from=str(tmp_path / "first")), tmp_path / "third")
    tf_gan.train(other, tmp_path / "third")
    again = small_config(epochs=3, init_from=str(tmp_path / "second"))
    with pytest.raises(UserError, match=r"holds a run that started from .*first"):
        tf_gan.train(again, tmp_path / "third")


def test_a_run_killed_before_its_first_checkpoint_leaves_nothing_to_another(tmp_path):
    config = of_folder(pictures(tmp_path / "one", 40), keep_best="generator_loss")
    tf_gan.train(config, tmp_path / "run")
    for file in (tmp_path / "run/checkpoints").glob("step-*"):
        file.unlink()
    other = of_folder(pictures(tmp_path / "two", 40, seed=1))
    with pytest.raises(UserError, match="another config"):  # Its best checkpoint is a checkpoint.
        tf_gan.train(other, tmp_path / "run")
    shutil.rmtree(tmp_path / "run/checkpoints")
    real = (tmp_path / "run/real.png").read_bytes()
    directory.write_rollbacks(tmp_path / "run", ["NaN"])
    other.epochs = 1
    tf_gan.train(other, tmp_path / "run")
    assert (tmp_path / "run/real.png").read_bytes() != real
    assert not (tmp_path / "run/rollbacks.json").exists()


def test_the_log_of_a_gap_is_waited_for(tmp_path):
    folder = pictures(tmp_path / "pictures", 40)
    config = of_folder(folder, keep_best="distance", sample_every=2, epochs=3)
    tf_gan.train(config, tmp_path / "run")
    state = json.loads((tmp_path / "run/checkpoints/best/best.json").read_text())
    assert state["log"] == "distance(samples)"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": -1}, r"config\.seed from 0 to 2\^32 - 1\. Received: -1"),
        ({"seed": 2**32}, r"config\.seed from 0 to 2\^32 - 1\. Received: 4294967296"),
        (
            {"data.value_range": (1.0, -1.0)},
            r"data\.value_range=\(low, high\), low < high\. Received: \(1\.0, -1\.0\)",
        ),
        ({"rollbacks": -1}, r"config\.rollbacks >= 0\. Received: -1"),
        (
            {"schedule.images": 5.0, "schedule.half_life": True},
            r"schedule\.half_life has no effect\. Expected with it config\.model\.half_life > 0",
        ),
        (
            {
                "schedule.images": 5.0,
                "schedule.learning_rate": 0.5,
                "optimizer.name": "adam",
                "optimizer.decay": "linear",
            },
            r"schedule\.learning_rate has no effect\. .* config\.optimizer\.decay='none'",
        ),
        ({"data.held_out": 0.3}, r"'digits' has a test split of its own, or none\. .*0\.3"),
        ({"data.contrast_normalization": -55.0}, r"contrast_normalization >= 0\. Received: -55"),
        (
            {"data.name": "digits_outlines", "data.image_size": 64},
            r"'digits_outlines' have the size that they have",
        ),
        ({"data.image_size": 32}, r"have the size that they have\. Expected .*=0\. Received: 32"),
        (
            {"optimizer.name": "rmsprop", "optimizer.decay": "linear"},
            r"decay is for config\.optimizer\.name='adam' and.*decay='linear'.*'rmsprop'",
        ),
        (
            {"optimizer.name": "sgd", "optimizer.l2": 0.5},
            r"l2 is for .*'adam'\. .* l2=0\.5 with name='sgd'",
        ),
        ({"schedule.images": 500.0}, r"images=500.0 has no effect alone.*'learning_rate'"),
        ({"length": float("nan")}, r"config\.length to be a finite number\. Received: nan"),
        ({"minutes": float("inf")}, r"config\.minutes to be a finite number\. Received: inf"),
        ({"optimizer.beta_1": float("nan")}, r"config\.optimizer\.beta_1 to be a finite number"),
        ({"evaluate_every": -1}, r"config\.evaluate_every >= 0\. Received: -1"),
    ],
)
def test_settings_without_effect_are_refused(tmp_path, changes, message):
    with pytest.raises(UserError, match=message):
        tf_gan.train(small_config(**changes), tmp_path / "run")
    assert not pathlib.Path(tmp_path, "run").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data.points": 7}, "points=7 has no effect on config.data.name='digits': it is for"),
        ({"data.name": "ring", "data.paired": False}, "paired=False has no effect on"),
        ({"data.name": "digits_outlines", "data.jitter": 3}, "jitter=3 has no effect on"),
    ],
)
def test_settings_of_other_data_are_named(caplog, changes, message):
    """A warning, for they may come from a config file."""
    config = small_config(**changes)
    settings.check_new(config, tf_gan.GAN)
    assert message in caplog.text
