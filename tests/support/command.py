"""Runs of the binaries, as a user starts them, without the seconds of the imports."""

import atexit
import functools
import json
import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path

import ml_collections

from tf_gan.config import default_config
from tf_gan.data import splits

# Imports the library once, and forks for each request: a line of JSON. It answers with
# the exit code. TensorFlow starts its threads later, in the child.
SERVER = """
import atexit, json, os, sys, threading, traceback

from tf_gan import evaluation, export, plots
from tf_gan.runs import own_pictures, train
from tf_gan.training import xla

# As in conftest.py.
xla.should_use_xla = xla.xla_optimizer = lambda model: False

for line in sys.stdin:
    request = json.loads(line)
    child = os.fork()
    if child:
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    for stream, name in enumerate(("/dev/null", request["stdout"], request["stderr"])):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT), stream)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["directory"])
    sys.argv = request["arguments"]
    try:
        exec(request["code"])
        code = 0
    except SystemExit as end:
        code = end.code or 0
        if isinstance(code, str):
            print(code, file=sys.stderr)
            code = 1
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
"""


@functools.cache
def _server() -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(process.wait)
    atexit.register(process.stdin.close)
    return process


def quick(config: ml_collections.ConfigDict) -> ml_collections.ConfigDict:
    """Makes a config small, to see in seconds whether it runs: tiny networks, two
    epochs, 64 images of a tensorflow-datasets set, small image pairs.

    Args:
        config: The config; it is changed.

    Returns:
        The same config.
    """
    for arguments in (
        config.networks.generator,
        config.networks.discriminator,
        config.networks.encoder,
    ):
        for name in {"units", "channels", "filters", "width", "widths", "blocks"} & set(arguments):
            value = arguments[name]
            arguments[name] = (
                tuple(min(size, 8) for size in value) if isinstance(value, tuple) else min(value, 8)
            )
    if config.data.name == "image_pairs":
        config.data.image_size = 32
    elif splits(config.data) is None:
        config.data.split = "train[:64]"
    if isinstance(config.data.image_size, int):
        config.data.image_size = min(config.data.image_size, 64)
    config.data.points = 64
    config.data.labels_per_class = min(config.data.labels_per_class, 1)
    if config.data.name == "photographs":
        config.data.image_size, config.data.crops = 24, 1
    config.batch_size = 16
    config.epochs, config.length, config.sample_minutes = 2, 0.0, 0.0
    config.steps_per_execution = 2
    config.samples = 4
    config.sample_every = 1
    config.checkpoint_every = 1
    return config


def small(**changes):
    config = quick(default_config())
    config.update_from_flattened_dict(changes)
    return config


def command(binary, *arguments, timeout: float = 300.0) -> subprocess.CompletedProcess:
    """Runs a binary, such as "train", in a process of its own."""
    with tempfile.TemporaryDirectory() as directory:
        files = {name: str(Path(directory, name)) for name in ("stdout", "stderr")}
        request = {
            "code": f"from tf_gan.cli import {binary}; {binary}.run()",
            "arguments": [f"tf-gan-{binary}", *map(str, arguments)],
            "environment": dict(os.environ),
            "directory": os.getcwd(),
            **files,
        }
        server = _server()
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        if not select.select([server.stdout], [], [], timeout)[0]:
            server.kill()
            _server.cache_clear()
            raise subprocess.TimeoutExpired(binary, timeout)
        code = int(server.stdout.readline())
        outputs = {name: Path(file).read_text() for name, file in files.items()}
    return subprocess.CompletedProcess([binary, *arguments], code, **outputs)
