"""Out of Python: a trained generator as a file that other programs run. One format a
file: `tf-gan-export --format=tflite` is `tflite.py`.

Each format's module has `export(model, path, metadata, ...)`, which returns a `Report`.
It writes to a temporary name, compares what it wrote with the live model, and only then
moves it to `path`. Whatever the format, images come out in [0, 1] where the model knows
its data's range.
"""

import importlib
import pathlib

from tf_gan.errors import UserError
from tf_gan.export.report import Report

FORMATS = ("saved_model", "tflite", "onnx", "keras")
MODULES = {"keras": "keras_file", "onnx": "onnx_file"}  # Those whose own name another package has.
SUFFIXES = {"saved_model": "", "tflite": ".tflite", "onnx": ".onnx", "keras": ".keras"}


def export(
    model, path, format: str = "saved_model", *, metadata: dict | None = None, **options
) -> Report:
    """Writes a model in a format. See `tf_gan.models.GenerativeModel.export`.

    Args:
        model: The model.
        path: Where to.
        format: One of `FORMATS`.
        metadata: What its model card says beside the model's own metadata, such as the
            config and the metrics of its run: values that JSON can hold.
        **options: Those of the format's `export`.

    Raises:
        ValueError: for an unknown format or option, and whatever the format's `export`
            raises.
    """
    if format not in FORMATS:
        raise UserError(
            f"Invalid value for argument `format`. Expected one of {list(FORMATS)}. Received:"
            f" format={format!r}"
        )
    if SUFFIXES[format] and pathlib.Path(path).suffix != SUFFIXES[format]:
        raise UserError(
            f"format={format!r} writes a {SUFFIXES[format]} file. Received: path={str(path)!r}"
        )
    write = importlib.import_module(f"{__name__}.{MODULES.get(format, format)}").export
    known = write.__kwdefaults__ or {}
    if options.keys() - known:
        raise UserError(
            f"Unknown options for format={format!r}. Expected some of {sorted(known)}. Received:"
            f" {sorted(options.keys() - known)}"
        )
    return write(model, path, metadata or {}, **options)
