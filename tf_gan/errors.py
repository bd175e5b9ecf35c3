"""Errors and warnings whose message is for the user, and checks of arguments."""

import difflib
import inspect
import math
import numbers
import re
import warnings
from collections.abc import Callable, Collection


class UserError(ValueError):
    """Something that the user gave cannot be used; the message says what was expected, what
    came and what to do. The binaries show it without a traceback.
    """


def integer(name: str, value, least: int | None = 1) -> int:
    """Returns a value as Python's int, also of a NumPy integer.

    Args:
        name: Name of the argument.
        value: What was given for it.
        least: The smallest that makes sense, None for any.

    Raises:
        UserError: for another type, a bool, or a smaller value.
    """
    is_integer = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not is_integer or (least is not None and value < least):
        expected = "an integer" if least is None else f"an integer >= {least}"
        raise UserError(
            f"Invalid value for argument `{name}`. Expected {expected}. Received: {name}={value!r}"
        )
    return int(value)


def integers(**values) -> None:
    """Raises a UserError for an argument that is not an integer >= 1."""
    for name, value in values.items():
        integer(name, value)


def positive(**values) -> None:
    """Raises a UserError for an argument that is not a number > 0."""
    _numbers(values, "a number > 0", lambda value: value > 0)


def finite(**values) -> None:
    """Raises a UserError for an argument that is not a finite number."""
    _numbers(values, "a finite number", math.isfinite)


def non_negative(**values) -> None:
    """Raises a UserError for an argument that is not a number >= 0."""
    _numbers(values, "a number >= 0", lambda value: value >= 0)


def fraction(**values) -> None:
    """Raises a UserError for an argument that is not a number in [0, 1]."""
    _numbers(values, "a number in [0, 1]", lambda value: 0 <= value <= 1)


def _numbers(values: dict, expected: str, holds: Callable[[float], bool]) -> None:
    for name, value in values.items():
        if not isinstance(value, numbers.Real) or not holds(float(value)):  # Not for NaN.
            raise UserError(
                f"Invalid value for argument `{name}`. Expected {expected}. Received:"
                f" {name}={value!r}"
            )


def one_of(name: str, value, choices: Collection) -> None:
    """Raises a UserError for an argument that is not one of some values."""
    if value not in list(choices):  # Lists cannot be keys.
        raise UserError(
            f"Invalid value for argument `{name}`. Expected one of {list(choices)}. Received:"
            f" {name}={value!r}"
        )


def did_you_mean(name, names) -> str:
    """Returns ` Did you mean 'x'?` for a name that is like one of `names`, else nothing."""
    matches = difflib.get_close_matches(str(name), list(names), n=1)
    return f" Did you mean {matches[0]!r}?" if matches else ""


def reason(error: BaseException) -> str:
    """Returns the first line of an error's text, without names of TensorFlow nodes; of an
    error without a text the name of its class.
    """
    text = str(getattr(error, "strerror", None) or getattr(error, "message", None) or error)
    first = (text.strip().splitlines() or [type(error).__name__])[0]
    return re.sub(r"\{\{.*?\}\}|\[Op:\w+\]", "", first).strip().rstrip(".")


def warn(message: str) -> None:
    """Warns of something, at the line of the user's code that led to it."""
    frame, level = inspect.currentframe(), 1
    while frame and frame.f_globals.get("__name__", "").startswith(("tf_gan.", "keras.")):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, stacklevel=level)


class WriteError(UserError, OSError):
    """A file cannot be written; the message names it and says why."""


class NonFiniteError(ArithmeticError):
    """A loss, another log or a weight became NaN or infinite.

    Args:
        message: What became so, when, and what helps.
        step: Number of the step, or None where only weights tell.
    """

    def __init__(self, message: str, step: int | None = None):
        super().__init__(message)
        self.step = step


class WorkerLost(RuntimeError):
    """Another worker of the cluster ended, or cannot be reached."""
