"""A program: loads a SavedModel without this library and without Keras, in both ways
there are, and says how far its values are from given ones.

    python -P loaders.py DIRECTORY CALLS.npz

It imports nothing of tf_gan, and neither tf_gan nor Keras can be imported in it. Its
last line is JSON, a list of a dictionary for each loader and output: `loader`,
`signature`, `output`, `difference`, `seconds` (of loading).
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
    """`tf.saved_model.load`."""
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
    """The loader of TensorFlow 1, whose session runs what TensorFlow Serving's does:
    the same graph, restored by the same operations.
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
    """Returns the largest difference, relative to the largest expected value if that is
    above 1; of encoded pictures as a part of 255.
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
    for loader in (saved_model_load, session):
        start = time.perf_counter()
        call = loader(directory)
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
                        "loader": loader.__name__,
                        "signature": name,
                        "output": output,
                        "difference": far,
                        "seconds": seconds,
                    }
                )
    print(json.dumps(rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
