"""The callbacks of a run: what measures, writes and watches."""

import contextlib
import math
import pathlib
from collections.abc import Iterator

import ml_collections

from tf_gan import data, models, reports
from tf_gan.callbacks import (
    Checkpoints,
    DiscriminatorGap,
    Evaluation,
    KeepBest,
    MetricsLog,
    Replay,
    Report,
    SampleGIF,
    SampleGrid,
    Stopped,
    TensorBoardScalars,
)
from tf_gan.callbacks import replay as frames
from tf_gan.data.split import UnknownSplitError
from tf_gan.errors import UserError
from tf_gan.evaluation import Reference
from tf_gan.evaluation.scores import modes
from tf_gan.models.gan import GAN
from tf_gan.reports import status
from tf_gan.runs import arguments, directory


def writers(config: ml_collections.ConfigDict, workdir: pathlib.Path) -> list:
    """Returns the callbacks that measure and write, in their order."""
    evaluations = []
    if config.evaluate_every:
        fields = ("extractor", "extractor_range", "inception_weights", "held_out", "validation")
        reference = Reference(
            config.data,
            seed=config.seed,
            **{field: config[f"evaluate_{field}"] for field in fields},
        )
        evaluations.append(
            Evaluation(
                reference,
                config.evaluate_metrics.split(","),
                config.evaluate_every,
                config.evaluate_samples,
            )
        )
    return [
        *evaluations,
        MetricsLog(workdir / "metrics.jsonl"),
        TensorBoardScalars(workdir / "events" / "train"),
        SampleGrid(
            workdir / "samples",
            config.samples,
            config.sample_every,
            minutes=config.sample_minutes,
            log_dir=workdir / "events" / "samples",
        ),
        SampleGIF(workdir / "samples.gif", workdir / "samples", config.images_per_second),
    ]


def gap(model, examples: data.Examples, config: ml_collections.ConfigDict) -> list:
    """Returns the callback that compares D on training images and on held-out ones, for
    data that keep a part.
    """
    if not data.holds_out(config.data) or not isinstance(model, GAN):
        return []
    if not model.gives_logits or isinstance(model, models.ImageToImage):
        return []
    if config.data.split != "train":
        return []
    section = config.data.copy_and_resolve_references()
    with section.unlocked():
        section.split = "test"
    try:
        return [DiscriminatorGap(examples, data.load(section, config.seed), config.sample_every)]
    except UnknownSplitError:  # Nothing is kept.
        return []


def replay(model, examples: data.Examples, config: ml_collections.ConfigDict, workdir) -> list:
    """Returns the callback that keeps frames of a training on points, for data of one or
    two numbers.
    """
    if not config.replay_frames or not frames.shows(model, examples):
        return []
    mixture = modes.mixture(config.data.name)
    path = pathlib.Path(workdir, directory.REPLAY)
    return [Replay(path, examples, config.replay_frames, mixture=mixture)]


def keep_best(config: ml_collections.ConfigDict, workdir: pathlib.Path) -> KeepBest | None:
    """Returns the callback that keeps the best checkpoint, if one is asked for."""
    if not config.keep_best:
        return None
    every = config.evaluate_every or 1
    if any(name.startswith(config.keep_best) for name in DiscriminatorGap.LOGS):
        every = math.lcm(every, config.sample_every)
    return KeepBest(
        directory.checkpoint_directory(workdir) / directory.BEST,
        config.keep_best,
        patience=config.patience,
        every=every,
    )


def save_at_stop(config: ml_collections.ConfigDict, writers: list, saved: Checkpoints) -> None:
    """Saves before training stops, with a picture where pictures come by the minute."""
    if config.sample_minutes:
        for writer in writers:
            if isinstance(writer, SampleGrid):
                writer.sample_now()
    saved.save()


def report(
    config: ml_collections.ConfigDict,
    workdir: pathlib.Path,
    examples: data.Examples,
    minutes: float,
) -> Report:
    """Returns the callback that writes `report.html`; `minutes` are those that are left."""
    images = arguments.images_per_step(config)
    return Report(workdir, examples, config.samples, images, minutes)


@contextlib.contextmanager
def ending_noted(workdir: pathlib.Path) -> Iterator[None]:
    """Writes into the report of a run why its training ended, where that was an error
    or a signal.
    """
    try:
        yield
    except BaseException as error:
        is_stop = isinstance(error, Stopped | KeyboardInterrupt | SystemExit)
        name = "" if isinstance(error, Stopped | UserError) else f"{type(error).__name__}: "
        text = str(error).strip() or "no message"
        note_end(workdir, "stopped" if is_stop else "failed", f"{name}{text}")
        raise


def note_end(workdir: pathlib.Path, state: str, message: str = "") -> None:
    """Writes into the report of a run how its training ended, if it can be written."""
    with contextlib.suppress(OSError, UserError):
        status.update(workdir, state=state, message=message)
        reports.write([workdir])
