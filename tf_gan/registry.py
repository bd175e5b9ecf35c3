"""Modules that are found by their name: networks, models, scores, plots."""

import difflib
import importlib
import pkgutil
import re
import types

from tf_gan.errors import UserError


def names(package: types.ModuleType, helpers: tuple[str, ...] = ()) -> list[str]:
    """Returns the names of the modules of a package, sorted.

    Args:
        package: The imported package.
        helpers: Modules in it that are not to be chosen by name.
    """
    found = {module.name for module in pkgutil.iter_modules(package.__path__)}
    return sorted(found - set(helpers))


def get(
    package: types.ModuleType, name: str, what: str, helpers: tuple[str, ...] = ()
) -> types.ModuleType:
    """Returns the module of a name.

    Args:
        package: The imported package.
        name: The name of one of its modules, or the dotted path of a module of the
            user's own, such as `"my_package.my_module"`.
        what: What the module is, for messages: `"metric"`.
        helpers: Modules in the package that are not to be chosen by name.

    Raises:
        UserError: for an unknown name, with the known ones and those that are spelt
            alike, and for a module of the user's own that cannot be imported.
    """
    known = names(package, helpers)
    if name in known:
        return importlib.import_module(f"{package.__name__}.{name}")
    if not re.fullmatch(r"\w+(\.\w+)+", name):
        close = difflib.get_close_matches(name, known, n=3)
        hint = f". Did you mean {' or '.join(map(repr, close))}?" if close else ""
        raise UserError(f"Unknown {what}. Expected one of {known}. Received: {name!r}{hint}")
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UserError(
            f"Unknown {what}. Expected the path of a module that Python can import. Received:"
            f" {name!r} ({error}). Install its package, or name its folder in PYTHONPATH"
        ) from error


def summary(module: types.ModuleType) -> str:
    """Returns the first paragraph of a module's docstring as one line, for help."""
    return " ".join((module.__doc__ or "").partition("\n\n")[0].split())
