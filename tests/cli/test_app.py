"""What the binaries say, and where their tracebacks go."""

import contextlib
import re

import pytest
from support.command import command

OLD = """
from tf_gan.config import default_config

def get_config():
    config = default_config()
    config.game.loss = "hinge"
    return config
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
    cases = {
        "train --config.game.loss=hinge": "config.game is now config.objective: write"
        " config.objective.loss",
        "train --config=old.py": "config.game is now config.objective: write config.objective.loss",
        "train --config=old.py --config.epochs=1": "config.game is now config.objective",
        "train --config=own.py": "no field 'epoch'. Did you mean epochs?",
        "train --config.epoch=3": "no field 'epoch'. Did you mean epochs?",
        "train --config.networks.generator.unit=(3,)": "Did you mean .*networks.generator.units",
        "train --config=nowhere": "No config 'nowhere'.*tf-gan-train --list shows",
        "train --config=mnist --config.data.nam=ring": "Did you mean data.name",
        "train --config.data.path=.": "reads no files.*--config=image_folder",
        "train --config.data.name=image_folder --config.data.path=.": "--config.data.image_size",
        "train --config.name=../x": "name of a folder in runs/",
        "train --config.model.name=my.gan": "no module 'my'",
        "train --config.epochs=three": "three",
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
        "sample --workdir=nowhere": "No run in 'nowhere'.*--data=DIR --workdir=nowhere",
    }
    for line, expected in cases.items():
        words = said(tmp_path, *line.split())
        assert re.search(expected, words), (line, words)
        assert "Traceback" not in words and "bug" not in words and "\n" not in words, (line, words)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.py", "own.py"]


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
    ("error", "field"),
    [
        (AttributeError(KeyError("'game'")), "game"),
        (KeyError('Key "epoch" does not exist and cannot be added'), "epoch"),
        (AttributeError("module 'keras' has no attribute 'game'"), None),
        (TypeError("game"), None),
    ],
)
def test_fields_that_ml_collections_misses(error, field):
    from tf_gan.runs import config_file

    assert config_file.missing_field(error) == field
