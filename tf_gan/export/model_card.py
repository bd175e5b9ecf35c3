"""The model card: what an exported file is, as JSON beside or inside it."""

import json
import platform

import keras
import tensorflow as tf

from tf_gan.export.signatures import Signature
from tf_gan.version import __version__


def model_card(game, facts: dict, signatures: dict[str, Signature] | None = None) -> str:
    """Returns the model card of a game.

    Args:
        game: The game.
        facts: What else it says: `config` and `metrics` of a run.
        signatures: What the exported file does, where it is more than the sampler.
    """
    card = game.model_card() if hasattr(game, "model_card") else _generator_card(game)
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
    return json.dumps(card | facts, indent=2) + "\n"


def _generator_card(game) -> dict:
    unit = game.data_range is not None
    return {
        "model": {
            "name": type(game).__name__,
            "weights": (
                "moving average of the generator"
                if game.average_generator is not None
                else "generator"
            ),
            "steps": int(game.step.numpy()),
            "parameters": game.sampler.count_params(),
            "latent_dim": getattr(game, "latent_dim", None),
            "prior": getattr(game, "prior", None),
            "num_classes": game.num_classes,
        },
        "images": {
            "shape": list(game.image_shape),
            "dtype": "float32",
            "range": [0.0, 1.0] if unit else None,
            "data_range": game.data_range,
            "text": (
                f"in [0, 1], mapped from the data's range {game.data_range}"
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
