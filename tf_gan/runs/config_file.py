"""Config files, by path or by name."""

import ast
import dataclasses
import difflib
import importlib.util
import pathlib
import re
import traceback

import ml_collections

from tf_gan.config import default_config
from tf_gan.errors import UserError, did_you_mean
from tf_gan.runs import fields

PACKAGE = pathlib.Path(__file__).parents[1]
INSTALLED = PACKAGE / "configs"
FOLDER = INSTALLED if INSTALLED.is_dir() else PACKAGE.parent / "configs"  # Of a checkout.


def names() -> list[str]:
    """Returns the names of the configs that come with tf_gan."""
    return sorted(path.stem for path in FOLDER.glob("[!_]*.py"))


@dataclasses.dataclass(frozen=True)
class Note:
    """What the docstring of a config says of it.

    Args:
        name: Its name.
        summary: Its first paragraph as one line, without the sources.
        time: How long its run took, and on what.
        score: What the run came to.
    """

    name: str
    summary: str
    time: str
    score: str


def notes() -> list[Note]:
    """Returns what the docstrings of the configs say, without running them."""
    found = []
    for name in names():
        docstring = ast.get_docstring(ast.parse(find(name).read_text(encoding="utf-8"))) or ""
        # Without sources: parentheses with an address.
        text = re.sub(r"\s*\([^()]*http[^()]*\)", "", docstring.partition("\n\n")[0])
        text = " ".join(text.split())
        lines = dict(re.findall(r"^(Time|Score): (.+(?:\n(?!\n|Score:).+)*)", docstring, re.M))
        time, score = (" ".join(lines.get(key, "").split()) for key in ("Time", "Score"))
        found.append(Note(name, text, time, score))
    return found


def find(name) -> pathlib.Path:
    """Returns the path of a config file.

    Args:
        name: A path, or the name of a config that comes with tf_gan, such as `mnist`.

    Raises:
        UserError: if there is none; it names the nearest one.
    """
    path = pathlib.Path(name)
    candidates = [path]
    if path.suffix in ("", ".py") and path.parent in (pathlib.Path(), pathlib.Path("configs")):
        # A name is that of a config also where a file without a suffix is called so.
        candidates.insert(1 if path.suffix else 0, FOLDER / f"{path.stem}.py")
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise UserError(
        f"No config {str(name)!r}.{did_you_mean(path.stem, names())} Expected the path of a Python"
        f" file with get_config(), or one of {len(names())} names: tf-gan-train --list shows them"
    )


def load(name) -> ml_collections.ConfigDict:
    """Returns the config of a file.

    Args:
        name: Path or name, see `find`.

    Raises:
        UserError: if there is no such file, or it has no `get_config()`, or that returns
            no config or sets fields that do not exist. Other errors inside the file are
            raised as they are.
    """
    path = find(name)
    spec = importlib.util.spec_from_file_location("config_file", path)
    if spec is None or spec.loader is None:
        raise UserError(f"Expected a config file that ends in .py. Received: {path}")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        if not hasattr(module, "get_config"):
            raise UserError(f"Expected a function get_config() in the config file {path}")
        config = module.get_config()
    except (AttributeError, KeyError) as error:
        field = missing_field(error)
        if field is None:
            raise
        raise UserError(f"The config file {path} cannot be used. {unknown(field)}") from error
    if not isinstance(config, ml_collections.ConfigDict):
        raise UserError(
            f"Expected get_config() of the config file {path} to end with `return config`, where"
            f" config is of default_config(). Received: {config!r:.80}"
        )
    return config


def missing_field(error: BaseException) -> str | None:
    """Returns the field that an error of ml_collections says is missing, or None for
    other errors.
    """
    frames = traceback.extract_tb(error.__traceback__)
    package = pathlib.Path(ml_collections.__file__).parent
    if not frames or package not in pathlib.Path(frames[-1].filename).parents:
        return None
    cause = error.args[0] if error.args and isinstance(error, AttributeError) else error
    text = str(cause.args[0]) if isinstance(cause, KeyError) and cause.args else ""
    match = re.match(r"""Key "(\w+)" does not exist|'?(\w+)'?(?:\n|\Z)""", text)
    return match and (match[1] or match[2])


def unknown(field: str) -> str:
    """Returns what to say about a field that the config does not have.

    Args:
        field: The field's name, such as `epoch` or `optimizer.rate`.
    """
    section, _, rest = field.partition(".")
    if section == "game":
        return f"config.game is now config.objective: write config.objective.{rest or 'loss'}"
    known = list(_fields(default_config()))
    close = [
        name
        for name in known
        if difflib.get_close_matches(field.split(".")[-1], [name.split(".")[-1]], cutoff=0.8)
    ] or difflib.get_close_matches(field, known, n=3, cutoff=0.4)
    sections = ", ".join(sorted({name.split(".")[0] for name in known}))
    hint = f" Did you mean {' or '.join(close)}?" if close else f" It has: {sections}"
    return f"The config has no field {field!r}.{hint}"


def unknown_flag(argv: list[str]) -> str | None:
    """Returns what to say if one of the `--config.FIELD` arguments names no field."""
    for argument in argv:
        flag = argument.lstrip("-").split("=")[0]
        field = flag.removeprefix("config.")
        is_own = field.startswith(tuple(f"{section}." for section in fields.OWN_ARGUMENTS))
        if flag.startswith("config.") and not is_field(field) and not is_own:
            return unknown(field)
    return None


def is_field(name: str) -> bool:
    """Returns whether the config has a field of a dotted name."""
    return fields.get(default_config(), name) is not None


def _fields(config: ml_collections.ConfigDict, prefix: str = ""):
    """Yields the dotted names of the values of a config, and of its sections."""
    for key, value in config.items():
        yield prefix + key
        if hasattr(value, "items"):
            yield from _fields(value, f"{prefix}{key}.")
