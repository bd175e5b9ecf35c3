"""Request pictures from a generator behind TensorFlow Serving, through REST or gRPC, and
write them as one PNG grid.

    python -m tf_gan.serving.client --n=16 --seed=0 --output=grid.png
    python -m tf_gan.serving.client --protocol=grpc --n=16 --output=grid.png

The client calls the signature `generate_png`. It needs absl and Pillow; gRPC also needs
`pip install grpcio tensorflow-serving-api`.
"""

import base64
import functools
import http.client
import io
import json
import math
import pathlib
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from absl import app, flags
from PIL import Image

FLAGS = flags.FLAGS
PORTS = {"rest": 8501, "grpc": 8500}
SIGNATURE, OUTPUT = "generate_png", "png_bytes"


def define_flags() -> None:
    flags.DEFINE_enum("protocol", "rest", list(PORTS), "Protocol of the request.")
    flags.DEFINE_string(
        "server",
        "localhost",
        "Host, or host:port. By default port 8501 for rest and 8500 for grpc.",
    )
    flags.DEFINE_string("model", "generator", "Name under which the server serves the model.")
    flags.DEFINE_integer("n", 16, "Number of pictures.", lower_bound=1)
    flags.DEFINE_integer("seed", 0, "Fixes the pictures.")
    flags.DEFINE_list(
        "labels",
        None,
        "For models with classes: a label for each picture, or one for all. By default they are"
        " drawn.",
    )
    flags.DEFINE_bool("classes", False, "Whether the model takes labels; --labels implies it.")
    flags.DEFINE_float(
        "deadline", 30.0, "Seconds after which to give up, retries included.", lower_bound=0.001
    )
    flags.DEFINE_integer(
        "retries", 5, "Further attempts while the server is not available.", lower_bound=0
    )
    flags.DEFINE_string("output", "grid.png", "PNG file to write.")
    flags.DEFINE_bool("overwrite", False, "Whether --output may replace a file.")


class Refused(Exception):
    """The server refuses the request or does not answer: a message for the user."""


class Unavailable(Exception):
    """The server is not available now; another attempt may succeed."""


# === Requests ===


def inputs(n: int, seed: int, labels: list[int] | None = None) -> dict:
    """Returns the inputs of a request.

    Args:
        n: Number of pictures.
        seed: Integer that fixes the pictures.
        labels: None for models without classes. Otherwise one label for each picture,
            one for all, or an empty list for random labels.
    """
    return {"num": n, "seed": seed} | ({} if labels is None else {"labels": labels})


def rest_request(server: str, model: str, values: dict) -> urllib.request.Request:
    """Returns the REST request, in the columnar format: the inputs have no common first
    dimension.
    """
    body = json.dumps({"signature_name": SIGNATURE, "inputs": values}).encode()
    return urllib.request.Request(
        f"http://{server}/v1/models/{urllib.parse.quote(model, safe='')}:predict",
        body,
        {"Content-Type": "application/json"},
    )


def grpc_request(model: str, values: dict):
    """Returns the `PredictRequest`."""
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2

    types = {"num": tf.int32, "seed": tf.int64, "labels": tf.int32}
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = model, SIGNATURE
    for name, value in values.items():
        request.inputs[name].CopyFrom(
            tf.make_tensor_proto(
                value, types[name], shape=[len(value)] if isinstance(value, list) else []
            )
        )
    return request


# === One attempt ===


def ask_rest(request: urllib.request.Request, seconds: float) -> list[bytes]:
    """Sends a request through REST and returns PNG files.

    Raises:
        Unavailable: if there is no server, or the server says that it is not available.
        Refused: for any other answer without pictures.
    """
    try:
        with urllib.request.urlopen(request, timeout=seconds) as response:
            outputs = json.load(response)["outputs"]
        return [base64.b64decode(output["b64"]) for output in outputs]
    except urllib.error.HTTPError as error:
        text = error.read().decode(errors="replace")
        try:
            text = json.loads(text)["error"]
        except (ValueError, KeyError, TypeError):
            text = text.strip() or error.reason
        if error.code in (429, 503):
            raise Unavailable(text) from error
        raise Refused(_explain(error.code == 404, text, request.full_url)) from error
    except (OSError, http.client.HTTPException) as error:  # No connection, or a broken one.
        raise Unavailable(getattr(error, "reason", error)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(
            f"What {request.full_url} answers is not the answer of a generator: {error!r}"
        ) from error


def ask_grpc(server: str, request, seconds: float) -> list[bytes]:
    """Sends a request through gRPC and returns PNG files.

    Raises:
        Unavailable: if there is no server, or the server says that it is not available.
        Refused: for any other answer without pictures.
    """
    import grpc
    from tensorflow_serving.apis import prediction_service_pb2_grpc

    unlimited = [("grpc.max_receive_message_length", -1)]
    with grpc.insecure_channel(server, options=unlimited) as channel:
        try:
            response = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(
                request, timeout=seconds
            )
        except grpc.RpcError as error:
            if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED):
                raise Unavailable(error.details()) from error
            if error.code() == grpc.StatusCode.DEADLINE_EXCEEDED:
                raise Unavailable("no answer in time") from error
            raise Refused(
                _explain(error.code() == grpc.StatusCode.NOT_FOUND, error.details(), server)
            ) from error
    return list(response.outputs[OUTPUT].string_val)


def _explain(missing: bool, text: str, server: str) -> str:
    return (
        f"The model is not there: {server} answers: {text}"
        if missing
        else f"{server} refuses the request: {text}"
    )


def with_retries(ask, deadline: float, retries: int, pause: float = 0.1, server: str = ""):
    """Returns `ask(seconds left)`; repeats the call, after a pause that doubles each time,
    while the server is not available.

    Raises:
        Refused: if the server stays unavailable for `retries` further attempts, or until the
            deadline.
    """
    end = time.monotonic() + deadline
    for attempt in range(retries + 1):
        try:
            return ask(max(end - time.monotonic(), 0.001))
        except Unavailable as error:
            reason, wait = error, pause * 2**attempt
        if attempt == retries or time.monotonic() + wait > end:
            break
        time.sleep(wait)
    raise Refused(
        f"The server{server and f' {server}'} does not answer, {attempt + 1} attempts in"
        f" {deadline:g} s at most: {reason}. Start one, such as tf-gan-serve --export=DIR, or name"
        " its address: --server=HOST:PORT"
    )


# === The picture ===


def over_checkerboard(picture: Image.Image) -> Image.Image:
    """Returns a picture as RGB, over a checkerboard of eight squares along the shorter
    side where it is transparent.
    """
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    square = max(1, min(picture.size) // 8)
    small = Image.new("L", [-(-length // square) for length in picture.size], 255)
    for y in range(small.height):
        for x in range(small.width):
            small.putpixel((x, y), 255 - 51 * ((x + y) % 2))
    board = small.resize([square * length for length in small.size], Image.Resampling.NEAREST)
    board = board.crop((0, 0, *picture.size)).convert("RGBA")
    return Image.alpha_composite(board, picture).convert("RGB")


def grid(files: list[bytes], gap: int = 2) -> Image.Image:
    """Arranges PNG files in a square, transparent ones over a checkerboard; enlarges small
    pictures by whole factors.
    """
    pictures = [over_checkerboard(Image.open(io.BytesIO(file))) for file in files]
    factor = max(1, math.ceil(32 / min(pictures[0].size)))
    width, height = (factor * length for length in pictures[0].size)
    columns = math.ceil(math.sqrt(len(pictures)))
    rows = math.ceil(len(pictures) / columns)
    canvas = Image.new(
        "RGB", (columns * (width + gap) + gap, rows * (height + gap) + gap), (64, 64, 64)
    )
    for number, picture in enumerate(pictures):
        place = gap + number % columns * (width + gap), gap + number // columns * (height + gap)
        canvas.paste(picture.resize((width, height), Image.Resampling.NEAREST), place)
    return canvas


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        sys.exit(
            f"client: unexpected argument {argv[1]!r}. Flags are written --name=value; --help lists"
            " them."
        )
    output = pathlib.Path(FLAGS.output)
    if output.exists() and not FLAGS.overwrite:
        sys.exit(
            f"client: {output} is there already. Choose another --output, or allow it with"
            " --overwrite."
        )
    server = FLAGS.server if ":" in FLAGS.server else f"{FLAGS.server}:{PORTS[FLAGS.protocol]}"
    try:
        labels = (
            [int(label) for label in FLAGS.labels or []] if FLAGS.labels or FLAGS.classes else None
        )
        values = inputs(FLAGS.n, FLAGS.seed, labels)
        if FLAGS.protocol == "rest":
            ask = functools.partial(ask_rest, rest_request(server, FLAGS.model, values))
        else:
            ask = functools.partial(ask_grpc, server, grpc_request(FLAGS.model, values))
        files = with_retries(ask, FLAGS.deadline, FLAGS.retries, server=server)
        grid(files).save(output)
    except ImportError as error:
        sys.exit(
            f"client: --protocol=grpc needs {error.name}: pip install grpcio tensorflow-serving-api"
        )
    except (Refused, OSError, ValueError) as error:
        sys.exit(f"client: {error}")
    print(f"Wrote {output}")


if __name__ == "__main__":
    define_flags()
    app.run(main)
