"""Pictures of a trained run, a kind of plot in each file, found by its name:
`tf-gan-sample --kind=grid` is `tf_gan/plots/grid.py`, and `--kind=my_package.my_plot` a
module of the user's own.

Each module has `plot(model, options)`, which returns a picture, uint8 of shape
`(height, width, 3)`, or the frames of an animation, a list of them. The first paragraph
of its docstring is its help; `SUFFIX = ".gif"` marks an animation, `LOOPS = True` one
whose last frame is followed by its first. `TAKES_INPUT = True` marks a plot that reads
`--input`, `TAKES_TRUNCATION = True` one that reads `--truncation`, `TAKES_COLUMNS = False`
one that does not read `--columns`, `SHOWS_POINTS = True` one that also draws runs on points.
`FOLDER = True` marks one that writes a
folder, `PER_FILE = True` one that does where `--input` is a folder: then `plot` returns an
iterator of `(file name, picture)`.
"""

import pathlib
import sys

from tf_gan import registry
from tf_gan.errors import UserError
from tf_gan.plots.options import PlotOptions

__all__ = [
    "PlotOptions",
    "get",
    "names",
    "shows_points",
    "suffix",
    "takes_columns",
    "takes_input",
    "takes_truncation",
]

HELPERS = ("options", "paths", "render", "training_picture")


def names() -> list[str]:
    """Returns the names of the plots."""
    return registry.names(sys.modules[__name__], HELPERS)


def get(name: str):
    """Returns the module of a plot.

    Args:
        name: One of `names()`, or the dotted path of a module with a function
            `plot(model, options)`.

    Raises:
        UserError: for an unknown name; the known ones are listed.
    """
    module = registry.get(sys.modules[__name__], name, "kind of plot", HELPERS)
    if not hasattr(module, "plot"):
        raise UserError(
            f"Expected a module with a function plot(model, options). Received: {name!r}"
        )
    return module


def takes_input(name: str) -> bool:
    """Returns whether a plot can start from pictures of the user's own."""
    return getattr(get(name), "TAKES_INPUT", False)


def takes_truncation(name: str) -> bool:
    """Returns whether a plot can show truncated samples."""
    return getattr(get(name), "TAKES_TRUNCATION", False)


def takes_columns(name: str) -> bool:
    """Returns whether a plot can be told how many images stand in a row."""
    return getattr(get(name), "TAKES_COLUMNS", True)


def shows_points(name: str) -> bool:
    """Returns whether a plot can draw a run on points; those of the user's own may."""
    return registry.is_own(name) or getattr(get(name), "SHOWS_POINTS", False)


def suffix(name: str, input: str = "") -> str:
    """Returns how the file of a plot ends: `.png` or `.gif`; nothing where it is a folder."""
    module = get(name)
    of_files = getattr(module, "PER_FILE", False) and pathlib.Path(input or "-").is_dir()
    if of_files or getattr(module, "FOLDER", False):
        return ""
    return getattr(module, "SUFFIX", ".png")
