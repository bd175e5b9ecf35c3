"""Load a SavedModel without this library and without Keras, by both loaders of
TensorFlow, and compare the values with given ones. A program:

    python -P loaders.py DIRECTORY CALLS.npz

The program imports nothing of tf_gan; importing tf_gan or Keras in it is an error. The
last line of its output is JSON, a list with a dictionary for each loader and output:
`loader`, `signature`, `output`, `difference`, and `seconds` of loading.
"""

import json
import sys
import time

if __name__ == "__main__":
    # From now on, importing one of them is an ImportError.
    sys.modules["keras"] = sys.modules["tf_gan"] = None  # type: ignore[assignment]

import numpy as np
import tensorflow as tf


def saved_model_load(directory):
    """Loads by `tf.saved_model.load`. Returns `(signature, arrays by name) -> arrays by
    name`.
    """
    model = tf.saved_model.load(directory)

    def call(name, inputs):
        return {
            key: value.numpy()
            for key, value in model.signatures[name](
                **{key: tf.constant(value) for key, value in inputs.items()}
            ).items()
        }

    return call


def session(directory):
    """Loads by the loader of TensorFlow 1, whose session runs the same graph as
    TensorFlow Serving, restored by the same operations. Returns `(signature, arrays by
    name) -> arrays by name`.
    """
    session = tf.compat.v1.Session(graph=tf.Graph())
    with session.graph.as_default():
        signatures = tf.compat.v1.saved_model.load(
            session, [tf.saved_model.SERVING], directory
        ).signature_def

    def call(name, inputs):
        signature = signatures[name]
        feeds = {signature.inputs[key].name: value for key, value in inputs.items()}
        return session.run({key: info.name for key, info in signature.outputs.items()}, feeds)

    return call


def difference(values: np.ndarray, expected: np.ndarray) -> float:
    """Returns max |values - expected| / max(1, max |expected|).

    Args:
        values: Array of numbers, or of encoded pictures as bytes.
        expected: Array of numbers; of pictures uint8, and the difference is divided by
            255.
    """
    scale = max(1.0, float(np.abs(expected.astype(np.float64)).max(initial=0)))
    if values.dtype == object:
        scale = 255.0
        values = np.stack([tf.io.decode_image(value).numpy() for value in values.ravel()])
    if values.shape != expected.shape:
        raise SystemExit(f"Expected a shape of {expected.shape}. Received: {values.shape}")
    values, expected = values.astype(np.float64), expected.astype(np.float64)
    if not np.isfinite(values).all():
        return float("inf")
    return float(np.abs(values - expected).max(initial=0) / scale)


def main(directory: str, calls: str) -> None:
    arrays = dict(np.load(calls))
    tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
    rows = []
    for loader, load in {"tf.saved_model.load": saved_model_load, "TF1 session": session}.items():
        start = time.perf_counter()
        call = load(directory)
        seconds = time.perf_counter() - start
        for name in dict.fromkeys(key.split("|")[0] for key in arrays):
            inputs, expected = (
                {
                    key.split("|")[2]: arrays[key]
                    for key in arrays
                    if key.startswith(f"{name}|{side}|")
                }
                for side in ("in", "out")
            )
            outputs = call(name, inputs)
            for output in expected:
                far = difference(outputs[output], expected[output])
                rows.append(
                    {
                        "loader": loader,
                        "signature": name,
                        "output": output,
                        "difference": far,
                        "seconds": seconds,
                    }
                )
    print(json.dumps(rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
