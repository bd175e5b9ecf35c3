"""A small server of a SavedModel for the client's tests: TensorFlow Serving's public
interface over the session of TensorFlow 1.

Requests are parsed as the official protos and as the documented REST format, run on the
signature they name, and answered with what it gives or with the error it raises;
anything that TensorFlow Serving would refuse is refused.
"""

import base64
import concurrent.futures
import http.server
import json
import threading

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

STATUS = {
    tf.errors.InvalidArgumentError: (400, grpc.StatusCode.INVALID_ARGUMENT),
    tf.errors.NotFoundError: (404, grpc.StatusCode.NOT_FOUND),
}


class Model:
    """A SavedModel in a session.

    Args:
        directory: The SavedModel.
        name: The name it is served under.
    """

    def __init__(self, directory, name="generator"):
        self.name = name
        self.busy = 0  # How many more requests are answered with UNAVAILABLE.
        self.requests = 0
        self.session = tf.compat.v1.Session(graph=tf.Graph())
        with self.session.graph.as_default():
            self.signatures = tf.compat.v1.saved_model.load(
                self.session, [tf.saved_model.SERVING], str(directory)
            ).signature_def

    def signature(self, model, name):
        self.requests += 1
        if model != self.name:
            raise tf.errors.NotFoundError(
                None, None, f"Servable not found for request: Latest({model})"
            )
        if self.busy > 0:
            self.busy -= 1
            raise tf.errors.UnavailableError(None, None, "the queue is full")
        if name not in self.signatures:
            raise tf.errors.NotFoundError(
                None, None, f'Serving signature name: "{name}" not found in signature def'
            )
        return self.signatures[name]

    def run(self, signature, inputs: dict) -> dict:
        if inputs.keys() != signature.inputs.keys():
            raise tf.errors.InvalidArgumentError(
                None,
                None,
                f"input does not match signature: {sorted(inputs)} vs {sorted(signature.inputs)}",
            )
        for name, value in inputs.items():
            if tf.as_dtype(value.dtype) != tf.as_dtype(signature.inputs[name].dtype):
                raise tf.errors.InvalidArgumentError(
                    None, None, f"Expected {name} of another type than {value.dtype}"
                )
        return self.session.run(
            {name: info.name for name, info in signature.outputs.items()},
            {signature.inputs[name].name: value for name, value in inputs.items()},
        )


class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
    def __init__(self, model: Model):
        self.model = model

    def Predict(self, request: predict_pb2.PredictRequest, context):
        try:
            signature = self.model.signature(
                request.model_spec.name, request.model_spec.signature_name or "serving_default"
            )
            outputs = self.model.run(
                signature, {name: tf.make_ndarray(value) for name, value in request.inputs.items()}
            )
        except tf.errors.UnavailableError as error:
            context.abort(grpc.StatusCode.UNAVAILABLE, error.message)
        except tuple(STATUS) as error:
            context.abort(STATUS[type(error)][1], error.message)
        response = predict_pb2.PredictResponse()
        for name, value in outputs.items():
            response.outputs[name].CopyFrom(tf.make_tensor_proto(value))
        return response


def handler(model: Model):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                self.answer(200, self.predict(body))
            except tf.errors.UnavailableError as error:
                self.answer(503, {"error": error.message})
            except tuple(STATUS) as error:
                self.answer(STATUS[type(error)][0], {"error": error.message})

        def predict(self, body):
            # Columnar format: https://www.tensorflow.org/tfx/serving/api_rest
            if not body.keys() <= {"signature_name", "inputs"} or not isinstance(
                body["inputs"], dict
            ):
                raise tf.errors.InvalidArgumentError(
                    None, None, f"JSON object with unexpected keys {sorted(body)}"
                )
            path, verb = self.path.rsplit(":", 1)
            if not path.startswith("/v1/models/") or verb != "predict":
                raise tf.errors.InvalidArgumentError(
                    None, None, f"Malformed request: POST {self.path}"
                )
            signature = model.signature(
                path.removeprefix("/v1/models/"), body.get("signature_name", "serving_default")
            )
            if unknown := body["inputs"].keys() - signature.inputs.keys():
                raise tf.errors.InvalidArgumentError(
                    None, None, f"input does not match signature: {unknown}"
                )
            types = {
                name: tf.as_dtype(info.dtype).as_numpy_dtype
                for name, info in signature.inputs.items()
            }
            inputs = {name: np.array(value, types[name]) for name, value in body["inputs"].items()}
            outputs = {
                name: self.values(name, value)
                for name, value in model.run(signature, inputs).items()
            }
            return {"outputs": outputs if len(outputs) > 1 else next(iter(outputs.values()))}

        def values(self, name, value):
            if value.dtype != object:
                return value.tolist()
            assert name.endswith("_bytes") and value.ndim == 1
            return [{"b64": base64.b64encode(file).decode()} for file in value]

        def answer(self, status, body):
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    return Handler


def serve(model: Model):
    """Starts both servers.

    Returns:
        `{"rest": address, "grpc": address}` and a function that ends them.
    """
    rest = http.server.ThreadingHTTPServer(("localhost", 0), handler(model))
    thread = threading.Thread(target=rest.serve_forever)
    thread.start()
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(Service(model), server)
    port = server.add_insecure_port("localhost:0")
    server.start()

    def stop():
        rest.shutdown()
        thread.join()
        rest.server_close()
        server.stop(0).wait()

    return {"rest": f"localhost:{rest.server_port}", "grpc": f"localhost:{port}"}, stop
