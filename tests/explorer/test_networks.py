"""How the weights of a page's networks are stored."""

import types

import numpy as np
import pytest

from tf_gan.explorer import networks
from tf_gan.export.calls import Calls


def graph(content):
    return types.SimpleNamespace(SerializeToString=lambda: content)


@pytest.mark.parametrize(("moved", "stored"), [(9e-5, "float16"), (2e-4, "float32")])
def test_half_weights_are_taken_where_they_move_nothing_that_is_seen(monkeypatch, moved, stored):
    whole, half = graph(b"float32"), graph(b"float16")
    monkeypatch.setattr(networks.onnx_file, "half_weights", lambda graph: half)
    monkeypatch.setattr(
        networks.onnx_file, "run", lambda graph, inputs: np.full((1, 2), moved * (graph is half))
    )
    calls = Calls({}, np.zeros((1, 2), np.float32))
    network = networks.stored(whole, calls, "auto")
    assert (network.weights, network.content) == (stored, stored.encode())
    assert network.difference == pytest.approx(moved if stored == "float16" else 0.0)
    assert networks.stored(whole, calls, "float16").weights == "float16"
