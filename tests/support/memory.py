"""What a process of the tests gives back between two files."""

import ctypes

from tensorflow.python.framework import ops


def registry_of_gradients() -> dict:
    """Returns TensorFlow's gradient functions by the names of their ops."""
    return ops.gradient_registry._registry


def malloc_trim() -> None:
    """Gives free memory back to the system, where the C library can (glibc)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
