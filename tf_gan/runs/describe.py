"""The settings of a config and the configs there are, as text for people."""

import dataclasses
import inspect
import re
import textwrap

import ml_collections

from tf_gan import config as config_module
from tf_gan.runs import fields
from tf_gan.runs.config_file import Note

INDENT = " " * 6


@dataclasses.dataclass(frozen=True)
class Setting:
    """A field of the config.

    Args:
        name: Its dotted name.
        default: Its value in `default_config()`.
        comment: What `tf_gan/config.py` says of it.
    """

    name: str
    default: object
    comment: str


def settings() -> list[Setting]:
    """Returns the settings in the order of `tf_gan/config.py`, with its comments: those
    above a field, or the one behind it.
    """
    default, found, above = config_module.default_config(), [], []
    for line in inspect.getsource(config_module.default_config).splitlines():
        line = line.strip()
        assignment = re.match(r"config\.([\w.]+) = (.*)", line)
        if line.startswith("# "):
            above.append(line[2:])
            continue
        if (assignment and assignment[2] != "ml_collections.ConfigDict()") or (
            assignment and assignment[1].count(".") == 1
        ):
            behind = re.search(r"  # (.*)$", line)
            comment = " ".join([*above, *([behind[1]] if behind else [])])
            found.append(Setting(assignment[1], fields.get(default, assignment[1]), comment))
        above = []
    return found


def text(config: ml_collections.ConfigDict) -> str:
    """Returns the settings with the values that a config has, a line and a comment
    each.
    """
    lines = []
    for each in settings():
        lines.append(f"  {each.name} = {shown(fields.get(config, each.name))}")
        lines += textwrap.wrap(each.comment, 88, initial_indent=INDENT, subsequent_indent=INDENT)
    return "\n".join(lines)


def shown(value) -> str:
    """Returns a value as one writes it on the command line."""
    if isinstance(value, str):
        return value or "''"
    return str(value)


def listing(notes: list[Note]) -> str:
    """Returns a list of configs: what each is, how long it took and what it came to."""
    lines = []
    for note in notes:
        text = f"{note.name:25}{note.summary} Time: {note.time} Score: {note.score}"
        lines += textwrap.wrap(text, 100, subsequent_indent=" " * 25)
    return "\n".join(lines)
