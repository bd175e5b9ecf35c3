"""Architectures: functional Keras models, one pair a file.

Each module has `build_generator(image_shape, latent_dim, ...)` and
`build_discriminator(image_shape, ...)`, and is found by its name: `config.networks.name
= "mlp"` is `tf_gan/networks/mlp.py`. A name with a dot is a module of the user's own:
`config.networks.name = "my_package.my_networks"`.
"""

import sys

import keras
import numpy as np

from tf_gan import registry
from tf_gan.errors import UserError

HELPERS = ("residual",)


def names() -> list[str]:
    """Returns the names of the architectures."""
    return registry.names(sys.modules[__name__], HELPERS)


def get(name: str):
    """Returns the module of some networks.

    Args:
        name: Name of a module of this package, or of one outside it, with a dot.

    Raises:
        UserError: for an unknown name; the known ones are listed.
    """
    return registry.get(sys.modules[__name__], name, "networks, config.networks.name", HELPERS)


def check_count(count: int, **sizes) -> None:
    """Checks arguments with a value for each of so many layers.

    Raises:
        ValueError: for another number of values.
    """
    for name, values in sizes.items():
        if not hasattr(values, "__len__") or len(values) != count:
            raise UserError(
                f"Invalid value for argument `{name}`. Expected {count} values, one for each layer."
                f" Received: {name}={values!r}"
            )


def check_sizes(image_shape) -> None:
    """Checks the shape of data of any number of axes.

    Raises:
        ValueError: if it has no axis, or one of size 0.
    """
    if not image_shape or not all(size and size >= 1 for size in image_shape):
        raise UserError(
            "Invalid value for argument `image_shape`. Expected sizes >= 1, such as (28, 28, 1)."
            f" Received: image_shape={image_shape!r}"
        )


def check_shape(image_shape, factor: int = 4, least: int = 1) -> None:
    """Checks the shape of pictures for networks that halve them.

    Raises:
        ValueError: if it is not `(height, width, channels)`, or height or width are no
            multiples of `factor`, or below `least`; the nearest ones are named.
    """
    if len(image_shape) != 3 or not all(size and size >= 1 for size in image_shape):
        raise UserError(
            "For pictures: expected image_shape=(height, width, channels). Received:"
            f" image_shape={tuple(image_shape)}"
        )
    if any(size % factor or size < least for size in image_shape[:2]):
        near = tuple(max(factor, least, round(size / factor) * factor) for size in image_shape[:2])
        start = f" from {least} on" if least > factor else ""
        raise UserError(
            f"Expected a height and width that are multiples of {factor}{start}, such as {near}."
            f" Received: image_shape={tuple(image_shape)}"
        )


def check_sides(image_shape, sides: range) -> None:
    """Checks the shape of pictures for networks that take a range of sides.

    Raises:
        ValueError: if it is not `(height, width, channels)`, or height or width are not
            in the range; the nearest ones are named.
    """
    check_shape(image_shape, 1)
    size = image_shape[:2]
    if any(side not in sides for side in size):
        near = tuple(min(sides, key=lambda length: abs(length - side)) for side in size)
        raise UserError(
            f"Expected a height and width that are multiples of {sides.step} from {sides[0]} to"
            f" {sides[-1]}; the nearest are {near}. Received: image_shape={tuple(image_shape)}"
        )


def inputs_of(shape: tuple[int, ...], name: str, num_classes: int | None):
    """Returns `(inputs, x, labels)` of a network; without classes labels are None."""
    x = keras.Input(shape, name=name)
    if not num_classes:
        return x, x, None
    labels = keras.Input((), dtype="int32", name="labels")
    return [x, labels], x, labels


def log_odds(means, margin: float) -> np.ndarray:
    """Returns the log-odds of means in [0, 1], clipped to [margin, 1 - margin]."""
    means = np.clip(np.asarray(means, np.float64), margin, 1 - margin)
    return np.log(means / (1 - means))
