"""What every augmentation is: a function of images, random numbers and a probability."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.training.replicas import batch_size_of
from tf_gan.training.rng import Stream


@keras.saving.register_keras_serializable("tf_gan")
class Augmentation:
    """Base class of what is done to the images before the discriminator sees them.

    The same function, with fresh random numbers, is for D's reals, D's fakes and G's
    fakes. It has first and second derivatives with respect to the images.

    To be implemented by subclasses: `augment(images, random, p, value_range)`.

    Args:
        p: What training passes as the probability of each operation: a number in [0,
            1], or a callable of the step, such as a
            `keras.optimizers.schedules.LearningRateSchedule`. See `probability`; a call
            of the object does what its own argument p says.

    Attributes:
        adaptive: Whether a controller finds p during training, see
            `tf_gan.augment.controller`.

    Raises:
        UserError: for a number outside [0, 1].
    """

    adaptive = False

    def __init__(self, p: float | Callable | None = 1.0):
        self.p: float | Callable | None = p if callable(p) else checked_probability(p)

    def __call__(
        self, images, random: Stream, *, p=1.0, value_range: tuple[float, float] | None = (-1, 1)
    ) -> tf.Tensor:
        """Returns augmented images.

        Args:
            images: Float tensor of shape `(B, H, W, C)`, C = 1 (grey), 2 (grey, alpha),
                3 (RGB) or 4 (RGB, alpha), H and W >= 2. Colours change in grey or RGB
                alone, places in all channels.
            random: Stream of random numbers; each image has draws of its own.
            p: Probability of each operation, a number or a scalar tensor in [0, 1].
                At 0 the images come back bit for bit. Tensors are clipped.
            value_range: Black and white. The papers' constants, which are for (-1, 1),
                are scaled to it; None is (-1, 1).

        Returns:
            Tensor of the images' shape and dtype.

        Raises:
            UserError: for images of another shape, or a p or range that cannot be.
        """
        images = tf.convert_to_tensor(images)
        shape = images.shape
        if shape.rank != 4 or shape[3] not in (1, 2, 3, 4) or min(shape[1] or 0, shape[2] or 0) < 2:
            raise UserError(
                "Augmentations are for images of shape (B, H, W, C) with known H and W >= 2, and 1"
                f" to 4 channels: grey, grey and alpha, RGB, RGB and alpha. Received: {shape}"
            )
        if not images.dtype.is_floating:
            raise UserError(
                "Augmentations are for images of floats. Received:"
                f" dtype={images.dtype.name}. Scale them to `value_range` first"
            )
        try:
            low, high = (-1.0, 1.0) if value_range is None else map(float, value_range)
        except (TypeError, ValueError):
            low, high = 0.0, 0.0
        if not low < high:
            raise UserError(
                "Invalid value for argument `value_range`. Expected (low, high) with low < high."
                f" Received: {value_range}"
            )
        if tf.is_tensor(p) or isinstance(p, (tf.Variable, keras.Variable)):
            p = tf.clip_by_value(tf.cast(tf.convert_to_tensor(p), tf.float32), 0.0, 1.0)
        else:
            p = checked_probability(p)
            if p == 0.0:
                return images
        pixels = tf.cast(images, tf.float64 if images.dtype == tf.float64 else tf.float32)
        return tf.cast(self.augment(pixels, random, p, (low, high)), images.dtype)

    def augment(
        self, images: tf.Tensor, random: Stream, p, value_range: tuple[float, float]
    ) -> tf.Tensor:
        """Returns augmented images: as `__call__`, after the checks. The images are
        float32 or float64, p is a float in (0, 1] or a float32 tensor.
        """
        raise NotImplementedError

    def probability(self, step):
        """Returns p at a step of training: a number, what a schedule returns, or None
        where a controller finds it.

        Args:
            step: Integer or scalar tensor.
        """
        return self.p(step) if callable(self.p) else self.p

    def get_config(self) -> dict:
        """Returns the arguments of the constructor."""
        p = keras.saving.serialize_keras_object(self.p) if callable(self.p) else self.p
        return {"p": p}

    @classmethod
    def from_config(cls, config: dict) -> "Augmentation":
        """Returns the augmentation that `get_config` describes."""
        return cls(**keras.saving.deserialize_keras_object(config))


@keras.saving.register_keras_serializable("tf_gan")
class Function(Augmentation):
    """A function of one's own as an augmentation, applied to each image with
    probability p.

    Args:
        function: Callable `(images, random) -> images`, of the same shape and dtype.
            The images are float32, or float64 where they were.
        p: As in `Augmentation`.
    """

    def __init__(self, function: Callable, p: float | Callable = 1.0):
        super().__init__(p)
        self.function = function

    def augment(self, images, random, p, value_range):
        changed = self.function(images, random.fold(0))
        if not tf.is_tensor(changed):
            raise UserError(
                f"A function for `augment` returns the images. Received: {type(changed).__name__}"
            )
        if not images.shape.is_compatible_with(changed.shape) or changed.dtype != images.dtype:
            raise UserError(
                "A function for `augment` must keep shape and dtype of the images, here"
                f" {images.shape}, {images.dtype.name}. Received: {changed.shape},"
                f" {changed.dtype.name}"
            )
        (draw,) = columns(random.fold(1), images, 1)
        return choose(draw, p, changed, images)

    def get_config(self):
        return {
            "function": keras.saving.serialize_keras_object(self.function),
            **super().get_config(),
        }


def checked_probability(p, name: str = "p") -> float:
    """Returns a probability as a float.

    Raises:
        UserError: if it is no number in [0, 1].
    """
    number = isinstance(p, (int, float, np.integer, np.floating)) and not isinstance(p, bool)
    if not number or not 0 <= p <= 1:
        raise UserError(
            f"Invalid value for argument `{name}`. Expected a probability in [0, 1]. Received:"
            f" {name}={p!r}"
        )
    return float(p)


# === Draws, one per image ===


def columns(random: Stream, images: tf.Tensor, count: int, normal: bool = False) -> list[tf.Tensor]:
    """Returns `count` tensors of shape `(B,)`, from U(0, 1) or from N(0, 1)."""
    draw = random.normal if normal else random.uniform
    return tf.unstack(draw([batch_size_of(images), count]), axis=1)


def integers(draw: tf.Tensor, count: int) -> tf.Tensor:
    """Returns integers of {0 ... count - 1}, int32, from draws of U(0, 1)."""
    # The product of a draw just below 1 is rounded up to `count`.
    return tf.minimum(tf.cast(draw * count, tf.int32), count - 1)


def choose(draw: tf.Tensor, p, changed: tf.Tensor, unchanged) -> tf.Tensor:
    """Returns what is changed with probability p, and the other bit for bit.

    Args:
        draw: One draw of U(0, 1) per image, shape `(B,)`.
        p: Probability. The number 1.0 needs no choice.
        changed: Images, or numbers of shape `(B,)`.
        unchanged: The same, or one number.
    """
    if always(p):
        return changed
    if changed.shape.rank == 1:
        return tf.where(draw < p, changed, unchanged)
    return select(draw < p, changed, unchanged)


def always(p) -> bool:
    """Returns whether p is known to be 1 before anything is drawn."""
    return isinstance(p, float) and p == 1.0


def select(which: tf.Tensor, images: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """Returns the images where `which`, of shape `(B,)`, is true, else the others."""
    height, width, channels = images.shape[1:]
    # As rows: on CPUs three times as fast as a choice that repeats three axes.
    rows = [tf.reshape(x, [-1, height * width * channels]) for x in (images, others)]
    return tf.reshape(tf.where(which[:, None], *rows), [-1, height, width, channels])
