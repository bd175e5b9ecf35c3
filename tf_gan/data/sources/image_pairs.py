"""Images of two domains: those to make, and those to make them from."""

import dataclasses
import os
import pathlib
from concurrent import futures

import numpy as np
import tensorflow as tf
from PIL import ImageOps

from tf_gan.data.examples import Examples, check_index
from tf_gan.data.order import Order
from tf_gan.data.pictures import (
    check_channels,
    files_by_name,
    folder_name,
    read_picture,
    square_size,
    to_array,
    without_warnings_of_size,
)
from tf_gan.data.ranges import to_float
from tf_gan.data.sources.image_folder import image_folder
from tf_gan.data.split import UnknownSplitError
from tf_gan.data.stored import StoredImages, gather_from
from tf_gan.errors import UserError, integer

PATH = "folder with sub-folders A and B"
SPLITS = None  # A split is a folder of its name.
SOURCES, HEIGHTS, WIDTHS = range(3)  # Folded into the seed for what is drawn.


def load(section, split: str, seed: int) -> "ImagePairs":
    """Returns the pictures of the folders of a split below `section.path`."""
    return image_pairs(
        section.path,
        square_size(section),
        section.channels,
        paired=section.paired,
        split=split,
        jitter=section.jitter,
        value_range=tuple(section.value_range),
        cache=section.cache,
    )


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ImagePairs(Examples):
    """Images of a domain B with source images of a domain A: batches are `(sources,
    images)`, as Keras' `(x, y)`.

    Args:
        images: Array of domain B, shape `(N, H, W, C)`: uint8 in 0..255, or floats that
            are in `value_range` already; or `StoredImages`.
        labels: Integer array of shape `(N,)`, the classes of the images, or None; no
            part of the batches.
        value_range: `(low, high)` of the images and sources that `batches`, `arrays` and
            `source_arrays` return; None where float data have no bounds.
        class_names: Names of the labels, or None.
        name: What to call the set in messages and on disk.
        sources: Array of domain A of the same type, shape `(N, H, W, C')`; `(M, H, W,
            C')` where they are not paired.
        paired: Whether image i belongs to source i. Otherwise the sources have epochs
            and permutations of their own.
        crop: Height and width of a window that training cuts from a random place, from
            pairs the same; 0 leaves the images whole. Elsewhere it is the central one.
        mirror: Whether training mirrors half of them, left and right, of pairs both or
            none.

    Raises:
        ValueError: if sources and images do not fit each other.
    """

    name: str = "image pairs"
    sources: np.ndarray | StoredImages = dataclasses.field(kw_only=True)
    paired: bool = dataclasses.field(default=True, kw_only=True)
    crop: int = dataclasses.field(default=0, kw_only=True)

    def __post_init__(self):
        super().__post_init__()
        images, sources = self.images, self.sources
        if images.ndim != 4 or sources.ndim != 4 or images.shape[1:3] != sources.shape[1:3]:
            raise UserError(
                "Expected sources and images of one height and width, shapes (N, H, W, C) and (N,"
                f" H, W, C'). Received: sources of shape {sources.shape}, images of shape"
                f" {images.shape}"
            )
        if self.paired and len(images) != len(sources):
            raise UserError(
                f"Expected a source for each image, or paired=False. Received: {len(sources)}"
                f" sources, {len(images)} images in {self.name}"
            )
        if (images.dtype == np.uint8) != (sources.dtype == np.uint8):
            raise UserError(
                f"Expected uint8 or floats for both domains. Received: sources of {sources.dtype},"
                f" images of {images.dtype}"
            )
        if self.crop and not 1 <= self.crop <= min(images.shape[1:3]):
            raise UserError(
                "Expected a crop from 1 to the height and width of the images,"
                f" {images.shape[1:3]}. Received: crop={self.crop}"
            )

    @property
    def image_shape(self) -> tuple[int, ...]:
        return self._cropped_shape(self.images)

    @property
    def source_shape(self) -> tuple[int, ...]:
        return self._cropped_shape(self.sources)

    def _cropped_shape(self, images) -> tuple[int, ...]:
        return (self.crop, self.crop, images.shape[3]) if self.crop else tuple(images.shape[1:])

    def __getitem__(self, index) -> "ImagePairs":
        """Returns the pairs of a slice or an index array. Without pairs, image i takes
        source i modulo their number.
        """
        check_index(index)
        of_sources = index if self.paired else np.arange(len(self))[index] % len(self.sources)
        labels = None if self.labels is None else self.labels[index]
        return dataclasses.replace(
            self, images=self.images[index], labels=labels, sources=self.sources[of_sources]
        )

    def whole(self) -> np.ndarray | StoredImages:
        return self._central(self.images)

    def source_arrays(self, most: int | None = None) -> np.ndarray:
        """Returns all sources, or the first `most`, as float32 in `value_range`."""
        return to_float(self._central(self.sources[:most]), self.value_range)

    def _central(self, images) -> np.ndarray | StoredImages:
        if not self.crop:
            return images
        images = np.asarray(images)  # Those in a file are read.
        top, left = ((size - self.crop) // 2 for size in images.shape[1:3])
        return images[:, top : top + self.crop, left : left + self.crop]

    def targets(self) -> tuple[np.ndarray, int]:
        # Bytes are always in range; one image shows shape and range.
        checked = self[:1] if self.sources.dtype == np.uint8 else self
        return checked.source_arrays(), len(checked.sources)

    def batches(self, batch_size: int, **order) -> tf.data.Dataset:
        if batch_size > len(self.sources):
            raise UserError(
                f"Expected at least a batch of sources, batch_size={batch_size}. Received:"
                f" {len(self.sources)} sources in {self.name}"
            )
        return super().batches(batch_size, **order)

    def batch_fn(self, order: Order):
        # What sources that are not paired draw for themselves.
        own = () if self.paired else (SOURCES,)
        domains = [
            (gather_from(images), len(images), folds)
            for images, folds in ((self.images, ()), (self.sources, own))
        ]

        def fetch(number):
            parts = []
            for gather, count, folds in domains:
                part = gather(order.index(number, count, *folds))
                part = self.augmented(part, order, number, *folds)
                parts.append(to_float(part, self.value_range))
            return tuple(parts[::-1])  # Sources first, as Keras' (x, y).

        return fetch

    def augmented(self, images: tf.Tensor, order: Order, number, *folds: int) -> tf.Tensor:
        """Cuts windows from random places, and mirrors as `Examples` do."""
        if self.crop:
            for axis, draw in ((1, HEIGHTS), (2, WIDTHS)):
                places = images.shape[axis] - self.crop + 1
                start = tf.cast(order.uniform(number, draw, *folds) * places, tf.int32)
                pixels = start[:, None] + tf.range(self.crop)
                images = tf.gather(images, pixels, axis=axis, batch_dims=1)
        return super().augmented(images, order, number, *folds)


def image_pairs(
    path: str,
    image_size: int,
    channels: int = 3,
    *,
    paired: bool = True,
    split: str = "train",
    jitter: int = 0,
    mirror: bool = False,
    value_range=(-1.0, 1.0),
    cache: str = "",
) -> ImagePairs:
    """Reads the pictures of two folders: sources from `A`, the images to make from `B`.

    The pictures of a split may lie in folders of its name, such as `trainA`, `trainB`,
    `testA`, `testB`. Pairs are files of one name, suffixes aside.

    Args:
        path: The folder that holds the two.
        image_size: Height and width of the images and sources in training, >= 1.
        channels: Of both domains: 1 for grey images, 3 for RGB.
        paired: Whether the pictures are pairs.
        split: Which pictures; those of `A` and `B` are "train".
        jitter: Pixels by which images are read larger than `image_size`; training cuts
            windows of `image_size` from random places.
        mirror: Whether training mirrors half of them, left and right, of pairs both or
            none.
        value_range: `(low, high)` of both domains in training.
        cache: Folder for images that do not fit in memory, as for `image_folder`; without
            pairs alone. Pairs are held in memory.

    Raises:
        UnknownSplitError: if there are no folders of that split.
        UserError: if a folder is not there or holds no readable picture; for pairs also
            if a file has no partner, cannot be read, or has another size than its
            partner. The file is named.
    """
    check_channels(channels)
    image_size, jitter = integer("image_size", image_size), integer("jitter", jitter, 0)
    folders = [_domain(path, domain, split) for domain in "AB"]
    size = image_size + jitter
    sources: np.ndarray | StoredImages
    images: np.ndarray | StoredImages
    if paired:
        files = _partners(*folders)
        with without_warnings_of_size(), futures.ThreadPoolExecutor() as pool:
            pairs = list(pool.map(lambda pair: _read_pair(pair, size, channels), files))
        sources, images = (np.stack(arrays) for arrays in zip(*pairs, strict=True))
    else:
        sources, images = (
            image_folder(folder, size, channels, cache=cache).images for folder in folders
        )
    return ImagePairs(
        images,
        None,
        value_range,
        name=folder_name(path),
        sources=sources,
        paired=paired,
        crop=image_size if jitter else 0,
        mirror=mirror,
    )


def _domain(path: str, domain: str, split: str) -> str:
    candidates = [f"{split}{domain}", *([domain] if split == "train" else [])]
    for candidate in candidates:
        if path and os.path.isdir(os.path.join(path, candidate)):
            return os.path.join(path, candidate)
    raise (UserError if split == "train" else UnknownSplitError)(
        "Expected a folder with sub-folders A, of source pictures, and B, of the pictures to make."
        f" Received: path={str(path)!r}, which has no sub-folder {' or '.join(candidates)}"
    )


def _partners(*folders: str) -> list[tuple[pathlib.Path, pathlib.Path]]:
    """Returns the files of one name in both folders, which are to be all of them."""
    first, second = (files_by_name(folder) for folder in folders)
    alone = [
        named[name]
        for named, other in ((first, second), (second, first))
        for name in named
        if name not in other
    ]
    if alone:
        few = ", ".join(repr(str(file)) for file in alone[:5]) + (
            f" and {len(alone) - 5} more" if len(alone) > 5 else ""
        )
        raise UserError(
            f"Expected a picture of the same name in {folders[0]!r} and {folders[1]!r}. Without a"
            f" partner: {few}. Remove them, or train without pairs: config.data.paired=False,"
            " config.model.name='cycle_gan'"
        )
    return [(first[name], second[name]) for name in sorted(first)]


def _read_pair(
    files: tuple[pathlib.Path, pathlib.Path], size: int, channels: int
) -> list[np.ndarray]:
    arrays, sizes = [], []
    for file in files:

        def convert(picture):
            sizes.append(ImageOps.exif_transpose(picture).size)
            return to_array(picture, size, channels)

        try:
            arrays.append(read_picture(file, convert))
        except ValueError as error:
            raise UserError(f"{error}. Remove it and its partner, or mend it") from error
    if sizes[0] != sizes[1]:
        raise UserError(
            f"Expected pairs of pictures of one size. Received: {str(files[0])!r} of {sizes[0][0]}"
            f" x {sizes[0][1]} pixels, {str(files[1])!r} of {sizes[1][0]} x {sizes[1][1]}"
        )
    return arrays
