"""`tf-gan-export`: write a trained network to a file that other programs run."""

import json
import pathlib
import shlex
import sys
from typing import Any

from absl import flags

from tf_gan import choices
from tf_gan.cli import app
from tf_gan.errors import UserError
from tf_gan.io import atomic
from tf_gan.io.paths import check_path

FLAGS = flags.FLAGS
# Flags of one format.
OPTIONS = {
    "saved_model": ("max_batch", "jit_compile"),
    "tflite": ("quantize", "min_psnr"),
    "onnx": ("weights",),
    "keras": (),
}


def define_flags(*formats: str) -> None:
    """Defines the flags for the given formats, by default for all formats."""
    formats = formats or choices.FORMATS
    flags.DEFINE_string("workdir", None, "Run directory of tf-gan-train.", required=True)
    app.define_checkpoint()
    flags.DEFINE_enum("format", formats[0], formats, "Format of the file.")
    flags.DEFINE_string(
        "network",
        "generator",
        "Network: generator; classifier for semi-supervised runs, encoder for BiGAN and VAE,"
        " mapping and synthesis for StyleGAN2.",
    )
    flags.DEFINE_string(
        "output",
        None,
        "Path to write. For saved_model a folder, which gets the next free version, or a version,"
        " such as exported/1; otherwise a file. By default export in the workdir, export/NETWORK"
        " for another network than the generator, or a file in export.",
    )
    if "saved_model" in formats:
        flags.DEFINE_integer(
            "max_batch",
            64,
            "For saved_model: the most images that one request may ask for.",
            lower_bound=1,
        )
        flags.DEFINE_bool(
            "jit_compile",
            False,
            "For saved_model: whether XLA compiles the networks. The official image of"
            " TensorFlow Serving has no XLA.",
        )
    if "tflite" in formats:
        kinds = "none (float32), dynamic, float16, int8, or several with commas, or all"
        flags.DEFINE_list(
            "quantize",
            ["none"],
            f"For tflite: {kinds}. Several files get names that end in the quantisation.",
        )
        flags.DEFINE_float(
            "min_psnr",
            None,
            "For tflite: least PSNR in dB against the live model. By default 60 for none, 30 for"
            " dynamic, 50 for float16 and 25 for int8.",
        )
    if "onnx" in formats:
        flags.DEFINE_enum(
            "weights",
            "float32",
            choices.WEIGHTS,
            "For onnx: how the weights are stored. float16 halves the file.",
        )


def main() -> None:
    app.import_tensorflow()
    from tf_gan import export
    from tf_gan.export import tflite
    from tf_gan.export.report import Report

    options = {
        flag: FLAGS[flag].value for flag in OPTIONS[FLAGS.format] if FLAGS[flag].value is not None
    }
    foreign = [
        flag
        for format in OPTIONS
        for flag in OPTIONS[format]
        if format != FLAGS.format and flag in FLAGS and FLAGS[flag].present
    ]
    if foreign:
        raise UserError(
            f"--{foreign[0]} is not for --format={FLAGS.format}. Leave it out, or choose another"
            " --format."
        )
    suffix = export.FORMATS[FLAGS.format][1]
    # Versions of another network have a folder of their own.
    name = FLAGS.network if suffix or FLAGS.network != "generator" else ""
    if FLAGS.output:
        check_path(FLAGS.output, "--output", written=True)
    output = pathlib.Path(FLAGS.output or pathlib.Path(FLAGS.workdir, "export", f"{name}{suffix}"))
    if suffix and output.suffix != suffix:
        raise UserError(
            f"--format={FLAGS.format} writes a {suffix} file. Received: --output={output}"
        )
    endings = {ending: format for format, (_, ending) in export.FORMATS.items() if ending}
    if not suffix and output.suffix in endings:
        raise UserError(
            f"--format={FLAGS.format} writes a folder. Expected --format={endings[output.suffix]},"
            f" or another --output. Received: --output={output}"
        )
    jobs = [(output, options)]
    if FLAGS.format == "tflite":
        jobs = _quantized(output, options)
    for path, _ in jobs:
        if suffix or path.name.isdecimal():
            atomic.check_absent(path)
    model, config = app.load_run()
    metadata = {
        "config": json.loads(config.to_json()),
        "metrics": _metrics(pathlib.Path(FLAGS.workdir)),
    }
    reports, failures = [], []
    for path, options in jobs:
        try:
            reports.append(
                export.export(
                    model, path, FLAGS.format, network=FLAGS.network, metadata=metadata, **options
                )
            )
        except UserError as error:
            failures.append(error)
    if not reports:
        raise failures[0]
    rows = [row for report in reports for row in report.rows]
    print(Report([path for report in reports for path in report.paths], rows))
    if FLAGS.format == "saved_model":
        folder = shlex.quote(str(reports[0].paths[0]))
        print(f"Next:\n  tf-gan-serve --export={folder}   a server on this machine")
    if FLAGS.format == "tflite":
        for name in tflite.slower(rows):
            print(f"--quantize={name} is slower than float32 here.")
    if failures:
        raise UserError("The files above were written. " + " ".join(map(str, failures)))


def _quantized(output: pathlib.Path, options: dict) -> list[tuple[pathlib.Path, dict]]:
    """Returns the file and the options of each quantisation."""
    from tf_gan.export import tflite

    names = list(tflite.QUANTIZATIONS) if options["quantize"] == ["all"] else options["quantize"]
    unknown = [name for name in names if name not in tflite.QUANTIZATIONS]
    if unknown or not names:
        raise UserError(
            f"Expected --quantize to be some of {list(tflite.QUANTIZATIONS)}, or all. Received:"
            f" --quantize={','.join(options['quantize'])}"
        )
    single = len(names) == 1
    return [
        (
            output if single else output.with_stem(f"{output.stem}_{name}"),
            options | {"quantize": name},
        )
        for name in dict.fromkeys(names)
    ]


def _metrics(workdir: pathlib.Path) -> dict:
    """Returns the metrics in a run directory: the logs of the last epoch, and the
    results of evaluations.

    Raises:
        UserError: if `metrics.json` is damaged.
    """
    from tf_gan.callbacks import metrics_log
    from tf_gan.evaluation import record

    metrics: dict[str, Any] = {}
    if epochs := metrics_log.read(workdir / "metrics.jsonl"):
        metrics["last_epoch"] = epochs[-1]
    if scores := record.read(workdir / "metrics.json"):
        metrics["evaluation"] = scores
    return metrics


def run() -> None:
    app.run(sys.modules[__name__], main)


if __name__ == "__main__":
    run()
