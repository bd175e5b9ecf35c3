"""Architectures: functional Keras models, one pair a file.

Each module has `build_generator(image_shape, latent_dim, ...)` and `build_discriminator(image_shape, ...)`, and is found by its name:
`config.networks.name = "mlp"` is `tf_gan/networks/mlp.py`.
"""

import importlib
import pkgutil


def names() -> list[str]:
    """Returns the names of the modules of this package."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def get(name: str):
    """Returns the module of a pair of networks.

    Raises:
        ValueError: for an unknown name; the known ones are listed.
    """
    if name not in names():
        raise ValueError(f"Unknown networks. Expected one of {names()}. Received: {name!r}")
    return importlib.import_module(f"{__name__}.{name}")
