import atexit
import gc
import importlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import types

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Processes side by side take one thread each: a fifth of the time less. `-n 0` takes all.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

# oneDNN's kernels, as in the commands.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

# Convolutions in TensorFlow's own form: measuring the others takes time.
os.environ.setdefault("TF_GAN_MEASURE", "0")

# Tests write nothing into the user's home: the first process makes another one, which
# all processes that it starts share.
if "TF_GAN_TEST_HOME" not in os.environ:
    home = tempfile.mkdtemp(prefix="tf_gan-home-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    sets = pathlib.Path.home() / "tensorflow_datasets"
    os.environ.setdefault("TFDS_DATA_DIR", str(sets if sets.is_dir() else f"{home}/datasets"))
    for name in (
        *("KERAS_HOME", "MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "TF_CONFIG"),
        *("TF_GAN_CACHE", "TF_GAN_TRACEBACK"),
    ):
        os.environ.pop(name, None)
    os.environ["HOME"] = os.environ["TF_GAN_TEST_HOME"] = home

import keras
import pytest
import tensorflow as tf
from support.browser import browser  # noqa: F401
from support.command import program
from support.explored import web_runtime  # noqa: F401
from support.memory import malloc_trim, registry_of_gradients

# Two logical devices, so that the strategies for several can be run on one machine.
CPU = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(CPU, [tf.config.LogicalDeviceConfiguration()] * 2)


def pytest_collection_finish():
    """Takes what the imports made, some 400,000 objects, out of Python's search for
    cycles, which was a fourth of the time of small tests.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def memory():
    """Frees what the tests of the file before left: Keras' models hold each other in
    cycles, which Python seldom collects, and TensorFlow's register of gradients holds
    each graph in which a `tf.custom_gradient` was traced. What remains stays for good.
    """
    gradients = registry_of_gradients()
    for name in [name for name in gradients if name.startswith("CustomGradient-")]:
        del gradients[name]
    gc.collect()
    gc.freeze()
    malloc_trim()


@pytest.fixture(scope="session", autouse=True)
def no_automatic_xla():
    """Lets `jit_compile="auto"` mean False, which takes a third of the time and a fourth
    of the memory: a process keeps its XLA programs for ever. Tests of XLA ask for it by
    `jit_compile=True`, and tests of "auto" by the fixture `automatic_xla`.
    """
    from tf_gan.training import xla

    originals = {name: getattr(xla, name) for name in ("should_use_xla", "xla_optimizer")}
    with pytest.MonkeyPatch.context() as patch:
        for name in originals:
            patch.setattr(xla, name, lambda model: False)
        yield xla, originals


@pytest.fixture(scope="session", autouse=True)
def quick_proofs():
    """Lets the proof of an export run in a process that has TensorFlow imported already.
    The fixture `exported` proves in one that is started as for users.
    """
    from tf_gan.export import proof

    def run(command, env, **_):
        _, _, path, *arguments = command  # After "python -P".
        return program(path, *arguments, module="tensorflow", environment=env)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proof, "subprocess", types.SimpleNamespace(run=run))
        yield


@pytest.fixture
def automatic_xla(no_automatic_xla, monkeypatch):
    """Lets `jit_compile="auto"` mean what it does outside of tests."""
    xla, originals = no_automatic_xla
    for name, function in originals.items():
        monkeypatch.setattr(xla, name, function)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A function that writes a module of a user's package into the working directory;
    returns its dotted name.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    folder = tmp_path / f"package_of_{tmp_path.name}"
    folder.mkdir()

    def write(name: str, text: str) -> str:
        (folder / f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        return f"{folder.name}.{name}"

    return write


@pytest.fixture(scope="session")
def mirrored():
    """The one strategy with two replicas: a second one in the same process uses the
    keys of the first one's collective operations again.
    """
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


@pytest.fixture(scope="session")
def tiny_gan():
    """A GAN of 8x8 pictures after five steps, with an averaged generator that is not
    the live one.
    """
    from tf_gan import GAN, data

    keras.utils.set_random_seed(0)
    generator = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(64, activation="tanh"),
            keras.layers.Reshape((8, 8, 1)),
        ]
    )
    discriminator = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    gan = GAN(generator, discriminator, latent_dim=6, moving_average=0.9, seed=1)
    gan.compile(keras.optimizers.Adam(0.05), keras.optimizers.Adam(0.05))
    gan.fit(data.digits(), batch_size=32, steps_per_epoch=5, verbose=0)
    return gan


@pytest.fixture(scope="session")
def exported(tiny_gan, tmp_path_factory):
    """The directory and the report of `tiny_gan.export`, whose proof fails if it
    imports this library or Keras: it would find these.
    """
    traps = tmp_path_factory.mktemp("traps")
    for name in ("tf_gan", "keras"):
        (traps / name).mkdir()
        (traps / name / "__init__.py").write_text(
            f"open({str(traps / 'imported')!r}, 'a').write({name!r})\nraise SystemExit({name!r})\n"
        )
    base = tmp_path_factory.mktemp("exported")
    from tf_gan.export import proof

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proof, "subprocess", subprocess)
        patch.setenv("PYTHONPATH", str(traps))
        report = tiny_gan.export(base)
    assert not (traps / "imported").exists()
    return base / "1", report
