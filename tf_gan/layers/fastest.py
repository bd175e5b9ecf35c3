"""The fastest of several forms of a computation, measured on the machine that trains.

Which form of a convolution is fastest depends on its shape and on the processor. So each
shape is measured once, when a step is traced, and the choice is kept: in memory, in
`$TF_GAN_CACHE/convolutions` for the next process on the same machine, and in the run
directory, since the forms round differently and a resumed run must go on with its own.

`TF_GAN_MEASURE=0` in the environment takes TensorFlow's own form everywhere.
"""

import contextlib
import hashlib
import json
import logging
import os
import pathlib
import platform
import time
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import tensorflow as tf

from tf_gan.errors import WriteError
from tf_gan.io import atomic, caches

VARIABLE = "TF_GAN_MEASURE"
GAIN = 1.1  # So many times as fast as TensorFlow's own form another one has to be.
SECONDS, ROUNDS = 0.1, (3, 20)  # How long is measured, within these numbers of turns.

_chosen: dict[str, str] = {}  # What this process has chosen, by computation.
_runs: list[pathlib.Path] = []  # The file of the run that trains, if one does.


def fastest(name: str, forms: Mapping[str, Callable], *arguments) -> Callable:
    """Returns the fastest form of a computation of tensors of given shapes.

    Args:
        name: What is computed, with all settings that are not in the shapes.
        forms: Functions of the arguments with the same values, by name. The first one is
            TensorFlow's own: it is taken where shapes are not known, and where no other one
            is 1.1 times as fast.
        *arguments: Tensors of the shapes and types of the computation.
    """
    first = next(iter(forms))
    if len(forms) == 1 or any(None in tuple(argument.shape) for argument in arguments):
        return forms[first]
    shapes = " ".join(f"{tuple(a.shape)} {a.dtype.name}".replace(" ", "") for a in arguments)
    key = f"{name} {shapes}"
    of_run = _read(_runs[-1]) if _runs else {}
    chosen = of_run.get(key, "")
    if chosen not in forms:
        if os.environ.get(VARIABLE) == "0":
            chosen = first
        else:
            if _chosen.get(key) not in forms:
                _chosen[key] = _of_machine(key, forms, arguments)
            chosen = _chosen[key]
        if _runs:
            _write(_runs[-1], of_run | {key: chosen})
    return forms[chosen]


@contextlib.contextmanager
def recorded(file: pathlib.Path) -> Iterator[None]:
    """Takes the choices of a run while the context lasts, and adds new ones to them.

    Args:
        file: The file of the run, which need not exist.
    """
    _runs.append(file)
    try:
        yield
    finally:
        _runs.pop()


def measure(forms: Mapping[str, Callable], arguments) -> dict[str, float]:
    """Returns the shortest of several times of each form in seconds, on random values.

    Args:
        forms: Functions of the arguments, by name. Gradient tapes do not record in them:
            `tf.init_scope` pauses those.
        arguments: Tensors whose shapes and types are taken.
    """
    random = np.random.default_rng(0)
    wait = tf.test.experimental.sync_devices  # GPUs return before they have computed.
    with tf.init_scope():
        values = [tf.cast(random.normal(size=tuple(a.shape)), a.dtype) for a in arguments]
        functions = {name: tf.function(form, autograph=False) for name, form in forms.items()}
        for function in functions.values():
            function(*values)
        wait()
        seconds = dict.fromkeys(functions, np.inf)
        start, turns = time.perf_counter(), 0
        while turns < ROUNDS[0] or (turns < ROUNDS[1] and time.perf_counter() - start < SECONDS):
            for name, function in functions.items():
                began = time.perf_counter()
                function(*values)
                wait()
                seconds[name] = min(seconds[name], time.perf_counter() - began)
            turns += 1
    return seconds


def _of_machine(key: str, forms: Mapping[str, Callable], arguments) -> str:
    """Returns the choice that was made on this machine before, or makes it."""
    file = _file()
    kept = _read(file)
    if kept.get(key) in forms:
        return kept[key]
    seconds = measure(forms, arguments)
    own, best = next(iter(forms)), min(seconds, key=seconds.__getitem__)
    chosen = best if seconds[own] >= GAIN * seconds[best] else own
    times = ", ".join(f"{name} {1000 * value:.3g} ms" for name, value in seconds.items())
    logging.info("%s: %s; taken: %s", key, times, chosen)
    _write(file, _read(file) | {key: chosen})
    return chosen


def _file() -> pathlib.Path:
    """Returns the file of this processor, as many cores, and this version of TensorFlow."""
    machine = f"{_processor()}, {os.cpu_count()} cores, TensorFlow {tf.__version__}"
    digest = hashlib.sha256(machine.encode()).hexdigest()[:12]
    return caches.directory() / "convolutions" / f"{digest}.json"


def _processor() -> str:
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    facts = (line for line in lines if line.startswith(("model name", "flags")))
    return " ".join(sorted(set(facts)))


def _read(file: pathlib.Path) -> dict[str, str]:
    """Returns the choices in a file, none where it is not there or damaged."""
    try:
        content = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _write(file: pathlib.Path, choices: Mapping[str, str]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with atomic.atomic_file(file) as temporary:
            temporary.write_text(json.dumps(choices, indent=2, sort_keys=True) + "\n")
    except (OSError, WriteError) as error:  # A read-only home directory is no reason not to train.
        logging.warning("%s cannot be written (%s): it is measured again next time.", file, error)
