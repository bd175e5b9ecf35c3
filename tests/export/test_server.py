"""`tf-gan-serve`: TensorFlow Serving's REST format on this machine."""

import base64
import http.client
import io
import json
import re
import shutil
import threading
import urllib.error
import urllib.request

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from support.command import command

from tf_gan.errors import UserError
from tf_gan.export import server


@pytest.fixture(scope="module")
def address(exported):
    model = server.ServedModel(exported[0].parent)
    with server.start(model, port=0) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


def ask(address, path="/v1/models/generator:predict", body=None):
    """Returns the status and the JSON of an answer."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(address + path, data) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_status(address):
    for path in ("/v1/models/generator", "/v1/models/generator/versions/1"):
        status, answer = ask(address, path)
        assert status == 200
        assert answer["model_version_status"][0]["state"] == "AVAILABLE"
        assert answer["model_version_status"][0]["version"] == "1"
    assert ask(address, "/v1/models/painter")[0] == 404
    assert ask(address, "/")[0] == 404


def test_too_little_memory_is_an_answer(exported, monkeypatch):
    def predict(self, request):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating [[{{node x}}]]")

    monkeypatch.setattr(server.ServedModel, "predict", predict)
    with server.start(server.ServedModel(exported[0].parent), port=0) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        status, answer = ask(f"http://127.0.0.1:{listening.server_port}", body={})
        listening.shutdown()
        thread.join()
    assert status == 500 and answer["error"].startswith("OOM when allocating")


def test_columns_and_rows_give_the_images_of_the_live_model(address, tiny_gan):
    expected = (tiny_gan.generate(3, seed=7) + 1) / 2
    body = {"signature_name": "generate", "inputs": {"num": 3, "seed": 7}}
    status, answer = ask(address, body=body)
    assert status == 200
    np.testing.assert_allclose(answer["outputs"], expected, atol=1e-5)
    latents = tiny_gan.sample_inputs(3, seed=7)[0]
    rows = np.asarray(latents).tolist()
    for body in ({"instances": rows}, {"instances": [{"latents": row} for row in rows]}):
        status, answer = ask(address, body=body)
        assert status == 200
        np.testing.assert_allclose(answer["predictions"], expected, atol=1e-5)


def test_pictures_are_base64(address, tiny_gan):
    body = {"signature_name": "generate_png", "inputs": {"num": 2, "seed": 1}}
    files = ask(address, body=body)[1]["outputs"]
    pixels = [np.asarray(Image.open(io.BytesIO(base64.b64decode(each["b64"])))) for each in files]
    expected = 255 * (tiny_gan.generate(2, seed=1) + 1) / 2
    assert np.abs(np.stack(pixels)[..., None] - expected).max() <= 1


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"{", 400, "Expecting property name"),
        (b"[" * 100_000, 400, "recursion"),
        ([], 400, 'Expected an object with "inputs" or with "instances"'),
        ({"inputs": {}, "instances": []}, 400, 'Expected an object with "inputs"'),
        ({"instances": []}, 400, "list of rows"),
        ({"signature_name": [], "inputs": {}}, 404, r"No signature \[\]"),
        ({"signature_name": "draw", "inputs": {}}, 404, "No signature 'draw'. Expected one of"),
        ({"inputs": [[1.0]]}, 400, "Expected latents of shape"),
        ({"inputs": [["a"]]}, 400, "latents cannot be read as float32"),
        ({"signature_name": "generate", "inputs": {"num": 1}}, 400, "Received: \\['num'\\]"),
        (
            {"signature_name": "generate", "inputs": {"num": 2.5, "seed": 0}},
            400,
            "num cannot be read as int32: 2.5 is no integer",
        ),
        (
            {"signature_name": "generate", "inputs": {"num": 2**32 + 4, "seed": 0}},
            400,
            r"num cannot be read as int32: 4294967300 is not in \[-2147483648, 2147483647\]",
        ),
        (
            {"signature_name": "generate", "inputs": {"num": -(2**32) + 4, "seed": 0}},
            400,
            r"num cannot be read as int32: -4294967292 is not in",
        ),
        (
            {"signature_name": "generate", "inputs": {"num": 1, "seed": 2**63 + 1}},
            400,
            "seed cannot be read as int64: 9223372036854775809 is not in",
        ),
        ({"inputs": [[None] * 16]}, 400, "latents cannot be read as float32: expected finite"),
        ({"inputs": [[1e300] * 16]}, 400, "latents cannot be read as float32: expected finite"),
        (
            {"signature_name": "generate", "inputs": {"num": 65, "seed": 0}},
            400,
            r"^Invalid value for input `num`: expected from 1 to 64. Received: 65$",
        ),
    ],
)
def test_refusals(address, body, code, message):
    status, answer = ask(address, body=body)
    assert status == code
    assert re.search(message, answer["error"]), answer


@pytest.mark.parametrize(
    ("length", "code", "message"),
    [
        (None, 411, "Expected a Content-Length"),
        ("many", 411, "Expected a Content-Length"),
        (str(server.LARGEST_BODY + 1), 413, "Expected a body of at most 67108864 bytes"),
    ],
)
def test_bodies_without_a_length_and_too_long_ones_are_not_read(address, length, code, message):
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
    connection.putrequest("POST", "/v1/models/generator:predict")
    if length is not None:
        connection.putheader("Content-Length", length)
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, json.load(answer)) == (code, {"error": message})
    connection.close()


def test_rows_of_several_inputs_and_outputs(tmp_path):
    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 2], tf.float32, "latents"),
            tf.TensorSpec([None], tf.int32, "labels"),
        ]
    )
    def function(latents, labels):
        return {"sums": tf.reduce_sum(latents, axis=1), "next": labels + 1}

    tf.saved_model.save(tf.Module(), tmp_path / "1", function)
    model = server.ServedModel(tmp_path)
    rows = [{"latents": [1.0, 2.0], "labels": 3}, {"labels": 7, "latents": [0.5, 0.0]}]
    assert model.predict({"instances": rows}) == {
        "predictions": [{"sums": 3.0, "next": 4}, {"sums": 0.5, "next": 8}]
    }
    columns = {"latents": [[1.0, 2.0], [0.5, 0.0]], "labels": [3, 7]}
    assert model.predict({"inputs": columns}) == {"outputs": {"sums": [3.0, 0.5], "next": [4, 8]}}
    for row in ({"latents": [1.0, 2.0]}, rows[0] | {"seed": 1}, [1.0, 2.0]):
        with pytest.raises(
            UserError, match=r"Expected each of the instances to have \['labels', 'latents'\]"
        ):
            model.predict({"instances": [rows[0], row]})


def test_names_with_spaces(exported):
    model = server.ServedModel(exported[0], "my model (1)")
    with server.start(model, port=0) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{listening.server_port}"
        assert ask(address, "/v1/models/my%20model%20(1)")[0] == 200
        listening.shutdown()
        thread.join()


def test_damaged_exports_are_named(exported, tmp_path):
    shutil.copytree(exported[0], tmp_path / "1")
    shutil.rmtree(tmp_path / "1/variables")
    with pytest.raises(UserError, match=r"1 cannot be loaded as a SavedModel\. Export it again"):
        server.ServedModel(tmp_path)
    (tmp_path / "1/saved_model.pb").write_bytes(b"no protobuf")
    with pytest.raises(UserError, match=r"1 cannot be loaded as a SavedModel\. Export it again"):
        server.ServedModel(tmp_path)


def test_files_in_requests_are_base64():
    spec, png = tf.TensorSpec([None], tf.string), b"\x89PNG\x00"
    coded = {"b64": base64.b64encode(png).decode()}
    columns = server._columns([coded, coded], {"image_bytes": spec})
    assert server._tensor("image_bytes", columns["image_bytes"], spec).numpy().tolist() == [png] * 2
    with pytest.raises(UserError, match="image_bytes cannot be read as string"):
        server._tensor("image_bytes", [{"b64": "no base64"}], spec)


def test_the_newest_version_is_found(tmp_path):
    for version in ("2", "10"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "saved_model.pb").touch()
    assert server.find(tmp_path).name == "10" and server.find(tmp_path / "2").name == "2"
    with pytest.raises(UserError, match="No SavedModel in"):
        server.find(tmp_path / "none")


def test_a_port_that_is_taken(exported, address):
    port = int(address.rpartition(":")[2])
    with pytest.raises(UserError, match=f"Port {port} of 127.0.0.1 is not free"):
        server.start(server.ServedModel(exported[0]), port)


def test_the_command_says_what_is_wrong(tmp_path):
    result = command("serve", f"--export={tmp_path}")
    assert result.returncode == 1 and "No SavedModel in" in result.stderr
    assert "Traceback" not in result.stderr
