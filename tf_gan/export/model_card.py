"""The model card: what an exported file is, as JSON beside or inside it."""

import json
import platform

import keras
import tensorflow as tf

from tf_gan.export.signatures import Signature
from tf_gan.version import __version__


def model_card(model, metadata: dict, signatures: dict[str, Signature] | None = None) -> str:
    """Returns the model card of a model.

    Args:
        model: The model.
        metadata: What else it says: `config` and `metrics` of a run.
        signatures: What the exported file does, where it is more than the sampler.
    """
    card = model.model_card() if hasattr(model, "model_card") else _generator_card(model)
    card |= {
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


def _generator_card(model) -> dict:
    unit = model.data_range is not None
    return {
        "model": {
            "name": type(model).__name__,
            "weights": (
                "moving average of the generator"
                if model.average_generator is not None
                else "generator"
            ),
            "steps": int(model.step.numpy()),
            "parameters": model.sampler.count_params(),
            "latent_dim": getattr(model, "latent_dim", None),
            "prior": getattr(model, "prior", None),
            "num_classes": model.num_classes,
        },
        "images": {
            "shape": list(model.image_shape),
            "dtype": "float32",
            "range": [0.0, 1.0] if unit else None,
            "data_range": model.data_range,
            "text": (
                f"in [0, 1], mapped from the data's range {model.data_range}"
                if unit
                else "as the generator makes them, without bounds"
            ),
        },
    }


def _describe(signature: Signature) -> dict:
    inputs = {
        name: {"shape": spec.shape.as_list(), "dtype": spec.dtype.name}
        for name, spec in signature.inputs.items()
    }
    return {"text": signature.text, "inputs": inputs, "batched": signature.batched}
