"""Modules of the user's own, named in a config with a dot: `my_package.my_module`."""

import importlib
import os
import sys
import types

from tf_gan.errors import UserError


def is_own(name: str) -> bool:
    """Returns whether a name in a config is that of a module outside tf_gan."""
    return "." in name and all(part.isidentifier() for part in name.split("."))


def load(name: str, what: str) -> types.ModuleType:
    """Imports a module, from the working directory if it is not installed.

    Args:
        name: Name with a dot, such as `my_package.my_module`.
        what: The config's field, for the message.

    Raises:
        UserError: if there is no such module. An error inside the module is a bug
            there, and is raised as it is.
    """
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())  # Last: files there must not hide installed packages.
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not error.name or not f"{name}.".startswith(f"{error.name}."):
            raise  # The module is there; what it imports is not.
        raise UserError(
            f"{what}={name!r} names a module of your own, and there is no module {error.name!r}."
            f" Expected it in the working directory {os.getcwd()}, or installed"
        ) from None
