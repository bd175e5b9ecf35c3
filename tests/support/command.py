"""Runs of the binaries, as a user starts them."""

import os
import subprocess
import sys

from tf_gan.config import default_config, quick


def small(**changes):
    config = quick(default_config())
    config.update_from_flattened_dict(changes)
    return config


def command(binary, *arguments):
    code = f"from tf_gan.cli import {binary}; {binary}.run()"
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        env=environment,
    )
