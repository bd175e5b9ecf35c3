"""A whole run: from a config to a trained model and a run directory."""

import contextlib
import functools
import logging
import math
import os
import pathlib

import ml_collections
import tensorflow as tf

from tf_gan import data, distribute, models
from tf_gan.callbacks import Checkpoints, Health, Progress, StopOnSignal, checkpoints
from tf_gan.callbacks.health import ADVICE, NonFiniteError
from tf_gan.errors import UserError
from tf_gan.fast import fastest
from tf_gan.io import events
from tf_gan.reports import pictures, status
from tf_gan.runs import (
    arguments,
    build,
    config_file,
    directory,
    fields,
    own_pictures,
    precision,
    run_callbacks,
    settings,
)
from tf_gan.runs.check import check
from tf_gan.runs.init_from import has_average_for, start_from
from tf_gan.training import nonfinite


def train(config, workdir, strategy=None) -> models.GenerativeModel:
    """Trains the model of a config. If the directory holds a run with this config,
    resumes it.

    Args:
        config: Config (see `tf_gan.config`), or the name or path of a config file, such
            as `"mnist"`.
        workdir: Run directory; made if it is not there.
        strategy: `tf.distribute.Strategy`, by default one device.

    Returns:
        The trained model.

    Raises:
        UserError: for settings, data or directories that cannot be used.
        Stopped: at SIGTERM or SIGINT, or when config.minutes are over, after saving.
        NonFiniteError: at a loss or a gradient that is NaN or infinite, if
            config.on_nonfinite is `stop`, or after config.rollbacks rollbacks.
        WorkerLost: if another worker ended; a restarted cluster resumes from the last
            checkpoint.
    """
    workdir = pathlib.Path(workdir)
    strategy = strategy or distribute.strategy("one_device")
    chief = distribute.is_chief(strategy)
    if not isinstance(config, ml_collections.ConfigDict):
        config = config_file.load(config)
    if config.choose:
        if distribute.has_several_workers(strategy):
            raise UserError(
                "Several workers would choose differently. Expected config.choose=False: run with"
                " --dry_run on one machine, and give all workers the settings that it shows"
            )
        config, text = own_pictures.fill(config, workdir)
        if chief:
            print(text, flush=True)
    check(config)
    config = config.copy_and_resolve_references()
    fields.make_path_absolute(config)
    if config.init_from:
        with config.unlocked():
            config.init_from = os.path.abspath(config.init_from)
    directory.check_outside(workdir, config.data)
    directory.check_writable(workdir)
    if chief and (workdir / ".lock").exists():
        with directory.lock(workdir):  # Is it in use? Before seconds of reading data.
            pass
    model_class = models.get(config.model.name)
    settings.check(config, model_class)
    if not _has_run(workdir):
        settings.check_new(config, model_class)
    config = _as_started(settings.used(config, model_class), workdir)
    if config.freeze_d and not config.init_from:
        logging.warning(
            "config.freeze_d=%d holds layers of the discriminator that have random weights. It is"
            " for runs that start from another one, with --init_from=RUN.",
            config.freeze_d,
        )
    if config.init_networks and not config.init_from:
        logging.warning(
            "config.init_networks=%s has no effect without another run, --init_from=RUN.",
            config.init_networks,
        )
    if config.patience and distribute.has_several_workers(strategy):
        raise UserError(
            "Expected config.patience=0 with several workers: one of them measures, and the others"
            f" would continue. Received: {config.patience}"
        )
    examples = data.load(config.data, config.seed)
    with config.unlocked():
        config.data.image_shape = examples.image_shape
        config.data.count = len(examples)
        config.data.num_classes = examples.num_classes
        config.data.class_names = tuple(examples.class_names or ())
        if config.init_from and not _has_run(workdir) and has_average_for(config):
            config.model.average_ramp = False
    devices = [device.device_type for device in tf.config.list_logical_devices()]
    if config.precision.lower() == "auto":
        with (
            strategy.scope(),
            data.read_errors_named(examples.images),
            # On CPUs it times steps that XLA does not compile.
            distribute.deterministic(is_deterministic(config.deterministic, False, devices)),
        ):
            config.precision = precision.choose(config, examples, show=chief)
    with strategy.scope():
        model = _new_model(config, examples, workdir, show=chief)
    with (
        directory.lock(workdir) if chief else contextlib.nullcontext(),
        distribute.deterministic(
            is_deterministic(config.deterministic, model.jit_compile, devices)
        ),
    ):
        resumed = _has_run(workdir)
        directory.prepare_directory(workdir, config, write=chief)
        rollbacks = directory.read_rollbacks(workdir)
        file = workdir / f"convolutions{distribute.worker_suffix(strategy)}.json"
        forms = contextlib.nullcontext() if model.jit_compile else fastest.recorded(file, resumed)
        with forms, run_callbacks.ending_noted(workdir) if chief else contextlib.nullcontext():
            return _fit_to_the_end(model, examples, config, workdir, rollbacks)


def _fit_to_the_end(
    model: models.GenerativeModel,
    examples: data.Examples,
    config: ml_collections.ConfigDict,
    workdir: pathlib.Path,
    rollbacks: list[str],
) -> models.GenerativeModel:
    """Trains, and goes back to the last checkpoint as often as the config has it.

    Args:
        rollbacks: The messages of those before; further ones are added.
    """
    strategy = model.distribute_strategy
    chief = distribute.is_chief(strategy)
    stop = StopOnSignal(minutes=config.minutes)  # The time of all attempts together.
    while True:
        model.retry = len(rollbacks)
        try:
            with (
                distribute.lost_workers_named(strategy),
                data.read_errors_named(examples.images),
            ):
                _fit(model, examples, config, workdir, chief, stop)
        except NonFiniteError as error:
            error = _explained(error, config, examples, workdir, model)
            if config.on_nonfinite.lower() == "stop":
                raise error from None
            if len(rollbacks) >= config.rollbacks:
                raise NonFiniteError(
                    f"{error} config.rollbacks={config.rollbacks} does not allow another rollback."
                ) from error
            rollbacks.append(str(error).removesuffix(f" {ADVICE}"))
            logging.warning(
                "%s Rolling back to the last checkpoint, with other noise (%d of %d).",
                rollbacks[-1],
                len(rollbacks),
                config.rollbacks,
            )
        else:
            return model
        if chief:
            directory.write_rollbacks(workdir, rollbacks)
        with strategy.scope():
            model = _new_model(config, examples, workdir)


def _explained(error: NonFiniteError, config, examples, workdir, failed) -> NonFiniteError:
    """Returns the error with the tensor that was not finite first: the steps since the last
    checkpoint are run again, on one device.
    """
    strategy = failed.distribute_strategy
    if error.step is None or strategy.num_replicas_in_sync > 1:
        return error
    model = _new_model(config, examples, workdir)
    model.retry = failed.retry
    checkpoints.restore_latest(model, directory.checkpoint_directory(workdir))
    step = int(model.step.numpy())
    if step > error.step:
        return error
    batches = model.training_view(examples).batches(
        config.batch_size * model.discriminator_steps, seed=model.seed, first_batch=step
    )
    origin = nonfinite.replay(model, batches, error.step)
    if origin is None:
        return error
    message = str(error).removesuffix(f" {ADVICE}")
    return NonFiniteError(f"{message} Not finite first: {origin}. {ADVICE}", error.step)


def is_deterministic(setting: str, jit_compile: bool, devices: list[str]) -> bool:
    """Returns whether TensorFlow's ops are held to be deterministic.

    Args:
        setting: `config.deterministic`. `auto` is true on accelerators, where neither
            TensorFlow's kernels nor XLA's are deterministic unless they are asked, and
            on CPUs for steps that XLA does not compile.
        jit_compile: Whether XLA compiles the step.
        devices: Types of the devices, such as `["CPU", "GPU"]`.
    """
    if str(setting).lower() == "auto":
        return not jit_compile or any(device != "CPU" for device in devices)
    return str(setting).lower() == "true"


def _as_started(config: ml_collections.ConfigDict, workdir) -> ml_collections.ConfigDict:
    """Returns a config; if the directory holds a run, with what that run started from.

    Raises:
        UserError: if that is another run than the config has.
    """
    if _has_run(workdir):
        first = directory.read_config(workdir)
        begun = first.init_from
        if config.init_from and (
            not begun or pathlib.Path(config.init_from).resolve() != pathlib.Path(begun).resolve()
        ):
            raise UserError(
                f"{workdir} holds a run that started from {begun or 'random weights'}. To start"
                f" from {config.init_from}, choose another --workdir; to resume the run, leave out"
                " --init_from"
            )
        with config.unlocked():
            config.init_from, config.model.average_ramp = begun, first.model.average_ramp
            if config.precision.lower() == "auto":
                config.precision = first.precision
    return config


def _has_run(workdir) -> bool:
    """Returns whether the directory holds a run with a checkpoint."""
    has_config = pathlib.Path(workdir, "config.json").exists()
    return has_config and bool(checkpoints.steps(directory.checkpoint_directory(workdir)))


def _new_model(
    config, examples: data.Examples, workdir: pathlib.Path, show: bool = False
) -> models.GenerativeModel:
    """Returns the model of a config; for a new run with `init_from`, with that run's
    weights.
    """
    model = build.build(config, examples)
    if config.init_from and not checkpoints.steps(directory.checkpoint_directory(workdir)):
        taken = start_from(model, config.init_from, config.init_networks)
        if show:
            print(taken, flush=True)
    return model


def _fit(
    model: models.GenerativeModel,
    examples: data.Examples,
    config: ml_collections.ConfigDict,
    workdir: pathlib.Path,
    chief: bool,
    stop: StopOnSignal,
) -> None:
    restored = checkpoints.restore_latest(model, directory.checkpoint_directory(workdir))
    step = int(model.step.numpy())
    distribute.check_agreement(model.distribute_strategy, step)
    steps_per_epoch = build.steps_per_epoch(model, examples, config)
    epoch, epochs = step // steps_per_epoch, number_of_epochs(config, steps_per_epoch)
    if restored and chief:
        print(
            f"Resuming from {restored}, in epoch {epoch + 1} of {epochs}."
            if epoch < epochs
            else f"Read {restored}."
        )
    best, why = None, ""
    if epoch < epochs:
        best = run_callbacks.keep_best(config, workdir)
    else:
        field = "length" if config.length else "epochs"
        why = f"All {epochs} epochs of this run are done; for more, set --config.{field}."
    if best and best.is_exhausted:
        why = (
            f"This run ended in epoch {epoch}: {best.state['log']} had not become better"
            f" (config.patience={config.patience}). To train on, set a larger --config.patience."
        )
    if why:
        if chief:
            print(why)
            # It was killed between its last checkpoint and its last page.
            if status.read(workdir).get("state") in ("running", "stopped"):
                run_callbacks.note_end(workdir, "done", why if epoch < epochs else "")
        return
    health = Health(training=examples, path=workdir / "warnings.jsonl" if chief else None)
    callbacks = [*run_callbacks.gap(model, examples, config), health]
    progress = Progress(arguments.images_per_step(config), minutes=stop.minutes_left)
    if chief:
        events.purge(workdir / "events" / "train", epoch - 1)  # Keras counts epochs from 0.
        # The picture before the first step is made once more.
        events.purge(workdir / "events" / "samples", epoch if step else -1)
        for picture in pictures.grids(workdir) if step else ():  # Of steps that are run again.
            if picture["epoch"] > epoch or (picture["step"] or 0) > step:
                picture["path"].unlink(missing_ok=True)
        saved = Checkpoints(
            directory.checkpoint_directory(workdir),
            config.checkpoint_every,
            config.checkpoints_kept,
            steps=config.checkpoint_steps,
            minutes=config.checkpoint_minutes,
        )
        writers = [
            *run_callbacks.writers(config, workdir),
            *run_callbacks.replay(model, examples, config, workdir),
        ]
        stop.save = functools.partial(run_callbacks.save_at_stop, config, writers, saved)
        page = run_callbacks.report(config, workdir, examples, stop.minutes_left)
        # First, so that the picture before the first step is not waited for in silence.
        callbacks += [progress, *writers, *filter(None, [best]), saved, page]
    with stop, contextlib.closing(progress):
        model.fit(
            examples,
            batch_size=config.batch_size,
            epochs=epochs,
            initial_epoch=epoch,
            callbacks=[*callbacks, stop],
            verbose=0,
        )


def number_of_epochs(config: ml_collections.ConfigDict, steps_per_epoch: int) -> int:
    """Returns the epochs of a run: `config.epochs`, or as many as have `config.length`
    thousand images.
    """
    if not config.length:
        return config.epochs
    images = steps_per_epoch * arguments.images_per_step(config)
    return max(1, math.ceil(1000.0 * config.length / images))
