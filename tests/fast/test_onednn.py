"""oneDNN's kernels are on in the commands; elsewhere a user learns that they are off."""

import os
import platform
import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest

import tf_gan
from tf_gan.fast import onednn

CODE = f"""
{{}}
import os
from tf_gan.fast import onednn
print(onednn.state(), os.environ.get("{onednn.VARIABLE}"))
"""


@pytest.mark.skipif(platform.machine() not in onednn.X86, reason="an x86 processor is needed")
@pytest.mark.parametrize(
    ("first", "value", "expected"),
    [
        ("from tf_gan.cli import app; app.import_tensorflow()", None, ["on 1"]),
        pytest.param(
            *("from tf_gan.cli import app; app.import_tensorflow()", "0", ["off 0"]),
            marks=pytest.mark.slow,
        ),
        # What TensorFlow takes by itself.
        pytest.param("import tf_gan", None, ["off None", "on None"], marks=pytest.mark.slow),
    ],
)
def test_it_is_on_in_the_commands(first, value, expected):
    environment = {k: v for k, v in os.environ.items() if k != onednn.VARIABLE}
    environment |= {onednn.VARIABLE: value} if value else {}
    command = [sys.executable, "-c", CODE.format(first)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.strip() in expected


def networks(kind):
    """A generator and a discriminator of 2x2 images, with a convolution or without."""
    layer = kind(1, 1) if kind is keras.layers.Conv2D else kind(1)
    generator = keras.Sequential(
        [keras.Input((4,)), keras.layers.Reshape((2, 2, 1)), layer], name="generator"
    )
    discriminator = keras.Sequential(
        [keras.Input((2, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    return generator, discriminator


def fit(model=tf_gan.GAN, kind=keras.layers.Conv2D, **arguments):
    gan = model(*networks(kind), latent_dim=4)
    gan.compile(**arguments)
    gan.fit(np.zeros((10, 2, 2, 1), np.float32), batch_size=2, verbose=0)


@pytest.fixture
def off(monkeypatch):
    monkeypatch.setattr(onednn, "state", lambda: "off")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.delenv(onednn.VARIABLE, raising=False)


@pytest.mark.parametrize("model", [tf_gan.GAN, tf_gan.WGAN])
def test_it_is_a_warning_where_it_is_off(off, model):
    with pytest.warns(UserWarning, match="Set TF_ENABLE_ONEDNN_OPTS=1") as caught:
        fit(model)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("reason", ["asked for", "on", "another processor", "XLA", "dense"])
def test_there_is_no_warning_where_there_is_nothing_to_gain(off, reason, monkeypatch):
    if reason == "asked for":
        monkeypatch.setenv(onednn.VARIABLE, "0")
    if reason == "on":
        monkeypatch.setattr(onednn, "state", lambda: "on")
    if reason == "another processor":
        monkeypatch.setattr(platform, "machine", lambda: "arm64")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(
            kind=keras.layers.Dense if reason == "dense" else keras.layers.Conv2D,
            jit_compile=reason == "XLA",
        )
