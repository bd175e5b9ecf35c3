"""Modules that are found by their name: networks, models, scores, plots."""

import ast
import importlib
import os
import pathlib
import pkgutil
import sys
import types
from collections.abc import Mapping

from tf_gan.errors import UserError, did_you_mean


def names(package: types.ModuleType, helpers: tuple[str, ...] = ()) -> list[str]:
    """Returns the names of the modules of a package, sorted.

    Args:
        package: The imported package.
        helpers: Modules in it that are not to be chosen by name.
    """
    found = {module.name for module in pkgutil.iter_modules(package.__path__)}
    return sorted(found - set(helpers))


def get(
    package: types.ModuleType,
    name: str,
    what: str,
    helpers: tuple[str, ...] = (),
    others: Mapping[str, str] | None = None,
) -> types.ModuleType:
    """Returns the module of a name.

    Args:
        package: The imported package.
        name: The name of one of its modules, or the dotted path of a module of the
            user's own, such as `"my_package.my_module"`.
        what: What the module is, for messages: `"metric"`.
        helpers: Modules in the package that are not to be chosen by name.
        others: Other names that people give to some of them, for messages.

    Raises:
        UserError: for an unknown name, with the known ones and the one that is spelt
            most alike, and for a module of the user's own that is not there.
    """
    known = names(package, helpers)
    if name in known:
        return importlib.import_module(f"{package.__name__}.{name}")
    if is_own(name):
        return own(name, what)
    meant = did_you_mean((others or {}).get(name, name), known)
    raise UserError(f"Unknown {what}. Expected one of {known}. Received: {name!r}.{meant}")


def is_own(name: str) -> bool:
    """Returns whether a name is the dotted path of a module of the user's own."""
    return "." in name and all(part.isidentifier() for part in name.split("."))


def own(name: str, what: str) -> types.ModuleType:
    """Imports a module of the user's own, from the working directory if it is not
    installed.

    Args:
        name: Its dotted path, such as `"my_package.my_module"`.
        what: What the module is, for messages.

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
        if not f"{name}.".startswith(f"{error.name}."):
            raise  # The module is there; a module that it imports is not.
        raise UserError(
            f"Unknown {what}. Received: {name!r}, and there is no module {error.name!r}. Expected"
            f" it in the working directory {os.getcwd()}, or installed"
        ) from None


def summaries(package: str, function: str) -> dict[str, str]:
    """Returns the first paragraphs of the docstrings of the modules of a package of
    tf_gan, by their names, without importing them.

    Args:
        package: The folder in tf_gan, such as `"plots"`.
        function: The function that a module has; others are left out.
    """
    found = {}
    for path in sorted((pathlib.Path(__file__).parent / package).glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.FunctionDef) and node.name == function for node in tree.body):
            found[path.stem] = first_paragraph(ast.get_docstring(tree))
    return found


def first_paragraph(docstring: str | None) -> str:
    """Returns the first paragraph of a docstring as one line."""
    return " ".join((docstring or "").partition("\n\n")[0].split())
