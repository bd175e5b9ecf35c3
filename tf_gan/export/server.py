"""A SavedModel behind REST on this machine, in the form of TensorFlow Serving, for trying
an export out and for tests. For production there is TensorFlow Serving itself.

    GET  /v1/models/NAME             whether the model is there, and its version
    POST /v1/models/NAME:predict     {"signature_name": ..., "inputs": {...}} or
                                     {"signature_name": ..., "instances": [...]}

The format is that of https://www.tensorflow.org/tfx/serving/api_rest.
"""

import base64
import http.server
import json
import pathlib
import re
import urllib.parse

import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError, reason

LARGEST_BODY = 64 * 2**20  # Bytes of a request.


class NotFound(UserError):
    """There is no such model, version or signature."""


def find(path) -> pathlib.Path:
    """Returns the SavedModel at a path: the folder itself, or its newest version.

    Args:
        path: A SavedModel, or a folder of versions such as `exported` with `exported/1`.

    Raises:
        UserError: if there is none.
    """
    path = pathlib.Path(path)
    versions = [each for each in path.glob("*") if each.name.isdecimal()]
    for folder in [path, *sorted(versions, key=lambda each: int(each.name), reverse=True)]:
        if (folder / "saved_model.pb").is_file():
            return folder
    raise UserError(
        f"No SavedModel in {str(path)!r}. Expected a folder that tf-gan-export wrote, with"
        " --format=saved_model"
    )


class ServedModel:
    """A SavedModel whose signatures answer requests.

    Args:
        path: The SavedModel, or a folder of versions.
        name: The name that it is served under.

    Raises:
        UserError: if there is none.
    """

    def __init__(self, path, name: str = "generator") -> None:
        self.name = name
        self.path = find(path)
        self.version = self.path.name if self.path.name.isdecimal() else "1"
        try:  # Signatures do not keep it alive.
            self._loaded = tf.saved_model.load(str(self.path))
        except (OSError, ValueError, tf.errors.OpError) as error:
            raise UserError(
                f"{self.path} cannot be loaded as a SavedModel. Export it again. {error}"
            ) from error
        self.signatures = self._loaded.signatures

    def status(self) -> dict:
        """Returns the answer to a GET request."""
        state = {"state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
        return {"model_version_status": [{"version": self.version} | state]}

    def predict(self, body: dict) -> dict:
        """Returns the answer to a predict request.

        Args:
            body: `inputs`, an object of whole inputs or the one input itself, or
                `instances`, a list of rows; and `signature_name`.

        Raises:
            NotFound: if there is no such signature.
            UserError: if the inputs do not fit it.
        """
        if not isinstance(body, dict) or ("inputs" in body) == ("instances" in body):
            raise UserError('Expected an object with "inputs" or with "instances"')
        name = body.get("signature_name", "serving_default")
        if not isinstance(name, str) or name not in self.signatures:
            raise NotFound(f"No signature {name!r}. Expected one of {sorted(self.signatures)}")
        function = self.signatures[name]
        specs = function.structured_input_signature[1]
        rows = "instances" in body
        values = _columns(body["instances"], specs) if rows else body["inputs"]
        if len(specs) == 1 and (not isinstance(values, dict) or values.keys() == {"b64"}):
            values = {next(iter(specs)): values}
        if not isinstance(values, dict) or values.keys() != specs.keys():
            raise UserError(f"Expected the inputs {sorted(specs)}. Received: {_names(values)}")
        outputs = function(**{key: _tensor(key, values[key], specs[key]) for key in specs})
        lists = {key: _json(value.numpy()) for key, value in outputs.items()}
        if not rows:
            return {"outputs": lists if len(lists) > 1 else next(iter(lists.values()))}
        if len(lists) == 1:
            return {"predictions": next(iter(lists.values()))}
        return {
            "predictions": [
                dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)
            ]
        }


def _columns(instances, specs) -> dict:
    if not isinstance(instances, list) or not instances:
        raise UserError('Expected "instances" to be a list of rows')
    if len(specs) == 1 and (not isinstance(instances[0], dict) or instances[0].keys() == {"b64"}):
        return {next(iter(specs)): instances}
    if not all(isinstance(row, dict) and row.keys() == specs.keys() for row in instances):
        raise UserError(f"Expected each of the instances to have {sorted(specs)}")
    return {key: [row[key] for row in instances] for key in specs}


def _names(values) -> str:
    return str(sorted(values)) if isinstance(values, dict) else type(values).__name__


def _bytes(value):
    """Returns nested lists with bytes in place of {"b64": TEXT}."""
    if isinstance(value, list):
        return [_bytes(each) for each in value]
    if isinstance(value, dict) and value.keys() == {"b64"}:
        return base64.b64decode(value["b64"], validate=True)
    return value


def _tensor(name: str, value, spec: tf.TensorSpec) -> tf.Tensor:
    try:
        text = spec.dtype == tf.string
        given = np.array(_bytes(value), object) if text else np.array(value)
        if spec.dtype.is_integer and given.size:
            if given.dtype.kind not in "iu":
                raise TypeError(f"{value!r} is no integer")
            if given.max() > spec.dtype.max or given.min() < spec.dtype.min:
                raise OverflowError(f"{value!r} is not in [{spec.dtype.min}, {spec.dtype.max}]")
        with np.errstate(over="ignore"):
            array = given.astype(spec.dtype.as_numpy_dtype)
        if spec.dtype.is_floating and not np.isfinite(array).all():
            raise ValueError(f"expected finite numbers, received {value!r}")
        tensor = tf.constant(array)
    except (TypeError, ValueError, OverflowError) as error:
        raise UserError(f"{name} cannot be read as {spec.dtype.name}: {error}") from error
    if not spec.shape.is_compatible_with(tensor.shape):
        raise UserError(f"Expected {name} of shape {spec.shape}. Received: {tensor.shape}")
    return tensor


def _json(value: np.ndarray) -> list:
    if value.dtype != object:
        return value.tolist()
    return [{"b64": base64.b64encode(each).decode()} for each in value.ravel()]


def handler(model: ServedModel) -> type[http.server.BaseHTTPRequestHandler]:
    """Returns the handler of the requests for a model."""
    place = re.compile(
        rf"/v1/models/{re.escape(model.name)}(/versions/{re.escape(model.version)})?(:predict)?"
    )

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = place.fullmatch(urllib.parse.unquote(self.path))
            if found and not found[2]:
                self._answer(200, model.status())
            else:
                self._missing()

        def do_POST(self) -> None:
            found = place.fullmatch(urllib.parse.unquote(self.path))
            length = self.headers.get("Content-Length", "")
            if not found or not found[2]:
                self._missing()
            elif not length.isdecimal():
                self._answer(411, {"error": "Expected a Content-Length"})
            elif int(length) > LARGEST_BODY:
                self._answer(413, {"error": f"Expected a body of at most {LARGEST_BODY} bytes"})
            else:
                self._predict(self.rfile.read(int(length)))

        def _predict(self, body: bytes) -> None:
            try:
                self._answer(200, model.predict(json.loads(body)))
            except NotFound as error:
                self._answer(404, {"error": str(error)})
            except tf.errors.InvalidArgumentError as error:
                # The check in the graph, without TensorFlow's account of where it stands.
                found = re.search(r"assertion failed: \[(.*?)\] \[(.*?)\]", error.message)
                text = f"{found[1]} {found[2]}" if found else error.message
                self._answer(400, {"error": text})
            except tf.errors.OpError as error:  # Such as too little memory.
                self._answer(500, {"error": reason(error)})
            except (ValueError, RecursionError) as error:  # UserError, and those of JSON.
                self._answer(400, {"error": str(error)})

        def _missing(self) -> None:
            expected = f"/v1/models/{model.name}[:predict]"
            self._answer(404, {"error": f"Expected {expected}. Received: {self.path}"})

        def _answer(self, status: int, body: dict) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *arguments) -> None:
            """Says nothing of the requests."""

    return Handler


def start(model: ServedModel, port: int = 8501) -> http.server.ThreadingHTTPServer:
    """Returns a server on 127.0.0.1, which listens; `serve_forever()` answers.

    Args:
        model: The model.
        port: The port; 0 for a free one, which `server_port` then has.

    Raises:
        UserError: if the port is not free.
    """
    try:
        return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler(model))
    except OSError as error:
        raise UserError(
            f"Port {port} of 127.0.0.1 is not free: {error.strerror}. Choose another --port."
        ) from error
