"""How fast the machine is, whatever else runs on it."""

import os
import types

import pytest
from support.configs import small_config

from tf_gan.callbacks import report
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


@pytest.mark.parametrize(
    ("penalties", "share", "expected"),
    [("", 0.7, 700 / (4 * 10 + 9 * 3)), ("r1", 0.5, 500 / (4 * 10 + (9 + 8 / 4) * 3))],
)
def test_images_a_second_by_hand(monkeypatch, penalties, share, expected):
    """Ten multiply-adds of G, three of D; the penalty is due in every fourth step."""
    monkeypatch.setattr(machine, "product_speed", lambda: 1000.0)
    monkeypatch.setattr(
        machine, "multiply_adds", lambda network: {2: 10.0, 4: 3.0}[len(network.input_shape)]
    )
    if share != machine.EFFICIENCY_OTHERS:
        monkeypatch.setitem(machine.EFFICIENCY, "mlp", share)
    changes = {"data.image_size": 8, "objective.penalties": penalties}
    config = small_config(**changes, **{"objective.penalty_interval": 4 if penalties else 1})
    config.data.channels = 1
    assert machine.images_per_second(config, 0) == pytest.approx(expected)


def test_the_speed_is_that_of_the_shape_and_the_classes_of_the_data(monkeypatch):
    built = []

    def build(config):
        built.append(config.data)
        return types.SimpleNamespace(roles=("generator",), generator=None)

    monkeypatch.setattr(machine.build, "build", build)
    monkeypatch.setattr(machine, "product_speed", lambda: 1.0)
    monkeypatch.setattr(machine, "multiply_adds", lambda network: 1.0)
    config = small_config(**{"data.image_size": (8, 16), "data.channels": 3})
    machine.images_per_second(config, 5)
    assert (tuple(built[0].image_shape), built[0].num_classes) == ((8, 16, 3), 5)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ((2, 1), "1 GPU"),
        ((2, 4), "4 GPUs"),
        ((1, 0), "1 CPU core, no GPU"),
        ((2, 0), "2 CPU cores, no GPU"),
    ],
)
def test_what_trains_in_words(where, said):
    assert str(machine.Machine(*where)) == said


@pytest.mark.parametrize(("text", "cores"), [("50000 100000\n", 1), ("max 100000\n", None)])
def test_the_limit_of_a_container(monkeypatch, tmp_path, tiny_gan, text, cores):
    (tmp_path / "cpu.max").write_text(text)
    monkeypatch.setattr("tf_gan.fast.cores.QUOTA", tmp_path / "cpu.max")
    cores = cores or len(os.sched_getaffinity(0))
    assert machine.machine().cores == cores
    assert report.devices(tiny_gan).startswith(f"{cores} CPU core")
