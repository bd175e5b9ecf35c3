"""The images that are judged."""

import functools
from collections.abc import Callable

import numpy as np

from tf_gan import models
from tf_gan.errors import UserError


class Samples:
    """Images under a name: those of a generator, or any others to compare with.

    Args:
        name: What to call them.
        make: Function of a number that returns so many images, float32 in [0, 1], or as
            the data are where these have no bounds.
        count: How many a protocol sees, >= 1.
        model: The model that made them, for protocols that look into it; None for other
            images.
        seed: Its seed.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[int], np.ndarray],
        count: int = 10_000,
        model: models.GenerativeModel | None = None,
        seed: int = 0,
    ):
        if count < 1:
            raise UserError(f"Expected at least one sample. Received: {count}")
        self.name, self.make, self.count, self.model, self.seed = name, make, count, model, seed

    @functools.cached_property
    def images(self) -> np.ndarray:
        """The images, shape `(count, ...)`; made once."""
        return self.make(self.count)


def of_model(
    model: models.GenerativeModel, name: str = "samples", count: int = 10_000, seed: int = 0
) -> Samples:
    """Returns fair random draws of a model: what `model.generate(count, seed)` returns,
    mapped from `data_range` onto [0, 1].
    """
    return Samples(
        name, lambda n: unit(model.generate(n, seed=seed), model.data_range), count, model, seed
    )


def unit(images: np.ndarray, value_range) -> np.ndarray:
    """Maps `(low, high)` onto [0, 1], clipping what rounding left outside; None leaves
    the images as they are.
    """
    if value_range is None:
        return images
    low, high = value_range
    return np.clip((images - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
