"""What `tf-gan-serve` says where it listens."""

import contextlib
import types

import pytest
from absl import flags
from absl.testing import flagsaver

from tf_gan.cli import serve
from tf_gan.export import server


@pytest.fixture(scope="module", autouse=True)
def defined():
    known = set(flags.FLAGS)
    serve.define_flags()
    yield
    for name in set(flags.FLAGS) - known:
        delattr(flags.FLAGS, name)


@pytest.mark.parametrize(
    ("arguments", "port", "inputs", "expected"),
    [
        ((), 8501, ("n", "seed"), ""),
        ((), 8501, ("labels", "seed"), " --classes"),
        (("--port=0",), 4321, ("seed",), " --server=localhost:4321"),
        (("--name=my model",), 8501, ("seed",), " --model='my model'"),
    ],
)
def test_the_request_to_try(monkeypatch, capsys, arguments, port, inputs, expected):
    asked = []
    function = types.SimpleNamespace(structured_input_signature=((), dict.fromkeys(inputs)))
    model = types.SimpleNamespace(path="x/1", signatures={"generate_png": function})
    listening = types.SimpleNamespace(server_port=port, serve_forever=lambda: None)
    monkeypatch.setattr(server, "ServedModel", lambda export, name: asked.append(export) or model)
    monkeypatch.setattr(server, "start", lambda model, port: contextlib.nullcontext(listening))
    with flagsaver.flagsaver():
        flags.FLAGS(["tf-gan-serve", "--export=x", *arguments])
        serve.main()
    first, signature, _, command = capsys.readouterr().out.splitlines()
    assert asked == ["x"] and first.startswith(f"Serving x/1 at http://127.0.0.1:{port}/v1/models/")
    assert signature == f"  generate_png: {', '.join(inputs)}"
    assert command == f"  python -m tf_gan.serving.client --n=16{expected}"
