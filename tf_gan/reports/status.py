"""The file `status.json` of a run directory: how far a training is, and how it ended."""

import json
import os
import pathlib
import socket
import time

import filelock

from tf_gan.io import atomic

NAME = "status.json"
KEPT_STARTS = 100


def read(workdir) -> dict:
    """Returns the fields of a run's status, none if there is no such file or it is
    damaged.
    """
    try:
        fields = json.loads(pathlib.Path(workdir, NAME).read_text())
    except (OSError, ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def starts(fields: dict) -> list[dict]:
    """Returns the `{"step", "time"}` of each time that training started."""
    found = fields.get("starts")
    return [
        each
        for each in (found if isinstance(found, list) else [])
        if isinstance(each, dict) and isinstance(each.get("step"), int)
    ]


def start(workdir, step: int, **facts) -> None:
    """Notes that training starts, or resumes, at a step.

    Args:
        workdir: The run directory.
        step: Steps done so far, >= 0.
        **facts: Further fields, as values that JSON knows.
    """
    before, now = read(workdir), time.time()
    # Those of steps that are run again are forgotten, as their logs are.
    kept = [each for each in starts(before) if step and each["step"] <= step]
    fields = {
        "state": "running",
        "message": "",
        "started": before.get("started", now) if step else now,
        "starts": [*kept, {"step": step, "time": now}][-KEPT_STARTS:],
        "step": step,
        "updated": now,
    }
    _write(workdir, fields | facts)


def update(workdir, **fields) -> None:
    """Changes fields of the status."""
    _write(workdir, read(workdir) | {"updated": time.time()} | fields)


def _write(workdir, fields: dict) -> None:
    with atomic.atomic_file(pathlib.Path(workdir, NAME)) as temporary:
        temporary.write_text(json.dumps(fields, indent=2) + "\n")


def is_locked(workdir, fields: dict) -> bool | None:
    """Returns whether a process trains in a run directory; None if that cannot be known.

    Args:
        workdir: The run directory.
        fields: Its status, whose process counts where there is no lock: `fit` in Python.
    """
    lock = pathlib.Path(workdir, ".lock")
    if not lock.exists():
        pid, is_here = fields.get("pid"), fields.get("host") == socket.gethostname()
        return None if not is_here or not isinstance(pid, int) else _is_process(pid)
    if not lock.with_name(".owner").exists():  # Its process ended in order.
        return False
    try:
        with filelock.FileLock(lock).acquire(timeout=0):
            return False
    except filelock.Timeout:
        return True
    except OSError:
        return None


def _is_process(pid: int) -> bool:
    """Returns whether this host has a process."""
    try:
        os.kill(pid, 0)
    except PermissionError:  # That of another user.
        return True
    except (OSError, OverflowError):
        return False
    return True
