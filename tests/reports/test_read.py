"""What is read from run directories, whole and damaged."""

import base64
import itertools
import json
import os
import shlex
import socket

import pytest
from PIL import Image
from support import run_directory
from support.run_directory import held, kill, make

from tf_gan.errors import UserError
from tf_gan.reports import commands, pictures, read, scores, status


def test_the_facts_of_a_run(tmp_path):
    run = make(tmp_path / "run", objective__penalty_weight=0.5)
    (run / "checkpoints").mkdir()
    (run / "checkpoints/step-200.index").touch()
    facts = read.facts(run)
    assert facts["state"] == {"word": "done", "text": ""}
    progress = facts["progress"]
    assert (progress["step"], progress["steps"], progress["epoch"]) == (200, 200, 20)
    assert (progress["images"], progress["seconds"], progress["saved"]) == (12_800, 40, 200)
    assert progress["speed"] == 10 * 64 / 2
    assert [each["epoch"] for each in facts["samples"]] == [0, 5, 10, 15, 20]
    assert facts["real"]["width"] == 96
    assert facts["changed"] == [
        {"field": "objective.penalty_weight", "value": "0.5", "default": "1.0"},
        {"field": "epochs", "value": "20", "default": "600"},
    ]
    assert ["Device", "2 CPU cores"] in facts["about"] and ["Seed", "0"] in facts["about"]
    commands = {each["text"]: each["command"] for each in facts["commands"]}
    assert commands["Train longer"] == f"tf-gan-train --workdir={run} --config.epochs=40"
    assert commands["Measure the samples"] == f"tf-gan-evaluate --workdir={run}"
    assert facts["notes"] == []


def test_the_states_of_a_run(tmp_path):
    def word(run):
        return read.facts(run)["state"]["word"]

    run = make(tmp_path / "running", done=7, state="running")
    assert word(run) == "ended"  # No process has it.
    with held(run):
        assert word(run) == "running"
    (run / ".lock").unlink()
    assert word(run) == "running"  # `fit` in Python; whether it lasts cannot be known.
    for pid, expected in ((os.getpid(), "running"), (2**22 + 1, "ended"), (1e99, "running")):
        status.update(run, pid=pid, host=socket.gethostname())
        assert word(run) == expected
    status.update(run, pid=2**22 + 1, host="elsewhere")
    assert word(run) == "running"
    killed = make(tmp_path / "killed", done=7)
    kill(killed)
    facts = read.facts(killed)
    assert facts["state"]["word"] == "ended"
    assert "ended without a word at step 75 or later" in facts["state"]["text"]
    assert "The same command resumes it from its start" in facts["state"]["text"]
    assert facts["progress"]["epoch"] == 7.5
    stopped = make(tmp_path / "stopped", state="stopped", message="Stopped by SIGTERM.")
    (stopped / "checkpoints").mkdir()
    (stopped / "checkpoints/step-70.index").touch()
    assert read.facts(stopped)["state"] == {
        "word": "stopped",
        "text": "Stopped by SIGTERM. The same command resumes it from step 70.",
    }
    failed = make(tmp_path / "failed", state="failed", message="generator_loss became NaN")
    assert read.facts(failed)["state"]["text"] == "generator_loss became NaN"
    # Runs of earlier versions.
    assert word(make(tmp_path / "old", state=None)) == "done"
    half = make(tmp_path / "half", done=9, state=None)
    assert word(half) == "ended"
    with held(half):
        assert word(half) == "running"
    new = make(tmp_path / "new", done=0, state=None)
    assert word(new) == "new"
    with held(new):
        assert word(new) == "starting"


def test_what_the_status_says_counts_before_what_the_logs_say(tmp_path):
    run = make(tmp_path / "run")
    status.update(run, speed=123.0, epochs=30, until=1.8e9, updated=1.7e9)
    facts = read.facts(run)
    assert (facts["progress"]["speed"], facts["progress"]["until"]) == (123, 1.8e9)
    assert (facts["progress"]["epochs"], facts["progress"]["steps"]) == (30, 300)
    assert facts["updated"] == 1.7e9
    (run / "status.json").unlink()
    os.utime(run / "metrics.jsonl", (1.6e9, 1.6e9))
    facts = read.facts(run)
    assert (facts["progress"]["speed"], facts["progress"]["until"]) == (10 * 64 / 2, None)
    assert (facts["progress"]["epochs"], facts["progress"]["steps"]) == (20, 200)
    assert facts["updated"] == 1.6e9


def test_a_checkpoint_counts_as_steps_done(tmp_path):
    """A signal within an epoch saves one after the last status and the last logs."""
    run = make(tmp_path / "run", done=7, state="stopped", message="Stopped.")
    (run / "checkpoints").mkdir()
    (run / "checkpoints/step-75.index").touch()
    progress = read.facts(run)["progress"]
    assert (progress["step"], progress["epoch"], progress["images"]) == (75, 7.5, 75 * 64)


def test_warnings_scores_and_rollbacks(tmp_path):
    run = make(tmp_path / "run")
    warning = {"kind": "won", "message": "D has won.", "advice": "Try a penalty."}
    lines = [warning | {"epoch": epoch, "step": 10 * epoch} for epoch in (3, 8)]
    (run / "warnings.jsonl").write_text("\n".join(map(json.dumps, lines)))
    score = {"name": "fid_2k", "value": 3.5, "error": 0.25, "source": "digits", "step": 200}
    protocol = {"protocol": "2,000 samples", "details": {"sigma": 0.2}, "weights": "averaged"}
    (run / "metrics.json").write_text(
        json.dumps([score | protocol, {"name": "bad", "value": None}])
    )
    (run / "rollbacks.json").write_text('["NaN at step 7"]')
    facts = read.facts(run)
    assert facts["warnings"] == [
        {"text": "D has won.", "advice": "Try a penalty.", "epochs": [3.0, 8.0]}
    ]
    assert facts["rollbacks"] == ["NaN at step 7"]
    first, second = facts["scores"]
    assert (first["value"], first["error"], first["details"]) == (3.5, 0.25, {"sigma": "0.2"})
    assert (second["name"], second["value"], second["step"]) == ("bad", None, None)


def test_warnings_of_one_step(tmp_path):
    run = make(tmp_path / "run")
    lines = [{"kind": kind, "message": kind, "epoch": 10, "step": 100} for kind in ("won", "alike")]
    (run / "warnings.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert {each["text"] for each in read.facts(run)["warnings"]} == {"won", "alike"}


def test_commands_that_go_on_with_a_training(tmp_path):
    def command(text, state, **changes):
        run = make(tmp_path / f"run{next(numbers)}", state=state, **changes)
        status.update(run, command=f"{start} --config.epochs=9 --config.length=3")
        with held(run):
            found = read.facts(run)["commands"]
        return next((each["command"] for each in found if each["text"] == text), None)

    numbers, start = itertools.count(), "tf-gan-train --config=own_pictures"
    longer = command("Train longer", "done", epochs=9)
    assert longer == f"{start} --config.length=3 --config.epochs=18"
    longer = command("Train longer", "done", length=3.5)
    assert longer == f"{start} --config.epochs=9 --config.length=7"
    assert command("Resume the training", "stopped").startswith(start)
    for state in ("done", "running"):
        assert command("Resume the training", state) is None


def test_commands_are_as_a_shell_reads_them(tmp_path, monkeypatch):
    found = read.facts(make(tmp_path / "my run"))["commands"]
    words = {each["text"]: shlex.split(each["command"]) for each in found}
    folder = f"--workdir={tmp_path}/my run"
    assert words["Measure the samples"] == ["tf-gan-evaluate", folder]
    assert words["Export the generator"] == ["tf-gan-export", folder, "--format=onnx"]
    assert words["Send this page as one file"] == ["tf-gan-report", folder, "--embed"]
    monkeypatch.setattr(commands, "typed", [folder, "--config=a;b"])
    assert shlex.split(commands.this_training()) == ["tf-gan-train", folder, "--config=a;b"]
    monkeypatch.setattr(commands, "typed", None)
    assert commands.this_training() == ""


def test_what_the_run_fills_in_is_no_change(tmp_path):
    run = make(tmp_path / "run", data__image_shape=(8, 8, 1), data__count=70, data__num_classes=3)
    assert [each["field"] for each in read.facts(run)["changed"]] == ["epochs"]


def test_a_run_without_a_status_counts_the_images_of_all_steps(tmp_path):
    run = make(tmp_path / "run", state=None, done=2, objective__discriminator_steps=3)
    progress = read.facts(run)["progress"]
    assert (progress["images_per_step"], progress["images"]) == (3 * 64, 20 * 3 * 64)


def test_values_of_the_config_are_as_on_the_command_line(tmp_path):
    changes = {"networks__generator__units": (7,), "data__image_shape": (8, 9, 1)}
    config = read.facts(make(tmp_path / "run", **changes))["config"]
    assert config["networks.generator.units"] == "(7,)"
    assert config["data.image_shape"] == "(8, 9, 1)"


def test_what_the_page_says_about_a_run(tmp_path):
    data = {"name": "image_folder", "path": "/pictures", "image_shape": (8, 9, 3)}
    changes = {f"data__{name}": value for name, value in data.items()}
    run = make(tmp_path / "run", name="mine", data__num_classes=5, **changes)
    status.update(run, host="there", versions={"tf_gan": "0.1.0", "keras": "3.9"})
    assert dict(read.facts(run)["about"]) == {
        "Config": "mine",
        "Model": "gan",
        "Networks": "mlp",
        "Data": "image_folder /pictures",
        "Image": "8 x 9 x 3, 5 classes",
        "Seed": "0",
        "Device": "2 CPU cores",
        "Host": "there",
        "Versions": "tf_gan 0.1.0, keras 3.9",
    }


def test_long_values_are_cut(tmp_path):
    facts = read.facts(make(tmp_path / "run", data__path="x" * 600))
    assert facts["config"]["data.path"] == f"{'x' * 500} ..."


def test_what_is_no_date_is_left_out(tmp_path):
    run = make(tmp_path / "run")
    for time in (-5, 0, 1e12, "now", None):
        status.update(run, started=time)
        assert read.facts(run)["started"] is None
    status.update(run, started=9e10)  # In the year 4821.
    assert read.facts(run)["started"] == 9e10


def test_points_have_no_command_for_nearest_images(tmp_path):
    runs = make(tmp_path / "images"), make(tmp_path / "points", data__image_shape=(2,))
    texts = [{each["text"] for each in read.facts(run)["commands"]} for run in runs]
    assert texts[0] - texts[1] == {"Find the nearest training images"}


def test_scores_in_the_order_of_reading_with_what_is_good(tmp_path):
    run = make(tmp_path / "run")  # At step 200.
    entry = {"value": 1.0, "protocol": "how", "source": "faces", "step": 150}
    names = ("mine_2k", "density_50", "sharpness_2k", "recall_inception_50", "kid_2k_vs_50")
    said = {"name": "verdict", "value": None, "text": "Not good yet: blurred."}
    old = said | {"text": "Good.", "step": 100}
    entries = [*({"name": name} for name in names), said, old]
    (run / "metrics.json").write_text(json.dumps([entry | each for each in entries]))
    facts = read.facts(run)
    assert [each["name"] for each in facts["scores"]] == [names[i] for i in (4, 3, 2, 1, 0)]
    assert facts["scores"][0]["good"] == "about 0, or below"
    assert "kinds of pictures are missing" in facts["scores"][1]["good"]
    assert facts["scores"][-1]["good"] == ""
    note = "The scores are those of step 150; the run is at step 200."
    assert facts["verdict"] == {"text": "Not good yet: blurred.", "note": note}
    # The last one of a step counts.
    entries.append(said | {"text": "Good after all."})
    (run / "metrics.json").write_text(json.dumps([entry | each for each in entries]))
    assert read.facts(run)["verdict"]["text"] == "Good after all."
    # Of the newest step there are scores, and no verdict.
    entries.append({"name": "fid_2k", "step": 200})
    (run / "metrics.json").write_text(json.dumps([entry | each for each in entries]))
    assert read.facts(run)["verdict"] == {"text": "", "note": ""}


def test_what_is_no_run(tmp_path):
    with pytest.raises(UserError, match=r"There is no directory .*nowhere"):
        read.facts(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file", tmp_path):
        with pytest.raises(UserError, match=r"not a run directory. Expected one of config\.json"):
            read.facts(path)
    make(tmp_path / "mine")
    make(tmp_path / "other")
    with pytest.raises(UserError, match="It holds runs: mine, other"):
        read.facts(tmp_path)
    with pytest.raises(UserError, match="path on this machine"):
        read.facts("gs://bucket/run")


@pytest.mark.parametrize(
    "name", ["config.json", "metrics.json", "rollbacks.json", "status.json", "warnings.jsonl"]
)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[[]]",
        '{"started": 1e300, "updated": -5, "starts": 3, "epochs": "x"}',
        '{"a": [1]}',
        "[" * 100_000,
        '"\\ud800"',
        '[{"value": 1e999}]',
        "\0",
    ],
)
def test_damaged_files_are_passed_over(tmp_path, name, text):
    run = make(tmp_path / "run", done=2)
    (run / name).write_text(text)
    assert json.dumps(read.facts(run), default=str, allow_nan=False)


def test_files_that_cannot_be_read_are_named(tmp_path):
    run = make(tmp_path / "run")
    for name in ("config.json", "rollbacks.json", "warnings.jsonl"):
        (run / name).write_text("{\n{\n")
    assert sorted(read.facts(run)["notes"]) == [
        "2 lines of warnings.jsonl cannot be read.",
        "config.json cannot be read.",
        "rollbacks.json cannot be read.",
    ]


def test_lines_that_cannot_be_read_are_counted(tmp_path):
    run = make(tmp_path / "run", done=3)
    huge = f'{{"epoch": 4, "step": 40, "x": {"9" * 400}, "y": NaN, "z": true, "w": "text"}}'
    with open(run / "metrics.jsonl", "a") as file:
        file.write(f'{{"epoch": 4, "st\n[1]\nnull\n\n{huge}\n')
    facts = read.facts(run)
    assert facts["notes"] == ["3 of 7 lines of metrics.jsonl cannot be read."]
    assert facts["progress"]["step"] == 40
    assert not {"x", "y", "z", "w"} & {chart["title"] for chart in facts["charts"]}


def test_pictures_in_their_order_and_no_others(tmp_path):
    run = make(tmp_path / "run", done=10, every=10)
    secret = tmp_path / "secret.png"
    for path in (
        run / "samples/epoch_0003_step_00000035.png",
        run / "samples/epoch_0003.png",
        run / "samples/other.png",
        run / "neighbours.png",
        run / "a b&c.png",
        run / "samples.gif",  # The page shows its pictures one by one.
        secret,
    ):
        run_directory.picture(path, (1, 2, 3))
    (run / "samples/epoch_0004.png").write_text("no picture")
    os.symlink(secret, run / "samples/epoch_0005.png")
    os.symlink(secret, run / "link.png")
    found = [(each["epoch"], each["step"]) for each in pictures.grids(run)]
    assert found == [(0, None), (3, None), (3, 35), (10, None)]
    (run / "real.png").unlink()
    os.symlink(secret, run / "real.png")
    assert pictures.real(run) is None
    near, other = pictures.others(run)
    assert (near["name"], other["name"], other["text"]) == ("neighbours.png", "a b&c.png", "")
    assert "nearest" in near["text"]
    link = pictures.relative_to(tmp_path / "pages")
    assert link(run / "a b&c.png") == "../run/a%20b%26c.png"


def test_the_sizes_of_pictures(tmp_path, monkeypatch):
    """As Pillow reads them, also of pictures that it takes for bombs; files cut short are
    no pictures.
    """
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    frames = [Image.new("RGB", (30, 20), color) for color in ("red", "blue")]
    run = make(tmp_path / "run")
    for suffix in ("png", "gif", "webp"):
        frames[0].save(run / f"a.{suffix}", save_all=True, append_images=frames[1:])
    for lossless in (False, True):
        frames[0].save(run / f"still_{lossless}.webp", lossless=lossless)
    found = pictures.others(run)
    names = ["a.gif", "a.png", "a.webp", "still_False.webp", "still_True.webp"]
    assert [each["name"] for each in found] == names
    assert [(each["width"], each["height"]) for each in found] == [(30, 20)] * 5
    for name in names:
        path = run / name
        path.write_bytes(path.read_bytes()[:9])
    assert pictures.others(run) == []


@pytest.mark.parametrize("suffix", ["png", "gif", "webp"])
def test_embedded_pictures_have_their_type_and_all_bytes(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    run_directory.picture(path, (1, 2, 3))
    start, content = pictures.embedded(path).split(",")
    assert start == f"data:image/{suffix};base64"
    assert base64.b64decode(content) == path.read_bytes()


def test_pictures_that_fit_are_spread_over_time(tmp_path):
    run = make(tmp_path / "run", done=100, every=1)
    grids = pictures.grids(run)
    each = max(grid["path"].stat().st_size for grid in grids)
    kept = [grid["epoch"] for grid in pictures.spread(grids, 11 * each)]
    assert kept[0] == 0 and kept[-1] == 100 and 8 <= len(kept) <= 11
    gaps = {after - before for before, after in itertools.pairwise(kept)}
    assert max(gaps) - min(gaps) <= 1
    assert [grid["epoch"] for grid in pictures.spread(grids, 1)] == [100]


def test_pictures_that_fit_have_one_budget(tmp_path):
    found = []
    for number, size in enumerate((60, 50, 40, 1)):
        (tmp_path / str(number)).write_bytes(bytes(size))
        found.append({"path": tmp_path / str(number)})
    assert pictures.within(found, 100) == [found[0], found[2]]
    assert pictures.within(found, 61) == [found[0], found[3]]


def test_marks_of_a_protocol_are_whole_words():
    assert [scores.key(name) for name in ("is", "is_50", "isomap_50", "kidney", "kid_2k")] == [
        *("is", "is", None, None, "kid"),
    ]


def test_the_status_of_a_training_that_resumes(tmp_path):
    status.start(tmp_path, 0, epochs=5)
    first = status.read(tmp_path)
    status.update(tmp_path, step=30, state="stopped", message="Stopped.")
    status.start(tmp_path, 30, epochs=5)
    status.start(tmp_path, 20, epochs=9)  # The checkpoint of step 30 was damaged.
    found = status.read(tmp_path)
    assert [each["step"] for each in found["starts"]] == [0, 20]
    assert found["started"] == first["started"]
    assert (found["state"], found["message"], found["epochs"]) == ("running", "", 9)
    status.start(tmp_path, 0)
    assert [each["step"] for each in status.read(tmp_path)["starts"]] == [0]
    assert status.read(tmp_path)["started"] > first["started"]
    for step in range(1, 150):
        status.start(tmp_path, step)
    assert [each["step"] for each in status.read(tmp_path)["starts"]] == list(range(50, 150))
    (tmp_path / "status.json").write_text('{"starts": [3, {}]}')
    status.start(tmp_path, 7)
    assert [each["step"] for each in status.read(tmp_path)["starts"]] == [7]


def test_a_change_of_the_status_has_its_time(tmp_path):
    (tmp_path / "status.json").write_text('{"updated": 5.0, "epochs": 9}')
    status.update(tmp_path, step=3)
    found = status.read(tmp_path)
    assert found["updated"] > 1e9 and (found["step"], found["epochs"]) == (3, 9)


def test_a_process_of_another_user_is_one(tmp_path, monkeypatch):
    def refused(pid, signal):
        raise PermissionError

    monkeypatch.setattr(os, "kill", refused)
    assert status.is_locked(tmp_path, {"pid": 7, "host": socket.gethostname()})
