"""Write trained networks to files that other programs run.

A format is a module with `export(target, path, metadata, **options) -> Report`: it
writes to a temporary name, compares the file with the live model, and then moves the
file to `path`. Outputs of all formats are in [0, 1] if the model knows its data's range.
A kind of model registers what it exports in `tf_gan.export.targets.export_targets`.
"""

import importlib
import json
import pathlib

from tf_gan.errors import UserError, one_of

# These register the kinds of models.
from tf_gan.export import classifier, encoder, images, latents, styles  # noqa: F401
from tf_gan.export.report import Report
from tf_gan.export.targets import ExportTarget, export_target, export_targets
from tf_gan.io.paths import check_path

__all__ = ["FORMATS", "ExportTarget", "Report", "export", "export_target", "export_targets"]
# The module of a format and the suffix of its files.
FORMATS = {
    "saved_model": ("saved_model", ""),
    "tflite": ("tflite", ".tflite"),
    "onnx": ("onnx_file", ".onnx"),
    "keras": ("keras_file", ".keras"),
}


def export(
    model,
    path,
    format: str = "saved_model",
    *,
    network: str = "generator",
    metadata: dict | None = None,
    **options,
) -> Report:
    """Writes a network of a model in a format.

    Args:
        model: A `tf_gan.models.GenerativeModel`.
        path: For `saved_model` a base directory, which gets the next free version, or a
            version of one, such as `"exported/1"`. For the other formats a file.
        format: One of `FORMATS`.
        network: Name of the network, one of `export_targets(model)`.
        metadata: Further entries of the model card, such as the config and the metrics
            of a run: values that JSON can hold. `keras` files have no card.
        **options: `saved_model`: `max_batch=64`, the most images that a call may
            ask for, >= 1;
            `jit_compile=False`. `tflite`: `quantize="none"`, or `"dynamic"`, `"float16"`,
            `"int8"`; `min_psnr=None`, the least PSNR in dB against the model. `onnx`:
            `weights="float32"`, or `"float16"`. `keras`: none.

    Returns:
        The paths that were written and the measurements.

    Raises:
        ValueError: for an unknown format, option or network, a path that is there
            already or cannot be written, or values that differ from the model's.
    """
    one_of("format", format, FORMATS)
    module, suffix = FORMATS[format]
    check_path(path, "argument `path`", written=True)
    if suffix and pathlib.Path(path).suffix != suffix:
        raise UserError(f"format={format!r} writes a {suffix} file. Received: path={str(path)!r}")
    write = importlib.import_module(f"{__name__}.{module}").export
    known = write.__kwdefaults__ or {}
    if options.keys() - known:
        raise UserError(
            f"Unknown options for format={format!r}. Expected some of {sorted(known)}. Received:"
            f" {sorted(options.keys() - known)}"
        )
    metadata = {"network": network} | (metadata or {})
    try:
        json.dumps(metadata)
    except (TypeError, ValueError) as error:
        raise UserError(
            f"Invalid value for argument `metadata`. Expected values that JSON can hold: {error}"
        ) from error
    return write(export_target(model, network), path, metadata, **options)
