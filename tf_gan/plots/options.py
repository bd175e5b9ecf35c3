"""What the flags of `tf-gan-sample` ask for, and the images that plots start from."""

import dataclasses
import pathlib
from collections.abc import Callable

import ml_collections
import numpy as np

from tf_gan import data, models
from tf_gan.data.load import contrast_normalized
from tf_gan.data.pictures import read_picture, to_array
from tf_gan.errors import UserError
from tf_gan.evaluation import Reference


@dataclasses.dataclass(frozen=True)
class PlotOptions:
    """What the flags of `tf-gan-sample` ask for, beside the kind of plot.

    Args:
        config: Config of the run.
        n: How many, >= 0; the plot says of what. 0 for its default.
        columns: Images in a row, >= 0; 0 for the plot's default.
        seed: Fixes the latents.
        path: `"linear"` or `"spherical"`: how to go from one latent to the next.
        input: File or folder with the user's own pictures, for the plots that start
            from some.
        truncation: As for `generate` of the model, or None, for the plots that truncate.
        latents: Numbers of latents, for the plots that combine some.
        output: The file that the picture is written to, for the plots that write
            another one beside it; None if there is none.
        earliest: Returns the run's model as its first checkpoint has it, compiled, for
            the plots that show how training went.
    """

    config: ml_collections.ConfigDict
    n: int = 0
    columns: int = 0
    seed: int = 0
    path: str = "linear"
    input: str = ""
    latents: str = ""
    truncation: float | None = None
    output: pathlib.Path | None = None
    earliest: Callable[[], models.GenerativeModel] | None = None

    def examples(self) -> data.Examples:
        """Returns the images that the run was trained on."""
        return self._reference.train

    def held_out_examples(self) -> data.Examples:
        """Returns the test images of the run's data set, or the images that the run was
        trained on where there are no others.
        """
        return self._reference.held_out_or_train

    @property
    def _reference(self) -> Reference:
        return Reference(self.config.data, seed=self.config.seed)


def own_pictures(
    path: str, shape: tuple[int, ...], value_range: tuple[float, float] | None
) -> np.ndarray:
    """Returns the picture of a file or the pictures of a folder, cut at the centre to
    the proportions of the images and resized.

    Args:
        path: File or folder.
        shape: `(height, width, channels)` of the images.
        value_range: `(low, high)` of the images; None for [0, 1].

    Returns:
        float32 array of shape `(n, *shape)`.

    Raises:
        UserError: if there are no pictures, or the shape is not that of an image.
    """
    if len(shape) != 3:
        raise UserError(
            "--input is for models of images, shape (H, W, C). Received: a run with data of shape"
            f" {tuple(shape)}"
        )
    height, width, channels = shape
    if pathlib.Path(path).is_file():
        images = read_picture(path, lambda picture: to_array(picture, (height, width), channels))[
            None
        ]
    else:
        images = np.asarray(data.image_folder(path, (height, width), channels).images)
    return data.scale(images, value_range or (0.0, 1.0))


def chosen_images(
    model: models.GenerativeModel, options: PlotOptions, default: int, *, needs_labels: bool = True
) -> tuple[np.ndarray, np.ndarray | None]:
    """Returns images to start from, the user's own or random held-out ones, and their
    labels for a model with classes.

    Args:
        model: The model.
        options: The options: `n` is the number of images.
        default: Number of random images for `options.n == 0`, or all if there are fewer. Of
            the user's own all are taken then.
        needs_labels: Whether a model with classes needs the labels of the images.

    Returns:
        float32 images of shape `(n, *image_shape)` in `model.data_range`, and integer
        labels `(n,)` or None.

    Raises:
        UserError: for more images than there are, and for pictures of the user's own
            whose labels the model needs.
    """
    if options.input:
        if model.num_classes and needs_labels:
            raise UserError(
                "A model with classes needs the labels of images, which --input does not give."
                " Expected no --input for this run"
            )
        images = own_pictures(options.input, model.image_shape, model.data_range)
        if scale := options.config.data.contrast_normalization:
            images = contrast_normalized(images, scale)
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
