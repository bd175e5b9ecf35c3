"""The model card: a description of an exported file, JSON beside or inside the file."""

import json
import platform

import keras
import tensorflow as tf

from tf_gan.export.signatures import Signature
from tf_gan.export.targets import ExportTarget
from tf_gan.version import __version__


def model_card(
    target: ExportTarget, metadata: dict, signatures: dict[str, Signature] | None = None
) -> str:
    """Returns the model card of an exported network as JSON.

    Args:
        target: What is exported.
        metadata: Further entries, which replace those of the same name: `config` and
            `metrics` of a run.
        signatures: Functions of the exported file, if it has several.
    """
    card = target.model_card() | {
        "signatures": {
            name: _describe(signature) for name, signature in (signatures or {}).items()
        },
        "config": None,
        "metrics": None,
        "versions": {
            "tf_gan": __version__,
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "python": platform.python_version(),
        },
    }
    return json.dumps(card | metadata, indent=2) + "\n"


def _describe(signature: Signature) -> dict:
    inputs = {
        name: {"shape": spec.shape.as_list(), "dtype": spec.dtype.name}
        for name, spec in signature.inputs.items()
    }
    return {"text": signature.text, "inputs": inputs, "batched": signature.batched}
