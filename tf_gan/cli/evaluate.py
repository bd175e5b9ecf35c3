"""`tf-gan-evaluate`: numbers for a trained run, each with the protocol behind it."""

import dataclasses
import json
import math
import pathlib
import sys

from absl import flags

from tf_gan import evaluation, models
from tf_gan.cli import app
from tf_gan.errors import UserError
from tf_gan.evaluation import Reference, Score, baselines
from tf_gan.evaluation.reference import SPLITS
from tf_gan.evaluation.samples import of_model
from tf_gan.io import atomic
from tf_gan.runs import build

FLAGS = flags.FLAGS
WEIGHTS = ("averaged", "trained")


def define_flags() -> None:
    flags.DEFINE_string("workdir", None, "Run directory that tf-gan-train left.", required=True)
    helps = [
        f"{name}: {evaluation.get(name).__doc__.splitlines()[0]}" for name in evaluation.names()
    ]
    flags.DEFINE_list(
        "metrics",
        ["frechet"],
        "What to measure, separated by commas.\n        " + "\n        ".join(helps),
    )
    flags.DEFINE_integer("samples", 10_000, "Images that the generator makes.", lower_bound=2)
    flags.DEFINE_integer("seed", 0, "Fixes their latents.")
    flags.DEFINE_enum(
        "weights",
        "averaged",
        WEIGHTS,
        "Which generator: the moving average, where there is one, or the one that was trained.",
    )
    flags.DEFINE_list(
        "baselines",
        [],
        f"Images to measure beside the samples: some of {', '.join(baselines.BASELINES)}, all of"
        " the training images.",
    )
    flags.DEFINE_string(
        "extractor",
        "auto",
        "Network whose features are compared: inception, classifier (trained on the labels of the"
        " data), or a .keras file; auto takes inception if its weights are given, else the"
        " classifier for grey images.",
    )
    flags.DEFINE_list(
        "extractor_range",
        ["0", "255"],
        "LOW,HIGH: range of the images that the network of a .keras file takes (default: 0,255).",
    )
    flags.DEFINE_string(
        "inception_weights", "", "File with the weights of the 2015 Inception network."
    )
    flags.DEFINE_integer(
        "references",
        10_000,
        "Images of the data that features are compared with, at most.",
        lower_bound=2,
    )
    flags.DEFINE_enum(
        "reference_split",
        "auto",
        SPLITS,
        "Which images of the data these are; auto takes the test images, or the training images"
        " where there are no others. The FID of papers takes train, with --references as many as"
        " there are, and 50,000 samples.",
    )
    flags.DEFINE_string(
        "held_out",
        "",
        "Folder of pictures or .npz file that the run has not seen, for data without a test split.",
    )
    flags.DEFINE_string(
        "benchmarks",
        "",
        "Folder with the benchmark sets of super_resolution, such as Set5/HR and Set5/LRx4.",
    )
    flags.DEFINE_string(
        "validation", "", "The same for validation images, by which parzen chooses sigma."
    )


def write(path, entries: list[dict]) -> None:
    """Adds entries to a file of metrics. One that measured the same by the same
    protocol before is replaced; all others stay.

    Args:
        path: The file; a JSON list. Values that are not finite are null in it.
        entries: Dictionaries with at least `source`, `step`, `weights`, `seed`, `name`
            and `protocol`.
    """
    path = pathlib.Path(path)
    before = read(path) if path.exists() else []
    new = {_identity(entry) for entry in entries}
    entries = _finite([entry for entry in before if _identity(entry) not in new] + entries)
    with atomic.atomic_file(path) as temporary:
        temporary.write_text(json.dumps(entries, indent=2, allow_nan=False) + "\n")


def read(path) -> list[dict]:
    """Returns the entries of a file of metrics.

    Raises:
        ValueError: if it cannot be read as one.
    """
    try:
        entries = json.loads(pathlib.Path(path).read_text())
        if not all(isinstance(entry, dict) for entry in entries):
            raise TypeError("not a list of objects")
    except (OSError, TypeError, ValueError) as error:
        raise UserError(
            f"{path} cannot be read as a list of metrics ({error}). Move it away to go on"
        ) from error
    return entries


def _identity(entry: dict) -> tuple:
    return tuple(
        entry.get(key) for key in ("source", "step", "weights", "seed", "name", "protocol")
    )


def _finite(value):
    """Returns a value for JSON, which has no NaN: None in its place."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return list(map(_finite, value))
    return None if isinstance(value, float) and not math.isfinite(value) else value


def table(columns: dict[str, list[Score]]) -> str:
    """Returns scores as text, a row each, a column for each source; below it the
    evaluation, and those of further sources that differ.
    """
    names = list(dict.fromkeys(score.name for scores in columns.values() for score in scores))
    cells = {
        (source, score.name): _cell(score) for source, scores in columns.items() for score in scores
    }
    first = max(len(name) for name in names)
    widths = {
        source: 2 + max(len(source), *(len(cells.get((source, name), "-")) for name in names))
        for source in columns
    }
    lines = [" " * first + "".join(f"{source:>{width}}" for source, width in widths.items())]
    lines += [
        f"{name:{first}}"
        + "".join(f"{cells.get((source, name), '-'):>{width}}" for source, width in widths.items())
        for name in names
    ]
    scores = [(source, score) for source, part in columns.items() for score in part]
    first_of = {score.name: score.protocol for _, score in reversed(scores)}
    lines += ["", *(f"{name}: {first_of[name]}" for name in names)]
    lines += [
        f"{source}, {score.name}: {score.protocol}"
        for source, score in scores
        if score.protocol != first_of[score.name]
    ]
    return "\n".join(lines)


def _cell(score: Score) -> str:
    return f"{score.value:.5g}" + ("" if score.error is None else f" +- {score.error:.2g}")


def main() -> None:
    wanted = [name.strip() for name in FLAGS.metrics if name.strip()]
    if not wanted:
        raise UserError(f"Expected --metrics to name some of {evaluation.names()}. Received: none")
    for name in wanted:
        evaluation.get(name)
    for name in FLAGS.baselines:
        baselines.check(name.strip())
    model, config = build.load(FLAGS.workdir)
    if FLAGS.weights == "trained":
        for average, live, _ in model.averages():
            average.set_weights(live.get_weights())
    reference = Reference(
        config.data,
        seed=config.seed,
        extractor=FLAGS.extractor,
        extractor_range=_range(FLAGS.extractor_range),
        inception_weights=FLAGS.inception_weights,
        held_out=FLAGS.held_out,
        validation=FLAGS.validation,
        split=FLAGS.reference_split,
        count=FLAGS.references,
        benchmarks=FLAGS.benchmarks,
    )
    if isinstance(model, models.ImageToImage):  # What it has not seen is translated.
        model.set_sources(lambda: model.sources_of(reference.held_out_or_train))
    sources = [of_model(model, config.name, FLAGS.samples, FLAGS.seed)]
    sources += [
        baselines.baseline(name.strip(), reference, FLAGS.samples, FLAGS.seed)
        for name in FLAGS.baselines
    ]
    columns, path = {}, pathlib.Path(FLAGS.workdir, "metrics.json")
    try:
        for source in sources:
            facts = {"source": source.name, "seed": FLAGS.seed}
            if source.model is not None:
                facts |= {"step": int(model.step.numpy()), "weights": FLAGS.weights}
            for name in wanted:
                if source.model is None and evaluation.uses_model(name):
                    continue
                scores = evaluation.evaluate(source, reference, [name])
                columns.setdefault(source.name, []).extend(scores)
                write(
                    path,
                    [
                        facts | dataclasses.asdict(score) | {"value": float(score.value)}
                        for score in scores
                    ],
                )
    finally:  # What was measured before one that cannot be is not lost.
        if columns:
            print(table(columns))
            print(f"\nWrote {path}", flush=True)


def _range(texts: list[str]) -> tuple[float, float]:
    try:
        low, high = map(float, texts)
    except ValueError:
        raise UserError(
            "Expected --extractor_range=LOW,HIGH, two numbers. Received:"
            f" --extractor_range={','.join(texts)}"
        ) from None
    return low, high


def run() -> None:
    app.run(sys.modules[__name__], main)


if __name__ == "__main__":
    run()
