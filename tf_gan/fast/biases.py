"""Gradients of biases that are right in half precision on CPUs."""

import contextlib
from collections.abc import Iterator

import tensorflow as tf

from tf_gan import compat
from tf_gan.fast.convolutions import only_cpus

_own: dict = {}  # TensorFlow's entry, while a scope is open.
_depth = 0  # Scopes that are open: replicas are threads, whose scopes overlap.


@contextlib.contextmanager
def right_bias_gradients() -> Iterator[None]:
    """Lets gradient tapes compute the gradient of a bias in half precision on CPUs by
    `tf.reduce_sum`, in float32.

    TensorFlow's own kernel adds in the precision of its inputs: in bfloat16 a sum of ones
    comes to a stop at 256. `tf.reduce_sum` of bfloat16 adds in float32.
    """
    global _depth
    functions = compat.gradient_functions()
    if not _depth:
        _own.update(functions["BiasAdd"])
    functions["BiasAdd"] = _own | {"type": _gradient}
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        if not _depth:
            functions["BiasAdd"] = dict(_own)


def _gradient(operation, upstream: tf.Tensor):
    if upstream.dtype not in (tf.bfloat16, tf.float16) or not only_cpus():
        return _own["type"](operation, upstream)
    channels = 1 if operation.get_attr("data_format") == b"NCHW" else upstream.shape.rank - 1
    axes = [axis for axis in range(upstream.shape.rank) if axis != channels]
    if upstream.dtype == tf.bfloat16:
        return upstream, tf.reduce_sum(upstream, axes)
    return upstream, tf.cast(tf.reduce_sum(tf.cast(upstream, tf.float32), axes), tf.float16)
