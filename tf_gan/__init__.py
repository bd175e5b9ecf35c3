"""Generative adversarial networks on TensorFlow and Keras 3.

Modules are imported where they are first used, so that `import tf_gan` does not import
TensorFlow. Where Keras is there already, the models are imported too:
`keras.saving.load_model` finds only classes that have been.
"""

import importlib
import sys
from typing import TYPE_CHECKING, Any

from tf_gan.version import __version__ as __version__

if TYPE_CHECKING:
    from tf_gan import (
        augment,
        callbacks,
        data,
        directions,
        distribute,
        evaluation,
        explorer,
        export,
        features,
        inversion,
        layers,
        likelihoods,
        losses,
        metrics,
        models,
        networks,
        penalties,
        schedules,
        style_inversion,
        theory,
    )
    from tf_gan.training import optimizers

MODULES = (
    *("augment", "callbacks", "data", "directions", "distribute", "evaluation", "explorer"),
    *("export", "features"),
    *("inversion", "layers", "likelihoods", "losses", "metrics", "models", "networks"),
    *("penalties", "schedules", "style_inversion", "theory"),
)

# Names of earlier versions.
MOVED = {
    "events": "io.events",
    "exporters": "export",
    "files": "io.atomic",
    "kinds": "plots",
    "pictures": "plots.render",
    "latent_paths": "plots.paths",
    "protocols": "evaluation",
    "random": "training.rng",
    "sample": "cli.sample",
    "evaluate": "cli.evaluate",
}


def train(config, workdir, strategy=None):
    """Trains the model of a config, as `tf-gan-train` does. If the directory holds a run
    with this config, resumes it.

    Args:
        config: Config (see `tf_gan.config`), or the name or path of a config file, such as
            `"mnist"`.
        workdir: Run directory; made if it is not there.
        strategy: `tf.distribute.Strategy`, by default one device.

    Returns:
        The trained model.

    Raises:
        tf_gan.errors.UserError: for settings, data or directories that cannot be used.
        tf_gan.callbacks.Stopped: at SIGTERM or SIGINT, after saving.
        tf_gan.errors.NonFiniteError: at a loss or a gradient that is NaN or infinite.
    """
    from tf_gan.runs.train import train

    return train(config, workdir, strategy)


def explore(workdir, path=None, **options):
    """Writes the page of a run that `tf-gan-explore` writes.

    Args:
        workdir: Run directory.
        path: `.html` file to write; it may exist. None for `explorer.html` in the run.
        **options: `seed=0`, fixes the pictures of the wall; `weights="auto"`, or
            `"float32"`, `"float16"`; `tarball=None`, a file of ONNX Runtime Web.

    Returns:
        An `IPython.display.IFrame` of the page if IPython is installed, else the path.

    Raises:
        tf_gan.errors.UserError: for a run or a path that cannot be used, or other weights.
    """
    from tf_gan.explorer import explore_run

    return explore_run(workdir, path, **options)


def report(workdir, *more):
    """Shows the report of a run, or of several side by side.

    Args:
        workdir: Run directory.
        *more: Further run directories.

    Returns:
        In a notebook what it displays; elsewhere the path of the page, written as by
        `tf-gan-report`.

    Raises:
        tf_gan.errors.UserError: for what is no run directory.
    """
    from tf_gan import reports

    return reports.show([workdir, *more])


def _classes() -> dict[str, type]:
    """Returns the models by the names of their classes, found by their modules."""
    from tf_gan import models

    return models.CLASSES


def __getattr__(name: str) -> Any:
    if name in MODULES:
        return importlib.import_module(f"tf_gan.{name}")
    if name == "optimizers":
        return importlib.import_module("tf_gan.training.optimizers")
    if name in MOVED:
        raise AttributeError(f"tf_gan.{name} is now tf_gan.{MOVED[name]}")
    if name == "__all__":  # For `from tf_gan import *`.
        return __dir__()
    if name[:1].isupper() and name in _classes():
        return _classes()[name]
    raise AttributeError(f"module 'tf_gan' has no attribute {name!r}")


def __dir__() -> list[str]:
    names = [*MODULES, *_classes(), "explore", "optimizers", "report", "train", "__version__"]
    return sorted(names)


if "keras" in sys.modules:
    _classes()
