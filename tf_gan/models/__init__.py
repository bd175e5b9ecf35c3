"""The models, one training algorithm a file, found by its name: `config.model.name =
"gan"` is `tf_gan/models/gan.py`.
"""

import importlib
import pkgutil
import types

import keras

from tf_gan import registry
from tf_gan.errors import UserError, did_you_mean
from tf_gan.models.base import GenerativeModel
from tf_gan.models.image_to_image import ImageToImage
from tf_gan.models.objective import Batch, Lazy, Loss, Objective
from tf_gan.models.translation import Translation

__all__ = [
    "Batch",
    "GenerativeModel",
    "ImageToImage",
    "Lazy",
    "Loss",
    "Objective",
    "Translation",
    "get",
    "names",
]


def model_classes(module: types.ModuleType) -> list[type[GenerativeModel]]:
    """Returns the public models that a module defines."""
    return [
        value
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, GenerativeModel)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    ]


def _found() -> dict[str, type[GenerativeModel]]:
    """Returns the models of this package by their modules. Base classes are not
    registered with Keras: nobody loads one from a file.
    """
    registered_name = keras.saving.get_registered_name
    found = {}
    for info in pkgutil.iter_modules(__path__):
        for model in model_classes(importlib.import_module(f"{__name__}.{info.name}")):
            if registered_name(model) != model.__name__:
                found[info.name] = model
    return found


MODELS = _found()
CLASSES = {model.__name__: model for model in MODELS.values()}


def names() -> list[str]:
    """Returns the names of the models."""
    return sorted(MODELS)


def get(name: str) -> type[GenerativeModel]:
    """Returns the model of a module.

    Args:
        name: A module of this package, or the dotted name of a module of the user's
            own, such as `"my_package.my_model"`.

    Raises:
        ValueError: for an unknown name, the known ones are listed; for a module of the
            user's own that is not there or in which no model is found.
    """
    if name in MODELS:
        return MODELS[name]
    if not registry.is_own(name):
        raise UserError(
            f"Unknown model. Expected config.model.name to be one of {names()}, or the dotted name"
            f" of a module of your own. Received: {name!r}.{did_you_mean(name, names())}"
        )
    module = registry.own(name, "model")
    found = model_classes(module)
    model = getattr(module, "MODEL", found[0] if len(found) == 1 else None)
    if not (isinstance(model, type) and issubclass(model, GenerativeModel)):
        raise UserError(
            f"Expected the module {name!r} to define one subclass of tf_gan.models.GenerativeModel,"
            " or to name it: MODEL = MyModel. Received:"
            f" {', '.join(each.__name__ for each in found) or 'none'}"
        )
    return model
