"""What works without TensorFlow, and what the package shows without importing it."""

import subprocess
import sys

import pytest

import tf_gan
from tf_gan import choices, export
from tf_gan.evaluation import baselines
from tf_gan.export import onnx_file


def printed(code: str) -> str:
    """Returns what a program prints in an interpreter of its own."""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_help_lists_and_the_live_page_need_no_tensorflow():
    code = """
import sys
from tf_gan.cli import evaluate, explore, export, replay, report, sample, train
from tf_gan.replay import template
from tf_gan.runs import config_file, describe
import tf_gan
assert template.live()
heavy = {"tensorflow", "keras", "scipy", "matplotlib", "tensorflow_datasets"}
print(sorted(heavy & set(sys.modules)))
"""
    assert printed(code) == "[]"


@pytest.mark.slow
def test_keras_finds_the_models_after_importing_the_package():
    code = """
import keras
import tf_gan
print(keras.saving.get_registered_object("tf_gan>GAN").__name__)
"""
    assert printed(code) == "GAN"


def test_names_of_the_package():
    assert tf_gan.GAN is tf_gan.models.CLASSES["GAN"]
    assert {"GAN", "VAE", "losses", "optimizers", "train"} <= set(dir(tf_gan))
    names: dict = {}
    exec("from tf_gan import *", names)
    assert names["GAN"] is tf_gan.GAN and names["losses"] is tf_gan.losses
    for name in dir(tf_gan):
        assert getattr(tf_gan, name) is not None, name
    with pytest.raises(AttributeError, match=r"tf_gan\.kinds is now tf_gan\.plots"):
        _ = tf_gan.kinds
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = tf_gan.Nothing


def test_choices_are_those_of_the_modules():
    assert tuple(export.FORMATS) == choices.FORMATS
    assert tuple(baselines.BASELINES) == choices.BASELINES
    assert tuple(onnx_file.WEIGHTS) == choices.WEIGHTS
