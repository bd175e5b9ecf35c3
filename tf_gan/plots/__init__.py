"""Pictures of a trained run, one kind a file, found by its name: `tf-gan-sample
--kind=grid` is `tf_gan/plots/grid.py`.

Each module has `plot(model, options)`, which returns a picture, uint8 of shape
`(height, width, 3)`, or the frames of an animation, a list of them. The first line of
its docstring is its help; `SUFFIX = ".gif"` marks an animation. `PER_FILE = True` marks
a kind that makes of a folder, given as `--input`, a picture for each file: then `draw`
returns an iterator of `(file name, picture)`. `TAKES_INPUT = True` marks those that
read `--input`.
"""

import dataclasses
import importlib
import pathlib
import pkgutil

import ml_collections
import numpy as np

from tf_gan import data, models
from tf_gan.data.sources.image_folder import read_picture, to_array
from tf_gan.errors import UserError

HELPERS = ("paths", "render")


@dataclasses.dataclass(frozen=True)
class PlotOptions:
    """What the flags of `tf-gan-sample` ask for, beside the kind.

    Args:
        config: Config of the run.
        workdir: Its directory.
        n: How many: what of, the kind says; 0 for its default.
        columns: Images in a row; 0 for the kind's default.
        seed: Fixes the latents.
        path: `"linear"` or `"spherical"`: how to go from one latent to the next.
        input: File or folder with the user's own pictures, for the kinds that start
            from some.
        latents: Numbers of latents, for the kinds that combine some.
    """

    config: ml_collections.ConfigDict
    workdir: str
    n: int = 0
    columns: int = 0
    seed: int = 0
    path: str = "linear"
    input: str = ""
    latents: str = ""

    def examples(self) -> data.Examples:
        """Returns the images that the run was trained on."""
        return data.load(self.config.data, self.config.seed)

    def held_out_examples(self) -> data.Examples:
        """Returns the test images of the run's data set; the images it was trained on,
        where the set has no split `test`.
        """
        section = self.config.data.copy_and_resolve_references()
        with section.unlocked():
            section.split, section.labels_per_class = "test", 0
        try:
            return data.load(section, self.config.seed)
        except data.UnknownSplitError:
            return self.examples()


def own_pictures(
    path: str, shape: tuple[int, int, int], value_range: tuple[float, float] | None
) -> np.ndarray:
    """Returns the picture of a file or those of a folder, cut to the central square and
    resized: float32 of shape `(n, *shape)`.

    Raises:
        ValueError: if there are none, or the shape is not that of a square.
    """
    height, width, channels = shape if len(shape) == 3 else (0, 1, 1)
    if height != width:
        raise UserError(
            "--input is for models whose images are squares. Received: a run with images of shape"
            f" {tuple(shape)}"
        )
    if pathlib.Path(path).is_file():
        images = read_picture(path, lambda picture: to_array(picture, height, channels))[None]
    else:
        images = data.image_folder(path, height, channels).images
    return data.scale(images, value_range or (0.0, 1.0))


def chosen_images(
    model: models.GenerativeModel, options: PlotOptions, default: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Returns images to start from, and their labels for a model with classes: the
    user's own, or random ones that the model has not seen.

    Args:
        model: The model.
        options: What was asked for: its `n` images, or where it says nothing `default`,
            or as many as there are.
        default: How many.
    """
    if options.input:
        if model.num_classes:
            raise UserError(
                "A model with classes needs the labels of images, which --input does not give."
                " Expected no --input for this run"
            )
        images = own_pictures(options.input, model.image_shape, model.data_range)
        return images[: options.n or len(images)], None
    examples = options.held_out_examples()
    if options.n > len(examples):
        raise UserError(
            f"Expected --n to be at most the number of images, {len(examples)}. Received:"
            f" --n={options.n}"
        )
    n = options.n or min(default, len(examples))
    chosen = examples[np.random.default_rng(options.seed).choice(len(examples), n, replace=False)]
    return chosen.arrays(), chosen.labels if model.num_classes else None


def takes_input() -> list[str]:
    """Returns the names of the kinds that can start from pictures of the user's own."""
    return [name for name in names() if getattr(get(name), "TAKES_INPUT", False)]


def names() -> list[str]:
    """Returns the names of the kinds."""
    return sorted(
        module.name for module in pkgutil.iter_modules(__path__) if module.name not in HELPERS
    )


def get(name: str):
    """Returns the module of a kind.

    Raises:
        ValueError: for an unknown name; the known ones are listed.
    """
    if name not in names():
        raise UserError(f"Unknown kind of picture. Expected one of {names()}. Received: {name!r}")
    return importlib.import_module(f"{__name__}.{name}")


def suffix(name: str, input: str = "") -> str:
    """Returns how the file of a kind ends: `.png` or `.gif`; nothing where it makes a
    folder of the pictures in `input`.
    """
    if getattr(get(name), "PER_FILE", False) and pathlib.Path(input or "-").is_dir():
        return ""
    return getattr(get(name), "SUFFIX", ".png")
