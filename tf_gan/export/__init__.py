"""Out of Python: a trained generator as a file that other programs run. One format a
file: `tf-gan-export --format=tflite` is `tflite.py`.

Each format's module has `export(game, path, facts, ...)`, which returns a `Report`. It
writes to a temporary name, compares what it wrote with the live game, and only then
moves it to `path`. Whatever the format, images come out in [0, 1] where the game knows
its data's range.
"""

import importlib
import pathlib

from tf_gan.export.report import Report

FORMATS = ("saved_model", "tflite", "onnx", "keras")
MODULES = {"keras": "keras_file", "onnx": "onnx_file"}  # Those whose own name another package has.
SUFFIXES = {"saved_model": "", "tflite": ".tflite", "onnx": ".onnx", "keras": ".keras"}


def export(
    game, path, format: str = "saved_model", *, facts: dict | None = None, **options
) -> Report:
    """Writes a game in a format. See `tf_gan.models.Game.export`.

    Args:
        game: The game.
        path: Where to.
        format: One of `FORMATS`.
        facts: What its model card says beside the game's own facts, such as the config
            and the metrics of its run: values that JSON can hold.
        **options: Those of the format's `export`.

    Raises:
        ValueError: for an unknown format or option, and whatever the format's `export`
            raises.
    """
    if format not in FORMATS:
        raise ValueError(
            f"Invalid value for argument `format`. Expected one of {list(FORMATS)}. Received:"
            f" format={format!r}"
        )
    if SUFFIXES[format] and pathlib.Path(path).suffix != SUFFIXES[format]:
        raise ValueError(
            f"format={format!r} writes a {SUFFIXES[format]} file. Received: path={str(path)!r}"
        )
    write = importlib.import_module(f"{__name__}.{MODULES.get(format, format)}").export
    known = write.__kwdefaults__ or {}
    if options.keys() - known:
        raise ValueError(
            f"Unknown options for format={format!r}. Expected some of {sorted(known)}. Received:"
            f" {sorted(options.keys() - known)}"
        )
    return write(game, path, facts or {}, **options)
