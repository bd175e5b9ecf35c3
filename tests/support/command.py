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

# Imports a module once, and forks for each program of a request: a line of JSON. It
# answers with their exit codes. TensorFlow starts its threads later, in the children.
SERVER = """
import atexit, importlib, json, os, sys, threading, traceback

module = importlib.import_module(sys.argv[1])
if sys.argv[1] == "tf_gan":
    from tf_gan import evaluation, export, plots
    from tf_gan.runs import own_pictures, train
    from tf_gan.training import xla

    # As in conftest.py.
    xla.should_use_xla = xla.xla_optimizer = lambda model: False

def run(program):
    for stream, name in enumerate(("/dev/null", program["stdout"], program["stderr"])):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT), stream)
    os.environ.clear()
    os.environ.update(program["environment"])
    os.chdir(program["directory"])
    sys.argv = program["arguments"]
    try:
        exec(program["code"], {"__name__": "__main__"})
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

for line in sys.stdin:
    children = []
    for program in json.loads(line):
        children.append(os.fork())
        if not children[-1]:
            run(program)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    print(json.dumps(codes), flush=True)
"""


@functools.cache
def _server(module: str) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.wait)
    atexit.register(process.stdin.close)
    return process


def command(binary, *arguments, environment=None, timeout=300.0) -> subprocess.CompletedProcess:
    """Runs a binary, such as "train", in a process of its own."""
    code = f"from tf_gan.cli import {binary}; {binary}.run()"
    arguments = [f"tf-gan-{binary}", *arguments]
    return together(code, arguments, [environment or {}], timeout=timeout)[0]


def python(code: str, *arguments) -> subprocess.CompletedProcess:
    """Runs Python code in a process of its own, where the library is imported already."""
    return together(code, ["-c", *arguments], [{}])[0]


def program(path, *arguments, module="tf_gan", environment=None) -> subprocess.CompletedProcess:
    """Runs a file of Python code in a process of its own, where a module is imported
    already.
    """
    code = "import runpy, sys; runpy.run_path(sys.argv[0], run_name='__main__')"
    return together(code, [path, *arguments], [environment or {}], module)[0]


def together(
    code: str, arguments, environments: list[dict], module="tf_gan", timeout: float = 300.0
) -> list[subprocess.CompletedProcess]:
    """Runs Python code in several processes at the same time.

    Args:
        code: The code.
        arguments: `sys.argv`.
        environments: What each process adds to the variables of this one's environment.
        module: What is imported already.
        timeout: Seconds after which all of them are given up.

    Returns:
        What became of each process.
    """
    with tempfile.TemporaryDirectory() as directory:
        programs = [
            {
                "code": code,
                "arguments": list(map(str, arguments)),
                "environment": os.environ | environment,
                "directory": os.getcwd(),
                **{name: f"{directory}/{number}.{name}" for name in ("stdout", "stderr")},
            }
            for number, environment in enumerate(environments)
        ]
        server = _server(module)
        server.stdin.write(json.dumps(programs) + "\n")
        server.stdin.flush()
        if not select.select([server.stdout], [], [], timeout)[0]:
            server.kill()
            _server.cache_clear()
            raise subprocess.TimeoutExpired(arguments, timeout)
        codes = json.loads(server.stdout.readline())
        return [
            subprocess.CompletedProcess(
                arguments,
                code,
                Path(program["stdout"]).read_text(),
                Path(program["stderr"]).read_text(),
            )
            for code, program in zip(codes, programs, strict=True)
        ]
