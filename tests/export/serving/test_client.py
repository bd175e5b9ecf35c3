"""The serving client: its requests, run on the exported model's signatures; its
patience; a live TensorFlow Serving where there is one.
"""

import base64
import importlib.util
import io
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import numpy as np
import pytest
import tensorflow as tf
import yaml
from absl import flags
from PIL import Image
from support import session_server
from tensorflow_serving.apis import predict_pb2

SERVING = pathlib.Path(__file__).parents[3] / "export" / "serving"
PROTOCOLS = ("rest", "grpc")


def load():
    spec = importlib.util.spec_from_file_location("client", SERVING / "client.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


client = load()
PNG = tf.io.encode_png(np.zeros((4, 4, 1), np.uint8)).numpy()


@pytest.fixture(scope="module")
def model(exported):
    return session_server.Model(exported[0])


@pytest.fixture(scope="module")
def servers(model):
    addresses, stop = session_server.serve(model)
    yield addresses
    stop()


def ask(protocol, server, values, model="generator", deadline=20.0, retries=3):
    if protocol == "rest":
        request = client.rest_request(server, model, values)
        return client.with_retries(
            lambda seconds: client.ask_rest(request, seconds), deadline, retries, pause=0.01
        )
    request = client.grpc_request(model, values)
    return client.with_retries(
        lambda seconds: client.ask_grpc(server, request, seconds), deadline, retries, pause=0.01
    )


def pixels(files):
    return np.stack([np.asarray(Image.open(io.BytesIO(file))) for file in files])[..., None]


# === Requests ===


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_pictures_are_those_of_the_live_model(tiny_gan, servers, protocol):
    files = ask(protocol, servers[protocol], client.inputs(5, 2**40 + 1))
    expected = 255 * (tiny_gan.generate(5, seed=2**40 + 1) + 1) / 2
    assert np.abs(pixels(files) - expected).max() <= 1


def test_the_grpc_request_is_the_official_proto(model):
    request = predict_pb2.PredictRequest.FromString(
        client.grpc_request("generator", client.inputs(3, 7)).SerializeToString()
    )
    assert (
        request.model_spec.name == "generator"
        and request.model_spec.signature_name == "generate_png"
    )
    assert {
        name: (value.dtype, list(value.tensor_shape.dim)) for name, value in request.inputs.items()
    } == {
        "num": (tf.int32.as_datatype_enum, []),
        "seed": (tf.int64.as_datatype_enum, []),
    }
    files = model.run(
        model.signature("generator", "generate_png"),
        {name: tf.make_ndarray(value) for name, value in request.inputs.items()},
    )
    assert len(files["png_bytes"]) == 3


def test_labels_are_a_vector():
    values = client.inputs(2, 0, [3, 1])
    assert (
        client.rest_request("host:1", "m", values).data
        == b'{"signature_name": "generate_png", "inputs": {"num": 2, "seed": 0, "labels": [3, 1]}}'
    )
    labels = client.grpc_request("m", values).inputs["labels"]
    assert tf.make_ndarray(labels).dtype == np.int32 and tf.make_ndarray(labels).tolist() == [3, 1]
    assert tf.make_ndarray(
        client.grpc_request("m", client.inputs(2, 0, [])).inputs["labels"]
    ).shape == (0,)


# === Refusals and patience ===


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("values", "name", "message"),
    [
        (
            {"num": 65, "seed": 0},
            "generator",
            r"refuses the request: (.|\n)*`num`: expected from 1 to 64",
        ),
        (
            {"num": 1, "seed": 0, "labels": [1]},
            "generator",
            "refuses the request: .*does not match signature: .*labels",
        ),
        (
            {"num": 1, "seed": 0},
            "painter",
            r"The model is not there: .*Servable not found for request: Latest\(painter\)",
        ),
    ],
)
def test_refusals_are_passed_on_at_once(model, servers, protocol, values, name, message):
    model.requests = 0
    with pytest.raises(client.Refused, match=message):
        ask(protocol, servers[protocol], values, model=name)
    assert model.requests == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_busy_server_is_asked_again(model, servers, protocol):
    model.busy, model.requests = 3, 0
    assert len(ask(protocol, servers[protocol], client.inputs(2, 0))) == 2
    assert model.requests == 4
    model.busy = 10
    with pytest.raises(client.Refused, match=r"does not answer, 4 attempts.*the queue is full"):
        ask(protocol, servers[protocol], client.inputs(2, 0))
    assert model.busy == 6
    model.busy = 0


def test_pauses_double_and_end_with_the_deadline(monkeypatch):
    now, pauses = [0.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(
        time,
        "sleep",
        lambda seconds: (pauses.append(seconds), now.__setitem__(0, now[0] + seconds)),
    )
    left = []

    def refuse(seconds):
        left.append(seconds)
        raise client.Unavailable("busy")

    with pytest.raises(client.Refused, match="5 attempts in 2 s at most: busy"):
        client.with_retries(refuse, deadline=2.0, retries=9, pause=0.1)
    # The next one, 1.6 s, would end after 2 s.
    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8])
    assert left == pytest.approx([2.0, 1.9, 1.7, 1.3, 0.5])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_server_and_a_server_that_says_nothing(protocol):
    with socket.socket() as silent:
        silent.bind(("localhost", 0))
        address = f"localhost:{silent.getsockname()[1]}"
        with pytest.raises(client.Refused, match="The server does not answer, 2 attempts"):
            ask(protocol, address, client.inputs(1, 0), retries=1)  # Nobody listens.
        silent.listen()
        with pytest.raises(client.Refused, match="The server does not answer"):
            ask(protocol, address, client.inputs(1, 0), deadline=0.3, retries=1)


def test_another_server_is_told_apart(tmp_path):
    with pytest.raises(client.Refused, match="not the answer of a generator"):
        (tmp_path / "page").write_text("<html>")
        client.ask_rest(urllib.request.Request(f"file://{tmp_path}/page"), 1.0)


# === The program ===


def run(*arguments, **kwargs):
    return subprocess.run(
        [sys.executable, str(SERVING / "client.py"), *arguments],
        capture_output=True,
        text=True,
        **kwargs,
    )


def test_transparent_pictures_are_shown_over_a_checkerboard():
    picture = Image.new("RGBA", (16, 16), (255, 0, 0, 0))
    picture.putpixel((3, 0), (10, 20, 30, 255))
    shown = np.asarray(client.over_checkerboard(picture))
    assert shown.shape == (16, 16, 3)
    assert shown[0, 0].tolist() == [255] * 3 and shown[0, 2].tolist() == [204] * 3
    assert shown[0, 3].tolist() == [10, 20, 30]
    assert shown[2, 0].tolist() == [204] * 3 and shown[2, 2].tolist() == [255] * 3


@pytest.mark.parametrize("code", [429, 503])
def test_a_server_that_has_too_much_to_do_is_asked_again(monkeypatch, code):
    def refuse(request, timeout):
        body = io.BytesIO(b'{"error": "later"}')
        raise urllib.error.HTTPError(request.full_url, code, "busy", {}, body)

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    with pytest.raises(client.Unavailable, match="later"):
        client.ask_rest(client.rest_request("host:1", "m", client.inputs(1, 0)), 1.0)


@pytest.mark.parametrize(
    ("arguments", "server", "labels"),
    [
        ([], "localhost:8501", None),
        (["--protocol=grpc", "--server=far"], "far:8500", None),
        (["--protocol=grpc", "--server=far:9", "--classes"], "far:9", []),
        (["--server=far", "--labels=3,1"], "far:8501", [3, 1]),
    ],
)
def test_what_the_flags_ask_for(monkeypatch, tmp_path, arguments, server, labels):
    asked = []
    monkeypatch.setattr(client, "FLAGS", flags.FlagValues())
    monkeypatch.setattr(client.flags, "FLAGS", client.FLAGS)
    monkeypatch.setattr(client, "rest_request", lambda *given: asked.append(given))
    monkeypatch.setattr(client, "grpc_request", lambda *given: asked.append(("far", *given)))
    monkeypatch.setattr(client, "with_retries", lambda *_, server: asked.append(server) or [PNG])
    for name in ("enum", "string", "integer", "list", "bool", "float"):
        define = getattr(flags, f"DEFINE_{name}")
        monkeypatch.setattr(
            client.flags,
            f"DEFINE_{name}",
            lambda *given, define=define, **named: define(
                *given, flag_values=client.FLAGS, **named
            ),
        )
    client.define_flags()
    output = tmp_path / "grid.png"
    client.FLAGS(["client", f"--output={output}", "--n=2", *arguments])
    client.main(["client"])
    assert output.exists() and asked[1] == server
    assert asked[0][-1] == {"num": 2, "seed": 0} | ({} if labels is None else {"labels": labels})
    with pytest.raises(SystemExit, match="there already"):
        client.main(["client"])
    client.FLAGS.overwrite = True
    client.main(["client"])


def test_the_program_writes_a_grid_and_does_without_tensorflow(servers, tmp_path):
    # A folder in front of the path whose tensorflow cannot be imported.
    (tmp_path / "tensorflow.py").write_text("raise SystemExit('imported')")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    arguments = [
        f"--server={servers['rest']}",
        "--n=5",
        "--seed=3",
        f"--output={tmp_path}/grid.png",
    ]
    result = run(*arguments, env=environment)
    assert result.returncode == 0 and f"Wrote {tmp_path}/grid.png" in result.stdout, result.stderr
    picture = np.asarray(Image.open(tmp_path / "grid.png"))
    # Three columns; pictures of 8 pixels enlarged 4 times, gaps of 2.
    assert picture.shape == (2 * 34 + 2, 3 * 34 + 2, 3)
    expected = pixels(ask("rest", servers["rest"], client.inputs(5, 3)))
    np.testing.assert_array_equal(picture[2:34:4, 2:34:4, 0], expected[0, :, :, 0])
    np.testing.assert_array_equal(picture[36:68:4, 36:68:4, 0], expected[4, :, :, 0])
    assert (picture[36:68, 70:102] == 64).all()  # No sixth picture.
    again = run(*arguments, env=environment)
    assert again.returncode == 1 and "there already" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--retries=0", "--server=localhost:1"], "does not answer, 1 attempts"),
        (["--labels=two"], "two"),
        (["now"], "unexpected argument 'now'"),
    ],
)
def test_errors_have_no_traceback(tmp_path, arguments, message):
    result = run(*arguments, cwd=tmp_path)
    assert result.returncode == 1 and message in result.stderr and "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


# === Files beside it ===


def test_batching_parameters_fit_together():
    text = [
        line
        for line in (SERVING / "batching.pbtxt").read_text().splitlines()
        if not line.startswith("#")
    ]
    sizes = [int(line.split(":")[1]) for line in text if line.startswith("allowed_batch_sizes:")]
    largest = next(
        int(line.split("value:")[1].strip(" }"))
        for line in text
        if line.startswith("max_batch_size")
    )
    # The server wants the largest allowed size to be the maximum.
    assert sizes == sorted(sizes) and sizes[-1] == largest == 64
    assert {line.split(":")[0].split()[0] for line in text} == {
        "max_batch_size",
        "batch_timeout_micros",
        "num_batch_threads",
        "max_enqueued_batches",
        "allowed_batch_sizes",
    }


def test_the_compose_file_mounts_what_it_names():
    services = yaml.safe_load((SERVING / "docker-compose.yml").read_text())["services"]
    assert set(services) == {"generator", "batching"} and "profiles" not in services["generator"]
    for service in services.values():
        assert service["image"].startswith("tensorflow/serving:") and service["environment"] == {
            "MODEL_NAME": "generator"
        }
        assert service["volumes"][0].startswith("${EXPORT:?") and service["volumes"][0].endswith(
            ":/models/generator:ro"
        )
    mounted, inside, _ = services["batching"]["volumes"][1].split(":")
    assert (SERVING / mounted).exists() and f"--batching_parameters_file={inside}" in services[
        "batching"
    ]["command"]
    published = [port for service in services.values() for port in service["ports"]]
    # Open to this machine alone, unless told otherwise.
    assert all(port.startswith("${BIND:-127.0.0.1}:") for port in published)
    ports = [port.split(":")[-2] for port in published]
    assert len(set(ports)) == 4 and {str(port) for port in client.PORTS.values()} <= set(ports)


def test_the_curl_command_of_the_readme_gets_a_picture(servers, tiny_gan):
    line = next(
        line
        for line in (SERVING / "README.md").read_text().splitlines()
        if line.strip().startswith("curl")
    )
    body, url = line.split("'")[1], line.split("'")[2].split()[0]
    assert url == "localhost:8501/v1/models/generator:predict"
    with urllib.request.urlopen(
        f"http://{servers['rest']}/{url.split('/', 1)[1]}", body.encode()
    ) as response:
        # What the command's jq and base64 do.
        file = base64.b64decode(json.load(response)["outputs"][0]["b64"])
    assert np.abs(pixels([file]) - 255 * (tiny_gan.generate(1, seed=0) + 1) / 2).max() <= 1


# === TensorFlow Serving ===


@pytest.fixture(scope="module")
def live(exported, tmp_path_factory):
    """Addresses of a TensorFlow Serving that serves the exported model as `generator`."""
    # host:port of REST; gRPC is at TF_SERVING_GRPC, or at port 8500 of the same host.
    if url := os.environ.get("TF_SERVING_URL"):
        host = url.split("://")[-1].rstrip("/")
        yield {
            "rest": host,
            "grpc": os.environ.get("TF_SERVING_GRPC", f"{host.split(':')[0]}:8500"),
        }
        return
    program = shutil.which("tensorflow_model_server")
    if program is None:
        pytest.skip("no tensorflow_model_server on the PATH and no TF_SERVING_URL")
    ports = []
    for _ in PROTOCOLS:
        with socket.socket() as free:
            free.bind(("localhost", 0))
            ports.append(free.getsockname()[1])
    command = [
        program,
        f"--rest_api_port={ports[0]}",
        f"--port={ports[1]}",
        "--model_name=generator",
        f"--model_base_path={exported[0].parent}",
    ]
    with open(tmp_path_factory.mktemp("serving") / "log", "wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield {"rest": f"localhost:{ports[0]}", "grpc": f"localhost:{ports[1]}"}
    finally:
        server.kill()
        server.wait()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_live_server(live, tiny_gan, protocol):
    own = "TF_SERVING_URL" not in os.environ  # Another server may have another model.
    first = None
    for attempt in range(60):
        try:
            first = ask(protocol, live[protocol], client.inputs(4, 1), retries=0)
            break
        except client.Refused:  # Not loaded yet.
            if attempt == 59:
                raise
            time.sleep(0.5)
    assert first == ask(protocol, live[protocol], client.inputs(4, 1))
    assert all(file.startswith(b"\x89PNG") for file in first) and len(set(first)) == 4
    if own:
        assert np.abs(pixels(first) - 255 * (tiny_gan.generate(4, seed=1) + 1) / 2).max() <= 1
    with pytest.raises(client.Refused, match=r"`num`: expected from 1 to"):
        ask(protocol, live[protocol], client.inputs(0, 1))
    assert ask(protocol, live[protocol], client.inputs(4, 1)) == first  # It goes on serving.
    with pytest.raises(client.Refused, match="The model is not there"):
        ask(protocol, live[protocol], client.inputs(1, 1), model="nothing")
