"""The form of a convolution is measured once for a shape, kept, and a run's own."""

import json
import logging
import time

import keras
import ml_collections
import numpy as np
import pytest
import tensorflow as tf
from support.configs import quick

from tf_gan.errors import UserError
from tf_gan.fast import fastest, onednn
from tf_gan.fast.layers import fast_layers
from tf_gan.runs import config_file, train

IMAGES = tf.zeros((2, 8, 8, 1))


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A machine on which nothing was measured yet."""
    monkeypatch.setenv("TF_GAN_MEASURE", "1")
    monkeypatch.setenv("TF_GAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(fastest, "_chosen", {})
    return tmp_path


def forms(**seconds):
    """Forms that say their own name, and take so long."""
    return {name: lambda x, name=name: name for name in seconds}


@pytest.fixture
def clock(monkeypatch):
    """Sets the times that are measured; returns what was measured."""
    measured = []

    def set_clock(**seconds):
        def measure(forms, specs):
            measured.append(list(forms))
            return {name: seconds[name] for name in forms}

        monkeypatch.setattr(fastest, "measure", measure)
        return measured

    return set_clock


def work(seconds):
    """Keeps the processor busy."""
    began = time.process_time()
    while time.process_time() - began < seconds:
        pass


def take(seconds, name="sum", images=IMAGES):
    return fastest.fastest(name, forms(**seconds), images)(images)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ({"own": 2.0, "other": 1.0}, "other"),
        ({"own": 1.15, "other": 1.0}, "other"),
        ({"own": 1.05, "other": 1.0}, "own"),  # Within the noise of a measurement.
        ({"own": 1.0, "other": 3.0}, "own"),
        ({"own": 3.0, "other": 2.0, "third": 1.0}, "third"),
    ],
)
def test_the_fastest_form_is_taken(clock, seconds, expected):
    clock(**seconds)
    assert take(seconds) == expected


def test_times_are_measured():
    def slow(x):
        tf.py_function(lambda: work(0.02), [], [])
        return x + 1

    slow_first = {"own": slow, "other": lambda x: x + 1}
    seconds = fastest.measure(slow_first, [tf.TensorSpec((2, 8, 8, 1))])
    assert seconds["own"] > 0.02 > seconds["other"] > 0
    assert fastest.fastest("a", slow_first, IMAGES) is slow_first["other"]
    slow_last = {"own": lambda x: x + 1, "other": slow}
    assert fastest.fastest("b", slow_last, IMAGES) is slow_last["own"]


def test_a_shape_is_measured_once_on_a_machine(clock, monkeypatch, caplog):
    seconds = {"own": 2.0, "other": 1.0}
    measured = clock(**seconds)
    with caplog.at_level(logging.INFO):
        take(seconds)
    assert "sum (2,8,8,1)float32: own 2e+03 ms, other 1e+03 ms; taken: other" in caplog.text
    take(seconds)
    assert len(measured) == 1
    take(seconds, images=tf.zeros((3, 8, 8, 1)))
    take(seconds, name="mean")
    assert len(measured) == 3
    monkeypatch.setattr(fastest, "_chosen", {})  # The next process.
    clock(own=1.0, other=2.0)
    assert take(seconds) == "other"
    assert len(measured) == 3


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("tf_gan.fast.fastest._processor", lambda: "another"),
        ("tf_gan.fast.fastest.cores", lambda: 99),
        ("tf_gan.fast.fastest.onednn.state", lambda: "another"),
        ("tf_gan.fast.fastest.tf.__version__", "0.1"),
    ],
)
def test_another_machine_is_measured_anew(clock, monkeypatch, where, value):
    seconds = {"own": 2.0, "other": 1.0}
    measured = clock(**seconds)
    take(seconds)
    monkeypatch.setattr(fastest, "_chosen", {})
    monkeypatch.setattr(where, value)
    take(seconds)
    assert len(measured) == 2


def test_other_numbers_of_threads_are_measured_anew(clock, monkeypatch):
    seconds = {"own": 2.0, "other": 1.0}
    measured = clock(**seconds)
    for threads in ("1", "2"):
        monkeypatch.setattr(fastest, "_chosen", {})
        monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", threads)
        take(seconds)
    assert len(measured) == 2


def test_a_form_that_is_no_more_is_measured_anew(clock, monkeypatch):
    clock(own=2.0, old=1.0)
    take({"own": 2.0, "old": 1.0})
    monkeypatch.setattr(fastest, "_chosen", {})
    measured = clock(own=2.0, new=1.0)
    assert take({"own": 2.0, "new": 1.0}) == "new"
    assert len(measured) == 2


def test_a_damaged_file_is_measured_anew(clock, monkeypatch):
    seconds = {"own": 2.0, "other": 1.0}
    clock(**seconds)
    take(seconds)
    for content in ("", "[]", "{", "\0"):
        fastest._file().write_text(content)
        monkeypatch.setattr(fastest, "_chosen", {})
        assert take(seconds) == "other"
    assert len(json.loads(fastest._file().read_text())) == 1


def test_a_cache_that_cannot_be_written_is_a_warning(clock, machine, monkeypatch, caplog):
    (machine / "file").write_text("")
    monkeypatch.setenv("TF_GAN_CACHE", str(machine / "file"))
    seconds = {"own": 2.0, "other": 1.0}
    clock(**seconds)
    assert take(seconds) == "other"
    assert "cannot be kept" in caplog.text


def test_a_user_without_a_home_trains(clock, monkeypatch, caplog):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(fastest.caches, "directory", no_home)
    seconds = {"own": 2.0, "other": 1.0}
    clock(**seconds)
    assert take(seconds) == "other"
    assert "Could not determine home directory" in caplog.text


def test_a_form_that_fails_is_not_taken():
    def fails(x):
        tf.debugging.assert_less(x, -9.0)
        return x

    assert fastest.fastest("sum", {"own": lambda x: x, "other": fails}, IMAGES) is not fails
    own = {"own": fails, "other": lambda x: x, "third": lambda x: x}
    assert fastest.fastest("mean", own, IMAGES) is not fails
    pair = {"own": fails, "other": lambda x: x}
    assert fastest.fastest("two", pair, IMAGES) is pair["other"]


def test_a_slow_form_has_one_turn(monkeypatch):
    turns = []

    def slow(x):
        tf.py_function(lambda: (turns.append(0), work(0.05)), [], [])
        return x

    fastest.measure({"own": slow, "a": lambda x: x, "b": lambda x: x + 1}, [tf.TensorSpec((1,))])
    assert len(turns) == 2  # The first one is not timed.


def test_nothing_is_measured_when_it_is_switched_off(clock, machine, monkeypatch):
    monkeypatch.setenv("TF_GAN_MEASURE", "0")
    seconds = {"own": 2.0, "other": 1.0}
    measured = clock(**seconds)
    assert take(seconds) == "own"
    assert not measured
    with fastest.recorded(machine / "run.json"):
        take(seconds)
    monkeypatch.setenv("TF_GAN_MEASURE", "1")
    with fastest.recorded(machine / "run.json"):
        assert take(seconds) == "own"  # The run goes on as it began.
    assert take(seconds) == "other"


def test_a_run_keeps_its_choices(clock, machine, monkeypatch):
    seconds = {"own": 2.0, "other": 1.0}
    clock(**seconds)
    take(seconds)
    with fastest.recorded(machine / "run.json"):
        assert take(seconds) == "other"
    monkeypatch.setattr(fastest, "_chosen", {})
    fastest._file().unlink()
    measured = clock(own=1.0, other=2.0)
    with fastest.recorded(machine / "run.json"):
        assert take(seconds) == "other"
    assert len(measured) == 1
    assert take(seconds) == "own"


@pytest.mark.parametrize("resumed", [False, True])
@pytest.mark.parametrize("content", [None, '{"convolution": "own"}'])
def test_a_run_of_a_version_without_this_note(machine, caplog, resumed, content):
    if content:
        (machine / "run.json").write_text(content)
    with fastest.recorded(machine / "run.json", resumed):
        assert ("did not note whether oneDNN's kernels were on" in caplog.text) == resumed


@pytest.mark.parametrize(("before", "value"), [("on", 1), ("off", 0)])
def test_a_run_says_that_onednn_was_another(machine, monkeypatch, caplog, before, value):
    monkeypatch.setattr(onednn, "state", lambda: before)
    with fastest.recorded(machine / "run.json"), fastest.recorded(machine / "run.json"):
        assert not caplog.text
    monkeypatch.setattr(onednn, "state", lambda: {"on": "off", "off": "on"}[before])
    with fastest.recorded(machine / "run.json"):
        assert f"began with oneDNN's kernels {before}" in caplog.text
        assert f"TF_ENABLE_ONEDNN_OPTS={value}" in caplog.text
    assert json.loads((machine / "run.json").read_text()) == {"oneDNN": before}


@pytest.mark.parametrize("content", ["", "{", "3", "\0"])
def test_a_damaged_file_of_a_run_is_named(machine, content):
    (machine / "run.json").write_text(content)
    recorded = fastest.recorded(machine / "run.json")
    with pytest.raises(UserError, match=r"run\.json cannot be read.*Delete the file"):
        recorded.__enter__()


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((None, 8, 8, 1), "other"), ((2, None, 8, 1), "own"), (None, "own")],
)
def test_shapes_that_are_not_known(clock, shape, expected):
    seconds = {"own": 2.0, "other": 1.0}
    taken = []
    clock(**seconds)

    @tf.function(input_signature=[tf.TensorSpec(shape)])
    def function(images):
        taken.append(take(seconds, images=images))
        return images

    function(IMAGES)
    assert taken == [expected]
    assert list(fastest._chosen) == ["sum (16,8,8,1)float32"] * (expected == "other")


def test_gradients_of_an_unknown_shape():
    layer = keras.layers.Conv2D(1, 3, padding="same")
    layer.build((None, 8, 8, 6))
    images = tf.random.stateless_normal((2, 8, 8, 6), (1, 2))

    @tf.function
    def step(images):
        with tf.GradientTape() as tape:
            tape.watch(images)
            with fast_layers([layer]):
                outputs = layer(images)
            value = tf.reduce_sum(tf.py_function(lambda x: x * x, [outputs], tf.float32))
        return tape.gradient(value, images)

    with tf.GradientTape() as tape:
        tape.watch(images)
        value = tf.reduce_sum(layer(images) ** 2)
    expected = tape.gradient(value, images)
    np.testing.assert_allclose(step(images), expected, atol=1e-4, rtol=1e-4)
    assert len(fastest._chosen) == 3


@pytest.mark.parametrize("replicated", [False, True])
def test_it_measures_while_a_step_is_traced(replicated, mirrored):
    layer = keras.layers.Conv2D(1, 3, padding="same")
    layer.build((None, 8, 8, 6))
    images = tf.random.stateless_normal((2, 8, 8, 6), (1, 2))

    def step(images):
        with tf.GradientTape() as tape:
            tape.watch(images)
            with fast_layers([layer]):
                value = tf.reduce_sum(layer(images) ** 2)
        return tape.gradient(value, images)

    if replicated:
        gradient = tf.function(lambda x: mirrored.run(step, (x,)))(images).values[1]
    else:
        gradient = tf.function(step)(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        value = tf.reduce_sum(layer(images) ** 2)
    np.testing.assert_allclose(gradient, tape.gradient(value, images), atol=1e-4, rtol=1e-4)
    assert sorted(fastest._chosen) == [
        "convolution 1 SAME (2,8,8,6)float32 (3,3,6,1)float32",
        "gradient of images 8x8 1 SAME (2,8,8,1)float32 (3,3,6,1)float32",
        "gradient of kernel 3x3x6x1 1 SAME (2,8,8,6)float32 (2,8,8,1)float32",
    ]
    assert json.loads(fastest._file().read_text()) == fastest._chosen


@pytest.mark.slow
def test_a_run_resumes_with_the_forms_that_it_began_with(machine, clock, monkeypatch):
    config = quick(config_file.load("digits"))
    config.networks.name = "upsample_dcgan"
    config.networks.generator = ml_collections.ConfigDict({"filters": (8, 8, 6)})
    config.networks.discriminator = ml_collections.ConfigDict({"filters": (6, 8)})
    config.epochs = 1
    times = {"own": 2.0, "blocks of 2": 1.0, "blocks of 4": 1.5}
    times |= dict.fromkeys(("turned", "phases", "fused"), 1.0)
    measured = clock(**times)
    train.train(config, machine / "run")
    file = machine / "run/convolutions.json"
    chosen = json.loads(file.read_text())
    assert chosen.pop("oneDNN") == onednn.state()
    assert {"blocks of 2", "turned", "fused"} <= set(chosen.values()) and len(chosen) == len(
        measured
    )
    monkeypatch.setattr(fastest, "_chosen", {})
    monkeypatch.setenv("TF_GAN_CACHE", str(machine / "another"))
    config.epochs = 2
    train.train(config, machine / "run")
    assert len(chosen) == len(measured)
    assert json.loads(file.read_text()) == chosen | {"oneDNN": onednn.state()}
