"""`tf-gan-evaluate`: numbers for a trained run, each with the protocol behind it."""

import json
import pathlib
import sys

from absl import flags

from tf_gan import cli, files, protocols, runs
from tf_gan.protocols import Reference, Score, baselines
from tf_gan.protocols.samples import of_game

FLAGS = flags.FLAGS
WEIGHTS = ("averaged", "trained")


def define_flags() -> None:
    flags.DEFINE_string("workdir", None, "Run directory that tf-gan-train left.", required=True)
    helps = [f"{name}: {protocols.get(name).__doc__.splitlines()[0]}" for name in protocols.names()]
    flags.DEFINE_list("metrics", ["frechet"], "What to measure, separated by commas.\n        " + "\n        ".join(helps))
    flags.DEFINE_integer("samples", 10_000, "Images that the generator makes.", lower_bound=2)
    flags.DEFINE_integer("seed", 0, "Fixes their latents.")
    flags.DEFINE_enum("weights", "averaged", WEIGHTS, "Which generator: the moving average, where there is one, or the one that was trained.")
    flags.DEFINE_list("baselines", [], f"Images to measure beside the samples: some of {', '.join(baselines.BASELINES)}, all of the training images.")
    flags.DEFINE_string(
        "extractor",
        "auto",
        "Network whose features are compared: inception, classifier (trained on the labels of the data), or a .keras file; auto takes inception if "
        "its weights are given, else the classifier for grey images.",
    )
    flags.DEFINE_string("inception_weights", "", "File with the weights of the 2015 Inception network.")
    flags.DEFINE_integer("references", 10_000, "Images of the data that features are compared with, at most.", lower_bound=2)
    flags.DEFINE_string("held_out", "", "Folder of pictures or .npz file that the run has not seen, for data without a test split.")


def write(path, entries: list[dict]) -> None:
    """Adds entries to a file of metrics. One that measured the same in the same way before is replaced; all others stay.

    Args:
        path: The file; a JSON list.
        entries: Dictionaries with at least `source`, `step`, `weights`, `seed` and `name`.
    """
    path = pathlib.Path(path)
    before = read(path) if path.exists() else []
    new = {_identity(entry) for entry in entries}
    with files.replaced(path) as temporary:
        temporary.write_text(json.dumps([entry for entry in before if _identity(entry) not in new] + entries, indent=2) + "\n")


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
        raise ValueError(f"{path} cannot be read as a list of metrics ({error}). Move it away to go on") from error
    return entries


def _identity(entry: dict) -> tuple:
    return tuple(entry.get(key) for key in ("source", "step", "weights", "seed", "name"))


def table(columns: dict[str, list[Score]]) -> str:
    """Returns scores as text, a row each, a column for each source; below it the protocols."""
    names = list(dict.fromkeys(score.name for scores in columns.values() for score in scores))
    cells = {(source, score.name): _cell(score) for source, scores in columns.items() for score in scores}
    first = max(len(name) for name in names)
    widths = {source: 2 + max(len(source), *(len(cells.get((source, name), "-")) for name in names)) for source in columns}
    lines = [" " * first + "".join(f"{source:>{width}}" for source, width in widths.items())]
    lines += [f"{name:{first}}" + "".join(f"{cells.get((source, name), '-'):>{width}}" for source, width in widths.items()) for name in names]
    lines += [""] + [f"{score.name}: {score.protocol}" for score in next(iter(columns.values()))]
    return "\n".join(lines)


def _cell(score: Score) -> str:
    return f"{score.value:.5g}" + ("" if score.error is None else f" +- {score.error:.2g}")


def main() -> None:
    for name in FLAGS.metrics:
        protocols.get(name.strip())
    for name in FLAGS.baselines:
        baselines.check(name.strip())
    game, config = runs.load(FLAGS.workdir)
    if FLAGS.weights == "trained" and game.average_generator is not None:
        game.average_generator.set_weights(game.generator.get_weights())
    reference = Reference(
        config.data, extractor=FLAGS.extractor, inception_weights=FLAGS.inception_weights, held_out=FLAGS.held_out, count=FLAGS.references
    )
    sources = [of_game(game, config.name, FLAGS.samples, FLAGS.seed)]
    sources += [baselines.baseline(name.strip(), reference, FLAGS.samples, FLAGS.seed) for name in FLAGS.baselines]
    columns = {}
    for source in sources:
        metrics = FLAGS.metrics if source.game is not None else [name for name in FLAGS.metrics if not protocols.needs_game(name)]
        columns[source.name] = scores = protocols.evaluate(source, reference, metrics)
        facts = {"source": source.name, "seed": FLAGS.seed}
        if source.game is not None:
            facts |= {"step": int(game.step.numpy()), "weights": FLAGS.weights}
        entries = [facts | {"name": s.name, "value": float(s.value), "error": s.error, "protocol": s.protocol, "details": s.details} for s in scores]
        write(pathlib.Path(FLAGS.workdir, "metrics.json"), entries)
    print(table(columns))
    print(f"\nWrote {pathlib.Path(FLAGS.workdir, 'metrics.json')}")


def run() -> None:
    cli.run(sys.modules[__name__], main)


if __name__ == "__main__":
    run()
