"""The fastest of several forms of a computation, measured on the machine that trains.

Which form of a layer is fastest depends on its shape and on the processor. So each
shape is measured once, when a step is traced, and the choice is kept: in memory, in
`$TF_GAN_CACHE/convolutions` for the next process on the same machine, and in the run
directory, since the forms round differently and a resumed run must go on with its own.

`TF_GAN_MEASURE=0` in the environment takes TensorFlow's own form, but for runs that began
with other ones.
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

import filelock
import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError, WriteError
from tf_gan.fast import onednn
from tf_gan.fast.cores import cores
from tf_gan.io import atomic, caches

VARIABLE = "TF_GAN_MEASURE"
GAIN = 1.1  # So many times as fast as TensorFlow's own form another one has to be.
# All forms have 3 to 20 turns, until so many seconds are over. One that takes so many times
# as long as the fastest has no more turns.
TURNS, SECONDS, SLOW = (3, 20), 0.1, 1.5
BATCH = 16  # Of tensors whose number of examples is not known.
FACTS = ("model name", "flags", "Features", "CPU implementer", "CPU part")  # Of /proc/cpuinfo.

_chosen: dict[str, str] = {}  # What this process has chosen, by computation.
_runs: list["_Run"] = []  # The run that trains, if one does.


class _Run:
    """The choices of a run, in memory and in its file."""

    def __init__(self, file: pathlib.Path):
        self.file, self.choices = file, {}
        if file.exists():
            try:
                self.choices = dict(json.loads(file.read_text()))
            except (OSError, ValueError, TypeError) as error:
                raise UserError(
                    f"{file} cannot be read: {error}. It says whether oneDNN was on and which form"
                    " of each layer the run began with. Delete the file to resume with those"
                    " that are the fastest now; they round differently"
                ) from error

    def add(self, key: str, choice: str) -> None:
        self.choices[key] = choice
        with atomic.atomic_file(self.file) as temporary:
            temporary.write_text(_text(self.choices))


def fastest(name: str, forms: Mapping[str, Callable], *arguments) -> Callable:
    """Returns the fastest form of a computation of tensors of given shapes.

    Args:
        name: What is computed, with all settings that are not in the shapes.
        forms: Functions of the arguments with the same values, by name. The first one is
            TensorFlow's own: it is taken where shapes are not known, and where no other one
            is 1.1 times as fast. Gradient tapes do not record in them while they are
            measured.
        *arguments: Tensors of the shapes and types of the computation. An unknown number of
            examples, the first dimension, counts as 16.
    """
    own = next(iter(forms))
    if len(forms) == 1 or not all(_is_known(argument.shape) for argument in arguments):
        return forms[own]
    specs = [tf.TensorSpec([a.shape[0] or BATCH, *a.shape[1:]], a.dtype) for a in arguments]
    shapes = (f"({','.join(map(str, spec.shape))}){spec.dtype.name}" for spec in specs)
    key = " ".join((name, *shapes))
    run = _runs[-1] if _runs else None
    chosen = run.choices.get(key, "") if run else ""
    if chosen not in forms:
        if os.environ.get(VARIABLE) == "0":
            chosen = own
        else:
            if _chosen.get(key) not in forms:
                _chosen[key] = _of_machine(key, forms, specs)
            chosen = _chosen[key]
        if run:
            run.add(key, chosen)
    return forms[chosen]


def bilinear(function: Callable, of_first: Callable, of_second: Callable, first, second):
    """Returns a function of two tensors that is linear in each, with gradients of its own.

    Args:
        function: The function, f(a, b).
        of_first: The gradient of a as a function of that of f, and b.
        of_second: The gradient of b as a function of a, and that of f.
        first: a.
        second: b.
    """

    @tf.custom_gradient
    def differentiable(first, second):
        outputs = function(first, second)

        def gradients(upstream):
            upstream = tf.ensure_shape(upstream, outputs.shape)
            return of_first(upstream, second), of_second(first, upstream)

        return outputs, gradients

    return differentiable(first, second)


@contextlib.contextmanager
def recorded(file: pathlib.Path, resumed: bool = False) -> Iterator[None]:
    """Takes the choices of a run while the context lasts, and adds new ones to them. Warns
    where oneDNN was on when the run began and is off now, or the other way round, and where
    that is not known.

    Args:
        file: The file of the run, which need not exist.
        resumed: Whether the run has made steps before.

    Raises:
        UserError: if the file is damaged.
        WriteError: if it cannot be written.
    """
    run, state = _Run(file), onednn.state()
    before = run.choices.get("oneDNN")
    if before is None:
        run.add("oneDNN", state)
        if resumed:
            logging.warning(
                "This run began with a version that did not note whether oneDNN's kernels were on;"
                " they are %s now, and convolutions may round differently from here on.",
                state,
            )
    elif before != state:
        logging.warning(
            "This run began with oneDNN's kernels %s, and they are %s now: convolutions round"
            " differently. TF_ENABLE_ONEDNN_OPTS=%d in the environment resumes to the same bits.",
            *(before, state, before == "on"),
        )
    _runs.append(run)
    try:
        yield
    finally:
        _runs.pop()


def measure(forms: Mapping[str, Callable], specs) -> dict[str, float]:
    """Returns the shortest of several times of each form in seconds, on random values.

    On CPUs that is processor time: in a step other computations run beside this one, so
    what counts is how much of the processor it takes, and not how soon it ends.

    Args:
        forms: Functions of tensors, by name. Gradient tapes do not record in them:
            `tf.init_scope` pauses those.
        specs: Their shapes and types.
    """
    random = np.random.default_rng(0)
    wait, clock = (lambda: None), time.process_time
    if tf.config.list_logical_devices("GPU"):  # They return before they have computed.
        wait, clock = tf.test.experimental.sync_devices, time.perf_counter
    with tf.init_scope():
        values = [
            tf.cast(random.standard_normal(spec.shape, np.float32), spec.dtype) for spec in specs
        ]
        functions = {  # Calls of `tf.function` itself would warn of repeated tracing.
            name: tf.function(form, autograph=False).get_concrete_function(*specs)
            for name, form in forms.items()
        }
        seconds = dict.fromkeys(functions, np.inf)
        for name, function in tuple(functions.items()):
            try:
                function(*values)
                wait()
            except tf.errors.OpError:  # Such as too little memory.
                del functions[name]
        start, turns = time.perf_counter(), 0
        if len(functions) == 1:  # The only one that runs.
            seconds[next(iter(functions))] = 0.0
        while len(functions) > 1 and turns < TURNS[1]:
            if turns >= TURNS[0] and time.perf_counter() - start > SECONDS:
                break
            for name, function in functions.items():
                began = clock()
                function(*values)
                wait()
                seconds[name] = min(seconds[name], clock() - began)
            limit = SLOW * min(seconds.values())
            functions = {name: each for name, each in functions.items() if seconds[name] <= limit}
            turns += 1
    return seconds


def _is_known(shape: tf.TensorShape) -> bool:
    """Returns whether all of a shape is known but perhaps its first dimension."""
    return bool(shape.rank) and None not in tuple(shape[1:])


def _of_machine(key: str, forms: Mapping[str, Callable], specs) -> str:
    """Returns the choice that was made on this machine before, or makes it."""
    try:
        file = _file()
        file.parent.mkdir(parents=True, exist_ok=True)
        # One process at a time: others would disturb the clock, and choose otherwise.
        with filelock.FileLock(file.with_suffix(".lock")):
            kept = _read(file)
            if kept.get(key) not in forms:
                kept[key] = _fastest(key, forms, specs)
                with atomic.atomic_file(file) as temporary:
                    temporary.write_text(_text(kept))
            return kept[key]
    except (OSError, RuntimeError, WriteError) as error:  # No home, or a read-only one.
        logging.warning(
            "The fastest form of a layer cannot be kept for the next process (%s)."
            " $TF_GAN_CACHE names another place.",
            error,
        )
        return _fastest(key, forms, specs)


def _fastest(key: str, forms: Mapping[str, Callable], specs) -> str:
    seconds = measure(forms, specs)
    own, best = next(iter(forms)), min(seconds, key=seconds.__getitem__)
    chosen = best if seconds[own] >= GAIN * seconds[best] else own
    times = ", ".join(f"{name} {1000 * value:.3g} ms" for name, value in seconds.items())
    logging.info("%s: %s; taken: %s", key, times, chosen)
    return chosen


def _file() -> pathlib.Path:
    """Returns the file of this processor, as many cores and threads, and this TensorFlow.

    Raises:
        RuntimeError: if the user has no home directory.
    """
    facts = (
        _processor(),
        cores(),
        os.environ.get("TF_NUM_INTRAOP_THREADS"),
        tf.config.threading.get_intra_op_parallelism_threads(),
        onednn.state(),
        tf.__version__,
    )
    digest = hashlib.sha256(repr(facts).encode()).hexdigest()[:12]
    return caches.directory() / "convolutions" / f"{digest}.json"


def _processor() -> str:
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    facts = sorted({line for line in lines if line.startswith(FACTS)})
    return " ".join(facts) or platform.processor() or platform.machine()


def _read(file: pathlib.Path) -> dict[str, str]:
    """Returns the choices in the cache, none where it is not there or damaged."""
    try:
        content = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _text(choices: Mapping[str, str]) -> str:
    return json.dumps(choices, indent=2, sort_keys=True) + "\n"
