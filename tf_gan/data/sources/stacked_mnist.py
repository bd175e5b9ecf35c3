"""Three digits of MNIST as the channels of an image: 1,000 modes that can be counted."""

import numpy as np

from tf_gan.data.examples import Examples
from tf_gan.data.keep import Example, keep
from tf_gan.data.sources import toy
from tf_gan.data.sources.catalog import catalog
from tf_gan.errors import UserError

SPLITS = ("train", "test")
MODES = 1000
PLACES = np.array([100, 10, 1])  # What the digits of the three channels count.
BORDER = 2  # Pixels around MNIST's 28x28.
CLASS_NAMES = tuple(f"{number:03d}" for number in range(MODES))


def load(section, split: str, seed: int) -> Examples:
    """Returns `section.points` images of the digits of a split."""
    return stacked_mnist(
        section.points,
        split=split,
        value_range=tuple(section.value_range),
        seed=seed,
        cache=section.cache,
    )


def stacked_mnist(
    n: int = 50_000,
    *,
    split: str = "train",
    value_range: tuple[float, float] = (-1.0, 1.0),
    seed: int = 0,
    cache: str = "",
) -> Examples:
    """Draws images whose three channels are digits of MNIST, drawn independently and
    with replacement; 32x32, black around the 28x28 of the digits.

    Metz et al., Unrolled Generative Adversarial Networks (2016),
    https://arxiv.org/abs/1611.02163; at 32x32 as in Huang et al. (2025),
    https://arxiv.org/abs/2501.05441.

    Args:
        n: Number of images, >= 1.
        split: `"train"` or `"test"`: which digits of MNIST. Each split has draws of its
            own.
        value_range: `(low, high)` of the images in training.
        seed: Integer.
        cache: Folder for the images if they take more than a quarter of the memory: see
            `tf_gan.data.keep`.

    Returns:
        Examples of uint8 images `(n, 32, 32, 3)`, labelled 100 a + 10 b + c for the
        digits a, b, c of the channels.

    Raises:
        UserError: for fewer images than one, and where MNIST cannot be loaded.
    """
    if n < 1:
        raise UserError(f"Expected n >= 1 images. Received: n={n}")
    digits = catalog("mnist", split)
    edge = (BORDER, BORDER)
    pixels = np.pad(np.asarray(digits.images)[..., 0], ((0, 0), edge, edge))
    draws = np.random.default_rng(toy.split_seed(seed, split))
    triples = draws.integers(len(digits), size=(n, 3))
    modes = np.asarray(digits.labels)[triples] @ PLACES

    def read(numbers):
        for number in numbers:
            yield Example(number, np.moveaxis(pixels[triples[number]], 0, -1), modes[number])

    images, _, labels = keep(
        read,
        list(range(n)),
        n,
        (*pixels.shape[1:], 3),
        name=f"stacked_mnist {split}",
        protocol=lambda: {"set": "stacked_mnist", "split": split, "count": n, "seed": seed},
        folder=cache,
    )
    return Examples(images, labels, value_range, CLASS_NAMES, name=f"stacked_mnist {split}")
