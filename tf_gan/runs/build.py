"""From a config to a compiled model."""

import inspect

import keras
import ml_collections
import numpy as np

from tf_gan import data, models, networks, registry
from tf_gan.callbacks import checkpoints
from tf_gan.errors import UserError
from tf_gan.models.image_to_image import ImageToImage
from tf_gan.models.network_checks import arguments_of, range_of
from tf_gan.models.semi_supervised_gan import SemiSupervisedGAN
from tf_gan.runs import arguments, directory, settings
from tf_gan.training.transfer import freeze


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
        UserError: for settings that do not exist or do not fit.
    """
    keras.utils.set_random_seed(config.seed)
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(config.precision.lower())
    try:
        return _build(config, examples)
    finally:
        keras.config.set_dtype_policy(policy)


def _build(
    config: ml_collections.ConfigDict, examples: data.Examples | None
) -> models.GenerativeModel:
    model_class = models.get(config.model.name)
    settings.check(config, model_class)
    facts = {
        "image_shape": tuple(config.data.image_shape),
        "latent_dim": config.model.latent_dim,
        "num_classes": config.data.num_classes or None,
    }
    built = _networks(config, model_class, facts, examples)
    _check_labelled(config, arguments_of(model_class, "__init__"))
    if config.model.prior not in ("normal", "uniform", ""):  # "" for models without latents.
        raise UserError(
            "Expected config.model.prior to be 'normal' or 'uniform'. Received:"
            f" {config.model.prior!r}"
        )
    facts |= {
        "prior": tuple(config.model.prior_range) if config.model.prior == "uniform" else "normal",
        "moving_average": arguments.moving_average(config),
        "seed": config.seed,
    }
    if (
        len(config.data.image_shape) == 3
        and not config.data.contrast_normalization
        and range_of(built["generator"]) is None
    ):
        # Pictures of a generator without a last activation, such as R3GAN's.
        facts["data_range"] = tuple(config.data.value_range)
    taken = arguments_of(model_class, "__init__")
    model = arguments.call(
        config,
        "config.model.arguments",
        model_class,
        built
        | {name: value for name, value in facts.items() if name in taken}
        | dict(config.model.arguments),
    )
    model.class_names = tuple(config.data.class_names)
    if config.networks.initialization_images and examples is not None:
        _initialize(model, config, examples)
    if config.freeze_d:
        _freeze(model, config)
    steps = 1 if examples is None else steps_per_epoch(model, examples, config)
    model.compile(
        **arguments.compile_arguments(
            config,
            arguments_of(model_class, "compile"),
            steps,
            lazy=getattr(model, "generator_lazy_updates", 0),
        )
    )
    return model


def _networks(
    config: ml_collections.ConfigDict,
    model_class: type[models.GenerativeModel],
    facts: dict,
    examples: data.Examples | None,
) -> dict[str, keras.Model]:
    """Builds the networks of a model, by their roles."""
    module = networks.get(config.networks.name)
    builders = {}
    for role in model_class.roles:
        builder = getattr(module, f"build_{role}", None)
        if builder is None:
            fitting = [
                name
                for name in networks.names()
                if all(hasattr(networks.get(name), f"build_{role}") for role in model_class.roles)
            ]
            raise UserError(
                f"config.model.name={config.model.name!r} needs networks with the role {role!r}."
                f" Expected config.networks.name out of {fitting}, or a module of your own with a"
                f" function build_{role}. Received: {config.networks.name!r}"
            )
        builders[role] = builder
    takes_labels = "num_classes" in arguments_of(model_class, "__init__")
    is_own = registry.is_own(config.networks.name) or registry.is_own(config.model.name)
    if takes_labels and not is_own:
        _check_classes(config, model_class, builders)
    parameters = {
        role: {
            name
            for name, parameter in inspect.signature(builder).parameters.items()
            # Networks that are for both kinds of models, with labels and without.
            if takes_labels or name != "num_classes" or parameter.default is not None
        }
        for role, builder in builders.items()
    }
    if config.networks.pixel_means:
        if not any("pixel_means" in names for names in parameters.values()):
            raise UserError(
                "Expected config.networks.pixel_means=False for"
                f" config.networks.name={config.networks.name!r}, which does not take them."
                " Received: True"
            )
        if examples is not None and examples.images.shape[1:] != examples.image_shape:
            raise UserError(
                "Expected config.networks.pixel_means=False for data that training cuts windows"
                f" from. Received: {examples.name}"
            )
        if examples is not None:
            scale = 255.0 if examples.images.dtype == np.uint8 else 1.0
            means = examples.mean() / scale
            facts = facts | {"pixel_means": means}
    built = {}
    for role, builder in builders.items():
        _check_labelled(config, parameters[role])
        named = {name: value for name, value in facts.items() if name in parameters[role]}
        built[role] = arguments.call(
            config, f"config.networks.{role}", builder, named | dict(config.networks.get(role, {}))
        )
    return built


def _check_classes(config: ml_collections.ConfigDict, model_class: type, builders: dict) -> None:
    """Raises a UserError if a model takes classes and its networks do not; of a
    semi-supervised GAN D alone does.
    """
    of_d_alone = issubclass(model_class, SemiSupervisedGAN)

    def take_classes(functions) -> bool:
        return all(
            ("num_classes" in inspect.signature(function).parameters)
            == (role == "discriminator" or not of_d_alone)
            for role, function in zip(builders, functions, strict=True)
        )

    if take_classes(builders.values()):
        return
    fitting = []
    for name in networks.names():
        found = [getattr(networks.get(name), f"build_{role}", None) for role in builders]
        if all(found) and take_classes(found):
            fitting.append(name)
    raise UserError(
        f"config.model.name={config.model.name!r} needs networks that take classes. Expected"
        f" config.networks.name out of {fitting}. Received: {config.networks.name!r}"
    )


def _freeze(model: models.GenerativeModel, config: ml_collections.ConfigDict) -> None:
    """Holds the first layers of a model's discriminators, those of CycleGAN both."""
    found = [getattr(model, name, None) for name in ("discriminator", "source_discriminator")]
    if not any(found):
        raise UserError(
            f"config.model.name={config.model.name!r} has no discriminator. Expected"
            f" config.freeze_d=0. Received: {config.freeze_d}"
        )
    for network in filter(None, found):
        freeze(network, config.freeze_d)


def steps_per_epoch(
    model: models.GenerativeModel, examples: data.Examples, config: ml_collections.ConfigDict
) -> int:
    """Returns the steps of an epoch of a run, at least 1."""
    images = arguments.images_per_step(config)
    return max(1, model.training_view(examples).steps_per_epoch(images))


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


def _check_labelled(config: ml_collections.ConfigDict, taken) -> None:
    """Raises a UserError if a network or model takes the number of classes and the data
    have none.
    """
    if "num_classes" in taken and not config.data.num_classes:
        hint = {
            "image_folder": "; with --config.data.labels=True its sub-folders, two or more, are"
            " classes",
            **dict.fromkeys(
                ("parquet", "tfrecord", "array_record"),
                "; --config.data.labels=True reads those of its records",
            ),
        }.get(config.data.name, "")
        raise UserError(
            f"config.model.name={config.model.name!r} with"
            f" config.networks.name={config.networks.name!r} takes labels. Expected data with"
            f" labels. Received: config.data.name={config.data.name!r}, which has none{hint}"
        )


def load(
    workdir, checkpoint: str | int = "latest"
) -> tuple[models.GenerativeModel, ml_collections.ConfigDict]:
    """Returns the trained model of a run directory, and its config.

    Args:
        workdir: The run directory.
        checkpoint: `"latest"` for its newest checkpoint, `"best"` for that of
            `config.keep_best`, or the step of one that the run keeps, such as 12000.

    Raises:
        UserError: if there is no run, or no checkpoint that can be read.
    """
    config = directory.read_config(workdir)
    config = settings.used(config, models.get(config.model.name))
    model = build(config)
    folder = directory.checkpoint_directory(workdir)
    if checkpoint == "best":
        folder /= directory.BEST
    if checkpoint not in ("latest", "best"):
        checkpoints.restore_step(model, folder, checkpoint)
    elif checkpoints.restore_latest(model, folder, train=False) is None:
        missing = (
            "checkpoint yet: nothing is trained. Repeat the command that began it"
            if checkpoint == "latest"
            else "best checkpoint. Expected one trained with --config.keep_best=NAME, the name of a"
            " log; or --checkpoint=latest"
        )
        raise UserError(f"The run in {str(workdir)!r} has no {missing}")
    if isinstance(model, ImageToImage):
        model.set_sources(lambda: model.sources_of(data.load(config.data, config.seed), 1024))
    return model, config
