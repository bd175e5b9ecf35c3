"""`tf-gan-export` and the programs in `export/`."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from absl import flags
from absl.testing import flagsaver
from support.command import command, program
from support.configs import quick

import tf_gan
from tf_gan.cli import export
from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.export import tflite
from tf_gan.runs import build, directory

ROOT = pathlib.Path(__file__).parents[2]


def small():
    config = quick(default_config())
    config.epochs = 1
    return config


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    tf_gan.train(small(), folder)
    (folder / "metrics.json").write_text('[{"parzen": 1.5}]')
    return folder


@pytest.fixture(scope="module", autouse=True)
def defined():
    known = set(flags.FLAGS)
    export.define_flags()
    yield
    for name in set(flags.FLAGS) - known:
        delattr(flags.FLAGS, name)


def run(*arguments):
    """The program's main, in this process."""
    with flagsaver.flagsaver():
        flags.FLAGS(["tf-gan-export", *map(str, arguments)])
        export.main()


def test_the_default_is_the_next_version_in_the_run_directory(workdir, capsys):
    run(f"--workdir={workdir}")
    printed = capsys.readouterr().out
    assert "TF1 session" in printed and f"Wrote {workdir}/export/1" in printed
    card = json.loads((workdir / "export/1/assets/model_card.json").read_text())
    assert card["config"]["name"] == "digits" and card["config"]["batch_size"] == 16
    assert card["metrics"]["last_epoch"]["epoch"] == 1
    assert card["metrics"]["evaluation"] == [{"parzen": 1.5}]
    model, _ = build.load(workdir)
    images = tf.saved_model.load(str(workdir / "export/1")).signatures["generate"](num=3, seed=5)[
        "images"
    ]
    np.testing.assert_allclose(images, (model.generate(3, seed=5) + 1) / 2, atol=1e-5)
    with pytest.raises(UserError, match="The next free version is 2"):
        run(f"--workdir={workdir}", f"--output={workdir}/export/1")


def test_several_quantisations_are_rows_of_one_table(workdir, tmp_path, capsys):
    run(
        f"--workdir={workdir}",
        "--format=tflite",
        "--quantize=none,int8",
        f"--output={tmp_path}/g.tflite",
        "--min_psnr=10",
    )
    lines = capsys.readouterr().out.splitlines()
    lines = [line for line in lines if "is slower than float32 here" not in line]
    assert [line.split()[0] for line in lines] == ["quantize", "none", "int8", "Wrote", "Wrote"]
    assert lines[0].split()[-1] == "PSNR" and lines[1].endswith("dB")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["g_int8.tflite", "g_none.tflite"]
    assert (
        json.loads(tflite.read_model_card(tmp_path / "g_none.tflite"))["config"]["name"] == "digits"
    )
    run(f"--workdir={workdir}", "--format=tflite", f"--output={tmp_path}/one.tflite")
    assert (tmp_path / "one.tflite").stat().st_size == pytest.approx(
        (tmp_path / "g_none.tflite").stat().st_size, rel=0.01
    )
    with pytest.raises(UserError, match=r"g_int8\.tflite is there already"):
        run(
            f"--workdir={workdir}",
            "--format=tflite",
            "--quantize=dynamic,int8",
            f"--output={tmp_path}/g.tflite",
        )
    assert not (tmp_path / "g_dynamic.tflite").exists()


def test_all_quantisations_each_once():
    place, names = pathlib.Path("x/g.tflite"), list(tflite.QUANTIZATIONS)
    for given in (["all"], [*names, names[0]]):
        jobs = export._quantized(place, {"quantize": given, "min_psnr": 9.0})
        assert [(path.name, options) for path, options in jobs] == [
            (f"g_{name}.tflite", {"quantize": name, "min_psnr": 9.0}) for name in names
        ]
    assert [path for path, _ in export._quantized(place, {"quantize": ["int8"]})] == [place]


def test_the_metrics_of_a_run_are_those_of_its_last_epoch(tmp_path):
    assert export._metrics(tmp_path) == {}
    (tmp_path / "metrics.jsonl").write_text('{"step": 2, "x": 1.0}\n{"step": 4, "x": 0.5}\n')
    assert export._metrics(tmp_path) == {"last_epoch": {"step": 4, "x": 0.5}}


def test_a_quantisation_that_fails_keeps_the_others_and_their_rows(workdir, tmp_path, capsys):
    with pytest.raises(UserError, match=r"files above were written\. .*'int8'"):
        run(
            f"--workdir={workdir}",
            "--format=tflite",
            "--quantize=none,int8",
            f"--output={tmp_path}/g.tflite",
            "--min_psnr=90",
        )
    assert f"Wrote {tmp_path}/g_none.tflite" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["g_none.tflite"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--workdir=/nowhere"], "No run in '/nowhere'"),
        (
            ["--format=tflite", "--quantize=int4"],
            r"--quantize to be some of \['none', 'dynamic', 'float16', 'int8'\].*--quantize=int4",
        ),
        (
            ["--format=tflite", "--output=x.onnx"],
            r"writes a \.tflite file\. Received: --output=x\.onnx",
        ),
        (["--output=x.onnx"], r"writes a folder\. Expected --format=onnx, or another --output"),
        (["--quantize=int8"], "--quantize is not for --format=saved_model"),
        (["--format=keras", "--max_batch=3"], "--max_batch is not for --format=keras"),
    ],
)
def test_wrong_flags_are_named(workdir, arguments, message):
    with pytest.raises(UserError, match=message):
        run(f"--workdir={workdir}", *arguments)


def test_a_run_without_a_checkpoint_has_nothing_to_export(tmp_path):
    config = small()
    with config.unlocked():
        config.data.image_shape = (8, 8, 1)
    directory.prepare_directory(tmp_path, config)
    with pytest.raises(UserError, match="nothing is trained"):
        run(f"--workdir={tmp_path}")
    assert not (tmp_path / "export").exists()


def test_damaged_metrics_are_named(workdir, tmp_path):
    metrics = workdir / "metrics.json"
    before = metrics.read_text()
    metrics.write_text("{")
    with pytest.raises(
        UserError, match=rf"{metrics} cannot be read as a list of metrics .*Move it away and try"
    ):
        run(f"--workdir={workdir}", "--format=keras", f"--output={tmp_path}/g.keras")
    metrics.write_text(before)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_program_is_started_as_a_file():
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    }
    result = subprocess.run(
        [sys.executable, "export/saved_model.py", "--workdir=/nowhere"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    assert result.returncode == 1
    assert "No run in '/nowhere'" in result.stderr and "Traceback" not in result.stderr


def test_the_help_of_a_program_has_the_flags_of_its_format():
    result = program(ROOT / "export/tflite.py", "--help")
    assert result.returncode == 0, result.stderr
    for text in ("  --format <tflite>", "  --quantize", "  --min_psnr"):
        assert text in result.stdout, text
    assert "--max_batch" not in result.stdout


def test_unknown_formats_are_refused():
    result = command("export", "--format=pickle", "--workdir=/nowhere")
    assert result.returncode == 1
    assert "should be one of <saved_model|tflite|onnx|keras>" in result.stderr
    assert "Traceback" not in result.stderr
