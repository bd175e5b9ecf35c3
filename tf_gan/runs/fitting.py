"""What fits the pictures of a folder and a machine: size, networks, loss, augmentation."""

from typing import Any, NamedTuple

from tf_gan.config import default_config
from tf_gan.data.sources.folder_facts import FolderFacts
from tf_gan.errors import UserError
from tf_gan.runs import config_file, fields
from tf_gan.runs.machine import Machine

FEW = 30_000  # Up to so many pictures augmentation helps: docs/augmentation.md.
SIZES = (32, 64, 128, 256)
BATCH_OF_GPUS = 64
# FastGAN without a penalty: D wins over 3,407 emoji, which R1 of the first weight prevents. Of
# 350 faces it makes the best pictures without, and with the first none. docs/styles.md.
MANY, R1_OF_FASTGAN, R1_OF_FEW = 1_000, 0.1, 0.01
# Of 12,000 pictures of this size a DCGAN with BatchNormalization sees four times as many on a CPU
# as StyleGAN2, nine times as many as FastGAN, and its samples are far better:
# docs/own_pictures.md.
SMALL, AS_CIFAR = 32, "as cifar10_dcgan has it"
OF_PENALTIES = ("objective.penalty_weight", "objective.penalty_interval")
NO_PENALTIES = "no penalties"  # Why their weight and interval have the default.
# Table 9 of R3GAN: gamma at 32x32 (CIFAR-10), 64x64 and 256x256 (faces); 128 between them.
GAMMAS = ((32, 0.05), (64, 2.0), (128, 17.0), (256, 150.0))
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
    if labels and len(facts.classes) < 2:
        raise UserError(
            "config.data.labels=True takes two sub-folders or more as classes. Found:"
            f" {len(facts.classes)}. Expected more, or config.data.labels=False"
        )
    gpu = where.gpus > 0
    name = network or ("r3gan" if gpu else "stylegan2" if labels else "fastgan")
    if labels and name == "fastgan":
        raise UserError(
            "The networks fastgan take no classes. Expected others, such as"
            " --config.networks.name=stylegan2, or --config.data.labels=False. Received:"
            " config.networks.name='fastgan', config.data.labels=True"
        )
    largest = (128 if name == "dcgan" else 256) if gpu else 64
    size, why = (size, "given") if size else _size(facts, largest, gpu)
    channels, kind = _channels(facts)
    chosen = [Choice("data.image_size", size, why), Choice("data.channels", channels, kind)]
    side = size if isinstance(size, int) else max(size)
    is_small = not gpu and side <= SMALL and facts.count > MANY
    if is_small and not network:
        name = "dcgan"
    chosen.append(_augment(facts, name, gpu, is_small))
    if labels:
        model = "conditional_stylegan2" if name == "stylegan2" else "conditional_gan"
        chosen.append(Choice("model.name", model, f"{len(facts.classes)} classes"))
    elif name == "stylegan2":
        chosen.append(Choice("model.name", name, "with the losses that go with styles"))
    why = "best in an hour of a CPU"
    if gpu or name == "stylegan2":
        why = "for a GPU" if gpu else "takes classes"
    chosen.append(Choice("networks.name", name, "given" if network else why))
    if name == "dcgan" and is_small:
        chosen += _small_dcgan()
    elif name in NETWORKS:
        chosen += NETWORKS[name](facts, where, side)
    else:
        pair = ("networks.generator", "networks.discriminator")
        chosen += [Choice(field, {}, f"defaults of networks.{name}") for field in pair]
    most = max(1, facts.count // 2)
    few = 8 if name == "fastgan" else 16
    batch, why = (BATCH_OF_GPUS, "for a GPU") if gpu else (few, "many steps for few pictures")
    if name == "dcgan" and is_small:
        batch, why = 128, AS_CIFAR
    chosen.append(Choice("batch_size", min(batch, most), why))
    if gpu:
        chosen.append(Choice("steps_per_execution", 10, "for a GPU"))
    return chosen


def _augment(facts: FolderFacts, name: str, gpu: bool, is_small: bool) -> Choice:
    if facts.count > FEW:
        return Choice("objective.augment", "", f"{facts.count:,} pictures are enough without")
    augment = "color,translation"
    if name == "stylegan2" and gpu:
        augment = "ada"
    elif name in ("dcgan", "r3gan") and not is_small:
        augment += ",cutout"
    return Choice("objective.augment", augment, f"{facts.count:,} pictures are few")


def _fastgan(facts: FolderFacts, where: Machine, side: int) -> list[Choice]:
    paper, why = "as the paper has it", f"for {where}; the paper's width is 64"
    width = {"width": 64 if where.gpus else 8}
    penalties, reason = "", paper
    weight, tried = R1_OF_FEW, "as tried on 350 pictures"
    if facts.count > MANY:
        penalties, reason = "r1", f"D wins over {facts.count:,} pictures without"
        weight, tried = R1_OF_FASTGAN, "as tried on 3,407 pictures"
    return [
        Choice("networks.generator", width, why),
        Choice("networks.discriminator", width, why),
        Choice("model.name", "fastgan", "its discriminator rebuilds the pictures"),
        Choice("model.latent_dim", 128, "half of the paper's"),
        Choice("objective.loss", "hinge", paper),
        Choice("objective.penalties", penalties, reason),
        Choice("objective.penalty_weight", weight, tried),
        Choice("objective.penalty_interval", 16, "as StyleGAN2 has it"),
        Choice("optimizer.beta_1", 0.5, paper),
        Choice("optimizer.beta_2", 0.999, paper),
    ]


def _stylegan2(facts: FolderFacts, where: Machine, side: int) -> list[Choice]:
    """Returns what a config of StyleGAN2 has."""
    name = "ffhq256_stylegan2" if where.gpus else "image_folder_stylegan2"
    config, why = config_file.load(name), f"as {name} has it"
    chosen = {field: Choice(field, fields.get(config, field), why) for field in OF_STYLES}
    if where.gpus:
        name, weight = "objective.penalty_weight", 0.0002 * side**2 / BATCH_OF_GPUS
        chosen[name] = Choice(name, weight, "0.0002 H W / batch, as in ADA")
    return list(chosen.values())


def _dcgan(facts: FolderFacts, where: Machine, side: int) -> list[Choice]:
    width = 64 if where.gpus else 32
    generator = {"width": width, "upsampling": "resize"}
    discriminator = {"width": width, "normalization": False}
    return [
        Choice("networks.generator", generator, f"for {where}"),
        Choice("networks.discriminator", discriminator, "R1 and R2 are of each image alone"),
    ]


def _small_dcgan() -> list[Choice]:
    """Returns what cifar10_dcgan has, a quarter as wide."""
    config = config_file.load("cifar10_dcgan")
    names = (
        *("model.latent_dim", "model.prior", "model.moving_average", "model.half_life"),
        *("objective.loss", "objective.penalties", "optimizer.beta_1", "optimizer.beta_2"),
    )
    return [
        Choice("networks.generator", {"width": 32, "upsampling": "transposed"}, "for a CPU"),
        Choice("networks.discriminator", {"width": 32}, "for a CPU"),
        *(Choice(name, fields.get(config, name), AS_CIFAR) for name in names),
    ]


def _r3gan(facts: FolderFacts, where: Machine, side: int) -> list[Choice]:
    arguments = {"width": 256} if where.gpus else {"width": 32, "blocks": 1}
    why = f"for {where}; the paper's width is 768"
    chosen = [
        Choice("networks.generator", arguments, why),
        Choice("networks.discriminator", arguments, why),
    ]
    if where.gpus:
        most, gamma = next((pair for pair in GAMMAS if side <= pair[0]), GAMMAS[-1])
        chosen.append(Choice("objective.penalty_weight", gamma, f"gamma of R3GAN at {most}"))
    return chosen


NETWORKS = {"fastgan": _fastgan, "stylegan2": _stylegan2, "dcgan": _dcgan, "r3gan": _r3gan}


def with_penalties(penalties: str) -> list[Choice]:
    """Returns the weight and the interval that go with none, or with others than R1 and R2,
    whose weights of a network do not fit them.
    """
    if not penalties.strip():
        return [Choice(n, fields.get(default_config(), n), NO_PENALTIES) for n in OF_PENALTIES]
    if set(fields.listed(penalties)) <= {"r1", "r2"}:
        return []
    return [Choice(n, value, "their own") for n, value in zip(OF_PENALTIES, (-1.0, 1), strict=True)]


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
        return 4, f"{facts.transparent} of {facts.sampled} sampled have transparent parts"
    if facts.grey == facts.sampled:
        return 1, "all sampled pictures are grey"
    return 3, "colour"
