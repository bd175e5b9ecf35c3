"""Generative adversarial networks on TensorFlow and Keras 3."""

from tf_gan import (
    augment,
    callbacks,
    data,
    distribute,
    evaluation,
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
    theory,
)
from tf_gan.training import optimizers
from tf_gan.version import __version__

__all__ = [
    *models.CLASSES,
    "__version__",
    "augment",
    "callbacks",
    "data",
    "distribute",
    "evaluation",
    "explore",
    "export",
    "features",
    "inversion",
    "layers",
    "likelihoods",
    "losses",
    "metrics",
    "models",
    "networks",
    "optimizers",
    "penalties",
    "schedules",
    "theory",
    "train",
]
globals().update(models.CLASSES)  # tf_gan.GAN and all the others, found by their modules.


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
    """Trains the model of a config into a run directory, as `tf-gan-train` does: see
    `tf_gan.runs.train.train`.
    """
    from tf_gan.runs.train import train

    return train(config, workdir, strategy)


def explore(workdir, path=None, **options):
    """Writes the page of a run directory that `tf-gan-explore` writes, and returns it
    for a notebook: see `tf_gan.explorer.explore_run`.
    """
    from tf_gan.explorer import explore_run

    return explore_run(workdir, path, **options)


def __getattr__(name):
    if name in MOVED:
        raise AttributeError(f"tf_gan.{name} is now tf_gan.{MOVED[name]}")
    raise AttributeError(f"module 'tf_gan' has no attribute {name!r}")
