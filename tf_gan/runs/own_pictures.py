"""Fills the open settings of a run on a folder of pictures, and says what was chosen."""

import pathlib
from collections.abc import Iterable

import ml_collections
import numpy as np
from rich.console import Console
from rich.table import Table

from tf_gan import data, models, registry
from tf_gan.callbacks import checkpoints
from tf_gan.data import remote
from tf_gan.data.pictures import check_channels, printable
from tf_gan.data.sources.folder_facts import FolderFacts
from tf_gan.errors import UserError
from tf_gan.runs import config_file, directory, fields, settings
from tf_gan.runs.check import check
from tf_gan.runs.fitting import NO_PENALTIES, OF_PENALTIES, Choice, choices, with_penalties
from tf_gan.runs.machine import images_per_second, machine

MINUTES = 60  # How long a run is made where nothing says otherwise,
LENGTHS = (20.0, 5000.0)  # in thousands of images within these bounds.
# What a run that starts from another one has of it.
OF_THE_FIRST = (
    "data.image_size",
    "data.channels",
    "data.value_range",
    "model.latent_dim",
    "model.prior",
    "model.prior_range",
    "networks.name",
    "networks.generator",
    "networks.discriminator",
    "networks.encoder",
    "model.name",
    "model.arguments",
    "objective.loss",
    "objective.label_smoothing",
    "objective.penalties",
    "objective.penalty_weight",
    "objective.penalty_interval",
    "objective.discriminator_steps",
    "optimizer.name",
    "optimizer.generator_learning_rate",
    "optimizer.discriminator_learning_rate",
    "optimizer.decay_factor",
    "optimizer.beta_1",
    "optimizer.beta_2",
    "optimizer.epsilon",
    "optimizer.l2",
)


# The models without classes of those with classes.
UNCONDITIONAL = {"conditional_gan": "gan", "conditional_stylegan2": "stylegan2"}


def as_first_run(chosen: list[Choice], workdir) -> list[Choice]:
    """Returns choices with the networks, and the size of the images, of the run that a
    run starts from.

    Args:
        chosen: The choices.
        workdir: The run directory that is started from.

    Raises:
        UserError: if there is no run, or one of points.
    """
    first = directory.read_config(workdir).copy_and_resolve_references()
    if len(first.data.image_shape) != 3:
        raise UserError(
            f"Expected a run on images in config.init_from={str(workdir)!r}. Received: one on data"
            f" of shape {first.data.image_shape}"
        )
    *size, channels = first.data.image_shape
    with first.unlocked():
        side = size[0] if len(set(size)) == 1 else tuple(size)
        fields.put(first, "data.image_size", side)
        first.data.channels = channels
    why = f"as in {workdir}"
    taken = [Choice(name, fields.get(first, name), why) for name in OF_THE_FIRST]
    named = {choice.field: choice.value for choice in chosen}.get("model.name")
    if named in UNCONDITIONAL or first.model.name in UNCONDITIONAL:
        taken = [choice for choice in taken if choice.field != "model.name"]
    if named not in UNCONDITIONAL and first.model.name in UNCONDITIONAL:
        taken.append(Choice("model.name", UNCONDITIONAL[first.model.name], "without classes"))
    return replaced(chosen, taken)


def replaced(chosen: list[Choice], others: list[Choice]) -> list[Choice]:
    """Returns other choices, and those of further fields."""
    names = {choice.field for choice in others}
    return [*others, *(choice for choice in chosen if choice.field not in names)]


def fill(
    config: ml_collections.ConfigDict, workdir, given: Iterable[str] = ()
) -> tuple[ml_collections.ConfigDict, str]:
    """Returns a config whose open settings are chosen, and a text that says what was
    found and chosen.

    Args:
        config: A config with `choose` set. Fields that differ from those of
            `configs/own_pictures.py` stay as they are.
        workdir: Run directory. A run that is there keeps its choices.
        given: Names of further fields that stay as they are.

    Raises:
        UserError: if the folder cannot be used.
    """
    if not config.data.path:
        raise UserError("Expected a folder of pictures: --data=DIR. Received: none")
    check(config)
    preset = config_file.load("own_pictures")
    fixed = set(given) | {
        name
        for name in fields.names(config)
        if fields.get(config, name) != fields.get(preset, name)
    }
    config, workdir = config.copy_and_resolve_references(), pathlib.Path(workdir).absolute()
    fields.make_path_absolute(config)
    directory.check_outside(workdir, config.data)
    if kept := _kept(config, workdir, fixed):
        return kept, f"The run in {workdir} keeps what was chosen for it."
    if config.data.name != "image_folder" and not registry.is_own(config.data.name):
        no_size = config.data.name in settings.WITHOUT_SIZE
        raise UserError(
            "Settings are chosen for folders of pictures. For other data take a config, such as"
            f" --config=image_folder --config.data.name={config.data.name}"
            f" --config.data.path={config.data.path}{' --config.data.image_size=0' * no_size}"
        )
    if "epochs" in fixed and "length" not in fixed:
        with config.unlocked():
            config.length = 0.0  # Epochs count.
        fixed |= {"length"}
    folder = remote.local(config.data.path, config.data.cache)
    facts, where = data.inspect_folder(folder), machine()
    source = config if "networks.name" in fixed else None
    if config.init_from:
        first = directory.read_config(config.init_from)
        source = source or first
        if source.networks.name != first.networks.name:
            raise UserError(
                f"A run that starts from {config.init_from} has its networks,"
                f" {first.networks.name!r}. Expected no config.networks.name, or no"
                f" config.init_from. Received: config.networks.name={source.networks.name!r}"
            )
    rows = []
    with config.unlocked():
        chosen = choices(
            facts,
            where,
            config.data.labels,
            source and source.networks.name,
            config.data.image_size if "data.image_size" in fixed else None,
        )
        if config.init_from:
            own = [choice for choice in chosen if choice.field in OF_PENALTIES]
            chosen = as_first_run(chosen, config.init_from)
            if "objective.penalties" in fixed and not first.objective.penalties.strip():
                chosen = replaced(chosen, own)
        penalties = {choice.field: choice.value for choice in chosen}.get("objective.penalties")
        if penalties is None or "objective.penalties" in fixed:
            penalties = config.objective.penalties
        for choice in replaced(chosen, with_penalties(penalties)):
            rows.append((choice, _choose(config, choice, fixed)))
        check_channels(config.data.channels)
        unused = settings.unused(models.get(config.model.name))
        for field, blank in unused.items():
            if not any(f"{name}.".startswith(f"{field}.") for name in fixed):
                fields.put(config, field, blank)
        rows = [(choice, reason) for choice, reason in rows if choice.field not in unused]
        config.choose = False
        speed = images_per_second(config, len(facts.classes) if config.data.labels else 0)
        if "length" not in fixed:
            minutes = config.minutes or MINUTES
            length = float(np.clip(60 * minutes * speed / 1000, *LENGTHS))
            config.length = float(f"{length:.2g}")
        for name in ("sample_every", "checkpoint_every"):
            if name not in fixed:
                fields.put(config, name, _every(config, facts))
    images = 1000 * config.length or config.epochs * facts.count
    unit = "thousand images" if config.length else f"epochs, {images / 1000:g} thousand images"
    digits = 0 if speed >= 10 else 1
    why = (
        f"{unit}, about {_duration(images / speed)} at {speed:.{digits}f} images/s, estimated on"
        f" {where}, if nothing else runs there"
    )
    lines = [
        (f"config.{choice.field}", str(fields.get(config, choice.field)) or "(none)", reason)
        for choice, reason in rows
        if reason != NO_PENALTIES
    ]
    mirror = "also mirrored; set False for letters, flags, digits" if config.data.mirror else ""
    lines.append(("config.data.mirror", str(config.data.mirror), mirror or "given"))
    if config.length:
        lines.append(("config.length", f"{config.length:g}", why))
    else:
        lines.append(("config.epochs", str(config.epochs), why))
    if config.minutes and 60 * config.minutes * speed < images:
        part = f"given: stops after about {60 * config.minutes * speed:,.0f} of the images"
        lines.append(("config.minutes", f"{config.minutes:g}", f"{part}; the same command resumes"))
    return config, f"{describe(facts, config)}\n\n{_table(lines)}"


def _kept(config, workdir: pathlib.Path, fixed: set[str]):
    """Returns the config of a run on the same folder that is there to be resumed, with
    the fields that are given; None if there is none.
    """
    if not checkpoints.steps(directory.checkpoint_directory(workdir)):
        return None
    run = directory.read_config(workdir)
    fields.make_path_absolute(run)
    same = run.data.path == config.data.path or directory.have_moved(run.data)
    if run.name != config.name or not same:
        return None  # Of another run: refused when the directory is prepared.
    with run.unlocked():
        for name in fixed | {"minutes"}:
            fields.put(run, name, fields.get(config, name))
        run.choose = False
    return run


def _choose(config, choice: Choice, fixed: set[str]) -> str:
    """Sets the fields that the user did not give; returns the reason to show."""
    if choice.field in fixed:
        return choice.why if fields.get(config, choice.field) == choice.value else "given"
    given = {
        name: fields.get(config, name) for name in fixed if name.startswith(f"{choice.field}.")
    }
    fields.put(config, choice.field, choice.value)
    for name, value in given.items():
        fields.put(config, name, value)
    return f"{choice.why}; the rest given" if given else choice.why


def _every(config, facts: FolderFacts) -> int:
    """Returns the epochs of which a run has about ten."""
    epochs = 1000 * config.length / facts.count if config.length else config.epochs
    return max(1, round(epochs / 10))


def describe(facts: FolderFacts, config: ml_collections.ConfigDict) -> str:
    """Returns what was found in a folder, in sentences."""
    low, middle, high = (
        f"{width:.0f}x{height:.0f}"
        for width, height in zip(facts.widths, facts.heights, strict=True)
    )
    sizes = low if low == high else f"{low} to {high}, the middle one {middle}"
    modes = ", ".join(f"{count:,} {mode}" for mode, count in sorted(facts.modes.items()))
    lines = [f"Found {facts.count:,} pictures in {config.data.path}: {sizes} pixels; {modes}."]
    if facts.unreadable:
        shown = ", ".join(facts.unreadable[:3]) + (" ..." if len(facts.unreadable) > 3 else "")
        lines.append(f"Left out, since they cannot be read: {len(facts.unreadable)}, {shown}.")
    if facts.duplicates:
        copies = sum(len(group) - 1 for group in facts.duplicates)
        lines.append(f"Copies of others: {copies:,}, such as {facts.duplicates[0][1]}.")
    if facts.one_colour:
        lines.append(
            f"Of one colour: {len(facts.one_colour)} of {facts.sampled} sampled, such"
            f" as {facts.one_colour[0]}."
        )
    if len(facts.classes) > 1 and not config.data.labels:
        lines.append(
            f"They are in {len(facts.classes)} folders. --config.data.labels=True trains a model"
            " that makes pictures of the folder that you name."
        )
    if facts.count < 100:
        lines.append("Expect copies: so few pictures are memorized.")
    return "\n".join(map(printable, lines))


def _table(rows: list[tuple[str, str, str]]) -> str:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("setting", no_wrap=True)
    table.add_column("value")
    table.add_column("why")
    for row in rows:
        table.add_row(*row)
    console = Console(width=120, color_system=None)
    with console.capture() as capture:
        console.print(table, markup=False)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def _duration(seconds: float) -> str:
    if seconds < 5400:
        minutes = max(1, round(seconds / 60))
        return f"{minutes} minute{'s' if minutes > 1 else ''}"
    return f"{seconds / 3600:.1f} hours"
