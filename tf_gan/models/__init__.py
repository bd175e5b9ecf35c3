"""The models, one `keras.Model` a file, found by its name: `config.model.name = "gan"`
is `tf_gan/models/gan.py`.
"""

import importlib
import pkgutil

from tf_gan.errors import UserError
from tf_gan.models.base import GenerativeModel
from tf_gan.models.conditional_gan import ConditionalGAN
from tf_gan.models.gan import GAN
from tf_gan.models.image_to_image import ImageToImage
from tf_gan.models.translation import Translation

__all__ = [
    "GAN",
    "ConditionalGAN",
    "GenerativeModel",
    "ImageToImage",
    "Translation",
    "get",
    "names",
]
HELPERS = ("averages", "base", "encoder", "image_to_image", "translation")


def names() -> list[str]:
    """Returns the names of the models."""
    return sorted(
        module.name for module in pkgutil.iter_modules(__path__) if module.name not in HELPERS
    )


def get(name: str) -> type[GenerativeModel]:
    """Returns the model of a module of this package.

    Raises:
        ValueError: for an unknown name; the known ones are listed.
    """
    if name not in names():
        raise UserError(
            f"Unknown model. Expected config.model.name to be one of {names()}. Received: {name!r}"
        )
    module = importlib.import_module(f"{__name__}.{name}")
    return next(
        v
        for v in vars(module).values()
        if isinstance(v, type)
        and issubclass(v, GenerativeModel)
        and v.__module__ == module.__name__
    )
