"""How fast the machine is, whatever else runs on it."""

import os
import types

import numpy as np
import pytest
import tensorflow as tf

from tf_gan.runs import machine


def clocks(monkeypatch, elapsed, processor):
    """Clocks that show the numbers in turn."""
    shown = types.SimpleNamespace(
        perf_counter=iter(elapsed).__next__, process_time=iter(processor).__next__
    )
    monkeypatch.setattr(machine, "time", shown)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        # Two products in 0.05 s of two cores' time, though they took 0.4 s.
        (machine.Machine(2, 0), 2 * 64 / 0.025),
        # The processor waits for the GPU.
        (machine.Machine(2, 1), 2 * 64 / 0.5),
    ],
)
def test_other_programs_do_not_count_on_cpus(monkeypatch, where, expected):
    monkeypatch.setattr(machine, "machine", lambda: where)
    clocks(monkeypatch, [0.0, 0.1, 0.2, 0.4, 0.5], [3.0, 3.05])
    assert machine.product_speed(size=4) == pytest.approx(expected)


@pytest.mark.parametrize(("text", "cores"), [("50000 100000\n", 1), ("max 100000\n", None)])
def test_the_limit_of_a_container(monkeypatch, tmp_path, text, cores):
    (tmp_path / "cpu.max").write_text(text)
    monkeypatch.setattr(machine, "QUOTA", tmp_path / "cpu.max")
    assert machine.machine().cores == (cores or len(os.sched_getaffinity(0)))


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

    monkeypatch.setattr(machine.fastest, "measure", measure)
    assert machine.bfloat16_speed() == 1.5
    assert {each.dtype for each in measured["float32"]} == {tf.float32}
    assert {each.dtype for each in measured["bfloat16"]} == {tf.bfloat16}
    for one, other in zip(*measured.values(), strict=True):
        assert one.shape == other.shape
        values = np.ravel(one), np.ravel(tf.cast(other, tf.float32))
        assert np.corrcoef(*values)[0, 1] > 0.99


def test_the_convolution_is_computed(monkeypatch):
    seconds, measure = {}, machine.fastest.measure

    def noted(forms, specs):
        seconds.update(measure(forms, specs))
        return seconds

    monkeypatch.setattr(machine.fastest, "measure", noted)
    machine.bfloat16_speed()
    nothing = measure({"one": lambda x: x, "other": lambda x: x}, [tf.TensorSpec((1,))])
    assert min(seconds.values()) > 5 * min(nothing.values())
