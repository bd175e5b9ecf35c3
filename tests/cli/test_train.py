import json
import re

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from sklearn.neighbors import KNeighborsClassifier
from support.command import command
from support.configs import small_config
from support.routine import state

import tf_gan
from tf_gan import data
from tf_gan.callbacks import metrics_log
from tf_gan.cli import train
from tf_gan.errors import UserError
from tf_gan.plots import render
from tf_gan.reports import read
from tf_gan.runs import build, directory, progress


@pytest.mark.parametrize(
    ("model", "networks", "changes", "message"),
    [
        (
            "began",
            "began",
            {"objective.loss": "hinge"},
            "no setting 'loss'. Expected config.objective.loss='non_saturating'. Received: 'hinge'",
        ),
        (
            "vae",
            "vae_mlp",
            {"objective.discriminator_steps": 2},
            "no setting 'discriminator_steps'",
        ),
        ("vae", "vae_mlp", {"objective.updates": "simultaneous"}, "no setting 'updates'"),
    ],
)
def test_settings_that_a_model_does_not_have(model, networks, changes, message):
    config = small_config(
        **{"model.name": model, "networks.name": networks, "data.value_range": (0.0, 1.0)} | changes
    )
    with config.unlocked():
        config.networks.generator, config.networks.discriminator, config.data.image_shape = (
            {},
            {},
            (8, 8, 1),
        )
    with pytest.raises(UserError, match=message):
        build.build(config)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("run")
    return workdir, tf_gan.train(small_config(), workdir)


def test_a_run_directory_explains_itself(run):
    workdir, model = run
    config = json.loads((workdir / "config.json").read_text())
    assert config["epochs"] == 2 and config["data"]["image_shape"] == [8, 8, 1]
    assert sorted(path.name for path in workdir.joinpath("samples").iterdir()) == [
        "epoch_0000.png",
        "epoch_0001.png",
        "epoch_0002.png",
    ]
    with Image.open(workdir / "samples.gif") as gif:
        assert gif.n_frames == 3
    lines = metrics_log.read(workdir / "metrics.jsonl")
    # 1,797 images in batches of 16.
    assert [(line["epoch"], line["step"]) for line in lines] == [(1, 112), (2, 224)]
    assert {"discriminator_loss", "generator_loss", "V(D,G)", "D(x)", "D(G(z))"} <= set(lines[0])
    assert model.step.numpy() == 224
    scalars, images = set(), []
    for path in workdir.glob("events/**/*.v2"):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                if "samples" in value.tag:
                    images.append(event.step)
                else:
                    scalars.add(value.tag)
    assert "epoch_discriminator_loss" in scalars and images == [0, 1, 2]


def test_a_run_has_its_page(run):
    workdir, _ = run
    facts = read.facts(workdir)
    assert facts["state"]["word"] == "done" and facts["progress"]["saved"] == 224
    assert (facts["progress"]["epoch"], facts["progress"]["images"]) == (2, 224 * 16)
    assert facts["samples"][-1]["width"] == facts["real"]["width"]
    assert ["Image", "8 x 8 x 1, 10 classes"] in facts["about"]
    assert (workdir / "warnings.jsonl").exists() and (workdir / "report.html").exists()


@pytest.mark.parametrize("by_patience", [True, False])
def test_a_page_that_a_kill_left_behind_is_finished(run, monkeypatch, by_patience):
    workdir, model = run
    fields = json.loads((workdir / "status.json").read_text())
    (workdir / "status.json").write_text(json.dumps(fields | {"state": "running"}))
    assert read.facts(workdir)["state"]["word"] == "ended"
    state = {"log": "generator_loss", "without": 1}
    monkeypatch.setattr(tf_gan.callbacks.KeepBest, "_read", lambda self: state)
    more = {"keep_best": "generator_loss", "patience": 1, "epochs": 3} if by_patience else {}
    again = tf_gan.train(small_config(**more), workdir)
    assert int(again.step.numpy()) == int(model.step.numpy())
    assert read.facts(workdir)["state"]["word"] == "done"
    assert '"word":"done"' in (workdir / "report.html").read_text()
    message = json.loads((workdir / "status.json").read_text())["message"]
    assert ("generator_loss had not become better (config.patience=1)" in message) == by_patience


def test_a_resumed_run_is_the_run_that_never_stopped(run, tmp_path):
    workdir, whole = run
    tf_gan.train(small_config(epochs=1), tmp_path)
    part = tf_gan.train(small_config(epochs=2), tmp_path)
    np.testing.assert_equal(state(part), state(whole))
    ours, theirs = (
        metrics_log.read(tmp_path / "metrics.jsonl"),
        metrics_log.read(workdir / "metrics.jsonl"),
    )
    assert [line | {"seconds": 0} for line in ours] == [line | {"seconds": 0} for line in theirs]
    starts = json.loads((tmp_path / "status.json").read_text())["starts"]
    assert [start["step"] for start in starts] == [0, 112]
    last = "samples/epoch_0002.png"
    assert (tmp_path / last).read_bytes() == (workdir / last).read_bytes()


def test_a_run_of_an_earlier_version_has_the_defaults_of_new_fields(run, tmp_path):
    fields = json.loads((run[0] / "config.json").read_text())
    del fields["evaluate_every"], fields["optimizer"]["decay_factor"]
    (tmp_path / "config.json").write_text(json.dumps(fields))
    config = directory.read_config(tmp_path)
    assert (config.evaluate_every, config.optimizer.decay_factor) == (0, 1.000004)
    assert config.networks.generator.units == small_config().networks.generator.units


def test_a_finished_run_is_left_alone(run, capsys):
    workdir, _ = run
    before = {
        path: path.stat().st_mtime_ns
        for path in workdir.rglob("*")
        if path.name not in ("config.json", ".lock", workdir.name)
    }
    tf_gan.train(small_config(), workdir)
    assert "All 2 epochs of this run are done" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_another_config_is_refused_and_its_fields_named(run):
    workdir, _ = run
    with pytest.raises(
        UserError,
        match=(
            r"another config(.|\n)*batch_size: 16 there, 32 now\n  optimizer.name: 'adam' there,"
            r" 'sgd' now"
        ),
    ):
        tf_gan.train(small_config(**{"batch_size": 32, "optimizer.name": "sgd"}), workdir)
    assert json.loads((workdir / "config.json").read_text())["batch_size"] == 16


def test_a_damaged_checkpoint_gives_way_to_the_one_before(run, tmp_path, caplog):
    tf_gan.train(small_config(), tmp_path)
    newest = tmp_path / "checkpoints/step-224.data-00000-of-00001"
    newest.write_bytes(newest.read_bytes()[:100])
    model, _ = build.load(tmp_path)
    assert model.step.numpy() == 112
    assert "step-224" in caplog.text
    for path in tmp_path.glob("checkpoints/step-*"):
        path.write_bytes(b"")
    with pytest.raises(UserError, match=r"No checkpoint can be read(.|\n)*step-224(.|\n)*step-112"):
        build.load(tmp_path)


def test_unwritable_directory():
    with pytest.raises(UserError, match="Cannot write to the run directory /proc/nothing"):
        tf_gan.train(small_config(), "/proc/nothing")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 0}, r"config.epochs >= 1. Received: 0"),
        ({"evaluate_samples": -5}, r"config.evaluate_samples >= 1. Received: -5"),
        (
            {"networks.initialization_images": -5},
            r"config.networks.initialization_images >= 0. Received: -5",
        ),
        ({"objective.discriminator_steps": 0}, r"config.objective.discriminator_steps"),
        ({"objective.loss": "hing"}, r"'hinge'.*'hing'"),
        ({"objective.penalties": "r1,r9"}, "'r9'"),
        ({"model.name": "gam"}, r"\[.*'gan'.*'gam'"),
        ({"networks.name": "nlp"}, r"'mlp'.*'nlp'"),
        ({"optimizer.name": "adan"}, r"'adam'.*'adan'"),
        ({"data.name": "mnits"}, r"'mnits'.*'mnist'"),
        ({"batch_size": 2000}, "only 1797 images"),
        ({"precision": "float8"}, "float8"),
        ({"jit_compile": "maybe"}, "maybe"),
        ({"model.prior": "cauchy"}, "cauchy"),
        ({"data.value_range": (0.0, 1.0)}, r"\(-1.0, 1.0\), the data are in \(0.0, 1.0\)"),
        ({"data.name": "image_folder", "data.image_size": 8, "data.path": "/nowhere"}, "/nowhere"),
    ],
)
def test_wrong_values_are_named_before_training(tmp_path, changes, message):
    with pytest.raises(UserError, match=message):
        tf_gan.train(small_config(**changes), tmp_path)


# === The binaries ===


def test_help_says_what_each_flag_is_for():
    for binary, flags in (
        ("train", ("config", "workdir", "strategy", "tpu")),
        ("sample", ("workdir", "kind", "output", "n", "seed", "path")),
    ):
        result = command(binary, "--help")
        assert result.returncode == 0, result.stderr
        for flag in flags:
            assert f"  --{flag}" in result.stdout


def test_train_then_sample(tmp_path):
    overrides = [
        "--config.epochs=1",
        "--config.networks.generator.units=(8,)",
        "--config.samples=4",
    ]
    trained = command("train", f"--workdir={tmp_path}/run", *overrides)
    assert trained.returncode == 0, trained.stderr
    assert "epoch_0001.png" in trained.stdout
    for text in (
        f"tf-gan-sample --workdir={tmp_path}/run --kind=interpolation",
        f"tf-gan-evaluate --workdir={tmp_path}/run",
        f"tf-gan-export --workdir={tmp_path}/run",
        "a larger --config.epochs",
    ):
        assert text in trained.stdout
    # Not on a terminal: a line of progress, no bars.
    assert "epoch 1/1  step 28/28  " in trained.stdout
    assert not {"\x08", "\x1b", "\r"} & set(trained.stdout + trained.stderr)
    assert trained.stdout.startswith("Compiling the first step: ")
    assert re.search(r"this call took \d+ s, \d+ s of it to import TensorFlow\.", trained.stdout)
    assert trained.stdout.count("\n") <= 14
    for kind, size in (
        ("grid", (4 * 34 + 2, 4 * 34 + 2)),
        ("interpolation", (16 * 34 + 2, 10 * 34 + 2)),
    ):
        picture = tmp_path / f"{kind}.png"
        result = command(
            "sample", f"--workdir={tmp_path}/run", f"--kind={kind}", f"--output={picture}", "--n=16"
        )
        assert result.returncode == 0, result.stderr
        assert render.load(picture).shape == (*size, 3)
    again = command("sample", f"--workdir={tmp_path}/run", f"--output={picture}")
    assert again.returncode == 1 and "there already" in again.stderr


@pytest.mark.slow
def test_the_default_run_makes_all_ten_digits(tmp_path):
    assert command("train", f"--workdir={tmp_path}").returncode == 0
    model, _ = build.load(tmp_path)
    digits = data.digits()
    classifier = KNeighborsClassifier(1).fit(
        digits.arrays().reshape(len(digits), -1), digits.labels
    )
    counts = np.bincount(
        classifier.predict(model.generate(1000, seed=0).reshape(1000, -1)), minlength=10
    )
    assert counts.min() >= 30, counts


@pytest.mark.parametrize("given", [["--config=mnist"], ["--config", "mnist"], ["-config=mnist"]])
def test_help_shows_the_settings_of_the_config(given):
    assert "as mnist has them" in train.more_help([*given, "--help"])
    assert "as digits has them" in train.more_help(["--help"])


def test_help_of_a_folder_shows_what_it_is_trained_with():
    assert "as own_pictures has them" in command("train", "--data=DIR", "--help").stdout


def test_a_config_may_be_named_behind_a_space(tmp_path):
    arguments = [
        "--config",
        "digits",
        "--config.epochs=1",
        "--config.networks.generator.units=(4,)",
    ]
    result = command("train", *arguments, f"--workdir={tmp_path}")
    assert result.returncode == 0, result.stderr
    assert directory.read_config(tmp_path).name == "digits"
    assert "To train longer: the same command with a larger --config.epochs." in result.stdout


def test_arguments_of_networks_that_the_config_does_not_list(tmp_path):
    def trained(*arguments):
        return command(
            *("train", "--config=digits", f"--workdir={tmp_path}/run", "--config.epochs=1"),
            *("--config.samples=4", "--config.networks.generator.units=(8, 8)", *arguments),
            "--config.data.value_range=(0.0, 1.0)",
        )

    first = trained("--config.networks.generator.activation", "sigmoid")
    assert first.returncode == 0, first.stderr
    model, config = build.load(tmp_path / "run")
    assert model.generator.layers[-2].activation.__name__ == "sigmoid"
    assert config.networks.generator.activation == "sigmoid"
    other = trained("--config.networks.generator.activation=linear")
    assert other.returncode == 1 and "networks.generator.activation" in other.stderr
    for more in ([], ["--config.epochs=3"]):
        with pytest.raises(UserError, match=r"networks\.generator\.a=VALUE. Received: no value"):
            train._without_own(["x", "--config.networks.generator.a", *more])
    kept = train._without_own(["x", "--config.model.arguments.b", "(1, 2)", "--config.c", "4"])
    assert kept == ["x", "--config.c", "4"] and train._own == {"model.arguments.b": (1, 2)}
    wrong = trained("--config.networks.generator.acctivation=linear")
    assert wrong.returncode == 1 and "It takes units, activation" in wrong.stderr


def test_epochs_that_are_given_count_where_a_config_has_a_length(tmp_path):
    for number in range(40):
        image = np.random.default_rng(number).integers(0, 256, (32, 32, 3), np.uint8)
        (tmp_path / "pictures").mkdir(exist_ok=True)
        Image.fromarray(image).save(tmp_path / "pictures" / f"{number}.png")
    arguments = [f"--data={tmp_path}/pictures", f"--workdir={tmp_path}/run", "--dry_run"]
    out = command("train", *arguments, "--config.epochs=7").stdout
    assert re.search(r"config.epochs +7 +epochs, 0.28 thousand images, about", out), out
    assert "config.length" not in out
    assert "config.length" in command("train", *arguments).stdout


def test_after_the_last_patience_the_summary_names_it(run, monkeypatch):
    workdir, model = run
    config = small_config(keep_best="generator_loss", patience=1)
    assert "with a larger --config.epochs." in train.summary(model, workdir, config, "1 s")
    of_images = small_config(length=1.0)
    assert "with a larger --config.length." in train.summary(model, workdir, of_images, "1 s")
    monkeypatch.setattr(tf_gan.callbacks.KeepBest, "is_exhausted", True)
    assert "with a larger --config.epochs and --config.patience." in train.summary(
        model, workdir, config, "1 s"
    )


def test_commands_have_a_quoted_directory_and_the_verdict_stands_before_them(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "verdict", lambda workdir: "Still improving: x.")
    lines = train.next_commands(tmp_path / "my run", small_config())
    assert lines.index("Still improving: x.") + 1 == lines.index("Next:")
    commands = [line for line in lines if line.startswith("  tf-gan-")]
    assert len(commands) == 3
    assert all(f" --workdir='{tmp_path}/my run' " in command for command in commands)


def test_a_run_that_its_minutes_end_says_how_it_goes_on(tmp_path):
    fields = ("units=(4,)", "epochs=50", "samples=4")
    arguments = [f"--config.{each}".replace("units", "networks.generator.units") for each in fields]
    result = command("train", f"--workdir={tmp_path}", *arguments, "--minutes=0.001")
    assert result.returncode == 0, result.stderr
    assert "Stopped by the limit of 0.001 minutes after step " in result.stdout
    assert result.stdout.endswith(
        "It is saved: the same command resumes it for as long again; --minutes may be another"
        " number.\n"
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("False", False), ("(1, 2)", (1, 2)), ("relu", "relu"), ("1e-3", 0.001)],
)
def test_values_of_arguments_on_the_command_line(text, value):
    assert train._literal(text) == value and type(train._literal(text)) is type(value)


@pytest.mark.parametrize(
    ("given", "added"),
    [
        (["--data=a b"], ["--config=own_pictures", "--config.data.path=a b"]),
        (["--data", "x"], ["--config=own_pictures", "--config.data.path=x"]),
        (["--config=mine", "--data=/a=b"], ["--config.data.path=/a=b"]),
        (["--config", "mine", "--minutes=3"], ["--config.minutes=3"]),
        (["--workdir=data"], []),
    ],
)
def test_flags_that_are_fields_of_the_config(given, added):
    expanded = train.expand(["tf-gan-train", *given])
    assert expanded[0] == "tf-gan-train"
    assert sorted(expanded[1:]) == sorted([*given, *added])
    fields = [a for a in expanded if a.startswith("--config.")]
    assert all(expanded.index(a) > 1 for a in fields)  # Behind --config.
