"""What a page shows: a model, of a run or of the user's own."""

import dataclasses
import functools
import pathlib
from collections.abc import Callable, Mapping

import numpy as np

from tf_gan import export
from tf_gan.directions import singular
from tf_gan.errors import UserError
from tf_gan.explorer import directions, networks
from tf_gan.explorer.networks import Network
from tf_gan.models.base import GenerativeModel
from tf_gan.runs import build


@dataclasses.dataclass(frozen=True)
class Subject:
    """A model for a page.

    Args:
        model: The model, whose latents, labels and codes the page has. That of a file
            is not trained.
        card: Its model card.
        title: Name of the page.
        load: Python lines that make the model, as `call` names it.
        images: Function of inputs by name, `latents` and `labels`, or `images`, that
            returns images in [0, 1] where they have bounds.
        networks: Function of how weights are stored that returns the networks by name.
        directions: Vectors of latent space by their names.
        call: Python that makes the picture of `{latents}`, and of `{labels}`.
        labels: What stands there in a model with classes, of the class `{}`.
        seeded: Whether `gan.generate` makes the pictures of the wall, too.
    """

    model: GenerativeModel
    card: dict
    title: str
    load: list[str]
    images: Callable[[dict[str, np.ndarray]], np.ndarray]
    networks: Callable[[str], Mapping[str, Network]]
    directions: Mapping[str, np.ndarray]
    call: str = "gan.images_from({latents}{labels})[0]"
    labels: str = ", [{}]"
    seeded: bool = True

    @property
    def takes_images(self) -> bool:
        """Whether images are made from images, not from latents."""
        return self.model.latent_dim is None


def of_model(model, title: str, load: list[str], folder=None) -> Subject:
    """Returns the subject of a model.

    Args:
        model: A `tf_gan.models.GenerativeModel`.
        title: Name of the page.
        load: Python lines that make the model, as `gan`.
        folder: Where `directions.json` may be; without, directions are those that the
            generator's first layer stretches most.

    Raises:
        UserError: if the page cannot show the model, or the file is damaged.
    """
    check(model)
    target = export.export_target(model)
    return Subject(
        model,
        target.model_card(),
        title,
        load,
        functools.partial(networks.images, target),
        functools.partial(networks.of_model, model),
        _directions(model, folder),
    )


def check(model) -> None:
    """Raises a UserError if the explorer has no page for a model."""
    shape = model.image_shape
    if len(shape) != 3 or shape[-1] not in (1, 3, 4):
        raise UserError(
            "The explorer shows images, of shape (H, W, 1), (H, W, 3) or (H, W, 4). Received: a"
            f" model of shape {tuple(shape)}"
        )
    if model.latent_dim is None and model.num_classes:
        raise UserError(
            f"The explorer cannot show a {type(model).__name__}, which translates images by their"
            " labels. Use tf-gan-sample --kind=translations, with --input for your own pictures"
        )
    if model.latent_dim is not None and model.prior is None:
        raise UserError(
            f"The explorer cannot show a {type(model).__name__}, whose latents a chain makes. Use"
            " tf-gan-sample --kind=grid"
        )


def _directions(model, folder) -> dict[str, np.ndarray]:
    if model.latent_dim is None:
        return {}
    if folder is not None and (pathlib.Path(folder) / directions.FILE).exists():
        return directions.read(folder, model.latent_dim)
    # Codes have sliders of their own.
    return singular(model.sampler, model.latent_dim, codes=getattr(model, "code_dim", 0))


def of_run(workdir, checkpoint: str = "latest", standing_batches: int = 0) -> Subject:
    """Returns the subject of a run directory.

    Args:
        workdir: The run directory.
        checkpoint: `"latest"`, `"best"` or a step, as `build.load` has it.
        standing_batches: Minibatches for new statistics of BatchNormalization; 0 for those
            of training.
    """
    model, config = build.load(workdir, checkpoint)
    best = "" if checkpoint == "latest" else f", {checkpoint!r}"
    load = ["from tf_gan.runs import build", f"gan, _ = build.load({str(workdir)!r}{best})"]
    if standing_batches:
        model.set_standing_statistics(standing_batches)
        load.append(f"gan.set_standing_statistics({standing_batches})")
    return of_model(model, config.name, load, workdir)
