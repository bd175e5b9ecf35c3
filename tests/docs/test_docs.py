"""Links, command lines and the names of the API in the documentation, without TensorFlow."""

import ast
import importlib
import importlib.util
import re
import warnings
import zlib

import pytest
from absl import flags
from support import pages

import tf_gan
from tf_gan import registry
from tf_gan.runs import config_file

BINARIES = re.findall(r"tf-gan-(\w+)=tf_gan\.cli", (pages.ROOT / "setup.py").read_text())
# docs/conf.py writes them.
MADE_BY_THE_BUILD = {
    "live.html",
    *(f"notebooks/{name}.ipynb" for name in ("getting_started", "plain_keras", "new_model")),
}
# What stands for something else in a command line.
PLACEHOLDERS = {"...", "NAME", "PATH", "FILE", "DIR"}


@pytest.mark.parametrize("path", pages.PAGES, ids=pages.name)
def test_links_and_pictures_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", pages.prose(path.read_text())):
        if re.match(r"https?:|mailto:", target) or target in MADE_BY_THE_BUILD:
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        assert found.exists(), target
        if anchor:
            assert anchor in pages.anchors(found.read_text()), target


@pytest.fixture(scope="module")
def known_flags():
    """The flags of each binary, by their names."""
    found = {}
    for binary in BINARIES:
        before = set(flags.FLAGS)
        with warnings.catch_warnings(action="ignore"):  # ml_collections loads the config so.
            importlib.import_module(f"tf_gan.cli.{binary}").define_flags()
        new = set(flags.FLAGS) - before
        found[binary] = {flag: flags.FLAGS[flag] for flag in new}
        for flag in new:
            delattr(flags.FLAGS, flag)
    return found


CHOICES = {
    ("sample", "kind"): set(registry.summaries("plots", "plot")),
    ("evaluate", "metrics"): set(registry.summaries("evaluation/scores", "score")),
}


@pytest.mark.parametrize("path", pages.PAGES, ids=pages.name)
def test_command_lines_have_flags_and_values_that_exist(path, known_flags):
    for binary, *arguments in pages.commands(path.read_text()):
        binary = binary.removeprefix("tf-gan-")
        assert binary in BINARIES, binary
        for argument in arguments:
            check(argument, binary, known_flags[binary])


def check(argument: str, binary: str, known: dict) -> None:
    """Checks an argument of a command line."""
    if argument in PLACEHOLDERS or not argument.startswith("-"):
        assert argument in PLACEHOLDERS or binary == "report", argument  # Takes several runs.
        return
    flag, _, value = argument.lstrip("-").partition("=")
    if flag.startswith("config."):
        assert config_file.unknown_flag([argument]) is None, argument
    elif flag not in ("help", "helpfull"):
        assert flag.removeprefix("no") in known or flag in known, argument
    if flag == "config" and value not in PLACEHOLDERS and not value.endswith(".py"):
        assert value in config_file.names(), argument
    if flag in known and isinstance(known[flag], flags.EnumFlag) and value not in PLACEHOLDERS:
        assert value in known[flag].parser.enum_values, argument
    for name in value.split(",") if (binary, flag) in CHOICES else ():
        assert name in CHOICES[binary, flag] | PLACEHOLDERS or "." in name, argument


def load(name: str):
    """Returns a module of the folder docs."""
    path = pages.ROOT / "docs" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"docs_{name}", path)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(path.parent))
        spec.loader.exec_module(module)
    return module


def test_tables_come_from_the_code():
    tables = load("tables")
    for name in config_file.names():
        assert f"| `{name}` |" in tables.configs()
    assert "| `optimizer.beta_1` | `0.5` | For adam and adam_2016. |" in tables.settings()
    for *_, name in tables.CHOICES:
        assert f"`{name}`" in tables.choices()


def public_names() -> set[str]:
    """Returns the names in the `__all__` of the public modules, and the public classes and
    functions of those without one.
    """
    names = set()
    for module in tf_gan.MODULES:
        path = pages.ROOT / "tf_gan" / module
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        body = ast.parse(path.read_text()).body
        listed = [
            ast.literal_eval(node.value)
            for node in body
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
        ]
        defined = [node.name for node in body if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
        public = listed[0] if listed else [name for name in defined if not name.startswith("_")]
        names |= {f"tf_gan.{module}.{name}" for name in public}
    return names


def test_every_public_module_has_a_page_and_a_place_in_the_index():
    pytest.importorskip("astroid", reason="pip install -e '.[docs]'")
    conf, text = load("conf"), (pages.ROOT / "docs" / "api.md").read_text()
    assert len(public_names()) > 100
    for module in tf_gan.MODULES:
        assert conf.is_public(f"tf_gan.{module}"), module
        assert f"tf_gan.{module}" in text, module


INVENTORY = pages.ROOT / "build" / "docs" / "objects.inv"


def is_built() -> bool:
    """Returns whether the site was built after the last change of the code."""
    if not INVENTORY.exists():
        return False
    newest = max(file.stat().st_mtime for file in (pages.ROOT / "tf_gan").rglob("*.py"))
    return INVENTORY.stat().st_mtime > newest


@pytest.mark.skipif(not is_built(), reason="`sphinx-build docs build/docs` comes first")
def test_every_public_name_is_in_the_built_documentation():
    data = INVENTORY.read_bytes().split(b"\n", 4)[4]
    built = {line.split(" ")[0] for line in zlib.decompress(data).decode().splitlines()}
    assert public_names() - built == set()
