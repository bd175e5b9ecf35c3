"""The order of imports: which module may import from which, and what belongs to what.

The files are parsed, not imported, so that imports inside functions count too.
"""

import ast
import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# From low to high: a module imports from its own place and from those before it. The
# package itself, `tf_gan/__init__.py`, shows them all.
ORDER = (
    *("errors", "version", "choices", "compat", "registry", "config", "io"),
    *("training.rng", "training.replicas"),
    "reports",
    *("schedules", "losses", "penalties", "likelihoods", "fast", "layers"),
    *("data", "networks", "metrics", "features", "augment"),
    *("distribute", "training", "models"),
    *("theory", "directions", "inversion", "style_inversion", "evaluation", "plots", "callbacks"),
    *("export", "runs", "explorer", "replay", "cli"),
)

# Imports inside functions that go up, and why.
LAZY = {
    ("models.base", "explorer"): "`model.explore` is a method",
    ("models.base", "export"): "`model.export` is a method, as Keras' own is",
}


@functools.cache
def modules() -> dict[str, ast.Module]:
    """Returns the syntax trees of the modules by their names, such as `models.gan`."""
    package = ROOT / "tf_gan"
    return {
        ".".join(path.relative_to(package).with_suffix("").parts): ast.parse(path.read_text())
        for path in sorted(package.rglob("*.py"))
    }


def place(name: str) -> str | None:
    """Returns the place in the order of a module or of a name in it, the longest of `ORDER`."""
    places = [each for each in ORDER if f"{name}.".startswith(f"{each}.")]
    return max(places, key=len, default=None)


def imports(tree: ast.AST, lazy: bool = False):
    """Yields `(line, imported name, whether in a function)` for what a module imports
    of tf_gan.
    """
    for node in ast.iter_child_nodes(tree):
        names = []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "expected absolute imports"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            if name.partition(".")[0] == "tf_gan":
                yield node.lineno, name.partition(".")[2], lazy
        yield from imports(node, lazy or isinstance(node, (ast.FunctionDef, ast.Lambda)))


def wrong_edges() -> dict[tuple[str, str], str]:
    """Returns the imports that go up, with a line for the reader."""
    found = {}
    for module, tree in modules().items():
        if module in ("__init__", "__main__"):
            continue
        here = place(module)
        for line, name, lazy in imports(tree):
            there = place(name)
            file = f"tf_gan/{module.replace('.', '/')}.py:{line}"
            if there is None:
                found[module, name] = (
                    f"{file} imports {name or 'tf_gan'}, which has no place in the order"
                )
            elif ORDER.index(there) > ORDER.index(here) and not (lazy and (module, there) in LAZY):
                found[module, there] = (
                    f"{file} imports tf_gan.{name}: `{here}` comes before `{there}`"
                )
    return found


def test_every_module_has_a_place():
    outside = [name for name in modules() if not name.startswith("__") and place(name) is None]
    assert not outside, f"Give them a place in ORDER: {outside}"


def test_modules_import_from_lower_places_only():
    assert not wrong_edges(), "Imports that go up:\n" + "\n".join(wrong_edges().values())


def test_the_exceptions_are_still_needed(monkeypatch):
    exceptions = set(LAZY)
    monkeypatch.setattr(f"{__name__}.LAZY", {})
    unused = exceptions - set(wrong_edges())
    assert not unused, f"Remove them from LAZY: {unused}"


def test_an_import_that_goes_up_is_found(monkeypatch):
    source = "def f():\n    from tf_gan.cli import train\n"
    monkeypatch.setattr(f"{__name__}.modules", lambda: {"data.load": ast.parse(source)})
    assert wrong_edges() == {
        ("data.load", "cli"): (
            "tf_gan/data/load.py:2 imports tf_gan.cli.train: `data` comes before `cli`"
        )
    }


# === Private names ===

UNSTABLE = ("tensorflow.python", "tensorflow.core", "tensorflow.lite", "tensorflow.compiler")
UNSTABLE += ("keras.src", "tensorflow_datasets.core")


def own_names(*trees: ast.Module) -> set[str]:
    """Returns the names that files define: functions, variables, attributes."""
    own = {"_asdict", "_exit", "_replace"}
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.FunctionDef):
            own.add(node.name)
        elif isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.attr if isinstance(node, ast.Attribute) else node.id)
    return own


def private_names(tree: ast.Module, inherited: set[str]):
    """Yields `(line, name)` of what a module takes from inside of other libraries: their
    internal modules, and attributes that begin with an underscore and are not its own.

    Args:
        tree: The module.
        inherited: Names that its classes may have from others of this library.
    """
    own = own_names(tree)
    for node in ast.walk(tree):
        name, names = "", []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.Attribute):
            name, owner = node.attr, ast.unparse(node.value)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("getattr", "hasattr"):
            owner, name = ast.unparse(node.args[0]), str(getattr(node.args[1], "value", ""))
        yield from ((node.lineno, name) for name in names if f"{name}.".startswith(UNSTABLE))
        if re.match(r"_[a-z]", name):
            mine = owner in ("self", "cls", "super()")
            if name not in (own | inherited if mine else own):
                yield node.lineno, name


def test_only_compat_uses_private_names():
    inherited = own_names(*modules().values())
    found = [
        f"tf_gan/{module.replace('.', '/')}.py:{line}: {name}"
        for module, tree in modules().items()
        if module != "compat"
        for line, name in private_names(tree, inherited)
    ]
    assert not found, "Move them into tf_gan/compat.py:\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("from tensorflow.python.eager import context", "tensorflow.python.eager.context"),
        ("import keras.src.layers", "keras.src.layers"),
        ("x = layer._flatten_layers()", "_flatten_layers"),
        ("x = getattr(layer, '_seed_generators', [])", "_seed_generators"),
        ("self._theirs()\nself._get_variable_index(x)", "_get_variable_index"),
        ("self._mine = 1\nother._mine\nself.layer._inbound_nodes", "_inbound_nodes"),
    ],
)
def test_private_names_are_found(source, name):
    assert [found for _, found in private_names(ast.parse(source), {"_theirs"})] == [name]


# === Coverage ===


def text_of(folder: str) -> str:
    return "\n".join(path.read_text() for path in sorted((ROOT / folder).rglob("*.py")))


def test_every_model_has_a_test_and_a_config():
    """A model is a class of `tf_gan.models` that Keras can load from a file."""
    tests, configs = text_of("tests/models"), text_of("configs")
    configured = re.findall(r'config\.model\.name = "(\w+)"', configs)
    configured += re.findall(r'\.model\.name = "(\w+)"', (ROOT / "tf_gan/config.py").read_text())
    models = {
        module.removeprefix("models."): node.name
        for module, tree in modules().items()
        for node in tree.body
        if module.startswith("models.")
        and isinstance(node, ast.ClassDef)
        and any("register_keras_serializable" in ast.unparse(x) for x in node.decorator_list)
    }
    assert {"gan", "vae", "cycle_gan"} < set(models)
    untested = [name for name in models.values() if not re.search(rf"\b{name}\b", tests)]
    assert not untested, f"No file of tests/models names them: {untested}"
    missing = sorted(set(models) - set(configured))
    assert not missing, f"No file of configs/ has them as config.model.name: {missing}"


def test_every_network_has_a_test():
    tests = text_of("tests/networks")
    networks = [name.removeprefix("networks.") for name in modules() if "networks." in name]
    networks.remove("__init__")
    assert {"mlp", "dcgan"} < set(networks)
    untested = [name for name in networks if not re.search(rf"\b{name}\b", tests)]
    assert not untested, f"No file of tests/networks names them: {untested}"
