"""The picture of samples that is made during training, by the type of the model."""

import functools

import numpy as np

from tf_gan.data import bicubic
from tf_gan.models import GenerativeModel, ImageToImage
from tf_gan.models.star_gan import StarGAN
from tf_gan.models.super_resolution import SuperResolution
from tf_gan.plots import render


@functools.singledispatch
def training_picture(
    model: GenerativeModel, n: int, seed: int, columns: int | None = None
) -> np.ndarray:
    """Returns a picture of `n` images of a model.

    Samples of a model that makes images from latents; for an `ImageToImage` sources,
    each with the image made from it on its right; for a super-resolution model the
    sources are enlarged by bicubic interpolation, and for a `StarGAN` each is followed by
    its translations into all domains. A model of another kind registers a
    function of its own: `@training_picture.register`.

    Args:
        model: The model.
        n: How many images, sources included, >= 1.
        seed: Fixes them.
        columns: Images in a row; by default as square a grid as possible.

    Returns:
        uint8 array of shape `(height, width, 3)`.
    """
    raise TypeError(f"Expected a GenerativeModel. Received: {type(model).__name__}")


@training_picture.register
def _(model: GenerativeModel, n: int, seed: int, columns: int | None = None) -> np.ndarray:
    return render.picture(model.generate(n, seed=seed), model.data_range, columns)


@training_picture.register
def _(model: ImageToImage, n: int, seed: int, columns: int | None = None) -> np.ndarray:
    sources = _sources(model, n, seed)
    return _beside(sources, model.images_from(sources), model, columns)


@training_picture.register(SuperResolution)
def _(model, n: int, seed: int, columns: int | None = None) -> np.ndarray:
    sources = _sources(model, n, seed)
    made = model.images_from(sources)
    enlarged = bicubic.resize(sources, *made.shape[1:3]).clip(*model.source_range)
    return _beside(enlarged, made, model, columns)


@training_picture.register
def _(model: StarGAN, n: int, seed: int, columns: int | None = None) -> np.ndarray:
    width = 1 + model.num_classes
    return in_all_domains(model, _sources(model, n, seed, width), (columns or 0) // width)


def in_all_domains(model: StarGAN, sources: np.ndarray, columns: int = 0) -> np.ndarray:
    """Returns a picture of sources, each followed by its translations into all domains.

    Args:
        model: The model.
        sources: Images in its range, `(n, *image_shape)`.
        columns: Sources in a row; 0 for one.
    """
    made = [(images, model.data_range) for images in model.translations(sources)]
    rows = render.interleaved((sources, model.source_range), *made)
    return render.picture(rows, (0.0, 1.0), (1 + len(made)) * max(1, columns))


def _sources(model: ImageToImage, n: int, seed: int, width: int = 2) -> np.ndarray:
    return model.sample_inputs(max(1, n // width), seed)[0].numpy()


def _beside(
    left: np.ndarray, right: np.ndarray, model: ImageToImage, columns: int | None
) -> np.ndarray:
    """Returns a grid of pairs, with an even number of columns, so that none is parted."""
    rows = render.interleaved((left, model.source_range), (right, model.data_range))
    columns = columns or int(np.ceil(np.sqrt(len(rows))))
    return render.picture(rows, (0.0, 1.0), columns + columns % 2)
