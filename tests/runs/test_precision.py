"""The precision that is faster on the machine."""

import types

import numpy as np
import pytest
import tensorflow as tf
from support.configs import small_config

import tf_gan
from tf_gan.errors import UserError
from tf_gan.runs import directory, precision


def test_the_speed_of_bfloat16(monkeypatch):
    measured = {}

    def measure(forms, specs):
        values = [
            tf.random.stateless_normal(spec.shape, (number, 0), dtype=spec.dtype)
            for number, spec in enumerate(specs)
        ]
        for name, form in forms.items():
            measured[name] = form(*values)
        return {"float32": 3.0, "bfloat16": 2.0}

    monkeypatch.setattr(precision.fastest, "measure", measure)
    assert precision.bfloat16_speed() == 1.5
    assert {each.dtype for each in measured["float32"]} == {tf.float32}
    assert {each.dtype for each in measured["bfloat16"]} == {tf.bfloat16}
    for one, other in zip(*measured.values(), strict=True):
        assert one.shape == other.shape
        values = np.ravel(one), np.ravel(tf.cast(other, tf.float32))
        assert np.corrcoef(*values)[0, 1] > 0.99


def test_the_convolution_is_computed(monkeypatch):
    seconds, measure = {}, precision.fastest.measure

    def noted(forms, specs):
        seconds.update(measure(forms, specs))
        return seconds

    monkeypatch.setattr(precision.fastest, "measure", noted)
    precision.bfloat16_speed()
    nothing = measure({"one": lambda x: x, "other": lambda x: x}, [tf.TensorSpec((1,))])
    assert min(seconds.values()) > 5 * min(nothing.values())


@pytest.mark.parametrize(
    ("speed", "total", "step", "expected"),
    [
        (1.5, 1.001, 1.2, "mixed_bfloat16"),
        (1.5, 1.0, 0.7, "float32"),  # As StyleGAN2 on a processor with avx512_bf16.
        (1.1, 1.0, 1.2, "float32"),
        (1.5, 0.016, 1.2, "float32"),  # Gradients of biases would be wrong.
    ],
)
def test_the_precision_that_is_faster(tmp_path, monkeypatch, capsys, speed, total, step, expected):
    timed = {}

    def step_seconds(config, examples, name):
        timed[name] = {"float32": step, "mixed_bfloat16": 1.0}[name]
        return timed[name]

    monkeypatch.setattr(precision, "step_seconds", step_seconds)
    monkeypatch.setattr(precision, "only_cpus", lambda: True)
    monkeypatch.setattr(precision, "bfloat16_speed", lambda: speed)
    monkeypatch.setattr(precision, "bfloat16_total", lambda: total)
    monkeypatch.setattr(precision, "should_use_xla", lambda model: False)
    model = tf_gan.train(small_config(precision="auto", epochs=1), tmp_path)
    out = capsys.readouterr().out
    assert f"config.precision={expected}: a convolution in bfloat16" in out
    assert ("biases are 0.016 times their value" in out) == (total < 1)
    assert (f"a step of this run {step} times" in out) == bool(timed) == (speed * total > 1.2)
    assert model.generator.layers[1].compute_dtype == expected.removeprefix("mixed_")
    assert {weight.dtype for weight in model.generator.weights} == {"float32"}
    assert directory.read_config(tmp_path).precision == expected
    monkeypatch.setattr(precision, "bfloat16_speed", lambda: 9.0)  # Another machine.
    resumed = tf_gan.train(small_config(precision="auto", epochs=2), tmp_path)
    assert int(resumed.step.numpy()) == 2 * int(model.step.numpy())
    assert directory.read_config(tmp_path).precision == expected


@pytest.mark.parametrize("name", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("seconds", [0.0, 1e6])
def test_the_step_of_the_run_is_timed(monkeypatch, name, seconds):
    config = small_config(precision="auto", steps_per_execution=2)
    examples, built, build = tf_gan.data.load(config.data, 0), [], precision.build.build

    def kept(*arguments):
        built.append(build(*arguments))
        return built[-1]

    config.data.image_shape = examples.image_shape
    monkeypatch.setattr(precision.build, "build", kept)
    monkeypatch.setattr(precision, "SECONDS", seconds)
    assert 0.0 < precision.step_seconds(config, examples, name) < 60.0
    assert built[0].generator.layers[1].compute_dtype == name.removeprefix("mixed_")
    assert int(built[0].step.numpy()) == 1 + (precision.STEPS if seconds else 3)


def test_on_accelerators_the_convolution_decides(monkeypatch):
    config = small_config(precision="auto")
    examples = tf_gan.data.load(config.data, 0)
    config.data.image_shape = examples.image_shape
    monkeypatch.setattr(precision, "step_seconds", None)
    monkeypatch.setattr(precision, "only_cpus", lambda: False)
    monkeypatch.setattr(precision, "bfloat16_speed", lambda: 1.5)
    monkeypatch.setattr(precision, "bfloat16_total", lambda: 1.0)
    assert precision.choose(config, examples, show=False) == "mixed_bfloat16"


@pytest.mark.parametrize(
    ("speed", "total", "step"),
    [(1.19, 1.0, 2.0), (2.0, 1.0, 1.09), (2.0, 0.98, 2.0), (2.0, 1.02, 2.0)],
)
def test_small_gains_and_sums_that_are_off_by_a_hundredth_leave_float32(
    monkeypatch, speed, total, step
):
    model = types.SimpleNamespace(enter_phase=lambda: (None, None))
    seconds = {"float32": step, "mixed_bfloat16": 1.0}
    monkeypatch.setattr(precision.build, "build", lambda *_: model)
    monkeypatch.setattr(precision, "step_seconds", lambda config, examples, name: seconds[name])
    monkeypatch.setattr(precision, "only_cpus", lambda: True)
    monkeypatch.setattr(precision, "should_use_xla", lambda model: False)
    monkeypatch.setattr(precision, "bfloat16_speed", lambda: speed)
    monkeypatch.setattr(precision, "bfloat16_total", lambda: total)
    assert precision.choose(small_config(), None, show=False) == "float32"


def test_first_steps_of_a_network_that_grows_are_not_timed(monkeypatch):
    model = types.SimpleNamespace(enter_phase=lambda: (None, 100))
    monkeypatch.setattr(precision.build, "build", lambda *_: model)
    monkeypatch.setattr(precision, "step_seconds", None)
    monkeypatch.setattr(precision, "only_cpus", lambda: True)
    monkeypatch.setattr(precision, "should_use_xla", lambda model: False)
    monkeypatch.setattr(precision, "bfloat16_speed", lambda: 1.5)
    monkeypatch.setattr(precision, "bfloat16_total", lambda: 1.0)
    assert precision.choose(small_config(), None, show=False) == "mixed_bfloat16"


def test_weights_that_do_not_stay_finite(monkeypatch):
    config = small_config(precision="auto")
    monkeypatch.setattr(precision, "nonfinite_variable", lambda model: "generator/kernel")
    monkeypatch.setattr(precision, "STEPS", 2)
    examples = tf_gan.data.load(config.data, 0)
    config.data.image_shape = examples.image_shape
    assert precision.step_seconds(config, examples, "mixed_bfloat16") == float("inf")


def test_a_gradient_of_a_bias_in_bfloat16(monkeypatch):
    assert precision.bfloat16_total() == pytest.approx(1.0, abs=0.01)
    monkeypatch.setattr(precision.tf.nn, "bias_add", lambda maps, bias: maps + 2 * bias)
    assert precision.bfloat16_total() == 2.0


def test_dense_networks_stay_in_float32_on_cpus(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(precision, "bfloat16_speed", lambda: 9.0)
    tf_gan.train(small_config(precision="auto", epochs=1), tmp_path)
    assert "config.precision=float32: dense layers" in capsys.readouterr().out


def test_several_workers_are_told_their_precision(monkeypatch):
    monkeypatch.setattr(precision.distribute, "has_several_workers", lambda strategy: True)
    with pytest.raises(UserError, match="precision=float32 or mixed_bfloat16"):
        precision.choose(small_config(), None, show=False)
