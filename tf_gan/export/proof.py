"""Prove that an exported SavedModel has the values of the live model."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
from typing import Any

import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.export.signatures import Signature

PROGRAM = pathlib.Path(__file__).with_name("loaders.py")
FLOATS = 1e-5  # Largest difference of floats, relative to the largest value if that is above 1.
# Of encoded pictures: a pixel whose value lies between two grey levels may fall on
# either side.
PIXELS = 1.0 / 255.0


def verify(directory, signatures: dict[str, Signature]) -> list[dict]:
    """Loads a SavedModel in a new process that has TensorFlow but neither this library
    nor Keras, and compares it with the live model.

    Args:
        directory: The SavedModel.
        signatures: Functions of the SavedModel, each with a call and the live model's
            outputs for the call.

    Returns:
        A dictionary for each loader and output: `loader`, `signature`, `output`,
            `difference`, and `seconds` of loading.

    Raises:
        ValueError: if the SavedModel cannot be loaded, or values differ by more than
            `FLOATS`, or `PIXELS` for encoded pictures.
    """
    arrays: dict[str, Any] = {}
    bounds: dict[tuple[str, str], float] = {}
    for name, signature in signatures.items():
        # The other process runs on the CPU, because this process may hold all memory of
        # the accelerators.
        with tf.device("/CPU:0"):
            expected = signature.live(**signature.example)
        bounds |= {
            (name, key): PIXELS if value.dtype == np.uint8 else FLOATS
            for key, value in expected.items()
        }
        arrays |= {f"{name}|in|{key}": value for key, value in signature.example.items()}
        arrays |= {f"{name}|out|{key}": value for key, value in expected.items()}
    with tempfile.TemporaryDirectory() as folder:
        calls = pathlib.Path(folder, "calls.npz")
        np.savez(calls, **arrays)
        # -P: do not look for modules in the folder of the program.
        command = [sys.executable, "-P", str(PROGRAM), str(directory), str(calls)]
        result = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
        )
    if result.returncode:
        reason = "\n".join(result.stderr.strip().splitlines()[-3:])
        raise UserError(
            f"The exported model fails in a separate process, so nothing is written:\n{reason}"
        )
    rows = json.loads(result.stdout.strip().splitlines()[-1])
    check_tolerance(rows, bounds)
    return rows


def check_tolerance(rows: list[dict], bounds: dict[tuple[str, str], float]) -> None:
    """Raises a ValueError if a difference is above the bound or not a number.

    Args:
        rows: Result of `verify`.
        bounds: Largest difference by signature and output.
    """
    for row in rows:
        bound = bounds[row["signature"], row["output"]]
        if not row["difference"] <= bound:
            raise UserError(
                "The exported model differs from the live one, so nothing is written:"
                f" {row['signature']!r} by {row['difference']:.2g} through {row['loader']}."
                f" Expected at most {bound:.2g}."
            )
