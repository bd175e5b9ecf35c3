"""Differentiable augmentation: the operations and the policy of Zhao et al. (2020)."""

from collections.abc import Callable

import keras
import tensorflow as tf

from tf_gan.augment.base import Augmentation, choose, columns, integers, select
from tf_gan.augment.color import color_channels, color_matrix, recolor
from tf_gan.augment.geometry import shift
from tf_gan.errors import UserError, did_you_mean


def flip(images, draws, value_range):
    """Turns left and right with probability 1/2. Not in the paper, which flips the
    data.
    """
    return select(draws[0] < 0.5, tf.reverse(images, [2]), images)


def color(images, draws, value_range):
    """Brightness, saturation, contrast, in this order, for values in [-1, 1]:

    x + U(-0.5, 0.5); (x - g) U(0, 2) + g with the mean g of a pixel's colours; (x - m)
    U(0.5, 1.5) + m with the mean m of the image.
    """
    low, high = value_range
    brightness, saturation, contrast = draws[0] - 0.5, 2.0 * draws[1], draws[2] + 0.5
    # The three together: k s x + k (1 - s) g + (1 - k) m + b.
    n = color_channels(images)
    mean = tf.reduce_mean(images[..., :n], axis=[1, 2, 3])
    offset = tf.cast(brightness * (high - low) / 2.0, mean.dtype)
    offset += tf.cast(1.0 - contrast, mean.dtype) * mean
    return recolor(images, color_matrix(n, contrast, contrast * saturation), offset)


def translation(images, draws, value_range):
    """Moves by whole pixels, up to an eighth of each side, int(side / 8 + 0.5); grey,
    the middle of the range, comes in.
    """
    middle = sum(value_range) / 2.0
    limits = [int(side / 8 + 0.5) for side in images.shape[1:3]]
    down, right = (
        integers(draw, 2 * limit + 1) - limit for draw, limit in zip(draws, limits, strict=True)
    )
    return shift(images - middle, down, right) + middle if middle else shift(images, down, right)


def cutout(images, draws, value_range):
    """Greys a rectangle of half of each side, int(side / 2 + 0.5); its centre is anywhere
    in the image, so that it may hang over the edge.
    """
    inside = []
    for draw, side in zip(draws, images.shape[1:3], strict=True):
        size = int(side / 2 + 0.5)
        first = integers(draw, side + 1 - size % 2) - size // 2
        place = tf.range(side) - first[:, None]  # (B, side)
        inside.append((place >= 0) & (place < size))
    keep = 1.0 - tf.cast(inside[0][:, :, None] & inside[1][:, None, :], images.dtype)[..., None]
    middle = sum(value_range) / 2.0
    # A product is faster than a choice on CPUs.
    return images * keep + middle * (1.0 - keep) if middle else images * keep


# In the order of the paper, with the number of draws that each needs.
OPERATIONS: dict[str, tuple[Callable, int]] = {
    "flip": (flip, 1),
    "color": (color, 3),
    "translation": (translation, 2),
    "cutout": (cutout, 2),
}


@keras.saving.register_keras_serializable("tf_gan")
class DiffAugment(Augmentation):
    """Colour, translation and cutout by default, and flips; each with probability p, 1 by
    default.

    Zhao et al., Differentiable Augmentation for Data-Efficient GAN Training (2020),
    https://arxiv.org/abs/2006.10738, with the constants of the authors' code. Each
    operation is done to each image with probability p. The order is that of the paper
    (flip, color, translation, cutout), however the names are written.

    Args:
        policy: Names out of `OPERATIONS`, joined by commas.
        p: As in `Augmentation`; the paper's is 1.

    Raises:
        UserError: for an unknown name, or a number p outside [0, 1].
    """

    def __init__(self, policy: str = "color,translation,cutout", p: float | Callable = 1.0):
        super().__init__(p)
        if not isinstance(policy, str):
            raise UserError(
                f"Expected names out of {list(OPERATIONS)} joined by commas. Received: {policy!r}"
            )
        names = {name.strip() for name in policy.split(",")}
        if "ada" in names:
            raise UserError(
                "'ada' stands alone: it has groups of operations of its own, cutout among them"
                " (config.objective.augment_groups, or tf_gan.augment.ADA(groups=...))."
                f" Received: {policy!r}"
            )
        if unknown := sorted(names - set(OPERATIONS)):
            raise UserError(
                f"Unknown augmentation {unknown[0]!r}. Expected 'ada', or names out of"
                f" {list(OPERATIONS)} joined by commas. Received: {policy!r}."
                f"{did_you_mean(unknown[0], [*OPERATIONS, 'ada'])}"
            )
        self.policy = ",".join(name for name in OPERATIONS if name in names)

    def augment(self, images, random, p, value_range):
        for number, (name, (operation, count)) in enumerate(OPERATIONS.items()):
            if name in self.policy.split(","):
                draw, *draws = columns(random.fold(number), images, 1 + count)
                images = choose(draw, p, operation(images, draws, value_range), images)
        return images

    def get_config(self):
        return {"policy": self.policy, **super().get_config()}
