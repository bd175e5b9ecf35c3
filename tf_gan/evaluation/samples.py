"""The images that are measured."""

import functools
from collections.abc import Callable

import numpy as np

from tf_gan import models
from tf_gan.data.ranges import to_unit
from tf_gan.errors import UserError


class Samples:
    """Images under a name: samples of a generator, or others to compare them with.

    Args:
        name: Their name in tables and files.
        make: Function from a number n to n images, float32 in [0, 1], or as the data
            are where these have no bounds.
        count: Number of images that a metric sees, >= 1.
        most: Function that returns how many there are at most; called when the first metric
            needs images. None for no such number.
        model: The model that made the images, for metrics that look into it; None for
            other images.
        seed: The seed that the model made them with.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[int], np.ndarray],
        count: int = 10_000,
        model: models.GenerativeModel | None = None,
        seed: int = 0,
        most: Callable[[], int] | None = None,
    ):
        if count < 1:
            raise UserError(f"Expected at least one sample. Received: {count}")
        self.name, self.make, self.model, self.seed = name, make, model, seed
        self.wanted, self.most = count, most
        # What `Reference.features_of` computed: features and class probabilities.
        self.features: tuple[np.ndarray, np.ndarray | None] | None = None

    @functools.cached_property
    def count(self) -> int:
        """How many images there are."""
        return self.wanted if self.most is None else min(self.wanted, self.most())

    @functools.cached_property
    def images(self) -> np.ndarray:
        """The images, shape `(count, ...)`; made once."""
        return self.make(self.count)


def of_model(
    model: models.GenerativeModel, name: str = "samples", count: int = 10_000, seed: int = 0
) -> Samples:
    """Returns samples of a model, not chosen: `model.generate(count, seed)`, mapped
    from `data_range` onto [0, 1].

    Args:
        model: The model.
        name: Their name in tables and files.
        count: Number of samples, >= 1; of a model that makes one image of each source, no
            more than it has sources: copies would count as samples.
        seed: Fixes the samples.
    """
    from_images = isinstance(model, models.ImageToImage) and model.has_sources
    one_of_each = from_images and not model.num_classes
    return Samples(
        name,
        lambda n: to_unit(model.generate(n, seed=seed), model.data_range),
        count,
        model,
        seed,
        most=(lambda: len(model.sources)) if one_of_each else None,
    )
