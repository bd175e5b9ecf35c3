"""What the discriminator sees: augmentations of real images and fakes alike.

`gan.compile(augment="color,translation,cutout")` or `augment="ada"`; or an object of
this module, or any callable `(images, random) -> images`, where `random` is a
`tf_gan.training.rng.Stream`.
"""

from collections.abc import Callable

import keras

from tf_gan.augment import controller
from tf_gan.augment.ada import ADA
from tf_gan.augment.base import Augmentation, Function
from tf_gan.augment.diff_augment import DiffAugment
from tf_gan.errors import UserError

__all__ = ["ADA", "Augmentation", "DiffAugment", "Function", "controller", "get"]


def get(identifier: "str | Augmentation | Callable | None") -> Augmentation | None:
    """Returns the augmentation for a name, names joined by commas, an `Augmentation`
    or a callable; None for None and for "".

    Raises:
        UserError: for an unknown name (the known ones are listed) or another kind of
            object.
    """
    if identifier is None or identifier == "":
        return None
    if isinstance(identifier, str):
        return ADA() if identifier.strip() == "ada" else DiffAugment(identifier)
    if isinstance(identifier, Augmentation):
        return identifier
    if isinstance(identifier, keras.Layer):
        raise UserError(
            "A layer of Keras takes no random numbers. Expected a function of (images, random),"
            " such as `lambda images, random: layer(images, training=True)`, perhaps with"
            f" jit_compile=False. Received: {identifier.name}"
        )
    if callable(identifier) and not isinstance(identifier, type):
        return Function(identifier)
    raise UserError(
        "Invalid value for argument `augment`. Expected None, names such as"
        " 'color,translation,cutout' or 'ada', an object of `tf_gan.augment`, or a callable"
        f" (images, random) -> images. Received: {identifier!r}"
    )
