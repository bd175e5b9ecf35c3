"""`tf-gan-sample`, on a run of seconds."""

import numpy as np
import pytest
from PIL import Image
from support.command import command, python
from support.configs import small_config

import tf_gan
from tf_gan.cli import sample
from tf_gan.data.ranges import to_uint8
from tf_gan.plots import render
from tf_gan.runs import build


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("run")
    tf_gan.train(small_config(), workdir)
    return workdir


def test_a_kind_of_plot_of_the_user(workdir, tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "first.py").write_text(
        '"""The first sample."""\n'
        "from tf_gan.plots import render\n"
        "def plot(model, options):\n"
        "    return render.picture(model.generate(1, seed=options.seed), model.data_range)\n"
    )
    monkeypatch.chdir(tmp_path)
    output = tmp_path / "first.png"
    result = command(
        "sample", f"--workdir={workdir}", "--kind=mine.first", "--seed=3", f"--output={output}"
    )
    assert result.returncode == 0, result.stderr
    model, _ = build.load(workdir)
    expected = render.picture(model.generate(1, seed=3), model.data_range)
    np.testing.assert_array_equal(render.load(output), expected)


def test_the_flags_are_options_of_a_plot_of_the_user(workdir, tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "options.py").write_text(
        "import pathlib\nimport numpy as np\n"
        "TAKES_TRUNCATION = TAKES_INPUT = True\n"
        "def plot(model, given):\n"
        "    names = 'n', 'columns', 'seed', 'path', 'input', 'latents', 'truncation'\n"
        "    text = ' '.join(f'{name}={getattr(given, name)}' for name in names)\n"
        "    pathlib.Path('options.txt').write_text(text)\n"
        "    return np.zeros((4, 4, 3), np.uint8)\n"
    )
    monkeypatch.chdir(tmp_path)
    flags = "n=3 columns=2 seed=5 path=spherical input=a.png latents=1;2;3 truncation=0.5"
    arguments = [f"--{flag}" for flag in flags.split()]
    output = f"--output={tmp_path}/a.png"
    result = command("sample", f"--workdir={workdir}", "--kind=mine.options", output, *arguments)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "options.txt").read_text() == flags


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kind=gird"], "Received: 'gird'. Did you mean 'grid'?"),
        (["--kind=grid", "--input=x.png"], "a kind out of ['directions', 'editing', 'inversion', "),
        (
            ["--kind=codes", "--truncation=1"],
            "Expected --truncation with a kind out of ['classes', ",
        ),
        (["--kind=grid", "--latents=1;2;3"], "--latents is for --kind=arithmetic"),
        (["--truncation=-1"], "Expected a number > 0, or None. Received: truncation=-1.0"),
        (["--kind=grid", "--path=spherical"], "--path is for --kind=interpolation and gif"),
        (["--kind=gif", "--columns=3"], "--kind=gif has no columns to choose. Expected no"),
        (["--output=/dev/null/x.png"], "/dev/null/x.png cannot be written: File exists"),
        (["--seed=-1"], "--seed=-1: -1 is not a non-negative integer"),
        (["--kind=json.decoder"], "a module with a function plot(model, options). Received:"),
    ],
)
def test_errors_are_one_message(workdir, arguments, message):
    result = command("sample", f"--workdir={workdir}", *arguments)
    assert result.returncode == 1 and message in result.stderr and "Traceback" not in result.stderr


def test_a_run_on_points_has_some_kinds_alone(tmp_path):
    config = small_config(**{"data.name": "ring", "networks.name": "points"})
    config.model.latent_dim = 2
    tf_gan.train(config, tmp_path / "ring")
    message = (
        "shows images. Received: a run on data of shape (2,). Expected a kind out of ['density"
    )
    result = command("sample", f"--workdir={tmp_path}/ring", "--kind=seeds")
    assert result.returncode == 1 and message in result.stderr
    result = command("sample", f"--workdir={tmp_path}/ring", "--kind=interpolation")
    assert result.returncode == 0, result.stderr


def test_a_missing_encoder_shows_before_the_run_is_read():
    code = """
import sys
sys.modules["av"] = None
from tf_gan.cli import sample
sample.run()
"""
    result = python(code, "--workdir=nowhere", "--kind=gif", "--output=a.mp4")
    assert result.returncode == 1 and ".mp4 files need av" in result.stderr


def test_directions_do_not_replace_a_file_beside_the_picture(workdir, tmp_path):
    place = tmp_path / "new" / "faces.png"
    arguments = ("sample", f"--workdir={workdir}", "--kind=directions", f"--output={place}")
    assert command(*arguments).returncode == 0 and place.exists()
    place.unlink()
    beside = place.with_suffix(".npz")
    beside.write_bytes(b"mine")
    result = command(*arguments)
    assert result.returncode == 1 and "faces.npz is there already" in result.stderr
    assert beside.read_bytes() == b"mine"


def test_earliest_is_the_first_checkpoint(workdir):
    model, _ = build.load(workdir)
    earliest = sample._earliest(workdir)
    assert 0 < int(earliest.step.numpy()) < int(model.step.numpy())


def test_images_are_those_of_generate(workdir, tmp_path):
    arguments = ("sample", f"--workdir={workdir}", "--kind=images", "--n=3", "--seed=7")
    result = command(*arguments, f"--output={tmp_path}/new")
    assert result.returncode == 0, result.stderr
    files = sorted((tmp_path / "new").iterdir())
    assert [file.name for file in files] == ["00000.png", "00001.png", "00002.png"]
    model, _ = build.load(workdir)
    expected = to_uint8(model.generate(3, seed=7), model.data_range)
    for file, image in zip(files, expected, strict=True):
        with Image.open(file) as picture:
            assert picture.mode == "L"
            np.testing.assert_array_equal(np.asarray(picture), image[..., 0])
    result = command(*arguments, f"--output={tmp_path}/a.png")
    assert result.returncode == 1 and "--kind=images writes a folder, whose name" in result.stderr
