"""A run: from a config to a compiled model, and its directory."""

import contextlib
import fcntl
import inspect
import json
import os
import pathlib
import socket

import keras
import ml_collections
import numpy as np
import tensorflow as tf

from tf_gan import data, losses, models, networks, penalties
from tf_gan.callbacks import checkpoints
from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.io import atomic
from tf_gan.training import optimizers

# What may change when a run goes on: how long it lasts and what it writes, not what it
# computes.
FREE_FIELDS = (
    *(
        "epochs",
        "steps_per_execution",
        "sample_every",
        "images_per_second",
        "evaluate_every",
        "evaluate_metrics",
        "evaluate_samples",
    ),
    *(
        "evaluate_extractor",
        "evaluate_extractor_range",
        "evaluate_inception_weights",
        "evaluate_held_out",
        "evaluate_validation",
    ),
    *(
        "checkpoint_every",
        "checkpoint_steps",
        "checkpoint_minutes",
        "checkpoints_kept",
        "on_nonfinite",
        "rollbacks",
    ),
)


def build(
    config: ml_collections.ConfigDict, examples: data.Examples | None = None
) -> models.GenerativeModel:
    """Builds and compiles the model of a config. To be called in the scope of the
    strategy.

    Args:
        config: The config; its `data.image_shape` is filled in.
        examples: The training data, for settings that depend on them. Without them the
            model can sample but not train.

    Raises:
        ValueError: for settings that do not exist or do not fit.
    """
    keras.utils.set_random_seed(config.seed)
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(config.precision)
    try:
        return _build(config, examples)
    finally:
        keras.config.set_dtype_policy(policy)


def _build(
    config: ml_collections.ConfigDict, examples: data.Examples | None
) -> models.GenerativeModel:
    model_class, architecture = models.get(config.model.name), networks.get(config.networks.name)
    facts = {
        "image_shape": tuple(config.data.image_shape),
        "latent_dim": config.model.latent_dim,
        "num_classes": config.data.num_classes or None,
    }
    if config.networks.pixel_means and examples is not None:
        facts["pixel_means"] = examples.images.mean(axis=0, dtype=np.float64) / (
            255.0 if examples.images.dtype == np.uint8 else 1.0
        )
    players = {}
    for role in model_class.roles:
        build_player = getattr(architecture, f"build_{role}", None)
        if build_player is None:
            fitting = [
                name
                for name in networks.names()
                if all(hasattr(networks.get(name), f"build_{role}") for role in model_class.roles)
            ]
            raise UserError(
                f"config.model.name={config.model.name!r} needs networks with the role {role!r}."
                f" Expected config.networks.name out of {fitting}"
            )
        _check_labelled(config, build_player)
        players[role] = _call(
            f"config.networks.{role}",
            build_player,
            **(_named(build_player, facts) | dict(config.networks.get(role, {}))),
        )
    _check_labelled(config, model_class)
    if config.model.prior not in ("normal", "uniform"):
        raise UserError(
            "Expected config.model.prior to be 'normal' or 'uniform'. Received:"
            f" {config.model.prior!r}"
        )
    facts |= {
        "prior": "normal" if config.model.prior == "normal" else tuple(config.model.prior_range),
        "moving_average": config.model.moving_average or None,
        "seed": config.seed,
    }
    model = _call(
        "config.model.arguments",
        model_class,
        **(players | _named(model_class, facts, "__init__") | dict(config.model.arguments)),
    )
    if config.networks.initialization_images and examples is not None:
        _initialize(model, config, examples)
    settings = _compile_settings(
        config, 1 if examples is None else steps_per_epoch(model, examples, config)
    )
    taken = _named(model_class, settings, "compile")
    _check_taken(config, taken)
    model.compile(**taken)
    return model


def _check_taken(config: ml_collections.ConfigDict, taken: dict) -> None:
    """Raises a ValueError if the config sets something about the model that `compile`
    of this model does not take.
    """
    default = default_config().objective
    for name, without in (
        ("loss", default.loss),
        ("penalties", ""),
        ("discriminator_steps", 1),
        ("updates", default.updates),
    ):
        if name not in taken and config.objective[name] not in (without, default[name]):
            raise UserError(
                f"config.model.name={config.model.name!r} has no setting {name!r}. Expected"
                f" config.objective.{name}={without!r}. Received: {config.objective[name]!r}"
            )
    if "loss" not in taken and config.objective.label_smoothing:
        raise UserError(
            f"config.model.name={config.model.name!r} has no labels to smooth. Expected"
            " config.objective.label_smoothing=0.0"
        )


def steps_per_epoch(
    model: models.GenerativeModel, examples: data.Examples, config: ml_collections.ConfigDict
) -> int:
    """Returns the steps of an epoch of a run, at least 1."""
    return max(
        1,
        model.training_view(examples).steps_per_epoch(
            config.batch_size * config.objective.discriminator_steps
        ),
    )


def _initialize(
    model: models.GenerativeModel, config: ml_collections.ConfigDict, examples: data.Examples
) -> None:
    """Initialises weight-normalised layers on images that are chosen by the seed."""
    if not hasattr(model, "initialize"):
        raise UserError(
            "Expected config.networks.initialization_images=0 for"
            f" config.model.name={config.model.name!r}, which has no data-dependent initialisation."
            f" Received: {config.networks.initialization_images}"
        )
    chosen = np.random.default_rng(config.seed).permutation(len(examples))[
        : config.networks.initialization_images
    ]
    model.initialize(examples[np.sort(chosen)].arrays())


def _compile_settings(config: ml_collections.ConfigDict, steps_per_epoch: int) -> dict:
    loss, smoothing = losses.get(config.objective.loss), config.objective.label_smoothing
    weight = (
        {"weight": config.objective.penalty_weight} if config.objective.penalty_weight >= 0 else {}
    )
    generator_optimizer = optimizers.build(
        config.optimizer, config.optimizer.generator_learning_rate, steps_per_epoch
    )
    return {
        "optimizer": generator_optimizer,  # Of models without two players.
        "generator_optimizer": generator_optimizer,
        "discriminator_optimizer": optimizers.build(
            config.optimizer,
            config.optimizer.discriminator_learning_rate,
            steps_per_epoch * config.objective.discriminator_steps,
        ),
        "loss": (
            _call("config.objective.label_smoothing", type(loss), label_smoothing=smoothing)
            if smoothing
            else loss
        ),
        "discriminator_steps": config.objective.discriminator_steps,
        "penalties": [
            type(penalties.get(name.strip()))(**weight)
            for name in config.objective.penalties.split(",")
            if name.strip()
        ],
        "updates": config.objective.updates,
        "steps_per_execution": config.steps_per_execution,
        "jit_compile": {"auto": "auto", "true": True, "false": False}[
            str(config.jit_compile).lower()
        ],
    }


def _named(owner, values: dict, method: str | None = None) -> dict:
    """Returns those of the values that a function takes by name, or a method of a model
    together with those it passes its **kwargs to.
    """
    functions = (
        [owner]
        if method is None
        else [
            vars(base)[method]
            for base in owner.__mro__
            if issubclass(base, models.GenerativeModel) and method in vars(base)
        ]
    )
    names = set()
    for function in functions:
        parameters = inspect.signature(function).parameters
        names |= set(parameters)
        if all(parameter.kind != parameter.VAR_KEYWORD for parameter in parameters.values()):
            break
    return {name: value for name, value in values.items() if name in names}


def _check_labelled(config: ml_collections.ConfigDict, function) -> None:
    """Raises a ValueError if a function takes the number of classes and the data have
    none.
    """
    if "num_classes" in inspect.signature(function).parameters and not config.data.num_classes:
        hint = (
            "; with --config.data.labels=True its sub-folders are classes"
            if config.data.name == "image_folder"
            else ""
        )
        raise UserError(
            f"config.model.name={config.model.name!r} with"
            f" config.networks.name={config.networks.name!r} takes labels. Expected data with"
            f" labels. Received: config.data.name={config.data.name!r}, which has none{hint}"
        )


def _call(field: str, function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except (
        TypeError,
        AttributeError,
        OverflowError,
        MemoryError,
        ZeroDivisionError,
        tf.errors.OpError,
    ) as error:
        raise UserError(f"{field} has a value that does not fit: {error}") from error


# === The directory ===


def checkpoint_directory(workdir) -> pathlib.Path:
    return pathlib.Path(workdir) / "checkpoints"


def check_writable(workdir) -> None:
    """Raises a ValueError if a run directory can neither be written nor made; makes
    nothing yet.
    """
    existing = pathlib.Path(workdir).absolute()
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise UserError(
            f"Cannot write to the run directory {workdir}: {existing} is not a folder that can be"
            " written to"
        )


def prepare_directory(workdir, config: ml_collections.ConfigDict, write: bool = True) -> None:
    """Makes the run directory and writes the config into it; where the run goes on,
    compares with the one that is there.

    Args:
        workdir: Run directory.
        config: The config.
        write: Whether this process writes, or only compares.

    Raises:
        ValueError: if the directory cannot be written, or holds checkpoints of a run
            with another config; the fields are named.
    """
    workdir = pathlib.Path(workdir)
    path = workdir / "config.json"
    new = json.loads(config.to_json())
    if path.exists() and any(checkpoint_directory(workdir).glob("step-*.index")):
        differences = [
            line
            for line in _differences(read_config(workdir, raw=True), new)
            if line.split(":")[0] not in FREE_FIELDS
        ]
        if differences:
            raise UserError(
                f"{workdir} holds a run with another config. Choose another --workdir, or go on"
                " with the same values:\n  " + "\n  ".join(differences)
            )
    if not write:
        return
    try:
        workdir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"Cannot write to the run directory {workdir}: {error.strerror or error}"
        ) from error
    atomic.remove_stale(
        workdir,
        "config.json",
        "metrics.jsonl",
        "rollbacks.json",
        "samples.gif",
        "samples/*",
        "events/*/*",
    )
    with atomic.atomic_file(path) as temporary:
        temporary.write_text(json.dumps(new, indent=2) + "\n")


@contextlib.contextmanager
def lock(workdir):
    """Keeps a run directory for this process while the context lasts. The operating
    system lets go of it when the process ends, in whatever way.

    Raises:
        ValueError: if another process has it; its id and host are named.
    """
    path = pathlib.Path(workdir, ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+")
    except OSError as error:
        raise UserError(
            f"Cannot write to the run directory {workdir}: {error.strerror or error}"
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise UserError(
                f"{workdir} is in use by {file.read().strip() or 'another process'}. Choose another"
                " --workdir, or end that one."
            ) from error
        file.seek(0)
        before = file.read().strip()
        if before:
            print(
                f"The last run in {workdir}, {before}, ended without closing it; its lock is stale."
            )
        file.truncate(0)
        with atomic.naming_errors(path):
            file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
            file.flush()
        try:
            yield
        finally:
            file.truncate(0)  # Also after an error; where the process was killed the line stays.


def read_rollbacks(workdir) -> list[str]:
    """Returns why a run went back to a checkpoint, once for each time that it did.

    Raises:
        ValueError: if the list cannot be read.
    """
    path = pathlib.Path(workdir, "rollbacks.json")
    try:
        rollbacks = json.loads(path.read_text()) if path.exists() else []
        if not isinstance(rollbacks, list):
            raise TypeError("not a list")
    except (OSError, TypeError, ValueError) as error:
        raise UserError(
            f"{path} cannot be read as a list of messages ({error}). Move the run directory away to"
            " begin anew"
        ) from error
    return rollbacks


def write_rollbacks(workdir, rollbacks: list[str]) -> None:
    with atomic.atomic_file(pathlib.Path(workdir, "rollbacks.json")) as temporary:
        temporary.write_text(json.dumps(rollbacks, indent=2) + "\n")


def _differences(old, new, prefix="") -> list[str]:
    lines = []
    for key in sorted(old.keys() | new.keys()):
        a, b = old.get(key), new.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            lines += _differences(a, b, f"{prefix}{key}.")
        elif a != b:
            lines.append(f"{prefix}{key}: {a!r} there, {b!r} now")
    return lines


def read_config(workdir, raw: bool = False):
    """Returns the config of a run directory, as a ConfigDict or as plain JSON.

    Raises:
        ValueError: if the directory has none.
    """
    path = pathlib.Path(workdir) / "config.json"
    try:
        fields = json.loads(path.read_text())
        _check_types(fields, json.loads(default_config().to_json()))
    except FileNotFoundError:
        raise UserError(
            f"No run in {str(workdir)!r}: {path} is not there. Train one with tf-gan-train"
            f" --workdir={workdir}"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    # What a run of an earlier version does not say was as it is by default. Arguments
    # of networks, a level deeper, are the run's own.
    for key, default in json.loads(default_config().to_json()).items():
        fields[key] = (
            default | fields.get(key, {}) if isinstance(default, dict) else fields.get(key, default)
        )
    return fields if raw else ml_collections.ConfigDict(_tuples(fields)).lock()


# Dictionaries of any fields.
OWN_ARGUMENTS = (
    "networks.generator",
    "networks.discriminator",
    "networks.encoder",
    "model.arguments",
)


def _check_types(fields, defaults: dict, prefix: str = "") -> None:
    """Raises a ValueError if fields read as JSON are of other types than the defaults,
    or unknown.
    """
    if not isinstance(fields, dict):
        raise UserError(
            f"expected an object{f' as {prefix[:-1]}' if prefix else ''}, not {fields!r:.80}"
        )
    for key, value in fields.items():
        default = defaults.get(key)
        if isinstance(default, dict) and f"{prefix}{key}" not in OWN_ARGUMENTS:
            _check_types(value, default, f"{prefix}{key}.")
        elif key in defaults:
            kinds = (
                (int, float)
                if isinstance(default, float)
                else (bool, str)
                if default == "auto"
                else type(default)
            )
            if not isinstance(value, kinds) or (
                isinstance(value, bool) and not isinstance(default, (bool, str))
            ):
                raise UserError(f"expected {prefix}{key} to be like {default!r}, not {value!r:.80}")


def _tuples(value):
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def load(workdir) -> tuple[models.GenerativeModel, ml_collections.ConfigDict]:
    """Returns the trained model of a run directory, from its newest checkpoint, and its
    config.

    Raises:
        ValueError: if there is no run, or no checkpoint that can be read.
    """
    config = read_config(workdir)
    model = build(config)
    if checkpoints.restore_latest(model, checkpoint_directory(workdir)) is None:
        raise UserError(
            f"The run in {str(workdir)!r} has no checkpoint yet: nothing is trained. Go on with"
            f" tf-gan-train --workdir={workdir}"
        )
    if isinstance(model, models.ImageToImage):
        model.set_sources(lambda: model.sources_of(data.load(config.data, config.seed)[:1024]))
    return model, config


def start_from(model: models.GenerativeModel, workdir) -> None:
    """Gives a model's generator, and its average, the weights that another run's
    generator has: those that were trained, not their average.

    Raises:
        ValueError: if there is no trained run, or its generator has other weights.
    """
    other, _ = load(workdir)
    there, here = (
        [tuple(weight.shape) for weight in one.generator.weights] for one in (other, model)
    )
    if there != here:
        first = next(
            (
                f": the first that differ are {a} there and {b} here"
                for a, b in zip(there, here, strict=False)
                if a != b
            ),
            "",
        )
        raise UserError(
            f"config.model.initial_run={str(workdir)!r} has another generator, {len(there)} weights"
            f" there and {len(here)} here{first}. Expected the same config.networks.name and"
            " config.networks.generator"
        )
    for generator in filter(None, (model.generator, model.average_generator)):
        generator.set_weights(other.generator.get_weights())
