"""Photographs of any sizes, of which training sees random crops."""

import dataclasses

import numpy as np
import tensorflow as tf

from tf_gan.data.examples import Examples, check_index
from tf_gan.data.order import Order
from tf_gan.data.pictures import folder_name, read_pictures, square_size, upright
from tf_gan.data.ranges import scale
from tf_gan.errors import UserError, integers
from tf_gan.training.rng import Stream

PATH = "folder of pictures"
NUMBERED = -4  # Folded into a seed for the crops that have a number.
ORIENTATIONS = 8  # Quarter turns, each with its mirror image.


def load(section, split: str, seed: int) -> "RandomCrops":
    """Returns crops of `section.image_size` pixels of the pictures below `section.path`."""
    return photographs(
        section.path,
        square_size(section),
        section.channels,
        crops=section.crops,
        value_range=tuple(section.value_range),
    )


def photographs(
    path: str, crop: int, channels: int = 3, *, crops: int = 16, value_range=(-1.0, 1.0)
) -> "RandomCrops":
    """Reads all pictures below a folder as they are, to be cut into crops.

    Pictures may be of all kinds that `image_folder` reads; grey ones become RGB, 16
    bits become 8. A file that cannot be read, or is smaller than the crop, is named in
    a warning and left out.

    Args:
        path: The folder.
        crop: Height and width of the crops, >= 1.
        channels: 1 for grey images, 3 for RGB.
        crops: Crops of each photograph in an epoch, >= 1.
        value_range: `(low, high)` of the images in training.

    Raises:
        ValueError: if the folder is not there or holds no picture that can be used.
    """
    if channels not in (1, 3):
        raise UserError(
            "Invalid value for argument `channels`. Expected 1 (grey) or 3 (RGB). Received:"
            f" channels={channels}"
        )
    integers(crop=crop, crops=crops)

    def convert(picture):
        picture = upright(picture, channels)
        if min(picture.size) < crop:
            raise UserError(
                f"expected at least {crop} x {crop} pixels, the size of the crops, received"
                f" {picture.size[0]} x {picture.size[1]}"
            )
        return np.asarray(picture, np.uint8).reshape(picture.size[1], picture.size[0], channels)

    pictures = [array for _, array in read_pictures(path, convert)]
    return RandomCrops.of(
        pictures, crop, crops=crops, value_range=value_range, name=folder_name(path)
    )


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class RandomCrops(Examples):
    """Random crops of photographs, turned and mirrored at random: an endless set, of
    which an epoch shows `crops` of each photograph.

    Args:
        images: uint8 pixels of all photographs, one photograph after the other, shape
            `(pixels, C)`: each is in memory once, whatever its size.
        labels: None.
        value_range: `(low, high)` of the crops that `batches` and `arrays` return.
        class_names: None.
        name: What to call the set in messages and on disk.
        sizes: `(height, width)` of each photograph, shape `(n, 2)`.
        crop: Height and width of the crops, >= 1.
        crops: Crops of each photograph in an epoch, >= 1.

    Raises:
        UserError: for other pixels, and for a photograph that is smaller than the crop.
    """

    sizes: np.ndarray = dataclasses.field(kw_only=True)
    crop: int = 96
    crops: int = 16

    def __post_init__(self):
        super().__post_init__()
        integers(crop=self.crop, crops=self.crops)
        if self.images.dtype != np.uint8 or len(self.images) != self.sizes.prod(axis=1).sum():
            raise UserError(
                "Expected uint8 photographs of shape (H, W, C). Received: pixels of dtype"
                f" {self.images.dtype}, shape {self.images.shape}"
            )
        height, width = min(self.sizes.tolist(), key=min)
        if min(height, width) < self.crop:
            raise UserError(
                f"Expected photographs of at least {self.crop} x {self.crop} pixels, the size of"
                f" the crops. Received: one of {height} x {width}"
            )

    @classmethod
    def of(cls, pictures: list[np.ndarray], crop: int, **kwargs) -> "RandomCrops":
        """Returns the crops of uint8 pictures of shapes `(H, W, C)`."""
        pixels = np.concatenate([picture.reshape(-1, picture.shape[-1]) for picture in pictures])
        return cls(
            pixels, sizes=np.array([picture.shape[:2] for picture in pictures]), crop=crop, **kwargs
        )

    def __len__(self) -> int:
        return len(self.sizes) * self.crops

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return (self.crop, self.crop, self.images.shape[-1])

    def __getitem__(self, index) -> Examples:
        """Returns fixed crops, for pictures and evaluations: crop k is one of
        photograph k modulo their number, at a place that k fixes.
        """
        check_index(index)
        numbers = np.arange(len(self))[index]
        draws = Stream(0, NUMBERED).uniform([len(self), 3]).numpy()[index]
        pixels = self.cut(self.images, numbers % len(self.sizes), draws).numpy()
        return Examples(pixels, None, self.value_range, name=self.name)

    def whole(self) -> np.ndarray:
        return np.asarray(self[:].images)

    def cut(self, pixels, photographs, draws) -> tf.Tensor:
        """Returns crops.

        Args:
            pixels: `images`, array or tensor.
            photographs: Numbers of the photographs, shape `(n,)`.
            draws: Where, and how turned: numbers in (0, 1), shape `(n, 3)`.

        Returns:
            uint8 tensor of shape `(n, crop, crop, C)`.
        """
        sizes = self.sizes.astype(np.int64)
        starts = np.cumsum(sizes[:, 0] * sizes[:, 1]) - sizes[:, 0] * sizes[:, 1]
        height, width, start = (
            tf.gather(tf.constant(values), photographs)
            for values in (sizes[:, 0], sizes[:, 1], starts)
        )

        def below(draw, count):  # Each of 0 .. count - 1 with the same probability.
            return tf.minimum(tf.cast(draw * tf.cast(count, tf.float32), tf.int64), count - 1)

        top, left = (
            below(draws[:, 0], height - self.crop + 1),
            below(draws[:, 1], width - self.crop + 1),
        )
        orientation = below(draws[:, 2], np.int64(ORIENTATIONS))[:, None, None]
        last = self.crop - 1
        y, x = np.meshgrid(np.arange(self.crop), np.arange(self.crop), indexing="ij")
        y, x = (
            tf.where(orientation % 2 == 0, y, last - y),
            tf.where(orientation // 2 % 2 == 0, x, last - x),
        )
        y, x = tf.where(orientation < 4, y, x), tf.where(orientation < 4, x, y)
        return tf.gather(
            pixels, (start + top * width + left)[:, None, None] + y * width[:, None, None] + x
        )

    def batch_fn(self, order: Order):
        pixels = tf.constant(self.images)

        def fetch(number):
            draws = tf.stack([order.uniform(number, draw) for draw in range(3)], axis=1)
            return scale(
                self.cut(pixels, order.index(number, len(self)) % len(self.sizes), draws),
                self.value_range,
            )

        return fetch
