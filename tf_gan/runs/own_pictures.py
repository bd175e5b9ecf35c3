"""What a folder of pictures and a machine say about the settings of a run."""

import pathlib
from collections.abc import Iterable
from typing import Any, NamedTuple

import ml_collections
import numpy as np
from rich.console import Console
from rich.table import Table

from tf_gan import data
from tf_gan.callbacks import checkpoints
from tf_gan.config import default_config
from tf_gan.data import remote
from tf_gan.data.pictures import printable
from tf_gan.data.sources.folder_facts import FolderFacts
from tf_gan.errors import UserError
from tf_gan.runs import config_file, directory, fields
from tf_gan.runs.check import check
from tf_gan.runs.machine import Machine, images_per_second, machine

FEW = 30_000  # Up to so many pictures augmentation helps: docs/augmentation.md.
SIZES = (32, 64, 128, 256)
# FastGAN without a penalty: D wins over 3,407 emoji, which R1 of this weight prevents; of 350
# faces it makes better pictures without. docs/styles.md.
MANY, R1_OF_FASTGAN = 1_000, 0.1
MINUTES = 60  # How long a run is made where nothing says otherwise,
LENGTHS = (20.0, 5000.0)  # in thousands of images within these bounds.
# Table 9 of R3GAN: gamma at 32x32 (CIFAR-10), 64x64 and 256x256 (faces); 128 between them.
GAMMAS = ((32, 0.05), (64, 2.0), (128, 17.0), (256, 150.0))
# What a run that starts from another one has of it.
OF_THE_FIRST = (
    "data.image_size",
    "data.channels",
    "model.latent_dim",
    "model.prior",
    "model.prior_range",
    "networks.name",
    "networks.generator",
    "networks.discriminator",
    "model.name",
    "model.arguments",
    "objective.loss",
    "objective.label_smoothing",
    "objective.penalties",
    "objective.penalty_weight",
    "objective.penalty_interval",
    "objective.discriminator_steps",
    "optimizer.generator_learning_rate",
    "optimizer.discriminator_learning_rate",
    "optimizer.beta_1",
    "optimizer.beta_2",
)


OF_STYLES = (
    "model.latent_dim",
    "model.half_life",
    "networks.generator",
    "networks.discriminator",
    "objective.loss",
    "objective.penalties",
    "objective.penalty_weight",
    "objective.penalty_interval",
    "optimizer.generator_learning_rate",
    "optimizer.discriminator_learning_rate",
)


class Choice(NamedTuple):
    """One setting.

    Args:
        field: Its name, such as `data.image_size`.
        value: What was chosen.
        why: The reason, in a few words.
    """

    field: str
    value: Any
    why: str


def choices(
    facts: FolderFacts,
    where: Machine,
    labels: bool = False,
    network: str | None = None,
    size: int | tuple[int, int] | None = None,
) -> list[Choice]:
    """Returns what fits the pictures of a folder and a machine.

    Args:
        facts: What the folder holds.
        where: The machine.
        labels: Whether its sub-folders are classes.
        network: `config.networks.name` where it is given.
        size: `config.data.image_size` where it is given.

    Raises:
        UserError: if the folder has fewer than four pictures, or the network takes no
            classes.
    """
    if facts.count < 4:
        raise UserError(
            f"Expected some pictures to learn from, a hundred or more. Found: {facts.count}"
        )
    gpu = where.gpus > 0
    name = network or ("r3gan" if gpu else "stylegan2" if labels else "fastgan")
    if labels and name == "fastgan":
        raise UserError(
            "FastGAN takes no classes. Expected another network, such as"
            " --config.networks.name=stylegan2, or --config.data.labels=False. Received:"
            " config.networks.name='fastgan', config.data.labels=True"
        )
    largest = (128 if name == "dcgan" else 256) if gpu else 64
    size, why = (size, "") if size else _size(facts, largest, gpu)
    channels, kind = _channels(facts)
    chosen = [Choice("data.image_size", size, why), Choice("data.channels", channels, kind)]
    if facts.count <= FEW:
        augment = "color,translation"
        if name == "stylegan2" and gpu:
            augment = "ada"
        elif name in ("dcgan", "r3gan"):
            augment += ",cutout"
        why = f"{facts.count:,} pictures are few"
    else:
        augment, why = "", f"{facts.count:,} pictures are enough without"
    chosen.append(Choice("objective.augment", augment, why))
    if labels:
        model = "conditional_stylegan2" if name == "stylegan2" else "conditional_gan"
        chosen.append(Choice("model.name", model, f"{len(facts.classes)} classes"))
    elif name == "stylegan2":
        chosen.append(Choice("model.name", name, "with the losses that go with styles"))
    why = "for a GPU" if gpu else "takes classes" if labels else "most in an hour of a CPU"
    chosen.append(Choice("networks.name", name, why))
    side = size if isinstance(size, int) else max(size)
    if name == "fastgan":
        why = f"for {where}; the paper's width is 64"
        chosen += _fastgan(64 if gpu else 8, why, facts.count)
    elif name == "stylegan2":
        chosen += _stylegan2(gpu, side, 64)
    elif name == "dcgan":
        width = 64 if gpu else 32
        chosen += [
            Choice("networks.generator", {"width": width, "upsampling": "resize"}, f"for {where}"),
            Choice(
                "networks.discriminator",
                {"width": width, "normalization": False},
                "R1 and R2 are of each image alone",
            ),
        ]
    elif name == "r3gan":
        arguments = {"width": 256} if gpu else {"width": 32, "blocks": 1}
        chosen += [
            Choice("networks.generator", arguments, f"for {where}; the paper's width is 768"),
            Choice("networks.discriminator", arguments, f"for {where}; the paper's width is 768"),
        ]
        if gpu:
            gamma = next(gamma for most, gamma in GAMMAS if side <= most)
            chosen.append(Choice("objective.penalty_weight", gamma, f"gamma of R3GAN at {side}"))
    most = max(1, facts.count // 2)
    few = 8 if name == "fastgan" else 16
    batch, why = (64, "for a GPU") if gpu else (few, "many steps for few pictures")
    chosen.append(Choice("batch_size", min(batch, most), why))
    if gpu:
        chosen.append(Choice("steps_per_execution", 10, "for a GPU"))
    return chosen


def _fastgan(width: int, why: str, count: int) -> list[Choice]:
    """Returns what goes with the networks of FastGAN."""
    paper = "as the paper has it"
    penalties = [Choice("objective.penalties", "", paper), *_no_penalties()]
    if count > MANY:
        penalties = [
            Choice("objective.penalties", "r1", f"D wins over {count:,} pictures without"),
            Choice("objective.penalty_weight", R1_OF_FASTGAN, "as tried on 3,407 pictures"),
            Choice("objective.penalty_interval", 16, "as StyleGAN2 has it"),
        ]
    return [
        Choice("networks.generator", {"width": width}, why),
        Choice("networks.discriminator", {"width": width}, why),
        Choice("model.name", "fastgan", "its discriminator rebuilds the pictures"),
        Choice("model.latent_dim", 128, "half of the paper's"),
        Choice("objective.loss", "hinge", paper),
        *penalties,
        Choice("optimizer.beta_1", 0.5, paper),
        Choice("optimizer.beta_2", 0.999, paper),
    ]


def _no_penalties() -> list[Choice]:
    """Returns what else goes with no penalties."""
    names = ("objective.penalty_weight", "objective.penalty_interval")
    return [Choice(name, fields.get(default_config(), name), "no penalties") for name in names]


def _stylegan2(gpu: bool, side: int, batch: int) -> list[Choice]:
    """Returns what goes with the networks of StyleGAN2, from a config of it."""
    name = "ffhq256_stylegan2" if gpu else "image_folder_stylegan2"
    config, why = config_file.load(name), f"as {name} has it"
    chosen = {field: Choice(field, fields.get(config, field), why) for field in OF_STYLES}
    if gpu:
        name, weight = "objective.penalty_weight", 0.0002 * side**2 / batch
        chosen[name] = Choice(name, weight, "0.0002 H W / batch, as in ADA")
    return list(chosen.values())


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
        first.data.image_size = size[0] if len(set(size)) == 1 else tuple(size)
        first.data.channels = channels
    why = f"as in {workdir}"
    taken = [Choice(name, fields.get(first, name), why) for name in OF_THE_FIRST]
    if any(choice.value == "conditional_gan" for choice in chosen):  # It has classes.
        taken = [choice for choice in taken if choice.field != "model.name"]
    names = {choice.field for choice in taken}
    return [*taken, *(choice for choice in chosen if choice.field not in names)]


def _size(facts: FolderFacts, most: int, gpu: bool):
    """Returns the size of the images in training, and why."""
    shortest = min(facts.heights[1], facts.widths[1])
    side = max([s for s in SIZES if s <= min(shortest, most)], default=SIZES[0])
    found = f"pictures of about {facts.widths[1]:.0f}x{facts.heights[1]:.0f}"
    low, middle, high = facts.aspect_ratios
    if 0.75 <= middle <= 4 / 3 or high > 1.5 * low:
        if high > 1.5 * low:
            found += " of many shapes"
        if not 0.99 < low <= high < 1.01:
            found += ", cut to squares"
        return side, found + ("; larger takes a GPU" if shortest >= 2 * most and not gpu else "")
    part = side // 4
    short = max(part, 16, round(side * min(middle, 1 / middle) / part) * part)
    return ((side, short) if middle < 1 else (short, side)), f"{found}, all upright or all wide"


def _channels(facts: FolderFacts) -> tuple[int, str]:
    if facts.transparent:
        return 4, f"{facts.transparent} of {facts.sampled} looked at are transparent in places"
    if facts.grey == facts.sampled:
        return 1, "all that were looked at are grey"
    return 3, "colour"


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
    folder = remote.local(config.data.path, config.data.cache)
    facts, where = data.inspect_folder(folder), machine()
    source = config if "networks.name" in fixed else None
    if source is None and config.init_from:
        source = directory.read_config(config.init_from)
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
            chosen = as_first_run(chosen, config.init_from)
        if "objective.penalties" in fixed and not config.objective.penalties.strip():
            blank = _no_penalties()
            names = [choice.field for choice in blank]
            chosen = [*(choice for choice in chosen if choice.field not in names), *blank]
        for choice in chosen:
            rows.append((choice, _choose(config, choice, fixed)))
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
    why = (
        f"thousand images, about {_duration(images / speed)} at {speed:.0f} images/s, measured on"
        f" {where}, if nothing else runs there"
    )
    lines = [
        (f"config.{choice.field}", str(fields.get(config, choice.field)), reason)
        for choice, reason in rows
    ]
    mirror = (
        "pictures are mirrored too; letters, flags, digits: =False" if config.data.mirror else ""
    )
    lines.append(("config.data.mirror", str(config.data.mirror), mirror or "given"))
    lines.append(("config.length", f"{images / 1000:g}", why))
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
    if (run.name, run.data.path) != (config.name, config.data.path):
        return None  # Of another run: refused when the directory is prepared.
    with run.unlocked():
        for name in fixed | {"minutes"}:
            fields.put(run, name, fields.get(config, name))
        run.choose = False
    return run


def _choose(config, choice: Choice, fixed: set[str]) -> str:
    """Sets what is chosen but for what is given; returns the reason to show."""
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
            f"Of one colour: {len(facts.one_colour)} of {facts.sampled} that were looked at, such"
            f" as {facts.one_colour[0]}."
        )
    if len(facts.classes) > 1 and not config.data.labels:
        lines.append(
            f"They lie in {len(facts.classes)} folders. --config.data.labels=True trains a model"
            " that makes pictures of the folder that you name."
        )
    if facts.count < 100:
        lines.append("So few pictures are learnt by heart: expect copies of them.")
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
