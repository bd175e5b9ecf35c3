"""The directory of a run: its config, its lock, its rollbacks."""

import contextlib
import json
import logging
import os
import pathlib
import shlex
import socket

import filelock
import ml_collections

from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.io import atomic, paths
from tf_gan.runs import fields

# What may change when a run is resumed: how long it lasts and what it writes, not what
# it computes.
FREE_FIELDS = (
    "choose",
    "epochs",
    "length",
    "minutes",
    "sample_minutes",
    "steps_per_execution",
    "sample_every",
    "images_per_second",
    "replay_frames",
    "evaluate_every",
    "evaluate_metrics",
    "evaluate_samples",
    "evaluate_extractor",
    "evaluate_extractor_range",
    "evaluate_inception_weights",
    "evaluate_held_out",
    "evaluate_validation",
    "checkpoint_every",
    "checkpoint_steps",
    "checkpoint_minutes",
    "checkpoints_kept",
    "on_nonfinite",
    "rollbacks",
    "keep_best",
    "patience",
    "data.cache",
)
# What runs did before a field was there, where that is not its default.
EARLIER = {"data": {"held_out": 0.0}}
# Fields of one type or another, as JSON has them.
TYPES = {"data.image_size": (int, list)}
FOLDERS = ("image_folder", "image_pairs", "photographs")
REPLAY = "replay.npz"  # Frames of a training on points.
REPLACED = (
    *("report.html", "metrics.jsonl", "samples.gif", "real.png", "neighbours.png"),
    *("status.json", "warnings.jsonl", "rollbacks.json", REPLAY),
)
BEST = "best"  # Folder of the best checkpoint, in that of the checkpoints.


def checkpoint_directory(workdir) -> pathlib.Path:
    """Returns the folder of a run's checkpoints."""
    return pathlib.Path(workdir) / "checkpoints"


def check_writable(workdir) -> None:
    """Checks that a run directory can be written or made; makes nothing yet.

    Raises:
        UserError: if it cannot.
    """
    paths.check_path(workdir, "the run directory", written=True)
    existing = pathlib.Path(workdir).absolute()
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise UserError(
            f"Cannot write to the run directory {workdir}: {existing} is not a folder that can be"
            " written to"
        )


def check_outside(workdir, section: ml_collections.ConfigDict) -> None:
    """Raises a UserError if a run directory lies in the folder of pictures that a config's
    `data` section names.
    """
    folder = pathlib.Path(section.path)
    if section.name not in FOLDERS or not section.path or not folder.is_dir():
        return
    if pathlib.Path(workdir).resolve().is_relative_to(folder.resolve()):
        raise UserError(
            f"The run directory {workdir} lies in the folder of pictures, {folder}: the next run"
            " would take samples for pictures. Expected --workdir=DIR elsewhere"
        )


def prepare_directory(workdir, config: ml_collections.ConfigDict, write: bool = True) -> None:
    """Makes the run directory and writes the config into it. If the directory has a run
    already, compares the configs first.

    Args:
        workdir: Run directory.
        config: The config.
        write: Whether this process writes, or only compares.

    Raises:
        UserError: if the directory cannot be written, holds files of the user's own that a
            run would replace, or checkpoints of a run with another config; the fields are
            named.
    """
    workdir = pathlib.Path(workdir)
    path = workdir / "config.json"
    _check_own(workdir)
    differences = _differences_of_runs(workdir, config) if path.exists() else []
    saved = checkpoint_directory(workdir)
    is_begun = any(saved.glob("step-*.index")) or (saved / BEST).exists()
    if differences and is_begun:
        if all(line.startswith("data.count:") for line in differences):
            raise UserError(
                f"The data have changed since the run in {workdir} began ({differences[0]}), and"
                " with them what is held out. Expected the same data, or a new run:"
                f" --workdir=DIR with --init_from={shlex.quote(str(workdir))}"
            )
        raise UserError(
            f"{workdir} holds a run with another config. Choose another --workdir, or resume"
            " the run with the same values:\n  " + "\n  ".join(differences)
        )
    if not write:
        return
    if not is_begun:
        for file in workdir.glob("convolutions*.json"):  # The run begins anew.
            file.unlink(missing_ok=True)
    if differences:  # Of a run without a checkpoint.
        for file in (
            *(workdir / name for name in ("real.png", "neighbours.png", "rollbacks.json")),
            *workdir.glob("samples/epoch_*.png"),
        ):
            file.unlink(missing_ok=True)
    _make(workdir)
    atomic.remove_stale(
        workdir,
        *("config.json", *REPLACED, "convolutions*.json"),
        *(f"checkpoints/{BEST}/best.json", "samples/*", "events/*/*"),
    )
    with atomic.atomic_file(path) as temporary:
        temporary.write_text(json.dumps(_plain(config), indent=2) + "\n")


def _differences_of_runs(workdir: pathlib.Path, config: ml_collections.ConfigDict) -> list[str]:
    """Returns the fields in which a config differs from that of a run directory, except
    those that may change.
    """
    stored = read_config(workdir)
    fields.make_path_absolute(stored)
    with stored.unlocked():
        if not stored.data.count:  # Of a run from before it was kept.
            stored.data.count = config.data.count
        if not stored.data.class_names:
            stored.data.class_names = config.data.class_names
        if stored.data.path != config.data.path and have_moved(stored.data):
            logging.warning(
                "The data of this run were in %s; now they are read from %s.",
                *(stored.data.path, config.data.path),
            )
            stored.data.path = config.data.path
    return [
        line
        for line in _differences(_plain(stored), _plain(config))
        if line.split(":")[0] not in FREE_FIELDS
    ]


def have_moved(section: ml_collections.ConfigDict) -> bool:
    """Returns whether the path of a `data` section names a place where nothing is now."""
    return not os.path.exists(section.path) and not paths.is_address(section.path)


def _check_own(workdir: pathlib.Path) -> None:
    """Raises a UserError if files that a run replaces are not those of a run."""
    path = workdir / "config.json"
    files = [workdir / name for name in REPLACED]
    for pattern in ("convolutions*.json", "samples/epoch_*.png"):
        files += sorted(workdir.glob(pattern))
    foreign = [str(file.relative_to(workdir)) for file in files if file.exists()]
    if path.exists():
        try:
            content = json.loads(path.read_text())
        except (OSError, ValueError):
            return  # Reading the config names the damage.
        foreign = [] if isinstance(content, dict) and "data" in content else [path.name]
    if foreign:
        raise UserError(
            f"{workdir} has {', '.join(foreign)}, but not of a run of tf_gan, which would replace"
            " it. Choose another --workdir, such as a new folder"
        )


def _make(workdir) -> None:
    try:
        pathlib.Path(workdir).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"Cannot write to the run directory {workdir}: {error.strerror or error}"
        ) from error


@contextlib.contextmanager
def lock(workdir):
    """Reserves a run directory for this process while the context lasts. The operating
    system releases it when the process ends, however it ends.

    Raises:
        UserError: if another process has it; its id and host are named.
    """
    owner = pathlib.Path(workdir, ".owner")
    _make(workdir)
    try:
        held = filelock.FileLock(pathlib.Path(workdir, ".lock")).acquire(timeout=0)
        before = owner.read_text() if owner.exists() else ""
    except filelock.Timeout as error:
        name = owner.read_text().strip() if owner.exists() else ""
        raise UserError(
            f"{workdir} is in use by {name or 'another process'}. Choose another --workdir, or end"
            " that process."
        ) from error
    except OSError as error:
        raise UserError(
            f"Cannot write to the run directory {workdir}: {error.strerror or error}"
        ) from error
    with held:
        if before:
            print(
                f"The last run in {workdir}, {before.strip()}, ended without closing it; its lock"
                " is stale."
            )
        with atomic.naming_errors(owner):
            owner.write_text(f"process {os.getpid()} on {socket.gethostname()}\n")
        try:
            yield
        finally:
            # Also after an error. If the process is killed, the file stays.
            owner.unlink(missing_ok=True)


def read_rollbacks(workdir) -> list[str]:
    """Returns why a run was rolled back to a checkpoint, one message for each time.

    Raises:
        UserError: if the list cannot be read.
    """
    path = pathlib.Path(workdir, "rollbacks.json")
    try:
        rollbacks = json.loads(path.read_text()) if path.exists() else []
        if not isinstance(rollbacks, list):
            raise TypeError("not a list")
    except (OSError, TypeError, ValueError) as error:
        raise UserError(
            f"{path} cannot be read as a list of messages ({error}). Move the run directory away to"
            " start a new run"
        ) from error
    return rollbacks


def write_rollbacks(workdir, rollbacks: list[str]) -> None:
    """Writes why a run was rolled back to a checkpoint."""
    with atomic.atomic_file(pathlib.Path(workdir, "rollbacks.json")) as temporary:
        temporary.write_text(json.dumps(rollbacks, indent=2) + "\n")


def read_config(workdir) -> ml_collections.ConfigDict:
    """Returns the config of a run directory. Fields that an earlier version did not
    have get their defaults, or what it did without them; sections and fields that it
    named otherwise get their new names.

    Raises:
        UserError: if the directory has no config, or one that is damaged.
    """
    paths.check_path(workdir, "the run directory")
    path = pathlib.Path(workdir) / "config.json"
    defaults = _plain(default_config())
    try:
        fields = json.loads(path.read_text())
        if isinstance(fields, dict) and "game" in fields:
            fields.setdefault("objective", fields.pop("game"))
        model = fields.get("model") if isinstance(fields, dict) else None
        if isinstance(model, dict) and "initial_run" in model:
            fields.setdefault("init_from", model.pop("initial_run"))
        _check_types(fields, defaults)
    except FileNotFoundError:
        raise UserError(
            f"No run in {str(workdir)!r}: {path} is not there. Train one: tf-gan-train --data=DIR"
            f" --workdir={shlex.quote(str(workdir))}, where DIR is a folder of pictures"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    for key, default in defaults.items():
        fields[key] = (
            default | EARLIER.get(key, {}) | fields.get(key, {})
            if isinstance(default, dict)
            else fields.get(key, default)
        )
    return ml_collections.ConfigDict(_tuples(fields)).lock()


def _plain(config: ml_collections.ConfigDict) -> dict:
    return json.loads(config.to_json())


def _tuples(value):
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _differences(old: dict, new: dict, prefix: str = "") -> list[str]:
    lines = []
    for key in sorted(old.keys() | new.keys()):
        a, b = old.get(key), new.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            lines += _differences(a, b, f"{prefix}{key}.")
        elif a != b:
            lines.append(f"{prefix}{key}: {a!r} there, {b!r} now")
    return lines


def _check_types(values, defaults: dict, prefix: str = "") -> None:
    """Raises a UserError for fields read as JSON that the config does not have, or that
    have another type there.
    """
    if not isinstance(values, dict):
        raise UserError(
            f"expected an object{f' as {prefix[:-1]}' if prefix else ''}, not {values!r:.80}"
        )
    for key, value in values.items():
        field = f"{prefix}{key}"
        if key not in defaults:
            raise UserError(f"the config has no field {field!r:.80}")
        default = defaults[key]
        if field in fields.OWN_ARGUMENTS and isinstance(value, dict):
            continue
        if isinstance(default, dict):
            _check_types(value, default, f"{field}.")
            continue
        kinds = TYPES.get(field) or (
            (int, float)
            if isinstance(default, float)
            else (bool, str)
            if default == "auto"
            else type(default)
        )
        if not isinstance(value, kinds) or (
            isinstance(value, bool) and not isinstance(default, (bool, str))
        ):
            raise UserError(f"expected {field} to be like {default!r}, not {value!r:.80}")
