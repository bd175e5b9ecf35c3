"""What the binaries say, and where their tracebacks go."""

import contextlib
import re

import pytest
from support.command import command

from tf_gan.config import default_config

OLD = """
from tf_gan.config import default_config

def get_config():
    config = default_config()
    config.game.loss = "hinge"
    return config
"""

NOTHING = """
def get_config():
    {line}
"""

NETWORKS = """
import keras
from tf_gan.networks import mlp

build_discriminator = mlp.build_discriminator

def build_generator(image_shape, latent_dim, **arguments):
    {bug}
    return mlp.build_generator(image_shape, latent_dim)
"""
BUGS = {
    "attribute": ("keras.layers.Dens(3)", "AttributeError"),
    "keras": ("keras.layers.Dense(-1)", "ValueError"),
    "module": ("import nothing_there", "ModuleNotFoundError"),
}


def said(folder, binary, *arguments) -> str:
    """Returns the last words of a command that fails, started in a folder."""
    with contextlib.chdir(folder):
        result = command(binary, *arguments)
    assert result.returncode == 1, result.stderr
    return result.stderr.strip()


def test_mistakes_are_one_line(tmp_path):
    (tmp_path / "old.py").write_text(OLD)
    (tmp_path / "own.py").write_text(OLD.replace("game.loss", "epoch"))
    (tmp_path / "none.py").write_text(OLD.replace("game.loss", "name").replace("return", "#"))
    (tmp_path / "dict.py").write_text(NOTHING.format(line="return {'epochs': 3}"))
    cases = {
        "train --config.game.loss=hinge": "config.game is now config.objective: write"
        " config.objective.loss",
        "train --config=old.py": "config.game is now config.objective: write config.objective.loss",
        "train --config=old.py --config.epochs=1": "config.game is now config.objective",
        "train --config=own.py": "no field 'epoch'. Did you mean epochs?",
        "train --config=own.py --help": "no field 'epoch'. Did you mean epochs?",
        "train --config=none.py": "none.py to end with `return config`, .* Received: None",
        "train --config=none.py --config.epochs=1": "`return config`, .* Received: None",
        "train --config=none.py --help": "`return config`, .* Received: None",
        "train --config=dict.py": "`return config`, .* Received: {'epochs': 3}",
        "train --config.epoch=3": "no field 'epoch'. Did you mean epochs?",
        "train --config.networks.nam=dcgan": "no field 'networks.nam'. Did.* networks.name",
        "train --config.networks.generator.unit=(3,)": "Did you mean .*networks.generator.units",
        "train --config=nowhere": "No config 'nowhere'.*tf-gan-train --list shows",
        "train --config=mnist --config.data.nam=ring": "Did you mean data.name",
        "train --config.data.path=.": "reads no files.*--config=image_folder",
        "train --config.data.name=image_folder --config.data.path=.": "--config.data.image_size",
        "train --config.name=../x": "name of a folder in runs/",
        "train --config.model.name=my.gan": "no module 'my'",
        "train --config.epochs=three": "expected an integer, received 'three'\\. --help",
        "train --minute=1": "Did you mean --minutes\\? --help lists the flags\\.",
        "train .": "unexpected argument '\\.'.*For a folder of pictures: --data=\\.",
        "train --config=/nowhere.py": "No config '/nowhere.py'",
        "train --config=minst": "Did you mean 'mnist'\\?",
        "train --config minst": "Did you mean 'mnist'\\?",
        "train --config minst --config.epochs=1 --workdir=x": "Did you mean 'mnist'\\?",
        "train --config=minst --help": "Did you mean 'mnist'\\?",
        "train --data.labels=True": "Unknown.*data.labels.*--config.data.labels=VALUE",
        "train --strategy=all": "one_device",
        "train now": "unexpected argument 'now'",
        "train --config.objective.loss=hing": "'hinge'",
        "sample --workdir=/nowhere --input=mine.png": "--kind=grid does not start from pictures",
        "sample": "Expected --workdir=VALUE",
        "sample --workdir=x --output=s3://b/x.png": "--output to be a path .*: s3://b/x.png",
        "report --workdir=x --output=s3://b/x.html": "--output to be a path .*: s3://b/x.html",
        "replay --live --output=s3://b/x.html": "--output to be a path .*: s3://b/x.html",
        "explore --workdir=x --output=s3://b/x.html": "--output to be a path .*: s3://b/x.html",
        "sample --workdir=nowhere": "No run in 'nowhere'.*--data=DIR --workdir=nowhere",
    }
    for line, expected in cases.items():
        words = said(tmp_path, *line.split())
        assert re.search(expected, words), (line, words)
        assert "Traceback" not in words and "bug" not in words and "\n" not in words, (line, words)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("dict.py", "none.py", "old.py", "own.py")
    ]


@pytest.mark.parametrize("line", ["return {'a': 3}['b']", "return int('b')"])
def test_an_error_in_a_config_file_is_told_without_a_traceback(tmp_path, line):
    (tmp_path / "own.py").write_text(NOTHING.format(line=line))
    for arguments in (["--config=own.py"], ["--config=own.py", "--help"]):
        words = said(tmp_path, "train", *arguments)
        assert re.match(r"tf-gan-train: --config cannot be used: .*'b'\nTF_GAN_TRACEBACK=1", words)


def test_a_bug_keeps_its_traceback(tmp_path, monkeypatch):
    for name, (bug, _) in BUGS.items():
        (tmp_path / f"mine_{name}").mkdir()
        (tmp_path / f"mine_{name}" / "nets.py").write_text(NETWORKS.format(bug=bug))
    for name, (_, error) in BUGS.items():
        words = said(tmp_path, "train", f"--config.networks.name=mine_{name}.nets")
        assert words.startswith(f"tf-gan-train: {error}: ") and "Traceback" not in words
        assert "A bug" in words and "runs/digits/error.log; set TF_GAN_TRACEBACK=1" in words
        assert "does not fit" not in words
    log = (tmp_path / "runs/digits/error.log").read_text()  # One after the other.
    assert log.count("Traceback (most recent call last)") == log.count("in build_generator") == 3
    assert re.search(r"^20..-..-..T..:..:..  tf-gan-train --config.networks.name=mine_", log)
    # On the screen; and where the run directory cannot be made, in another file.
    monkeypatch.setenv("TF_GAN_TRACEBACK", "1")
    words = said(tmp_path, "train", "--config.networks.name=mine_attribute.nets")
    assert words.startswith("Traceback") and "in build_generator" in words


def test_a_traceback_without_a_run_directory(tmp_path, monkeypatch):
    from tf_gan.cli import app

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        path = app._write_traceback("/proc/nowhere")
    assert path.is_relative_to(tmp_path) and "ZeroDivisionError" in path.read_text()


@pytest.mark.parametrize(
    ("mistake", "field"),
    [
        (lambda config: config.game, "game"),
        (lambda config: setattr(config, "epoch", 3), "epoch"),
        (lambda config: config.data["nam"], "nam"),
        (lambda config: pytest.game, None),
        (lambda config: {"a": 3}["b"], None),
        (lambda config: int("game"), None),
    ],
)
def test_fields_that_ml_collections_misses(mistake, field):
    from tf_gan.runs import config_file

    with pytest.raises((AttributeError, KeyError, ValueError)) as raised:
        mistake(default_config())
    assert config_file.missing_field(raised.value) == field
