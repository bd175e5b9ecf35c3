"""`tf-gan-evaluate`: numbers for a trained run, each with the protocol behind it, and for
a run on a folder of pictures a verdict in words.

With --metrics, each named metric is measured, and the exit code is 1 if one fails.
Without it, all that the run allows is measured, --verbose says what the other metrics
lack, and the exit code is 1 only if nothing can be measured.
"""

import dataclasses
import pathlib
import sys
import textwrap

from absl import flags

from tf_gan import choices, registry
from tf_gan.cli import app
from tf_gan.errors import UserError
from tf_gan.io import paths

FLAGS = flags.FLAGS
WEIGHTS = ("averaged", "trained")
EXTRACTORS = ("auto", "inception", "classifier", "contrastive")
SAMPLES, FEW_SAMPLES = 10_000, 2_000
FEW_IMAGES = 5_000  # Fewer images to compare with take FEW_SAMPLES.


def define_flags() -> None:
    flags.DEFINE_string("workdir", None, "Run directory that tf-gan-train left.", required=True)
    app.define_checkpoint()
    scores = registry.summaries("evaluation/scores", "score")
    helps = [f"{name}: {text}" for name, text in scores.items()]
    flags.DEFINE_string(
        "data", "", "Folder or file where the data of the run are now, if they have moved."
    )
    flags.DEFINE_list(
        "metrics",
        [],
        "What to measure, separated by commas; by default all that the run allows. The path of a"
        " module of your own, my_package.my_score, is a metric too.\n        "
        + "\n        ".join(helps),
    )
    flags.DEFINE_integer(
        "samples",
        None,
        f"Images that the generator makes; by default {SAMPLES:,}, or {FEW_SAMPLES:,} where there"
        f" are fewer than {FEW_IMAGES:,} images to compare them with.",
        lower_bound=2,
    )
    flags.DEFINE_integer("seed", 0, "Fixes the latents.", lower_bound=0)
    flags.DEFINE_enum(
        "weights",
        "averaged",
        WEIGHTS,
        "Which generator: the moving average, where there is one, or the one that was trained.",
    )
    flags.DEFINE_list(
        "baselines",
        [],
        f"Images to measure beside the samples: some of {', '.join(choices.BASELINES)}, all of"
        " the training images.",
    )
    flags.DEFINE_string(
        "extractor",
        "auto",
        "Network whose features are compared: inception, classifier (trained on the labels of the"
        " data; of a folder on the names of its sub-folders), contrastive (trained on the images of"
        " the run without labels), or a .keras file; auto takes inception if its weights are given,"
        " else the classifier where training and test images have labels, else contrastive.",
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
        choices.SPLITS,
        "Which images the samples are compared with; auto: the test images, or the training images"
        " if there are none. The FID of papers takes train, with --references as many as"
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
        "validation",
        "",
        "Folder of pictures or .npz file with further images that the run has not seen, by which"
        " parzen chooses sigma.",
    )
    flags.DEFINE_bool(
        "verbose", False, "Print how each value was measured, and what the other metrics lack."
    )


def take_trained(model, standing_batches: int) -> None:
    """Puts the trained weights in the place of the averaged ones.

    Args:
        model: The model.
        standing_batches: Minibatches for the statistics of BatchNormalization, which went with
            the averages; 0 for those of training.
    """
    for average, live, _ in model.averages():
        average.set_weights(live.get_weights())
    if standing_batches:
        model.set_standing_statistics(standing_batches)


def main() -> None:
    app.import_tensorflow()
    from tf_gan import data, evaluation, models, reports
    from tf_gan.evaluation import Reference, baselines, record, table, verdict
    from tf_gan.evaluation.samples import of_model
    from tf_gan.runs.check import check_data

    wanted = list(dict.fromkeys(name.strip() for name in FLAGS.metrics if name.strip()))
    for name in wanted:
        evaluation.get(name)
    for name in FLAGS.baselines:
        baselines.check(name.strip())
    _check_files()
    path = pathlib.Path(FLAGS.workdir, "metrics.json")
    model, config = app.load_run()
    record.read(path)  # A damaged file shows before hours of measuring.
    averages = model.averages()
    if FLAGS.weights == "trained":
        take_trained(model, FLAGS.standing_batches)
    if FLAGS.data:
        config.data.path = FLAGS.data
        check_data(config.data)
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
    count = config.data.count  # 0 in runs of older versions.
    if FLAGS.data and count and len(reference.train) != count:
        _say(
            f"{FLAGS.data} has {len(reference.train):,} training images, and the run had"
            f" {count:,}: if these are not its pictures, the scores compare with"
            " others."
        )
    if isinstance(model, models.ImageToImage):  # What it has not seen is translated.
        model.set_sources(lambda: model.sources_of(reference.held_out_or_train))
    count = FLAGS.samples or _count(reference)
    sources = [of_model(model, config.name, count, FLAGS.seed)]
    sources += [
        baselines.baseline(name.strip(), reference, count, FLAGS.seed) for name in FLAGS.baselines
    ]
    # A folder of pictures has a verdict, and first what it needs.
    is_folder = data.holds_out(config.data)
    first = [*verdict.METRICS] if is_folder else []
    names = wanted or list(dict.fromkeys(first + evaluation.names()))
    listed = ", ".join(wanted) or ", ".join([*first, "all else that the run allows"])
    _say(f"Measuring at most {count:,} samples: {listed}. The first also makes them.")
    columns: dict[str, list[evaluation.Score]] = {}
    reasons: dict[str, str] = {}  # Of the run's own samples.
    unmeasured: dict[str, str] = {}  # Of baselines.
    own = {
        "step": int(model.step.numpy()),
        "weights": FLAGS.weights if averages else "trained",
    }
    if FLAGS.standing_batches:
        own["standing_batches"] = FLAGS.standing_batches
    try:
        for source in sources:
            facts = {"source": source.name, "seed": FLAGS.seed}
            if source.model is not None:
                facts |= own
            # What the run lacks for its samples, it lacks for the baselines; what one of
            # these lacks, it alone.
            for name in [name for name in names if wanted or name not in reasons]:
                _say(f"  {source.name}: {name}")
                measured, lacking = evaluation.measure(source, reference, [name])
                if source is sources[0]:
                    reasons |= lacking
                elif name not in reasons:
                    unmeasured |= {f"{name} of {source.name}": text for text in lacking.values()}
                for scores in measured.values():
                    columns.setdefault(source.name, []).extend(scores)
                    record.write(
                        path,
                        [
                            facts | dataclasses.asdict(score) | {"value": float(score.value)}
                            for score in scores
                        ],
                    )
    finally:  # Keep the results of earlier metrics if a later one fails.
        if columns:
            if is_folder:
                text = record.write_verdict(path, {"source": config.name, "seed": FLAGS.seed} | own)
                text = text or f"No verdict: it takes {', '.join(verdict.METRICS)}."
                print(f"\n{textwrap.fill(text, 88, break_on_hyphens=False)}\n")
            order = verdict.rank if is_folder else None
            print(table.table(columns, order, protocols=FLAGS.verbose))
            print(f"\nWrote {path}, with how each value was measured", flush=True)
            if path.with_name(reports.NAME).exists():
                reports.write([FLAGS.workdir], reload=reports.RELOAD)
    if (reasons or unmeasured) and (wanted or not columns):
        raise UserError(f"not measured:\n{table.lacking(reasons | unmeasured)}")
    if unmeasured and FLAGS.verbose:
        print(f"\nNot measured of baselines:\n{table.lacking(unmeasured)}")
    if reasons and FLAGS.verbose:
        print(f"\nNot measured:\n{table.lacking(reasons)}")
    elif reasons:
        number = f"{len(reasons)} metrics do" if len(reasons) > 1 else "1 metric does"
        print(f"{number} not apply to this run; --verbose says why")


def _check_files() -> None:
    """Raises a UserError for a flag whose file or folder is not there."""
    folder = "a folder of pictures or an .npz file"
    given = {
        "held_out": (FLAGS.held_out, folder, pathlib.Path.exists),
        "validation": (FLAGS.validation, folder, pathlib.Path.exists),
        "benchmarks": (FLAGS.benchmarks, "a folder", pathlib.Path.is_dir),
        "inception_weights": (FLAGS.inception_weights, "a file", pathlib.Path.is_file),
    }
    if FLAGS.extractor not in EXTRACTORS:
        what = f"one of {', '.join(EXTRACTORS)}, or a .keras file"
        given["extractor"] = (FLAGS.extractor, what, pathlib.Path.is_file)
    for flag, (path, what, is_there) in given.items():
        if path and not paths.is_address(path) and not is_there(pathlib.Path(path)):
            raise UserError(
                f"Expected --{flag} to be {what}. Received: --{flag}={path}, which is not there"
            )


def _say(text: str) -> None:
    """Writes about the progress, beside the results."""
    print(text, file=sys.stderr, flush=True)


def _count(reference) -> int:
    """Returns how many samples are measured if no flag says it."""
    try:
        return SAMPLES if len(reference.held_out_or_train) >= FEW_IMAGES else FEW_SAMPLES
    except UserError:  # Each metric that needs these images says why there are none.
        return SAMPLES


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
