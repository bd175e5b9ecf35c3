"""`tf-gan-train`: trains the model of a config and leaves a run directory."""

import contextlib
import logging
import pathlib
import sys
import time

import ml_collections
from absl import flags
from ml_collections import config_flags

from tf_gan import data, distribute, evaluation, models
from tf_gan.callbacks import (
    Checkpoints,
    Evaluation,
    Health,
    MetricsLog,
    SampleGIF,
    SampleGrid,
    StopOnSignal,
    Stopped,
    TensorBoardImages,
    TensorBoardScalars,
    checkpoints,
)
from tf_gan.callbacks.health import ADVICE, NonFiniteError
from tf_gan.cli import app
from tf_gan.errors import UserError
from tf_gan.evaluation import Reference
from tf_gan.io import events
from tf_gan.runs import build

FLAGS = flags.FLAGS


def define_flags() -> None:
    config_flags.DEFINE_config_file(
        "config",
        str(pathlib.Path(__file__).parents[1] / "config.py"),
        "Config file, such as configs/mnist.py; by default the run on scikit-learn's digits. Single"
        " fields are set with --config.FIELD=VALUE, such as --config.epochs=10 or"
        " --config.optimizer.generator_learning_rate=1e-4.",
    )
    flags.DEFINE_string(
        "workdir",
        None,
        "Run directory; by default runs/<config.name>. A run that is in it already goes on.",
    )
    flags.DEFINE_enum(
        "strategy",
        "auto",
        distribute.STRATEGIES,
        "Where to train: see docs/scaling.md. Batch sizes are global.",
    )
    flags.DEFINE_string("tpu", "", "Name or address of the TPU, for --strategy=tpu.")
    flags.DEFINE_integer(
        "worker_timeout",
        300,
        "Seconds to wait for the other workers, for --strategy=multi_worker.",
        lower_bound=1,
    )


def train(config: ml_collections.ConfigDict, workdir: str, strategy=None) -> models.GenerativeModel:
    """Trains the model of a config; where the directory holds a run with this config,
    goes on with it.

    Args:
        config: See `tf_gan.config`.
        workdir: Run directory; made if it is not there.
        strategy: `tf.distribute.Strategy`, by default the current one.

    Returns:
        The trained model.

    Raises:
        ValueError: for settings, data or directories that cannot be used.
        Stopped: at SIGTERM or SIGINT, after saving.
        NonFiniteError: at a loss or a gradient that is NaN or infinite, where
            config.on_nonfinite does not go back from there, or has too often.
        WorkerLost: if another worker ended; a restarted cluster goes on from the last
            checkpoint.
    """
    workdir = pathlib.Path(workdir)
    strategy = strategy or distribute.strategy("one_device")
    chief = distribute.is_chief(strategy)
    _check(config)
    build.check_writable(workdir)
    examples = data.load(config.data, config.seed)
    with config.unlocked():
        config.data.image_shape, config.data.num_classes = (
            examples.image_shape,
            examples.num_classes,
        )
    with strategy.scope():
        model = _build(config, examples, workdir)
    with (
        build.lock(workdir) if chief else contextlib.nullcontext(),
        distribute.deterministic(_is_deterministic(config, model)),
    ):
        build.prepare_directory(workdir, config, write=chief)
        rollbacks = build.read_rollbacks(workdir)
        while True:
            model.noise = len(rollbacks)
            try:
                with distribute.lost_workers_named(strategy):
                    _fit(model, examples, config, workdir, chief)
            except NonFiniteError as error:
                if config.on_nonfinite == "stop":
                    raise
                if len(rollbacks) >= config.rollbacks:
                    raise NonFiniteError(
                        f"{error} The run went back {len(rollbacks)} times already"
                        " (config.rollbacks)."
                    ) from error
                rollbacks.append(str(error).removesuffix(f" {ADVICE}"))
                count = f"{len(rollbacks)} of {config.rollbacks}"
                logging.warning(
                    "%s Going back to the last checkpoint, with other noise (%s).",
                    rollbacks[-1],
                    count,
                )
            else:
                return model
            if chief:
                build.write_rollbacks(workdir, rollbacks)
            with strategy.scope():
                model = _build(config, examples, workdir)


def _build(config, examples: data.Examples, workdir: pathlib.Path) -> models.GenerativeModel:
    """Returns the model of a config; where the run begins, with the generator of the
    run that it starts from.
    """
    model = build.build(config, examples)
    if config.model.initial_run and not checkpoints.steps(build.checkpoint_directory(workdir)):
        build.start_from(model, config.model.initial_run)
    return model


def _is_deterministic(config, model: models.GenerativeModel) -> bool:
    return (
        not model.jit_compile
        if str(config.deterministic).lower() == "auto"
        else str(config.deterministic).lower() == "true"
    )


def _fit(
    model: models.GenerativeModel,
    examples: data.Examples,
    config: ml_collections.ConfigDict,
    workdir: pathlib.Path,
    chief: bool,
) -> None:
    restored = checkpoints.restore_latest(model, build.checkpoint_directory(workdir))
    step = int(model.step.numpy())
    distribute.check_agreement(model.distribute_strategy, step)
    steps_per_epoch = build.steps_per_epoch(model, examples, config)
    epoch = step // steps_per_epoch
    if restored:
        print(
            f"Going on from {restored}, in epoch {epoch + 1} of {config.epochs}."
            if epoch < config.epochs
            else f"Read {restored}."
        )
    if epoch >= config.epochs:
        print(f"All {config.epochs} epochs of this run are done; for more, set --config.epochs.")
        return
    stop = StopOnSignal()
    callbacks = [Health()]
    if chief:
        events.purge(workdir / "events" / "train", epoch - 1)  # Keras counts epochs from 0.
        # The picture before the first step is made once more.
        events.purge(workdir / "events" / "samples", epoch if step else -1)
        saved = Checkpoints(
            build.checkpoint_directory(workdir),
            config.checkpoint_every,
            config.checkpoints_kept,
            steps=config.checkpoint_steps,
            minutes=config.checkpoint_minutes,
        )
        stop.save = saved.save
        if config.evaluate_every:
            fields = ("extractor", "extractor_range", "inception_weights", "held_out", "validation")
            reference = Reference(
                config.data,
                seed=config.seed,
                **{field: config[f"evaluate_{field}"] for field in fields},
            )
            callbacks.append(
                Evaluation(
                    reference,
                    config.evaluate_metrics.split(","),
                    config.evaluate_every,
                    config.evaluate_samples,
                )
            )
        callbacks += [
            MetricsLog(workdir / "metrics.jsonl"),
            TensorBoardScalars(workdir / "events" / "train"),
            SampleGrid(workdir / "samples", config.samples, config.sample_every),
            SampleGIF(workdir / "samples.gif", workdir / "samples", config.images_per_second),
            TensorBoardImages(workdir / "events" / "samples", config.samples, config.sample_every),
            saved,
        ]
    settings = {
        "batch_size": config.batch_size,
        "epochs": config.epochs,
        "initial_epoch": epoch,
        "verbose": "auto" if chief else 0,
    }
    with stop:
        model.fit(examples, callbacks=[*callbacks, stop], **settings)


def _check(config) -> None:
    for field in (
        "batch_size",
        "epochs",
        "steps_per_execution",
        "sample_every",
        "samples",
        "checkpoint_every",
        "checkpoints_kept",
    ):
        if config[field] < 1:
            raise UserError(f"Expected config.{field} >= 1. Received: {config[field]}")
    for field in ("checkpoint_steps", "checkpoint_minutes", "rollbacks"):
        if config[field] < 0:
            raise UserError(f"Expected config.{field} >= 0. Received: {config[field]}")
    for name in config.evaluate_metrics.split(",") if config.evaluate_every else ():
        evaluation.get(name.strip())
    if config.images_per_second <= 0:
        raise UserError(
            f"Expected config.images_per_second > 0. Received: {config.images_per_second}"
        )
    if config.objective.discriminator_steps < 1:
        raise UserError(
            "Expected config.objective.discriminator_steps (k) >= 1. Received:"
            f" {config.objective.discriminator_steps}"
        )
    for field in ("jit_compile", "deterministic"):
        if str(config[field]).lower() not in ("auto", "true", "false"):
            raise UserError(
                f"Expected config.{field} to be auto, true or false. Received: {config[field]!r}"
            )
    if config.on_nonfinite not in ("stop", "rollback"):
        raise UserError(
            "Expected config.on_nonfinite to be stop or rollback. Received:"
            f" {config.on_nonfinite!r}"
        )
    if config.precision not in ("float32", "mixed_bfloat16", "mixed_float16"):
        raise UserError(
            "Expected config.precision to be float32, mixed_bfloat16 or mixed_float16. Received:"
            f" {config.precision!r}"
        )


def _plain(name: str) -> str:
    """Returns a name that is one folder, or raises a ValueError: a config must not lead
    out of runs/.
    """
    if not name or name != pathlib.PurePath(name).name or name == ".." or "\0" in name:
        raise UserError(
            f"Expected config.name to be the name of a folder in runs/. Received: {name!r}."
            " --workdir may be any path."
        )
    return name


def main() -> None:
    config = FLAGS.config
    workdir = FLAGS.workdir or pathlib.Path("runs", _plain(config.name))
    start = time.perf_counter()
    strategy = distribute.strategy(FLAGS.strategy, FLAGS.tpu, FLAGS.worker_timeout)
    try:
        model = train(config, workdir, strategy)
    except Stopped as stopped:
        if distribute.is_chief(strategy):
            print(f"\n{stopped} It is saved: the same command goes on from there.")
        return
    if not distribute.is_chief(strategy):
        return
    grids = sorted(pathlib.Path(workdir, "samples").glob("epoch_*.png"))
    print(
        f"\nTrained to step {int(model.step.numpy()):,}; this call took"
        f" {time.perf_counter() - start:.0f} s. The run is in {workdir}:"
    )
    if grids:
        print(f"  {grids[-1]}   samples; {workdir}/samples.gif shows how they came about")
    print(f"  {workdir}/metrics.jsonl   losses and other logs of each epoch")
    print("Next:")
    kind = (
        "upscale --input=PICTURE"
        if hasattr(model, "upscale")
        else "translations"
        if hasattr(model, "translate")
        else "interpolation"
    )
    print(f"  tf-gan-sample --workdir={workdir} --kind={kind} --output={kind.split()[0]}.png")
    print(f"  tensorboard --logdir={workdir}/events")


def run() -> None:
    app.run(sys.modules[__name__], main)


if __name__ == "__main__":
    run()
