"""The models, one `keras.Model` a file, found by its name: `config.model.name = "gan"`
is `tf_gan/models/gan.py`.
"""

import importlib
import pkgutil

from tf_gan import own_modules
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
    """Returns the model of a module.

    Args:
        name: Name of a module of this package, or of one outside it, with a dot. The
            model is its `MODEL`, or else the only public `GenerativeModel` that it
            defines.

    Raises:
        UserError: for an unknown name; the known ones are listed. For a module with
            several models or none.
    """
    if own_modules.is_own(name):
        module = own_modules.load(name, "config.model.name")
    elif name in names():
        module = importlib.import_module(f"{__name__}.{name}")
    else:
        raise UserError(
            f"Unknown model. Expected config.model.name to be one of {names()}, or a module of your"
            f" own, written with a dot. Received: {name!r}"
        )
    found = [
        value
        for key, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, GenerativeModel)
        and value.__module__ == module.__name__
        and not key.startswith("_")
    ]
    model = getattr(module, "MODEL", found[0] if len(found) == 1 else None)
    if not (isinstance(model, type) and issubclass(model, GenerativeModel)):
        raise UserError(
            f"Expected the module {name!r} to define one subclass of tf_gan.models.GenerativeModel,"
            " or to name it: MODEL = MyModel. Received:"
            f" {', '.join(value.__name__ for value in found) or 'none'}"
        )
    return model
