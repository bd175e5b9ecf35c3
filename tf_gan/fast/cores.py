"""The processors that this process may use."""

import os
import pathlib

QUOTA = pathlib.Path("/sys/fs/cgroup/cpu.max")  # Microseconds, and of how many.


def cores() -> int:
    """Returns how many processors this process, or its container, may use."""
    allowed = getattr(os, "sched_getaffinity", None)  # Not on macOS.
    found = len(allowed(0)) if allowed else os.cpu_count() or 1
    if QUOTA.exists():
        quota, period = QUOTA.read_text().split()
        if quota != "max":
            found = max(1, min(found, round(int(quota) / int(period))))
    return found
