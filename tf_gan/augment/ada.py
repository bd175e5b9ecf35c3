"""The pipeline of adaptive discriminator augmentation, Karras et al. (2020)."""

import math
from collections.abc import Callable, Mapping, Sequence

import keras
import tensorflow as tf

from tf_gan.augment import geometry
from tf_gan.augment.base import (
    Augmentation,
    always,
    checked_probability,
    choose,
    columns,
    integers,
    select,
)
from tf_gan.augment.color import color_channels, color_matrix, recolor
from tf_gan.augment.diff_augment import cutout
from tf_gan.errors import UserError, did_you_mean, integer

GROUPS = ("blit", "geometric", "color", "cutout")


@keras.saving.register_keras_serializable("tf_gan")
class ADA(Augmentation):
    """Adaptive discriminator augmentation: many operations, each with a probability p
    that follows how much D overfits.

    A controller (`tf_gan.augment.controller`) keeps r_t = E[sign D(x)] of augmented
    real images at the target.

    The operations in their order, each with a draw of its own per image:

    - blit: flip left and right (one half of the time); quarter turns; shift by whole
      pixels, U(-1/8, 1/8) of each side.
    - geometric: scale by 2^N(0, 0.2^2); rotate by U(-pi, pi), with the probability 1 -
      sqrt(1 - p); scale by s and 1/s along x and y, s as before; rotate again; shift
      by N(0, 1/8^2) of each side. With blit one affine map, sampled at twice the
      density between low-pass filters; outside of an image is its mirror image.
    - color, for values in [-1, 1]: brightness + N(0, 0.2^2); contrast 2^N(0, 0.5^2);
      reflect about the plane of no grey (one half of the time); turn by U(-pi, pi)
      about the grey axis; saturation 2^N(0, 1). Grey images: what the mean of their
      RGB does.
    - cutout: as in `DiffAugment`.

    Karras et al., Training Generative Adversarial Networks with Limited Data (2020),
    https://arxiv.org/abs/2006.06676.

    Args:
        p: None, the controller finds p, from 0 on; or p as in `Augmentation`, which
            makes `adaptive` False.
        target: r_t to keep, in (-1, 1).
        interval: Minibatches between two moves of p, >= 1.
        images_for_one: Real images in which p could go from 0 to 1, >= 1.
        groups: Names out of blit, geometric, color, cutout. R3GAN adds cutout.
        multipliers: Factors of p in [0, 1] by group, 1 where a group is not named.
            R3GAN has `{"color": 0.5}`.

    Raises:
        UserError: for an unknown group or values out of range.
    """

    def __init__(
        self,
        p: float | Callable | None = None,
        target: float = 0.6,
        interval: int = 4,
        images_for_one: int = 500_000,
        groups: Sequence[str] = ("blit", "geometric", "color"),
        multipliers: Mapping[str, float] | None = None,
    ):
        super().__init__(0.0 if p is None else p)
        self.adaptive = p is None
        if self.adaptive:
            self.p = None
        self.target, self.images_for_one = target, images_for_one
        self.interval = integer("interval", interval)
        for name, expected, valid in (
            ("target", "a number in (-1, 1)", -1 < target < 1),
            ("images_for_one", "a number >= 1", images_for_one >= 1),
        ):
            if not valid:
                raise UserError(
                    f"Invalid value for argument `{name}`. Expected {expected}. Received:"
                    f" {name}={getattr(self, name)!r}"
                )
        names = [groups] if isinstance(groups, str) else list(groups)
        for name in (*names, *(multipliers or {})):
            if name not in GROUPS:
                raise UserError(
                    f"Unknown group of ADA's operations. Expected names out of {list(GROUPS)}."
                    f" Received: {name!r}.{did_you_mean(name, GROUPS)}"
                )
        self.groups = tuple(name for name in GROUPS if name in names)
        self.multipliers = {
            name: checked_probability(factor, f"multipliers[{name!r}]")
            for name, factor in (multipliers or {}).items()
        }

    def augment(self, images, random, p, value_range):
        p = {name: p * self.multipliers.get(name, 1.0) for name in self.groups}
        if "blit" in p or "geometric" in p:
            images = self._move(images, random, p)
        if "color" in p:
            images = _recolor(images, random.fold(2), p["color"], value_range)
        if "cutout" in p:
            draw, *draws = columns(random.fold(3), images, 3)
            images = choose(draw, p["cutout"], cutout(images, draws, value_range), images)
        return images

    def _move(self, images, random, p):
        inverses = []
        if "blit" in p:
            inverses += _blit(images, random.fold(0), p["blit"])
        if "geometric" in p:
            inverses += _geometric(images, random.fold(1), p["geometric"])
        # From an output to its source: the last operation is undone first.
        inverse = inverses[0]
        for matrix in inverses[1:]:
            inverse = tf.matmul(inverse, matrix)
        moved = geometry.warp(images, inverse, filtered="geometric" in p)
        if all(always(p[name]) for name in ("blit", "geometric") if name in p):
            return moved
        changed = tf.reduce_any(inverse != tf.eye(3), axis=[1, 2])
        return select(changed, moved, images)

    def get_config(self):
        return {
            **super().get_config(),
            "target": self.target,
            "interval": self.interval,
            "images_for_one": self.images_for_one,
            "groups": list(self.groups),
            "multipliers": dict(self.multipliers),
        }


def _blit(images, random, p) -> list[tf.Tensor]:
    """Returns the inverses of flip, quarter turn and shift."""
    height, width = images.shape[1:3]
    flips, coin, turns, turn, shifts, x, y = columns(random, images, 7)
    mirror = choose(flips, p, tf.where(coin < 0.5, -1.0, 1.0), 1.0)
    turn = choose(turns, p, integers(turn, 4), 0)
    cos, sin = tf.gather([1.0, 0.0, -1.0, 0.0], turn), tf.gather([0.0, 1.0, 0.0, -1.0], turn)
    x, y = (
        choose(shifts, p, tf.round((0.25 * draw - 0.125) * side), 0.0)
        for draw, side in ((x, width), (y, height))
    )
    return [
        geometry.scaling(mirror, tf.ones_like(mirror)),
        geometry.rotation(cos, -sin),
        geometry.translation(-x, -y),
    ]


def _geometric(images, random, p) -> list[tf.Tensor]:
    """Returns the inverses of scale, rotation, scale along the axes, rotation, shift."""
    height, width = images.shape[1:3]
    scales, first, stretches, second, shifts, *angles = columns(random.fold(0), images, 7)
    scale, stretch, x, y = columns(random.fold(1), images, 4, normal=True)
    rotate = 1.0 - (1.0 - p) ** 0.5
    scale = choose(scales, p, tf.exp(-0.2 * math.log(2.0) * scale), 1.0)
    stretch = choose(stretches, p, tf.exp(-0.2 * math.log(2.0) * stretch), 1.0)
    before, after = (
        choose(draw, rotate, (2.0 * angle - 1.0) * math.pi, 0.0)
        for draw, angle in zip((first, second), angles, strict=True)
    )
    x, y = choose(shifts, p, 0.125 * width * x, 0.0), choose(shifts, p, 0.125 * height * y, 0.0)
    return [
        geometry.scaling(scale, scale),
        geometry.rotation(tf.cos(before), -tf.sin(before)),
        geometry.scaling(stretch, 1.0 / stretch),
        geometry.rotation(tf.cos(after), -tf.sin(after)),
        geometry.translation(-x, -y),
    ]


def _recolor(images, random, p, value_range) -> tf.Tensor:
    """Returns images after the operations of the group color."""
    low, high = value_range
    n = color_channels(images)
    chances = columns(random.fold(0), images, 7)
    coin, angle = chances[5:]
    brightness, contrast, saturation = columns(random.fold(1), images, 3, normal=True)
    brightness = choose(chances[0], p, 0.2 * brightness, 0.0)
    contrast = choose(chances[1], p, tf.exp(0.5 * math.log(2.0) * contrast), 1.0)
    mirror = choose(chances[2], p, tf.where(coin < 0.5, -1.0, 1.0), 1.0)
    angle = choose(chances[3], p, (2.0 * angle - 1.0) * math.pi, 0.0)
    saturation = choose(chances[4], p, tf.exp(math.log(2.0) * saturation), 1.0)
    grey = contrast * mirror
    matrix = color_matrix(n, grey, contrast * saturation, tf.cos(angle), tf.sin(angle))
    # The constants are for the middle 0 and half a range of 1.
    middle, half = (low + high) / 2.0, (high - low) / 2.0
    recolored = recolor(images, matrix, middle + grey * (half * brightness - middle))
    if always(p):
        return recolored
    changed = tf.reduce_any(tf.stack(chances[:5]) < p, axis=0)
    return select(changed, recolored, images)
