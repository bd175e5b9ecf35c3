"""Pairs made from any grey images: an image and its outline."""

import dataclasses

import numpy as np
from scipy import ndimage

from tf_gan.data.examples import Examples
from tf_gan.data.sources.image_pairs import ImagePairs
from tf_gan.errors import UserError


def outlines(examples: Examples, *, paired: bool = True, enlarge: int = 1) -> ImagePairs:
    """Returns images with their outlines as sources: where a 3x3 dilation adds to an
    image, dilation(x) - x, spread over 0..255.

    Without pairs, the images are those of the first half of the examples, the outlines
    those of the second half.

    Args:
        examples: uint8 images of shape `(N, H, W, C)`, light on dark.
        paired: Whether sources and images are pairs.
        enlarge: Factor by which the images are enlarged first, by cubic splines, >= 1.

    Raises:
        ValueError: for images of another type or shape.
    """
    images = np.asarray(examples.images)
    if images.dtype != np.uint8 or images.ndim != 4:
        raise UserError(
            f"Expected uint8 images of shape (N, H, W, C). Received: dtype {images.dtype}, shape"
            f" {images.shape}"
        )
    if enlarge > 1:
        images = np.stack(
            [
                ndimage.zoom(
                    image.astype(np.float32),
                    (enlarge, enlarge, 1),
                    order=3,
                    mode="nearest",
                    grid_mode=True,
                )
                for image in images
            ]
        )
        images = np.clip(np.rint(images), 0, 255).astype(np.uint8)
    added = ndimage.grey_dilation(images, size=(1, 3, 3, 1)) - images
    sources = np.rint(added * (255.0 / max(1, added.max()))).astype(np.uint8)
    pairs = ImagePairs(
        images,
        examples.labels,
        examples.value_range,
        examples.class_names,
        f"{examples.name} and outlines",
        sources=sources,
    )
    if paired:
        return pairs
    half = len(pairs) // 2
    return dataclasses.replace(pairs[:half], sources=sources[half:], paired=False)
